"""Opening values: one look at the clock, one at the scope, one count, one cipher, in one Python-level call.

Spec: docs/spec/keychain.md §8. Nothing here takes a lock, asks a database or calls a provider as long as
the lease stands (KC-36). The same six lines stand here three times, because a call around them would cost a
third of what a value costs (ADR 0024): in `Opener.open`, for whoever holds an opener; in `opening`, for a value
whose header names its opener; in `Reader`, for the values of a query. What differs is one envelope and no row.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import count
from typing import Any, ClassVar, Never, Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag

from ascend import scope
from ascend.envelope.errors import DecryptionFailed
from ascend.envelope.message import HEADER_BYTES
from ascend.keychain import clock
from ascend.keychain.leases import TenantLease, Use, counted
from ascend.keychain.models import Key

_in_force = scope._organization.get  # noqa: SLF001  (the bound method: a call less for every value)
_HEADER = slice(HEADER_BYTES)


class Source(Protocol):
    """Where openers come from, and where a new one is had when a lease has ended."""

    def renewed_opener(self, opener: "Opener") -> "Opener": ...
    def forget_opener(self, opener: "Opener") -> None: ...


class Cipher(Protocol):
    """What an opener takes over of a cipher, of whatever suite: where its parts begin, its AAD, its one verb."""

    @property
    def prefix(self) -> bytes: ...
    @property
    def nonce(self) -> slice: ...
    @property
    def body(self) -> slice: ...
    @property
    def decrypt(self) -> Callable[[bytes, bytes, bytes], bytes]: ...


class Opener:
    """Opens the values of one field under one data key, for as long as the lease stands."""

    __slots__ = ("_source", "body", "decrypt", "header", "hits", "is_primary", "lease", "nonce", "now",
                 "organization_id", "prefix", "seen", "used_at")  # fmt: skip
    use: ClassVar[Use] = Use.READ

    def __init__(self, source: Source, lease: TenantLease, row: Key, cipher: Cipher, header: bytes) -> None:
        self.organization_id = lease.organization_id
        self.header = header
        self.is_primary = row.primary
        self.used_at = clock.boot_seconds()
        self._source = source
        self.lease = lease
        self.now = clock.boot_seconds
        self.seen: UUID | None = lease.organization_id
        self.hits = count()
        self.prefix, self.nonce, self.body = cipher.prefix, cipher.nonce, cipher.body
        self.decrypt: Callable[[bytes, bytes, bytes], bytes] = cipher.decrypt

    def open(self, envelope: bytes, row: bytes = b"") -> bytes:
        """Return the plaintext of an envelope that begins with this opener's header; `row` is a `row_part` or empty.

        Raises:
            DecryptionFailed: anything is wrong with it, or another organization is in force.
            KeyUnavailable: there is no lease to be had.
        """
        if _in_force() is not self.seen:
            self.require_scope()
        if self.now() >= self.lease.ends_at:
            return self.renewed().open(envelope, row)
        next(self.hits)
        if envelope[_HEADER] != self.header:  # ENV-12: the AAD holds the expected header, not this one
            raise DecryptionFailed
        try:
            return self.decrypt(envelope[self.nonce], envelope[self.body], self.prefix + row)
        except (InvalidTag, ValueError):  # ValueError: cut short inside the nonce
            raise DecryptionFailed from None

    def uses(self) -> int:
        """Return how many values it opened."""
        return counted(self.hits)

    def close(self) -> None:
        """Let go of the key."""
        self._source.forget_opener(self)
        self.decrypt = self._decrypt_anew

    def renewed(self) -> "Opener":
        """Return an opener for the same header under a valid lease.

        Raises:
            KeyUnavailable: there is no lease to be had.
        """
        return self._source.renewed_opener(self)

    def require_scope(self) -> None:
        """Return if the organization in force is this opener's, and remember the object that says so.

        Raises:
            DecryptionFailed: it is another one.
            NoOrganization: none is in force.
        """
        organization_id = scope.current_organization()
        if organization_id != self.organization_id:
            raise DecryptionFailed
        # UUIDs are compared by identity on the path of a value: remember the object that this thread's scope holds,
        # or None where the project's only organization is in force by its setting.
        self.seen = _in_force()

    def _decrypt_anew(self, nonce: bytes, body: bytes, aad: bytes) -> bytes:
        # The lease ended, or the crowd was too large, between the look at the clock and the cipher.
        return self.renewed().open(b"".join((self.header, nonce, body)), aad[len(self.prefix) :])

    def __reduce__(self) -> Never:
        raise TypeError("this object holds a key: it is never pickled or copied")

    def __repr__(self) -> str:
        return f"<Opener of {self.organization_id}>"


class _Nobody:
    """Stands where no opener has been found yet."""

    header = None


def opening(openers: Mapping[bytes, Opener]) -> Callable[[bytes, bytes], bytes]:
    """Return what opens an envelope whose header names its opener; `row` is a `row_part` or empty."""

    def open_(envelope: bytes, row: bytes = b"") -> bytes:
        opener = openers[envelope[_HEADER]]
        if _in_force() is not opener.seen:
            opener.require_scope()
        if opener.now() >= opener.lease.ends_at:
            return opener.renewed().open(envelope, row)
        next(opener.hits)
        try:
            return opener.decrypt(envelope[opener.nonce], envelope[opener.body], opener.prefix + row)
        except (InvalidTag, ValueError):
            raise DecryptionFailed from None

    return open_


class Reader:
    """What a query calls for the values of one column that are bound to no row: from what is stored to a value.

    One for each query and column. `convert` is a method and no closure: CPython 3.11 and later call the same function
    again faster than another one, and a row has several columns.
    """

    __slots__ = ("_decode", "_last", "_openers")

    def __init__(self, openers: Mapping[bytes, Opener], decode: Callable[[bytes], Any]) -> None:
        """Take `decode`, which may raise ValueError: told as `DecryptionFailed`, for it would hold the plaintext."""
        self._openers = openers
        self._decode = decode
        # The values of a query mostly have one data key, and comparing two headers costs half of a look-up.
        self._last: Any = _Nobody

    def convert(self, stored: Any, _expression: Any, _connection: Any) -> Any:
        """Return the value; raises as `Opener.open` does."""
        if stored is None:
            return None
        opener, header = self._last, stored[_HEADER]
        if header != opener.header:
            stored = bytes(stored)
            opener = self._last = self._openers[stored[_HEADER]]
        if _in_force() is opener.seen and opener.now() < opener.lease.ends_at:
            next(opener.hits)
            try:
                return self._decode(opener.decrypt(stored[opener.nonce], stored[opener.body], opener.prefix))
            except (InvalidTag, ValueError):
                pass  # raised outside: the error's context would hold the plaintext
            raise DecryptionFailed
        return _decoded(opener.open(stored), self._decode)


def _decoded(plaintext: bytes, decode: Callable[[bytes], Any]) -> Any:
    with suppress(ValueError):
        return decode(plaintext)
    raise DecryptionFailed
