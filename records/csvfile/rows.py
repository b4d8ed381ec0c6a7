"""The rows of a CSV stream, one at a time, each with the place where reading can go on after it.

Memory is bounded by the longest row allowed, not by the file: a quote that never closes and a line
without an end are refused when they reach their bound.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from records.reasons import Reason

MAX_ROW_BYTES: Final = 1024 * 1024

_SURROGATES: Final = range(0xDC80, 0xDD00)


class ByteLines(Protocol):
    """What rows are read from: any buffered binary stream."""

    def readline(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Position:
    """Where a row begins: bytes from the start of the file, and rows before it (the heading row is row 1)."""

    offset: int
    rows: int


@dataclass(slots=True)
class Row:
    """One row as it stands in the file.

    `number` counts as a spreadsheet does, `end` is where the next row begins. `is_suspect` says that a
    cell holds a NUL byte or a byte that is not UTF-8, so that only such rows pay for the search.
    """

    number: int
    cells: list[str]
    end: int
    is_suspect: bool = False
    problem: Reason | None = None


class _Lines:
    """Hands lines to the csv module and remembers how far it has come."""

    def __init__(self, stream: ByteLines, offset: int) -> None:
        self._readline = stream.readline
        self.offset = offset
        self.is_suspect = False
        self.row_bytes = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._readline(MAX_ROW_BYTES + 1)
        if not line:
            raise StopIteration
        self.offset += len(line)
        self.row_bytes += len(line)
        if self.row_bytes > MAX_ROW_BYTES:
            raise RowTooLong
        if b"\0" in line:
            self.is_suspect = True
        try:
            return line.decode()
        except UnicodeDecodeError:
            self.is_suspect = True
            # Kept recognizable (PEP 383), so that the report can name the column.
            return line.decode(errors="surrogateescape")


class RowTooLong(Exception):
    """A row does not end within `MAX_ROW_BYTES`."""


def read_rows(stream: ByteLines, *, delimiter: str, start: Position) -> Iterator[Row]:
    """Yield the rows of `stream`, which stands at `start`, until its end or the first fatal problem.

    Empty lines are counted and passed over.
    """
    lines = _Lines(stream, start.offset)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    number = start.rows
    while True:
        number += 1
        lines.row_bytes, lines.is_suspect = 0, False
        try:
            cells = next(reader)
        except StopIteration:
            return
        except RowTooLong:
            yield Row(number, [], lines.offset, problem=Reason.ROW_TOO_LONG)
            return
        except csv.Error as error:
            problem = _problem(error)
            yield Row(number, [], lines.offset, problem=problem)
            if problem is Reason.QUOTE_NEVER_CLOSED:
                return
            continue
        if cells:
            yield Row(number, cells, lines.offset, lines.is_suspect)


def _problem(error: csv.Error) -> Reason:
    """Return the reason behind an error of the csv module, which has one type for all of them."""
    message = str(error)
    if "unexpected end of data" in message or "field limit" in message:
        return Reason.QUOTE_NEVER_CLOSED
    return Reason.LINE_END if "new-line character" in message else Reason.QUOTING


def is_broken(text: str) -> bool:
    """Return whether `text` holds a byte that was not UTF-8."""
    return any(ord(character) in _SURROGATES for character in text)
