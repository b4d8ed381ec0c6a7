"""GCM from SP 800-38D, XAES-256-GCM from SP 800-108, SIV from RFC 5297, of nothing but the AES block and CMAC."""

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFCMAC, CounterLocation, Mode

R = 0xE1 << 120


def aes(key: bytes, block: bytes) -> bytes:
    return Cipher(AES(key), ECB()).encryptor().update(block)  # noqa: S305 - one block, which is what GCM is made of


def multiply(x: int, y: int) -> int:
    """SP 800-38D, algorithm 1."""
    product = 0
    for bit in range(127, -1, -1):
        if x >> bit & 1:
            product ^= y
        y = y >> 1 ^ (R if y & 1 else 0)
    return product


def ghash(hash_key: int, octets: bytes) -> int:
    """SP 800-38D, algorithm 2."""
    y = 0
    for start in range(0, len(octets), 16):
        y = multiply(y ^ int.from_bytes(octets[start : start + 16], "big"), hash_key)
    return y


def padded(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % 16)


def key_stream(key: bytes, nonce: bytes, length: int) -> bytes:
    blocks = range(2, 2 + -(-length // 16))
    return b"".join(aes(key, nonce + counter.to_bytes(4, "big")) for counter in blocks)[:length]


def xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def gcm_tag(key: bytes, nonce: bytes, ciphertext: bytes, aad: bytes) -> bytes:
    lengths = (8 * len(aad)).to_bytes(8, "big") + (8 * len(ciphertext)).to_bytes(8, "big")
    s = ghash(int.from_bytes(aes(key, bytes(16)), "big"), padded(aad) + padded(ciphertext) + lengths)
    return xor(s.to_bytes(16, "big"), aes(key, nonce + (1).to_bytes(4, "big")))


def gcm_seal(key: bytes, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """SP 800-38D, algorithm 4, for a nonce of 96 bits."""
    ciphertext = xor(plaintext, key_stream(key, nonce, len(plaintext)))
    return ciphertext + gcm_tag(key, nonce, ciphertext, aad)


def xaes_subkey(key: bytes, nonce: bytes) -> bytes:
    """The overview's sentence: SP 800-108r1 in counter mode, PRF CMAC-AES256, i of 16 bits, no L."""
    fixed = b"X\x00" + nonce[:12]
    kdf = KBKDFCMAC(AES, Mode.CounterMode, 32, 2, None, CounterLocation.BeforeFixed, None, None, fixed)
    return kdf.derive(key)


def xaes_seal(key: bytes, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
    return gcm_seal(xaes_subkey(key, nonce), nonce[12:], plaintext, aad)


def doubled(block: bytes) -> bytes:
    """RFC 5297, 2.3."""
    number = int.from_bytes(block, "big") << 1
    return ((number & (1 << 128) - 1) ^ (0x87 if number >> 128 else 0)).to_bytes(16, "big")


def cmac(key: bytes, octets: bytes) -> bytes:
    """SP 800-38B, 6.2."""
    k1 = doubled(aes(key, bytes(16)))
    whole = bool(octets) and len(octets) % 16 == 0
    text = octets if whole else padded(octets + b"\x80")
    text = text[:-16] + xor(text[-16:], k1 if whole else doubled(k1))
    chained = bytes(16)
    for start in range(0, len(text), 16):
        chained = aes(key, xor(chained, text[start : start + 16]))
    return chained


def s2v(key: bytes, parts: list[bytes]) -> bytes:
    """RFC 5297, 2.4, for one part or more."""
    *first, final = parts
    d = cmac(key, bytes(16))
    for part in first:
        d = xor(doubled(d), cmac(key, part))
    if len(final) >= 16:
        return cmac(key, final[:-16] + xor(final[-16:], d))
    return cmac(key, xor(doubled(d), padded(final + b"\x80")))


def siv_seal(key: bytes, associated: list[bytes], plaintext: bytes) -> bytes:
    """RFC 5297, 2.6: the synthetic IV, then the ciphertext, under one half of `key` each."""
    half = len(key) // 2
    v = s2v(key[:half], [*associated, plaintext])
    q = int.from_bytes(v, "big") & ~(1 << 63) & ~(1 << 31)
    blocks = range(-(-len(plaintext) // 16))
    stream = b"".join(aes(key[half:], ((q + number) % (1 << 128)).to_bytes(16, "big")) for number in blocks)
    return v + xor(plaintext, stream[: len(plaintext)])
