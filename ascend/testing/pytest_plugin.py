"""The fixtures that pytest offers to a project in which the library is installed (entry point `pytest11`)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ascend.testing.kms import StrictKms
    from ascend.testing.memory import MemoryKeyring


@pytest.fixture
def ascend_keyring() -> Iterator["MemoryKeyring"]:
    """Let every encrypted field take its keys from a new keyring in memory: no provider, no table, no key file."""
    from ascend.testing import memory_keyring

    with memory_keyring() as keyring:
        yield keyring


@pytest.fixture
def ascend_key_revoked(ascend_keyring: "MemoryKeyring") -> Callable[..., AbstractContextManager[None]]:
    """Return what takes the keys away, for the body of a `with` statement."""
    return ascend_keyring.revoked


@pytest.fixture
def ascend_kms() -> Iterator["StrictKms"]:
    """Run a KMS server that is as strict as AWS's; `ascend_kms.url` is its endpoint."""
    from ascend.testing.kms import StrictKms

    with StrictKms() as kms:
        yield kms
