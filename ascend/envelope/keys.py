"""A key in memory, which keeps silent about itself."""

import hmac
import os
from typing import Final, Never, Self, final

from ascend.envelope.suites import AES_256_KEY_BYTES

CHECK_VALUE_BYTES: Final = 16
_CHECK_VALUE_DOMAIN: Final = b"ascend/kcv/v1"


@final
class SecretKey:
    """An unwrapped 256-bit key. Lives in memory only: no repr, no pickle, no copy, no hash (WRAP-1)."""

    __slots__ = ("_material",)
    _material: bytes

    def __init__(self, material: bytes) -> None:
        """Hold `material`, exactly 32 bytes.

        Raises:
            ValueError: it is anything else. The message does not quote it.
        """
        if len(material) != AES_256_KEY_BYTES:
            raise ValueError(f"a key is exactly {AES_256_KEY_BYTES} bytes")
        # A bytearray would change under us; a str is refused by bytes() itself.
        object.__setattr__(self, "_material", bytes(material))

    @classmethod
    def generate(cls) -> Self:
        """Return a new key from the operating system's generator."""
        return cls(os.urandom(AES_256_KEY_BYTES))

    @property
    def material(self) -> bytes:
        """The key itself, 32 bytes, for the constructors of ciphers and providers. Never log or store it."""
        return self._material

    def check_value(self) -> bytes:
        """Return 16 bytes that tell two keys apart and tell nothing about either (WRAP-2).

        HMAC-SHA-256 under the key itself. No suite commits to its key; this value, compared on every unwrap, does.
        """
        return hmac.digest(self._material, _CHECK_VALUE_DOMAIN, "sha256")[:CHECK_VALUE_BYTES]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SecretKey):
            return NotImplemented
        return hmac.compare_digest(self._material, other._material)

    # A hash would be a function of the key that ends up in dictionaries and their reprs.
    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "SecretKey(hidden)"

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError("a SecretKey does not change")

    def __delattr__(self, name: str) -> Never:
        raise AttributeError("a SecretKey does not change")

    def __reduce__(self) -> Never:
        raise TypeError("a SecretKey is never pickled")

    def __getstate__(self) -> Never:
        raise TypeError("a SecretKey is never pickled")

    def __copy__(self) -> Never:
        raise TypeError("a SecretKey is never copied")

    def __deepcopy__(self, memo: object) -> Never:
        raise TypeError("a SecretKey is never copied")
