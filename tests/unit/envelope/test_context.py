import dataclasses
from uuid import UUID

import pytest

from ascend.envelope import EncryptionContext, FieldContext, KeyContext, Suite, header, length_prefixed, row_part

ORGANIZATION = UUID("6f1e4c1c-8d0f-4f59-9d8e-6f2b1f0a7c11")
HEADER = header(Suite.AES_256_GCM, b"8 bytes!")
KEY = KeyContext(
    deployment="portal-1",
    environment="production",
    organization_id=ORGANIZATION,
    key_id=UUID(int=1),
    level=4,
    purpose="records",
    parent_id=UUID(int=2),
    algorithm=Suite.AES_256_GCM,
    classification="restricted",
    context_label="records.person.ssn",
)
OTHER_VALUES = {
    "deployment": "portal-2",
    "environment": "staging",
    "organization_id": UUID(int=3),
    "key_id": UUID(int=3),
    "level": 3,
    "purpose": "files",
    "parent_id": UUID(int=3),
    "algorithm": Suite.XAES_256_GCM,
    "classification": "",
    "context_label": "records.person.name",
}


class TestLengthPrefixed:
    """ENV-7."""

    def test_puts_four_bytes_of_length_before_each_part(self) -> None:
        assert length_prefixed(b"ab", b"", b"c") == b"\0\0\0\2ab\0\0\0\0\0\0\0\1c"


class TestRowPart:
    """ENV-9."""

    def test_is_a_type_tag_and_canonical_bytes_behind_their_length(self) -> None:
        assert row_part(ORGANIZATION) == b"\0\0\0\x11u" + ORGANIZATION.bytes
        assert row_part(-2) == b"\0\0\0\x09i" + b"\xff" * 7 + b"\xfe"
        assert row_part("é") == b"\0\0\0\x03s\xc3\xa9"

    def test_keeps_keys_of_different_types_apart(self) -> None:
        same = UUID(bytes=b"sixteen letters!")
        assert len({row_part(1), row_part("1"), row_part(same), row_part("sixteen letters!"), row_part(str(same))}) == 5

    @pytest.mark.parametrize("wrong", [True, None, 1.0, b"bytes", (1, 2)])
    def test_refuses_other_types(self, wrong: object) -> None:
        with pytest.raises(TypeError, match="a UUID, an int or a str"):
            row_part(wrong)

    @pytest.mark.parametrize("wide", [2**63, -(2**63) - 1])
    def test_refuses_integers_wider_than_eight_bytes(self, wide: int) -> None:
        with pytest.raises(OverflowError):
            row_part(wide)
        assert row_part(wide - 1 if wide > 0 else wide + 1)

    def test_refuses_text_that_has_no_utf8(self) -> None:
        with pytest.raises(UnicodeEncodeError):
            row_part("\ud800")


class TestFieldContext:
    """ENV-8."""

    def test_prefix_is_domain_organization_label_and_header(self) -> None:
        parts = (b"ascend/field/v1", ORGANIZATION.bytes, b"records.person.ssn", HEADER)
        assert FieldContext(ORGANIZATION, "records.person.ssn").aad_prefix(HEADER) == length_prefixed(*parts)

    def test_without_label_or_organization_cannot_be_made(self) -> None:
        with pytest.raises(ValueError, match="never empty"):
            FieldContext(ORGANIZATION, "")
        with pytest.raises(TypeError, match="a UUID, not str"):
            FieldContext(str(ORGANIZATION), "records.person.ssn")

    def test_refuses_a_header_of_another_length(self) -> None:
        for wrong in (b"", HEADER[:-1], HEADER + b"x"):
            with pytest.raises(ValueError, match="9 bytes"):
                FieldContext(ORGANIZATION, "label").aad_prefix(wrong)


class TestKeyContext:
    """WRAP-5."""

    def test_is_the_parts_of_the_specification_in_their_order(self) -> None:
        expected = length_prefixed(
            b"ascend/key/v1", ORGANIZATION.bytes, b"portal-1", b"production", UUID(int=1).bytes, b"\4", b"records",
            UUID(int=2).bytes, b"\1", b"restricted", b"records.person.ssn",
        )  # fmt: skip
        assert KEY.to_aad() == expected

    def test_every_field_changes_the_bytes(self) -> None:
        assert {field.name for field in dataclasses.fields(KeyContext)} == set(OTHER_VALUES)
        changed = {dataclasses.replace(KEY, **{name: other}).to_aad() for name, other in OTHER_VALUES.items()}
        assert len(changed | {KEY.to_aad()}) == len(OTHER_VALUES) + 1

    def test_neighbours_do_not_run_into_each_other(self) -> None:
        one = dataclasses.replace(KEY, deployment="ab", environment="c")
        other = dataclasses.replace(KEY, deployment="a", environment="bc")
        assert one.to_aad() != other.to_aad()

    def test_refuses_an_id_that_only_looks_like_one_and_an_unknown_algorithm(self) -> None:
        with pytest.raises(TypeError, match="a UUID"):
            dataclasses.replace(KEY, parent_id=str(UUID(int=2)))
        with pytest.raises(ValueError, match="Suite"):
            dataclasses.replace(KEY, algorithm=9).to_aad()


class TestEncryptionContext:
    """WRAP-6."""

    def test_does_not_depend_on_the_order_of_its_pairs(self) -> None:
        assert EncryptionContext({"b": "2", "a": "1"}).to_aad() == EncryptionContext({"a": "1", "b": "2"}).to_aad()

    def test_is_domain_and_sorted_pairs(self) -> None:
        expected = length_prefixed(b"ascend/context/v1", b"a", b"1", b"b", b"2")
        assert EncryptionContext({"b": "2", "a": "1"}).to_aad() == expected


class TestContexts:
    @pytest.mark.parametrize("context", [FieldContext(ORGANIZATION, "label"), KEY, EncryptionContext({})], ids=type)
    def test_do_not_change_and_take_no_other_attributes(self, context: object) -> None:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(context, dataclasses.fields(context)[0].name, None)
        assert not hasattr(context, "__dict__")

    def test_of_a_key_is_made_by_names_only(self) -> None:
        with pytest.raises(TypeError):
            KeyContext(*dataclasses.astuple(KEY))
