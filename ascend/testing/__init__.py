"""What tests of projects with encrypted fields import."""

from ascend.testing.memory import MemoryKeyring, memory_keyring

__all__ = ["MemoryKeyring", "memory_keyring"]
