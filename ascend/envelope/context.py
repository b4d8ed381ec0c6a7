"""From what a value is to the bytes that are authenticated with it (spec: envelope §4, §5).

Each part is prefixed with its length, so ("ab", "c") and ("a", "bc") never collide: two
different contexts have two different AADs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

from ascend.envelope.message import HEADER_BYTES
from ascend.envelope.suites import Suite

FIELD_DOMAIN: Final = b"ascend/field/v1"
KEY_DOMAIN: Final = b"ascend/key/v1"
ENCRYPTION_CONTEXT_DOMAIN: Final = b"ascend/context/v1"
LENGTH_BYTES: Final = 4
INTEGER_KEY_BYTES: Final = 8
UUID_ROW: Final = (1 + 16).to_bytes(LENGTH_BYTES, "big") + b"u"


class AssociatedData(Protocol):
    """A context that a wrapped key is bound to."""

    def to_aad(self) -> bytes: ...


def length_prefixed(*parts: bytes) -> bytes:
    """Return the parts one after another, each behind its length as 4 bytes, big-endian (ENV-7)."""
    return b"".join(len(part).to_bytes(LENGTH_BYTES, "big") + part for part in parts)


def row_part(pk: UUID | int | str) -> bytes:
    """Return a row's part of the AAD: type tag and canonical bytes, already length-prefixed (ENV-9).

    The tag keeps the keys 1 and "1", or a UUID and its 16 characters, apart.

    Raises:
        TypeError: the key has another type (a bool among them: it would pass for 0 and 1).
        OverflowError: an integer that 8 signed bytes do not hold.
        UnicodeEncodeError: a text with lone surrogates.
    """
    if type(pk) is UUID:
        return UUID_ROW + pk.int.to_bytes(16, "big")  # `pk.bytes`, without the call: one for each row-bound value
    if isinstance(pk, UUID):
        return UUID_ROW + pk.bytes
    if isinstance(pk, int) and not isinstance(pk, bool):
        return length_prefixed(b"i" + pk.to_bytes(INTEGER_KEY_BYTES, "big", signed=True))
    if isinstance(pk, str):
        return length_prefixed(b"s" + pk.encode())
    raise TypeError(f"a row is named by a UUID, an int or a str, not by {type(pk).__name__}")


@dataclass(frozen=True, slots=True)
class FieldContext:
    """Whose value it is, and of which column: `label` is `app.model.field` as first migrated."""

    organization_id: UUID
    label: str

    def __post_init__(self) -> None:
        _require_uuid(self.organization_id)
        if not self.label:
            raise ValueError("a field's context label is never empty")

    def aad_prefix(self, header: bytes) -> bytes:
        """Return the AAD of a field-bound value; a row-bound one appends its `row_part` (ENV-8)."""
        if len(header) != HEADER_BYTES:
            raise ValueError(f"an envelope's header is {HEADER_BYTES} bytes")
        return length_prefixed(FIELD_DOMAIN, self.organization_id.bytes, self.label.encode(), header)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyContext:
    """Everything a wrapped key is bound to: moved to another row, organization or level it does not unwrap."""

    deployment: str
    environment: str
    organization_id: UUID
    key_id: UUID
    level: int
    purpose: str
    parent_id: UUID
    algorithm: Suite
    classification: str
    context_label: str

    def __post_init__(self) -> None:
        for identifier in (self.organization_id, self.key_id, self.parent_id):
            _require_uuid(identifier)

    def to_aad(self) -> bytes:
        """Return the canonical bytes (WRAP-5). Fields are only ever appended, under a new domain."""
        return length_prefixed(
            KEY_DOMAIN,
            self.organization_id.bytes,
            self.deployment.encode(),
            self.environment.encode(),
            self.key_id.bytes,
            self.level.to_bytes(1, "big"),
            self.purpose.encode(),
            self.parent_id.bytes,
            Suite(self.algorithm).to_bytes(1, "big"),
            self.classification.encode(),
            self.context_label.encode(),
        )


@dataclass(frozen=True, slots=True)
class EncryptionContext:
    """A provider's non-secret `str -> str` map, for a provider that wraps here and not in a KMS."""

    pairs: Mapping[str, str]

    def to_aad(self) -> bytes:
        """Return the canonical bytes: pairs sorted by name, each name and value a part of its own (WRAP-6)."""
        ordered = sorted((name.encode(), value.encode()) for name, value in self.pairs.items())
        return length_prefixed(ENCRYPTION_CONTEXT_DOMAIN, *(part for pair in ordered for part in pair))


def _require_uuid(identifier: UUID) -> None:
    """Refuse a string that looks like one: two spellings of one id would be two contexts."""
    if not isinstance(identifier, UUID):
        raise TypeError(f"an id is a UUID, not {type(identifier).__name__}")
