"""AES-256-SIV (RFC 5297): authenticated encryption that gives the same bytes for the same value.

The synthetic IV is a MAC of the associated data and the plaintext, and the IV of the encryption at
once. Nothing is drawn at random, so nothing can be drawn twice; what shows is which values are equal.
"""

import hmac
from typing import Final, Never

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.cmac import CMAC

from ascend.envelope.keys import SivKey

SIV_BYTES: Final = 16
_BLOCK_MASK: Final = (1 << 128) - 1
_TOP_BIT: Final = 1 << 127
_REDUCTION: Final = 0x87  # x^128 + x^7 + x^2 + x + 1, RFC 5297 section 2.3
_PADDED_EMPTY: Final = _TOP_BIT  # pad("") is a one bit and zeros, RFC 5297 section 2.1


class Aes256Siv:
    """SIV with exactly one component of associated data, which may be empty; the result is SIV, then ciphertext."""

    __slots__ = ("_mac_key", "_siv", "decrypt_filled", "encrypt_filled")

    def __init__(self, key: SivKey) -> None:
        self._siv = AESSIV(key.material)
        # For texts that are not empty, without a Python-level call: a column opens thousands of them.
        self.encrypt_filled, self.decrypt_filled = self._siv.encrypt, self._siv.decrypt
        self._mac_key = AES256(key.material[: SivKey.KEY_BYTES // 2])

    def encrypt(self, data: bytes, associated_data: bytes) -> bytes:
        """Return SIV (16 bytes) and ciphertext, as long as `data`."""
        if not data:
            return self._siv_of_nothing(associated_data)
        return self._siv.encrypt(data, [associated_data])

    def decrypt(self, data: bytes, associated_data: bytes) -> bytes:
        """Return the plaintext of SIV and ciphertext.

        Raises:
            InvalidTag: something was changed, or `data` is shorter than the SIV.
        """
        if len(data) == SIV_BYTES:
            if not hmac.compare_digest(data, self._siv_of_nothing(associated_data)):
                raise InvalidTag
            return b""
        return self._siv.decrypt(data, [associated_data])

    def __reduce__(self) -> Never:
        raise TypeError("a cipher holds its key and is never pickled or copied")

    def _siv_of_nothing(self, associated_data: bytes) -> bytes:
        """Return S2V of `associated_data` and the empty text (RFC 5297, 2.4), which OpenSSL before 3.5 refuses."""
        start = _doubled(self._cmac(bytes(SIV_BYTES))) ^ self._cmac(associated_data)
        return self._cmac_bytes((_doubled(start) ^ _PADDED_EMPTY).to_bytes(SIV_BYTES, "big"))

    def _cmac(self, octets: bytes) -> int:
        return int.from_bytes(self._cmac_bytes(octets), "big")

    def _cmac_bytes(self, octets: bytes) -> bytes:
        mac = CMAC(self._mac_key)
        mac.update(octets)
        return mac.finalize()


def _doubled(block: int) -> int:
    """Multiply by x in GF(2^128)."""
    return (block << 1) & _BLOCK_MASK ^ (_REDUCTION if block & _TOP_BIT else 0)
