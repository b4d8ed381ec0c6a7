"""The library's tables, gathered where Django looks for them."""

from ascend.keychain.models import Key, Lease, Revocation

__all__ = ["Key", "Lease", "Revocation"]
