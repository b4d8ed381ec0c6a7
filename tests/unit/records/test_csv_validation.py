"""A corpus of bad cells: each is refused with its row, its column and its reason, and never with its value."""

import io
from datetime import date

import pytest

from records import person_fields
from records.csvfile.mapping import IGNORE, Mapping
from records.csvfile.rows import Position, read_rows
from records.csvfile.validation import CheckedRow, Issue, RowChecker
from records.reasons import Reason

TODAY = date(2026, 1, 31)
TARGETS = [field.name for field in person_fields.FIELDS]
COLUMN = {name: index for index, name in enumerate(TARGETS)}
GOOD = {
    "reference": "C-1",
    "name": "Ada Lovelace",
    "email": "ada@example.org",
    "phone": "+1 (555) 010-4742",
    "ssn": "123-45-6789",
    "date_of_birth": "1980-12-31",
    "account_number": "DE89 3704 0044 0532 0130 00",
    "address": "1 Long Road\nTown",
    "notes": "5 = five, mail@home",
}


def check(line: bytes, targets: list[str] = TARGETS) -> CheckedRow:
    (row,) = read_rows(io.BytesIO(line), delimiter=",", start=Position(0, 1))
    return RowChecker(Mapping.of(targets), today=TODAY).check(row)


def line(**changed: str) -> bytes:
    cells = GOOD | changed
    return ",".join('"' + cells[name].replace('"', '""') + '"' for name in TARGETS).encode("utf-8", "surrogateescape")


def test_a_good_row_keeps_its_values() -> None:
    assert check(line()).values == GOOD | {"date_of_birth": date(1980, 12, 31)}


def test_an_empty_cell_is_no_value() -> None:
    assert check(line(notes="", email="  ")).values["notes"] is None
    assert check(line(email="  ")).values["email"] is None


def test_white_space_around_a_value_is_dropped() -> None:
    assert check(line(name="  Ada ")).values["name"] == "Ada"


CORPUS = [
    ("reference", "", Reason.REFERENCE_MISSING),
    ("reference", "=1+1", Reason.FORMULA),
    ("reference", "x" * 65, Reason.TOO_LONG),
    ("name", "@SUM(A1)", Reason.FORMULA),
    ("name", "\tAda", Reason.FORMULA),
    ("name", "  =HYPERLINK(1)", Reason.FORMULA),
    ("name", "-Ada", Reason.FORMULA),
    ("name", "+Ada", Reason.FORMULA),
    ("name", "A\0da", Reason.NUL_BYTE),
    ("name", "Caf\udce9", Reason.BROKEN_UTF8),
    ("name", "x" * 201, Reason.TOO_LONG),
    ("email", "ada", Reason.NOT_AN_EMAIL),
    ("email", "ada@localhost", Reason.NOT_AN_EMAIL),
    ("email", "ada@example.org,bob@example.org", Reason.NOT_AN_EMAIL),
    ("email", "a" * 254 + "@example.org", Reason.TOO_LONG),
    ("phone", "+cmd|' /C calc'!A0", Reason.FORMULA),
    ("phone", "=1234567", Reason.FORMULA),
    ("phone", "-5550100", Reason.FORMULA),
    ("phone", "call me", Reason.NOT_A_PHONE_NUMBER),
    ("phone", "123", Reason.NOT_A_PHONE_NUMBER),
    ("ssn", "123*45*6789", Reason.NOT_AN_IDENTIFIER),
    ("ssn", "-123456789", Reason.FORMULA),
    ("date_of_birth", "31/12/1980", Reason.NOT_AN_ISO_DATE),
    ("date_of_birth", "19801231", Reason.NOT_AN_ISO_DATE),
    ("date_of_birth", "1980-W01-1", Reason.NOT_AN_ISO_DATE),
    ("date_of_birth", "1980-02-30", Reason.IMPOSSIBLE_DATE),
    ("date_of_birth", "1979-02-29", Reason.IMPOSSIBLE_DATE),
    ("date_of_birth", "0000-01-01", Reason.IMPOSSIBLE_DATE),
    ("date_of_birth", "1066-10-14", Reason.IMPOSSIBLE_DATE),
    ("date_of_birth", "2026-02-01", Reason.FUTURE_DATE),
    ("account_number", "{{7*7}}", Reason.NOT_AN_IDENTIFIER),
    ("notes", "x" * 10_001, Reason.TOO_LONG),
    ("notes", "- a list", Reason.FORMULA),
]


@pytest.mark.parametrize(("field", "text", "reason"), CORPUS)
def test_a_bad_cell_is_refused_in_its_place(field: str, text: str, reason: Reason) -> None:
    checked = check(line(**{field: text}))
    assert checked.issues == (Issue(2, COLUMN[field], reason),)
    assert checked.values == {}


@pytest.mark.parametrize(
    "phone", ["+15550104742", "+44 20 7946 0958", "555-0100", "(555) 010 4742", "555.010.4742 ext. 12"]
)
def test_a_phone_number_may_begin_with_its_plus_sign(phone: str) -> None:
    assert check(line(phone=phone)).values["phone"] == phone


def test_every_issue_of_a_row_is_told_at_once() -> None:
    checked = check(line(email="x", date_of_birth="soon", name="=1"))
    assert {(issue.column, issue.reason) for issue in checked.issues} == {
        (COLUMN["name"], Reason.FORMULA),
        (COLUMN["email"], Reason.NOT_AN_EMAIL),
        (COLUMN["date_of_birth"], Reason.NOT_AN_ISO_DATE),
    }


@pytest.mark.parametrize("cells", [b"C-1,Ada", b"C-1,Ada,more,than,that"])
def test_a_row_of_another_width_is_refused_as_a_whole(cells: bytes) -> None:
    assert check(cells, ["reference", "name", "notes"]).issues == (Issue(2, None, Reason.COLUMN_COUNT),)


def test_an_ignored_column_may_hold_anything() -> None:
    assert check(b"C-1,=\xff\0", ["reference", IGNORE]).values == {"reference": "C-1"}


def test_no_issue_has_room_for_a_value() -> None:
    assert set(Issue.__slots__) == {"row", "column", "reason"}
