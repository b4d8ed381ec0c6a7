"""Every way to hand a value to the wrong place, each refused with the one error."""

from itertools import product
from uuid import UUID

import pytest

from ascend.envelope import (
    DecryptionFailed,
    DeterministicCipher,
    FieldCipher,
    FieldContext,
    GroupContext,
    SecretKey,
    SivKey,
    Suite,
    header,
    row_part,
)

KEY, KEY_ID = SecretKey(bytes(range(32))), b"8 bytes!"
HOME = {"organization": UUID(int=1), "label": "records.person.ssn", "row": row_part(UUID(int=5))}
ELSEWHERE = {
    "another row": {"row": row_part(UUID(int=6))},
    "a row of another type": {"row": row_part(UUID(int=5).int % 2**62)},
    "no row": {"row": b""},
    "another column": {"label": "records.person.phone"},
    "another model": {"label": "records.company.ssn"},
    "a label with the row's bytes in it": {"label": "records.person.ssn\0"},
    "another organization": {"organization": UUID(int=2)},
    "another organization's same row": {"organization": UUID(int=2), "row": row_part(UUID(int=5))},
}
SUITES = (Suite.AES_256_GCM, Suite.XAES_256_GCM)


def cipher(suite: Suite, place: dict[str, object], key: SecretKey = KEY, key_id: bytes = KEY_ID) -> FieldCipher:
    return FieldCipher(key, header(suite, key_id), FieldContext(place["organization"], place["label"]))


def assert_refused(other: FieldCipher | DeterministicCipher, stored: bytes, row: bytes) -> None:
    with pytest.raises(DecryptionFailed) as caught:
        other.open(stored, row)
    assert (type(caught.value), str(caught.value), caught.value.args) == (DecryptionFailed, "decryption failed", ())


class TestMovedValue:
    """ENV-8, ENV-9, ENV-14."""

    @pytest.mark.parametrize(("suite", "where"), list(product(SUITES, ELSEWHERE)))
    def test_is_refused(self, suite: Suite, where: str) -> None:
        stored = cipher(suite, HOME).seal(b"123-45-6789", HOME["row"])
        place = HOME | ELSEWHERE[where]
        assert cipher(suite, HOME).open(stored, HOME["row"]) == b"123-45-6789"
        assert_refused(cipher(suite, place), stored, place["row"])

    @pytest.mark.parametrize("suite", SUITES)
    def test_without_a_row_is_refused_in_a_row(self, suite: Suite) -> None:
        assert_refused(cipher(suite, HOME), cipher(suite, HOME).seal(b"123-45-6789"), HOME["row"])


