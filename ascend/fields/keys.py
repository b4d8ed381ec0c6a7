"""Where the fields get their keys: the keychain's keyring, or one that tests put in its place."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol
from uuid import UUID


class Opener(Protocol):
    """Opens the values that one data key sealed in one column."""

    @property
    def is_primary(self) -> bool: ...
    def open(self, envelope: bytes, row: bytes = b"") -> bytes: ...


class Sealer(Protocol):
    """Seals new values of one column for one organization."""

    def seal(self, plaintext: bytes, row: bytes = b"") -> bytes: ...


class Digester(Protocol):
    """Hashes the normalised values of one index."""

    def digest(self, value: str) -> bytes: ...


class FieldKeys(Protocol):
    """The keys of one column, for all organizations."""

    def opener(self, header: bytes) -> Opener: ...
    def sealer(self, organization_id: UUID) -> Sealer: ...
    def index_key(
        self, organization_id: UUID, *, label_or_group: str, transform: str, bits: int, generation: int
    ) -> Digester: ...


_replacement: Callable[[str], FieldKeys] | None = None


def field_keys(label: str) -> FieldKeys:
    """Return the keys of the column whose context label is `label`."""
    if _replacement is not None:
        return _replacement(label)
    from ascend.keychain import keyring  # models must be importable before the app registry is ready

    return keyring.field_keys(label)


@contextmanager
def replaced_by(source: Callable[[str], FieldKeys]) -> Iterator[None]:
    """Take keys from `source` for the body of the `with` statement (see `ascend.testing`)."""
    global _replacement  # noqa: PLW0603 (one per process, like the keyring that it stands in for)
    previous, _replacement = _replacement, source
    try:
        yield
    finally:
        _replacement = previous
