"""XAES-256-GCM: AES-256-GCM with a 192-bit nonce, safe to draw at random for ever.

Source: C2SP, https://c2sp.org/XAES-256-GCM. The steps below carry the numbers of its "Detailed
key derivation algorithm"; what it names L, K1, M1 and M2 has the same name here.
"""

from typing import Final, Never

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB

from ascend.envelope.suites import GCM_NONCE_BYTES, XAES_NONCE_BYTES

_BLOCK_BYTES: Final = 16
_TOP_BIT: Final = 1 << 127
_BLOCK_MASK: Final = (1 << 128) - 1
_REDUCTION: Final = 0x87  # x^128 + x^7 + x^2 + x + 1, SP 800-38B section 5.3
_M1_START: Final = b"\x00\x01X\x00"
_M2_START: Final = b"\x00\x02X\x00"


class Xaes256Gcm:
    """The same two verbs as `AESGCM`, so that a cipher need not know which of them it holds."""

    __slots__ = ("_aes", "_k1_twice")

    def __init__(self, key: bytes) -> None:
        # ECB is the bare block cipher here: single blocks that no two nonces share.
        self._aes = Cipher(AES256(key), ECB())  # noqa: S305
        l_block = int.from_bytes(self._encrypt_blocks(bytes(_BLOCK_BYTES)), "big")  # step 1
        k1 = (l_block << 1) & _BLOCK_MASK  # step 2
        if l_block & _TOP_BIT:
            k1 ^= _REDUCTION
        self._k1_twice = k1 << 128 | k1

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Return ciphertext and tag. `nonce` is 24 bytes."""
        return AESGCM(self._derive_key(nonce)).encrypt(nonce[GCM_NONCE_BYTES:], data, associated_data)

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Return the plaintext.

        Raises:
            ValueError: the nonce is not 24 bytes.
            InvalidTag: something was changed.
        """
        return AESGCM(self._derive_key(nonce)).decrypt(nonce[GCM_NONCE_BYTES:], data, associated_data)

    def __reduce__(self) -> Never:
        raise TypeError("a cipher holds its key and is never pickled or copied")

    def _derive_key(self, nonce: bytes) -> bytes:
        """Return Kx, the key for this half of the nonce (steps 3 to 5, both blocks at once)."""
        if len(nonce) != XAES_NONCE_BYTES:
            raise ValueError(f"XAES-256-GCM takes a nonce of {XAES_NONCE_BYTES} bytes")
        half = bytes(nonce[:GCM_NONCE_BYTES])
        m1_m2 = int.from_bytes(_M1_START + half + _M2_START + half, "big")
        return self._encrypt_blocks((m1_m2 ^ self._k1_twice).to_bytes(2 * _BLOCK_BYTES, "big"))

    def _encrypt_blocks(self, blocks: bytes) -> bytes:
        # One encryptor a call: they carry state and may not be shared between threads.
        return self._aes.encryptor().update(blocks)