class TestDamagedValue:
    """ENV-14."""

    @pytest.mark.parametrize("suite", SUITES)
    def test_with_any_single_bit_changed_is_refused(self, suite: Suite) -> None:
        stored, tried = cipher(suite, HOME).seal(b"123-45-6789", HOME["row"]), 0
        for bit in range(8 * len(stored)):
            changed = bytearray(stored)
            changed[bit // 8] ^= 1 << bit % 8
            assert_refused(cipher(suite, HOME), bytes(changed), HOME["row"])
            tried += 1
        assert tried == {Suite.AES_256_GCM: 384, Suite.XAES_256_GCM: 480}[suite]

    @pytest.mark.parametrize("suite", SUITES)
    def test_with_any_byte_dropped_or_added_is_refused(self, suite: Suite) -> None:
        stored = cipher(suite, HOME).seal(b"123-45-6789", HOME["row"])
        for at in range(len(stored)):
            assert_refused(cipher(suite, HOME), stored[:at] + stored[at + 1 :], HOME["row"])
            assert_refused(cipher(suite, HOME), stored[:at] + b"\x07" + stored[at:], HOME["row"])
            assert_refused(cipher(suite, HOME), stored[:at], HOME["row"])
        assert_refused(cipher(suite, HOME), stored + b"\x07", HOME["row"])


class TestConfusedSuites:
    """ENV-5."""

    @pytest.mark.parametrize(("written", "read"), [SUITES, SUITES[::-1]])
    def test_a_value_of_one_suite_is_refused_by_the_other_under_the_same_key(self, written: Suite, read: Suite) -> None:
        stored = cipher(written, HOME).seal(b"123-45-6789", HOME["row"])
        assert_refused(cipher(read, HOME), stored, HOME["row"])
        assert_refused(cipher(read, HOME), bytes([read]) + stored[1:], HOME["row"])

    def test_an_aes_gcm_value_cannot_be_respelled_as_xaes(self) -> None:
        """The last 12 of a 24-byte nonce are a GCM nonce: only the derived key keeps the suites apart."""
        stored = cipher(Suite.AES_256_GCM, HOME).seal(b"123-45-6789", HOME["row"])
        respelled = bytes([Suite.XAES_256_GCM]) + stored[1:9] + bytes(12) + stored[9:]
        assert_refused(cipher(Suite.XAES_256_GCM, HOME), respelled, HOME["row"])


def group(label: str = "customers", organization: UUID = HOME["organization"], **other: object) -> DeterministicCipher:
    first = header(Suite.AES_256_SIV, other.get("key_id", KEY_ID))
    return DeterministicCipher(other.get("key", SivKey(bytes(range(64)))), first, GroupContext(organization, label))


class TestMovedDeterministicValue:
    """ENV-14, ENV-19, ENV-20, ENV-22."""

    @pytest.mark.parametrize(
        "elsewhere",
        [
            {"label": "suppliers"},
            {"label": "customers\0"},
            {"organization": UUID(int=2)},
            {"key": SivKey(bytes(64))},
            {"key": SivKey(bytes(range(32, 64)) + bytes(range(32)))},
            {"key_id": b"other id"},
        ],
        ids=["another group", "a longer label", "another organization", "another key", "halves swapped", "another id"],
    )
    def test_is_refused(self, elsewhere: dict[str, object]) -> None:
        assert_refused(group(**elsewhere), group().seal(b"123-45-6789"), b"")

    def test_opens_in_another_column_of_its_group_as_a_join_needs(self) -> None:
        assert group().open(group().seal(b"123-45-6789")) == b"123-45-6789"

    def test_is_refused_where_a_row_is_named(self) -> None:
        assert_refused(group(), group().seal(b"123-45-6789"), HOME["row"])

    @pytest.mark.parametrize("suite", SUITES)
    def test_is_refused_by_the_other_suites_and_refuses_their_values(self, suite: Suite) -> None:
        stored = group().seal(b"123-45-6789 and more, longer than a nonce and a tag")
        assert_refused(cipher(suite, HOME), stored, b"")
        assert_refused(cipher(suite, HOME), bytes([suite]) + stored[1:], b"")
        randomized = cipher(suite, HOME).seal(b"123-45-6789")
        assert_refused(group(), randomized, b"")
        assert_refused(group(), bytes([Suite.AES_256_SIV]) + randomized[1:], b"")

    def test_with_any_single_bit_changed_is_refused(self) -> None:
        stored, tried = group().seal(b"123-45-6789"), 0
        for bit in range(8 * len(stored)):
            changed = bytearray(stored)
            changed[bit // 8] ^= 1 << bit % 8
            assert_refused(group(), bytes(changed), b"")
            tried += 1
        assert tried == 8 * 36

    def test_under_the_id_of_another_key_of_the_group_is_refused(self) -> None:
        """The AAD holds no key id, so a renamed header must fail by the comparison, and by the key."""
        stored = group().seal(b"123-45-6789")
        renamed = stored[:1] + b"other id" + stored[9:]
        assert_refused(group(), renamed, b"")
        assert_refused(group(key=SivKey(bytes(64)), key_id=b"other id"), renamed, b"")


class TestPlaintext:
    """ENV-3, ENV-14."""

    @pytest.mark.parametrize("plain", [b"", b"123-45-6789", b"\x01", b"\x01" + KEY_ID, b"\x01" + KEY_ID + bytes(40)])
    def test_is_never_returned_as_it_is(self, plain: bytes) -> None:
        assert_refused(cipher(Suite.AES_256_GCM, HOME), plain, HOME["row"])
