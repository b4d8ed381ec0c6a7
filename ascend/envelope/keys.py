"""A key in memory, which keeps silent about itself."""

import hmac
import os
from typing import ClassVar, Final, Never, Self, final

from ascend.envelope.suites import AES_256_KEY_BYTES, SIV_KEY_BYTES

CHECK_VALUE_BYTES: Final = 16
_CHECK_VALUE_DOMAIN: Final = b"ascend/kcv/v1"


class UnwrappedKey:
    """A key of one length. Lives in memory only: no repr, no pickle, no copy, no hash (WRAP-1).

    Its two kinds are two types, so that a type checker sees a key handed to a cipher of the other kind.
    """

    __slots__ = ("_material",)
    KEY_BYTES: ClassVar[int]
    _material: bytes

    def __init__(self, material: bytes) -> None:
        """Hold `material`, exactly `KEY_BYTES` bytes.

        Raises:
            ValueError: it is anything else. The message does not quote it.
        """
        if len(material) != self.KEY_BYTES:
            raise ValueError(f"a key is exactly {self.KEY_BYTES} bytes")
        # A bytearray would change under us; a str is refused by bytes() itself.
        object.__setattr__(self, "_material", bytes(material))

    @classmethod
    def generate(cls) -> Self:
        """Return a new key from the operating system's generator."""
        return cls(os.urandom(cls.KEY_BYTES))

    @property
    def material(self) -> bytes:
        """The key itself, `KEY_BYTES` bytes, for the constructors of ciphers and providers. Never log or store it."""
        return self._material

    def check_value(self) -> bytes:
        """Return 16 bytes that tell two keys apart and tell nothing about either (WRAP-2).

        HMAC-SHA-256 under the key itself. No suite commits to its key; this value, compared on every unwrap, does.
        """
        return hmac.digest(self._material, _CHECK_VALUE_DOMAIN, "sha256")[:CHECK_VALUE_BYTES]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, UnwrappedKey):
            return NotImplemented
        return hmac.compare_digest(self._material, other._material)

    # A hash would be a function of the key that ends up in dictionaries and their reprs.
    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(hidden)"

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError(f"a {type(self).__name__} does not change")

    def __delattr__(self, name: str) -> Never:
        raise AttributeError(f"a {type(self).__name__} does not change")

    def __reduce__(self) -> Never:
        raise TypeError(f"a {type(self).__name__} is never pickled")

    def __getstate__(self) -> Never:
        raise TypeError(f"a {type(self).__name__} is never pickled")

    def __copy__(self) -> Never:
        raise TypeError(f"a {type(self).__name__} is never copied")

    def __deepcopy__(self, memo: object) -> Never:
        raise TypeError(f"a {type(self).__name__} is never copied")


@final
class SecretKey(UnwrappedKey):
    """A 256-bit key: of suites 01 and 03, of a level that wraps, or the root of a derivation."""

    __slots__ = ()
    KEY_BYTES = AES_256_KEY_BYTES


@final
class SivKey(UnwrappedKey):
    """A key of suite 02: 512 bits, the first half for the synthetic IV, the second for encryption (WRAP-7)."""

    __slots__ = ()
    KEY_BYTES = SIV_KEY_BYTES
