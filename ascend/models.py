"""The library's tables, gathered where Django looks for them."""

from ascend.keychain.models import Continuity, Key, Lease, Revocation

__all__ = ["Continuity", "Key", "Lease", "Revocation"]
