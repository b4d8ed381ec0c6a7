"""Seal and open values that must be compared in the database: suite 02 (spec: envelope §7).

Equal values of one group have equal envelopes, so columns join and foreign tables can be unique.
That is also what a reader of the database sees: which values are equal, and how often each occurs.
"""

from dataclasses import dataclass
from typing import ClassVar, Final, Never
from uuid import UUID

from cryptography.exceptions import InvalidTag

from ascend.envelope.context import length_prefixed
from ascend.envelope.errors import DecryptionFailed
from ascend.envelope.keys import SivKey
from ascend.envelope.message import HEADER_BYTES
from ascend.envelope.siv import SIV_BYTES, Aes256Siv
from ascend.envelope.suites import Suite

DETERMINISTIC_DOMAIN: Final = b"ascend/deterministic/v1"
_SUITE: Final = Suite.AES_256_SIV.to_bytes(1, "big")


@dataclass(frozen=True, slots=True)
class GroupContext:
    """Whose values they are, and of which group: `label` is a join group, or the one column's context label."""

    organization_id: UUID
    label: str

    def __post_init__(self) -> None:
        if not isinstance(self.organization_id, UUID):
            raise TypeError(f"an id is a UUID, not {type(self.organization_id).__name__}")
        if not self.label:
            raise ValueError("a group's label is never empty")

    def to_aad(self) -> bytes:
        """Return the AAD (ENV-20). No key id and no row: they would make equal values differ."""
        return length_prefixed(DETERMINISTIC_DOMAIN, self.organization_id.bytes, self.label.encode(), _SUITE)


class DeterministicCipher:
    """Seals and opens values of one group. The two verbs of `FieldCipher`; immutable, shared between threads."""

    __slots__ = ("_components", "_decrypt_filled", "_encrypt_filled", "_header", "_siv", "prefix")

    # The parts that an opener takes over (see `FieldCipher`): no nonce, and a body that begins with the synthetic IV.
    nonce: ClassVar[slice] = slice(HEADER_BYTES, HEADER_BYTES)
    body: ClassVar[slice] = slice(HEADER_BYTES, None)

    def __init__(self, key: SivKey, header: bytes, context: GroupContext) -> None:
        """Prepare for the envelopes that begin with `header`.

        Raises:
            ValueError: the header is not 9 bytes of suite 02.
            TypeError: the key is not one of suite 02.
        """
        if len(header) != HEADER_BYTES or header[:1] != _SUITE:
            raise ValueError(f"a deterministic cipher takes a header of {HEADER_BYTES} bytes and suite 02")
        if not isinstance(key, SivKey):
            raise TypeError("suite 02 takes a SivKey")
        self._siv = Aes256Siv(key)
        self._encrypt_filled, self._decrypt_filled = self._siv.encrypt_filled, self._siv.decrypt_filled
        self._header = bytes(header)
        self.prefix = context.to_aad()
        self._components = [self.prefix]

    def seal(self, plaintext: bytes, row: bytes = b"") -> bytes:
        """Return the envelope of `plaintext`: the same one each time (ENV-21).

        Raises:
            ValueError: a row was named. An envelope bound to its row equals no other (ENV-22).
        """
        if row:
            raise ValueError("a deterministic value is never bound to a row")
        if plaintext:
            return self._header + self._encrypt_filled(plaintext, self._components)
        return self._header + self._siv.encrypt(plaintext, self.prefix)

    def open(self, envelope: bytes, row: bytes = b"") -> bytes:
        """Return the plaintext of an envelope that was sealed under this header and group.

        Raises:
            DecryptionFailed: anything whatever is wrong with these bytes, or they belong elsewhere (ENV-14).
        """
        if row or envelope[:HEADER_BYTES] != self._header:  # ENV-12: the AAD holds no header at all
            raise DecryptionFailed
        try:
            return self.decrypt(b"", bytes(envelope[HEADER_BYTES:]), self.prefix)
        except (InvalidTag, ValueError):
            raise DecryptionFailed from None

    def decrypt(self, _nonce: bytes, sealed: bytes, aad: bytes) -> bytes:
        """Return the plaintext of synthetic IV and ciphertext; a row in `aad` is not what was sealed (ENV-22).

        Raises:
            InvalidTag: something was changed.
            ValueError: it was cut short.
        """
        if len(sealed) == SIV_BYTES:
            return self._siv.decrypt(sealed, aad)
        return self._decrypt_filled(sealed, [aad])

    def __reduce__(self) -> Never:
        raise TypeError("a cipher holds its key and is never pickled or copied")
