"""One row of the file against the mapping: the values to store, or what is wrong and in which column."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from records import person_fields
from records.csvfile.mapping import Mapping
from records.csvfile.rows import Row, is_broken
from records.person_fields import DATE_OF_BIRTH, FORMULA_STARTS, REFERENCE, PersonField
from records.reasons import Reason

Values = dict[str, str | date | None]
_SPACE: Final = "\t\r\n "


@dataclass(frozen=True, slots=True)
class Issue:
    """What is wrong in one place. `column` is an index, or None where the whole row is meant. Holds no value."""

    row: int
    column: int | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """A row that was looked at: it has values, or it has issues."""

    number: int
    end: int
    values: Values
    issues: tuple[Issue, ...] = ()

    @property
    def reference(self) -> str:
        """Return the reference of a row without issues."""
        return str(self.values[REFERENCE])


class RowChecker:
    """Checks rows of one file. `today` decides which birth dates lie in the future."""

    def __init__(self, mapping: Mapping, *, today: date) -> None:
        self._width = len(mapping.targets)
        self._columns = tuple((index, name, person_fields.BY_NAME[name]) for index, name in mapping.columns())
        self._reference_column = mapping.targets.index(REFERENCE)
        self._today = today

    @property
    def reference_column(self) -> int:
        """Return the index of the column that holds the reference."""
        return self._reference_column

    def check(self, row: Row) -> CheckedRow:
        """Return the values of `row`, or every issue that it has."""
        if row.problem is not None or len(row.cells) != self._width:
            issue = Issue(row.number, None, row.problem or Reason.COLUMN_COUNT)
            return CheckedRow(row.number, row.end, {}, (issue,))
        values: Values = {}
        issues: list[Issue] = []
        for index, name, field in self._columns:
            cell = row.cells[index]
            reason = self._read(cell, name, field, values, is_suspect=row.is_suspect)
            if reason is not None:
                issues.append(Issue(row.number, index, reason))
        return CheckedRow(row.number, row.end, {} if issues else values, tuple(issues))

    def _read(self, cell: str, name: str, field: PersonField, values: Values, *, is_suspect: bool) -> Reason | None:
        """Put the value of `cell` into `values`, or return why it cannot be one."""
        if is_suspect:
            if is_broken(cell):
                return Reason.BROKEN_UTF8
            if "\0" in cell:
                return Reason.NUL_BYTE
        text = cell.strip(_SPACE)
        if not text:
            values[name] = None
            return Reason.REFERENCE_MISSING if name == REFERENCE else None
        if text is not cell and cell[0] in FORMULA_STARTS and cell[0] in _SPACE:
            return Reason.FORMULA
        reason = person_fields.problem_with(field, text)
        if reason is not None:
            return reason
        values[name] = text
        return self._read_date(text, values) if name == DATE_OF_BIRTH else None

    def _read_date(self, text: str, values: Values) -> Reason | None:
        day = date.fromisoformat(text)
        values[DATE_OF_BIRTH] = day
        return Reason.FUTURE_DATE if day > self._today else None
