"""Wycheproof against our own functions: what is valid opens, what is invalid is refused in one way."""

import json
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import pytest

from ascend.envelope import (
    DecryptionFailed,
    DeterministicCipher,
    Envelope,
    FieldCipher,
    FieldContext,
    GroupContext,
    IndexKey,
    NotAnEnvelope,
    SecretKey,
    SivKey,
    Suite,
    header,
)
from ascend.envelope.kdf import hkdf_sha256
from tests.reference.aead import siv_seal

HERE = Path(__file__).parent
HEADER = header(Suite.AES_256_GCM, b"8 bytes!")
GCM_NONCE_BITS = 96


def cases(name: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    document = json.loads((HERE / name).read_text())
    found = [(group, test) for group in document["testGroups"] for test in group["tests"]]
    assert len(found) == document["numberOfTests"]
    return found


class GivenAad(FieldContext):
    """A field context whose AAD is a vector's own, so that vectors run through the very hot path."""

    def __init__(self, aad: bytes) -> None:
        object.__setattr__(self, "organization_id", UUID(int=0))
        object.__setattr__(self, "label", aad.hex() or "empty")
        object.__setattr__(self, "given", aad)

    def aad_prefix(self, header: bytes) -> bytes:
        return self.given


def cipher_for(test: dict[str, str]) -> FieldCipher:
    return FieldCipher(SecretKey(bytes.fromhex(test["key"])), HEADER, GivenAad(bytes.fromhex(test["aad"])))


class TestAesGcm:
    def test_every_vector_with_our_nonce_size_has_its_result(self) -> None:
        results = {"valid": 0, "invalid": 0}
        for group, test in cases("wycheproof_aes_gcm_test.json"):
            if group["ivSize"] == GCM_NONCE_BITS:
                getattr(self, f"check_{test['result']}")(test)
                results[test["result"]] += 1
        assert results == {"valid": 39, "invalid": 27}

    def check_valid(self, test: dict[str, str]) -> None:
        cipher, nonce, text = cipher_for(test), bytes.fromhex(test["iv"]), bytes.fromhex(test["msg"])
        stored = HEADER + bytes.fromhex(test["iv"] + test["ct"] + test["tag"])
        assert cipher.seal_with(nonce, text) == stored
        assert cipher.open(stored) == text
        assert Envelope.parse(stored).to_bytes() == stored

    def check_invalid(self, test: dict[str, str]) -> None:
        with pytest.raises(DecryptionFailed):
            cipher_for(test).open(HEADER + bytes.fromhex(test["iv"] + test["ct"] + test["tag"]))

    def test_every_other_nonce_size_is_refused(self) -> None:
        refused = 0
        for group, test in cases("wycheproof_aes_gcm_test.json"):
            if group["ivSize"] != GCM_NONCE_BITS:
                with pytest.raises(ValueError, match="12 bytes"):
                    cipher_for(test).seal_with(bytes.fromhex(test["iv"]), bytes.fromhex(test["msg"]))
                with pytest.raises(DecryptionFailed):
                    cipher_for(test).open(HEADER + bytes.fromhex(test["iv"] + test["ct"] + test["tag"]))
                refused += 1
        assert refused == 39

    def test_a_nonce_of_no_bytes_is_no_envelope(self) -> None:
        with pytest.raises(NotAnEnvelope):
            Envelope.parse(HEADER + bytes(27))


class GivenGroupAad(GroupContext):
    """A group's context whose AAD is a vector's own."""

    def __init__(self, aad: bytes) -> None:
        object.__setattr__(self, "organization_id", UUID(int=0))
        object.__setattr__(self, "label", aad.hex() or "empty")
        object.__setattr__(self, "given", aad)

    def to_aad(self) -> bytes:
        return self.given


class TestAesSiv:
    HEADER = header(Suite.AES_256_SIV, b"8 bytes!")

    def test_every_vector_has_its_result(self) -> None:
        results = {"valid": 0, "invalid": 0}
        for _, test in cases("wycheproof_aes_siv_cmac_test.json"):
            getattr(self, f"check_{test['result']}")(test)
            results[test["result"]] += 1
        assert results == {"valid": 39, "invalid": 108}

    def cipher_for(self, test: dict[str, str]) -> DeterministicCipher:
        context = GivenGroupAad(bytes.fromhex(test["aad"]))
        return DeterministicCipher(SivKey(bytes.fromhex(test["key"])), self.HEADER, context)

    def check_valid(self, test: dict[str, str]) -> None:
        key, aad, text, sealed = (bytes.fromhex(test[name]) for name in ("key", "aad", "msg", "ct"))
        cipher, stored = self.cipher_for(test), self.HEADER + sealed
        assert cipher.seal(text) == stored
        assert cipher.open(stored) == text
        assert Envelope.parse(stored).to_bytes() == stored
        assert siv_seal(key, [aad], text) == sealed

    def check_invalid(self, test: dict[str, str]) -> None:
        with pytest.raises(DecryptionFailed):
            self.cipher_for(test).open(self.HEADER + bytes.fromhex(test["ct"]))


class Octets(str):
    """A text whose UTF-8 is a vector's message, which need not be text."""

    __slots__ = ("octets",)

    def __new__(cls, octets: bytes) -> Self:
        self = super().__new__(cls)
        self.octets = octets
        return self

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return self.octets


class TestHmac:
    def test_every_vector_has_its_result(self) -> None:
        results = {"valid": 0, "invalid": 0}
        for group, test in cases("wycheproof_hmac_sha256_test.json"):
            key = IndexKey(SecretKey(bytes.fromhex(test["key"])), bits=group["tagSize"])
            is_valid = key.digest(Octets(bytes.fromhex(test["msg"]))) == bytes.fromhex(test["tag"])
            assert is_valid == (test["result"] == "valid"), test["tcId"]
            results[test["result"]] += 1
        assert results == {"valid": 54, "invalid": 108}


class TestHkdf:
    def test_every_vector_has_its_result(self) -> None:
        results = {"valid": 0, "invalid": 0}
        for _, test in cases("wycheproof_hkdf_sha256_test.json"):
            getattr(self, f"check_{test['result']}")(test)
            results[test["result"]] += 1
        assert results == {"valid": 83, "invalid": 3}

    def derive(self, test: dict[str, Any]) -> bytes:
        material, salt, info = (bytes.fromhex(test[name]) for name in ("ikm", "salt", "info"))
        return hkdf_sha256(material, salt=salt, info=info, length=test["size"])

    def check_valid(self, test: dict[str, Any]) -> None:
        assert self.derive(test).hex() == test["okm"]

    def check_invalid(self, test: dict[str, Any]) -> None:
        assert "SizeTooLarge" in test["flags"]
        with pytest.raises(ValueError, match="larger than"):
            self.derive(test)
