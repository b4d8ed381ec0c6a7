"""The heading row: where the text begins, what separates its cells, and how its columns are called."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from records.csvfile.rows import MAX_ROW_BYTES, Position, is_broken, read_rows
from records.reasons import Reason

BOM: Final = b"\xef\xbb\xbf"
DELIMITERS: Final = (",", ";", "\t")
MAX_COLUMNS: Final = 200
SAMPLE_BYTES: Final = 256 * 1024
_SAMPLE_ROWS: Final = 20
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


class UnreadableFile(Exception):
    """The file cannot be read as CSV at all."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Heading:
    """The first row of a file. `first_row` is where the rows of people begin."""

    delimiter: str
    columns: tuple[str, ...]
    first_row: Position


def read_heading(sample: bytes) -> Heading:
    """Return the heading of a file that begins with `sample` (up to `SAMPLE_BYTES` bytes).

    Raises:
        UnreadableFile: it is not CSV in UTF-8, or has no rows.
    """
    _refuse_other_than_text(sample)
    start = len(BOM) if sample.startswith(BOM) else 0
    delimiter = detect_delimiter(sample[start:])
    first = next(read_rows(io.BytesIO(sample[start:]), delimiter=delimiter, start=Position(start, 0)), None)
    if first is None:
        raise UnreadableFile(Reason.EMPTY_FILE)
    if first.problem is not None:
        raise UnreadableFile(first.problem)
    if len(first.cells) > MAX_COLUMNS:
        raise UnreadableFile(Reason.TOO_MANY_COLUMNS)
    if any(map(is_broken, first.cells)):
        raise UnreadableFile(Reason.NOT_UTF8)
    return Heading(delimiter, tuple(cell.strip() for cell in first.cells), Position(first.end, first.number))


def _refuse_other_than_text(sample: bytes) -> None:
    if sample.startswith(_UTF16_MARKS):
        raise UnreadableFile(Reason.UTF16)
    if not sample.strip(b"\r\n \t" + BOM):
        raise UnreadableFile(Reason.EMPTY_FILE)
    if b"\0" in sample.partition(b"\n")[0][:MAX_ROW_BYTES]:
        raise UnreadableFile(Reason.NOT_TEXT)


def detect_delimiter(sample: bytes) -> str:
    """Return the delimiter under which the first rows of `sample` agree best on a number of columns."""
    return max(DELIMITERS, key=lambda delimiter: _agreement(sample, delimiter))


def _agreement(sample: bytes, delimiter: str) -> tuple[float, int]:
    widths = list(_widths(sample, delimiter))
    if not widths or widths[0] < 2:  # noqa: PLR2004 - one column means that this is not the delimiter
        return (0.0, 0)
    return (sum(width == widths[0] for width in widths) / len(widths), widths[0])


def _widths(sample: bytes, delimiter: str) -> Iterable[int]:
    lines = sample.decode(errors="surrogateescape").splitlines(keepends=True)[: _SAMPLE_ROWS * 4]
    if len(sample) >= SAMPLE_BYTES and len(lines) > 1:
        del lines[-1]  # cut off by the end of the sample
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    for _ in range(_SAMPLE_ROWS):
        try:
            cells = next(reader)
        except (StopIteration, csv.Error):
            return
        if cells:
            yield len(cells)
