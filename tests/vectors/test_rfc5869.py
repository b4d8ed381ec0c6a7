"""HKDF-SHA-256 against the cases that its RFC prints."""

import json
from pathlib import Path

from ascend.envelope.kdf import hkdf_sha256
from tests.reference import formats

VECTORS = json.loads((Path(__file__).parent / "rfc5869.json").read_text())


class TestRfc5869:
    def test_every_sha256_case_is_derived(self) -> None:
        ran = 0
        for test in VECTORS["tests"]:
            material, salt, info = (bytes.fromhex(test[name]) for name in ("ikm", "salt", "info"))
            assert hkdf_sha256(material, salt=salt, info=info, length=test["size"]).hex() == test["okm"]
            assert formats.hkdf(material, salt, info, test["size"]).hex() == test["okm"]
            ran += 1
        assert ran == VECTORS["numberOfTests"] == 3

    def test_no_salt_is_a_salt_of_zeros(self) -> None:
        without = hkdf_sha256(b"material", salt=None, info=b"info", length=32)
        assert without == hkdf_sha256(b"material", salt=bytes(32), info=b"info", length=32)
