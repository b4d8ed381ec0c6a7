"""Search without opening: truncated keyed hashes of the normalised value (spec: blind-index).

A reader of the database learns which values of one index are equal, and how often each occurs.
"""

from collections.abc import Iterable
from typing import Final, Never, Self
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from ascend.envelope.context import length_prefixed
from ascend.envelope.kdf import derive_key
from ascend.envelope.keys import SecretKey
from ascend.envelope.transforms import TRANSFORMS, Transform

__all__ = ["DEFAULT_BITS", "TRANSFORMS", "IndexKey", "Transform"]

INDEX_DOMAIN: Final = b"ascend/index/v1"
DEFAULT_BITS: Final = 128
MINIMUM_BITS: Final = 8
MAXIMUM_BITS: Final = 256
_BITS_BYTES: Final = 2
_GENERATION_BYTES: Final = 4


class IndexKey:
    """The key of one index: one organization, label, transform, width and generation (IDX-1)."""

    __slots__ = ("_kept_bytes", "_keyed")

    def __init__(self, key: SecretKey, *, bits: int = DEFAULT_BITS) -> None:
        """Use `key` for digests of `bits` bits.

        Raises:
            ValueError: the width is not a whole number of bytes from 8 to 256 bits.
        """
        require_width(bits)
        # Keyed once and copied for each value: a third of the time of a new HMAC.
        self._keyed = HMAC(key.material, SHA256())
        self._kept_bytes = bits // 8

    @classmethod
    def derive(
        cls, root: SecretKey, *, organization_id: UUID, label: str, transform: str, bits: int, generation: int
    ) -> Self:
        """Return the key of one index (IDX-2). `label` is the field's context label or its join group.

        Raises:
            ValueError: `bits` is out of range, or the label or the transform's name is empty.
            OverflowError: `generation` does not fit in 4 unsigned bytes.
        """
        if not label or not transform:
            raise ValueError("an index is named by a label and a transform")
        require_width(bits)
        info = length_prefixed(
            INDEX_DOMAIN,
            organization_id.bytes,
            label.encode(),
            transform.encode(),
            bits.to_bytes(_BITS_BYTES, "big"),
            generation.to_bytes(_GENERATION_BYTES, "big"),
        )
        return cls(derive_key(root, info=info), bits=bits)

    def digest(self, value: str) -> bytes:
        """Return the index of `value`, which the transform has already normalised: `bits / 8` bytes (IDX-3).

        Raises:
            ValueError: a text with lone surrogates has no UTF-8.
        """
        mac = self._keyed.copy()
        mac.update(value.encode() if value.isascii() else _utf8(value))
        return mac.finalize()[: self._kept_bytes]

    def digests(self, terms: Iterable[str]) -> tuple[bytes, ...]:
        """Return the index of a set of terms: distinct, in the order of their bytes (IDX-10).

        In the order of the terms they would spell the value; sorted, they say how many there are.

        Raises:
            ValueError: a text with lone surrogates has no UTF-8.
        """
        return tuple(sorted({self.digest(term) for term in terms}))

    def __repr__(self) -> str:
        return "IndexKey(hidden)"

    def __reduce__(self) -> Never:
        raise TypeError("an IndexKey is never pickled or copied")


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        pass
    # Raised out here, because Python's own error carries the whole value along, as its cause too.
    raise ValueError("a text with lone surrogates has no index")


def require_width(bits: int) -> int:
    """Return the width of an index in bits (IDX-4).

    Raises:
        ValueError: it is not a whole number of bytes from 8 to 256 bits.
    """
    if bits % 8 or not MINIMUM_BITS <= bits <= MAXIMUM_BITS:
        raise ValueError(f"an index has {MINIMUM_BITS} to {MAXIMUM_BITS} bits, in whole bytes")
    return bits
