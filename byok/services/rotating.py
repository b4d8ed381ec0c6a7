"""What the API's rotation would do. None of it can be done yet, and nothing pretends that it was."""

from typing import Final

KINDS: Final = ("dek", "tenant_key")


class RotationNotOffered(Exception):
    """This version cannot rotate on request."""
