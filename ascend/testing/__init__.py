"""What tests of projects with encrypted fields import. pytest finds its fixtures by itself (`pytest_plugin`)."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ascend.testing.at_rest import assert_encrypted_at_rest
    from ascend.testing.memory import MemoryKeyring, memory_keyring

__all__ = ["MemoryKeyring", "assert_encrypted_at_rest", "memory_keyring"]

_HOMES = {"assert_encrypted_at_rest": "at_rest", "MemoryKeyring": "memory", "memory_keyring": "memory"}


def __getattr__(name: str) -> Any:
    # pytest imports this package before a project's settings are known: nothing of Django may be imported with it.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
