"""A mask shows what people tell each other apart by, and nothing more."""

from datetime import date

import pytest

from records import masking, person_fields


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("name", "Ada Lovelace", "A••• L•••••••"),
        ("name", "Ada", "A•••"),
        ("name", "  Ada   King  Noel ", "A••• K••••••• N•••••••"),
        ("name", "   ", "•••"),
        ("email", "ada@example.org", "a•••@example.org"),
        ("email", "not an address", "•••"),
        ("email", "@example.org", "•••"),
        ("phone", "+1 (555) 010-4742", "•••42"),
        ("phone", "4742", "•••"),
        ("ssn", "123-45-6789", "•••6789"),
        ("ssn", "6789", "•••"),
        ("account_number", "DE89 3704 0044 0532 0130 00", "•••3000"),
        ("date_of_birth", date(1980, 12, 31), "1980-••-••"),
        ("address", "1 Long Road", "•••"),
        ("notes", "Allergic to nuts", "•••"),
    ],
)
def test_a_value_shows_only_its_mask(field: str, value: str | date, shown: str) -> None:
    assert masking.mask(field, value) == shown


def test_an_absent_value_is_not_dots() -> None:
    assert all(masking.mask(field, None) == "" for field in person_fields.PROTECTED_NAMES)
    assert masking.mask("notes", "") == ""


def test_every_protected_field_has_a_mask() -> None:
    assert set(masking.MASKS) == set(person_fields.PROTECTED_NAMES)


def test_a_mask_does_not_tell_the_length() -> None:
    assert masking.mask("notes", "x") == masking.mask("notes", "x" * 5000)
    assert masking.mask("name", "Al") == masking.mask("name", "Alexandra")
