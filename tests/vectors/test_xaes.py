"""XAES-256-GCM against the vectors of its C2SP page, and against a second implementation."""

import hashlib
import json
from pathlib import Path

import pytest

from ascend.envelope.xaes import Xaes256Gcm
from tests.reference import aead

VECTORS = json.loads((Path(__file__).parent / "xaes_256_gcm.json").read_text())


class Stream:
    """Bytes read one after another from SHAKE-128 of the empty string, whose output is a prefix of a longer one."""

    def __init__(self, reserve: int) -> None:
        self.octets = memoryview(hashlib.shake_128(b"").digest(reserve))
        self.position = 0

    def read(self, length: int) -> bytes:
        self.position += length
        assert self.position <= len(self.octets)
        return bytes(self.octets[self.position - length : self.position])

    def read_string(self) -> bytes:
        return self.read(self.read(1)[0])


def accumulated(iterations: int) -> str:
    # 312 bytes an iteration on the average; 320 leave a hundred deviations of room.
    stream, ciphertexts = Stream(iterations * 320), hashlib.shake_128()
    for _ in range(iterations):
        cipher, nonce = Xaes256Gcm(stream.read(32)), stream.read(24)
        plaintext, aad = stream.read_string(), stream.read_string()
        sealed = cipher.encrypt(nonce, plaintext, aad)
        assert cipher.decrypt(nonce, sealed, aad) == plaintext
        ciphertexts.update(sealed)
    return ciphertexts.hexdigest(32)


class TestPublishedVectors:
    def test_every_vector_seals_and_opens(self) -> None:
        ran = 0
        for test in VECTORS["tests"]:
            key, nonce, plaintext, aad, sealed = (
                bytes.fromhex(test[name]) for name in ("key", "nonce", "plaintext", "aad", "ciphertext")
            )
            assert Xaes256Gcm(key).encrypt(nonce, plaintext, aad) == sealed
            assert Xaes256Gcm(key).decrypt(nonce, sealed, aad) == plaintext
            assert Xaes256Gcm(key)._derive_key(nonce).hex() == test["subkey"]
            assert aead.xaes_seal(key, nonce, plaintext, aad) == sealed
            ran += 1
        assert ran == VECTORS["numberOfTests"] == 2

    def test_the_random_stream_starts_as_published(self) -> None:
        assert Stream(16).read(16).hex() == "7f9c2ba4e88f827d616045507605853e"

    def test_ten_thousand_iterations_have_the_published_hash(self) -> None:
        assert accumulated(10_000) == VECTORS["accumulated"]["10000"]

    @pytest.mark.slow
    def test_a_million_iterations_have_the_published_hash(self) -> None:
        assert accumulated(1_000_000) == VECTORS["accumulated"]["1000000"]
