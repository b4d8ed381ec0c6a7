"""SIV against the cases that its RFC prints.

Both have keys of 256 bits, which suite 02 refuses. So they run through the second implementation, which takes any
length, and `test_wycheproof.py` runs every vector of 512 bits through the second implementation and ours.
"""

import json
from pathlib import Path

import pytest

from ascend.envelope import SivKey
from tests.reference.aead import siv_seal

VECTORS = json.loads((Path(__file__).parent / "rfc5297.json").read_text())


class TestRfc5297:
    def test_every_case_is_sealed_by_the_second_implementation(self) -> None:
        ran = 0
        for test in VECTORS["tests"]:
            key, text = bytes.fromhex(test["key"]), bytes.fromhex(test["msg"])
            assert siv_seal(key, [bytes.fromhex(part) for part in test["associated"]], text).hex() == test["ct"]
            ran += 1
        assert ran == VECTORS["numberOfTests"] == 2

    def test_the_keys_of_both_are_refused_by_suite_02(self) -> None:
        for test in VECTORS["tests"]:
            with pytest.raises(ValueError, match="exactly 64 bytes"):
                SivKey(bytes.fromhex(test["key"]))
