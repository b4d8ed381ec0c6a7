"""The errors of the API: a name and a status each."""

from collections.abc import Mapping
from typing import Final

STATUS: Final[Mapping[str, int]] = {
    "ValidationException": 400,
    "InvalidStateException": 400,
    "InvalidCiphertextException": 400,
    "InvalidKeyUsageException": 400,
    "AuthenticationFailedException": 401,
    "AccessDeniedException": 403,
    "KeyNotFoundException": 404,
    "InvalidUriPathException": 404,
    "ThrottlingException": 429,
    "InternalException": 500,
    "UnsupportedOperationException": 501,
    "DependencyTimeoutException": 503,
}


class Refusal(Exception):
    """What the proxy answers instead."""

    def __init__(self, name: str, message: str = "") -> None:
        super().__init__(name, message)
        self.name, self.message = name, message

    @property
    def status(self) -> int:
        """Return the HTTP status."""
        return STATUS[self.name]
