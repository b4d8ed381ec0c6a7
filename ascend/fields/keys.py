"""Where the fields get their keys: the keychain's keyring, or one that tests put in its place."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Protocol
from uuid import UUID

from ascend.fields.key_names import Group, KeyName


class Opener(Protocol):
    """Opens the values that one data key sealed in one column."""

    @property
    def is_primary(self) -> bool: ...
    def open(self, envelope: bytes, row: bytes = b"") -> bytes: ...


class Sealer(Protocol):
    """Seals new values of one column for one organization. One of a randomized suite takes a nonce as third."""

    def seal(self, plaintext: bytes, row: bytes = b"") -> bytes: ...


class Digester(Protocol):
    """Hashes the normalised values of one index."""

    def digest(self, value: str) -> bytes: ...
    def digests(self, terms: Iterable[str]) -> tuple[bytes, ...]: ...


class FieldKeys(Protocol):
    """The keys of one column, for all organizations.

    `opener` and `sealer` are one look into a dictionary. `open` finds the opener of an envelope and opens it for a
    row; `converter` makes what a query calls for every value of a column that is bound to no row.
    """

    @property
    def opener(self) -> Callable[[bytes], Opener]: ...
    @property
    def sealer(self) -> Callable[[UUID], Sealer]: ...
    @property
    def open(self) -> Callable[..., bytes]: ...
    def converter(self, decode: Callable[[bytes], Any]) -> Callable[[Any, Any, Any], Any]: ...
    def index_key(
        self, organization_id: UUID, *, label_or_group: str, transform: str, bits: int, generation: int
    ) -> Digester: ...


class SubjectKeys(Protocol):
    """The keys of persons, for every column with `shred_with=`."""

    def is_subject_header(self, header: bytes) -> bool: ...
    def is_held(self, envelope: bytes) -> bool: ...
    def load(self, headers: Iterable[bytes]) -> None: ...
    def open_value(self, label: str, envelope: bytes, row: bytes = b"") -> bytes: ...
    def prepare(self, organization_id: UUID, subject_ids: Iterable[UUID]) -> None: ...
    def seal_value(
        self, label: str, organization_id: UUID, subject_id: UUID, plaintext: bytes, row: bytes = b""
    ) -> bytes: ...
    def seals_for(self, envelope: bytes, subject_id: UUID) -> bool: ...


def _from_the_keychain(name: KeyName) -> FieldKeys:
    from ascend.keychain import keyring  # models with encrypted fields are imported before the keychain's may be

    return keyring.group_keys(name.label) if isinstance(name, Group) else keyring.field_keys(name)


_source: Callable[[KeyName], FieldKeys] = _from_the_keychain


class _ByName(dict[KeyName, FieldKeys]):
    def __missing__(self, name: KeyName) -> FieldKeys:
        found = self[name] = _source(name)
        return found


_by_name = _ByName()

field_keys: Callable[[KeyName], FieldKeys] = _by_name.__getitem__
"""Return the keys of the column or join group that is named: one look into a dictionary by C code."""


def subject_keys() -> SubjectKeys:
    """Return the keys of persons: the keychain's, or those of the keyring that stands in for it."""
    stand_in: SubjectKeys | None = getattr(_source, "subjects", None)
    return stand_in if stand_in is not None else _subject_keys_of_the_keychain()


@cache
def _subject_keys_of_the_keychain() -> SubjectKeys:
    from ascend.keychain import subject_keys as of_the_keychain

    return of_the_keychain


@contextmanager
def replaced_by(source: Callable[[KeyName], FieldKeys]) -> Iterator[None]:
    """Take keys from `source` for the body of the `with` statement (see `ascend.testing`)."""
    global _source  # noqa: PLW0603 (one per process, like the keyring that it stands in for)
    previous, _source = _source, source
    _by_name.clear()
    try:
        yield
    finally:
        _source = previous
        _by_name.clear()
