"""A CSV file as spreadsheets write it: its headings and rows, numbered as the spreadsheet shows them."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nudger.files.reading import Unreadable, read_text

LARGEST = 10_000_000
#: What separates cells: RFC 4180 has the comma; Excel takes the semicolon where the comma is the decimal point.
SEPARATORS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Spreadsheet:
    """The headings in their order, and each row that is not empty with its number; the headings are row 1."""

    path: Path
    headings: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def read_spreadsheet(path: Path) -> Spreadsheet:
    """Read a CSV file of UTF-8 text, with commas, semicolons or tabs; Unreadable, with the mend, where it is none."""
    text = read_text(path, LARGEST)
    if not text.strip():
        raise Unreadable("this file is empty", "see `nudger couples import --example`")
    records = list(_records(text))
    number, first = next((number, cells) for number, cells in records if any(cells))
    if number != 1:
        raise Unreadable("row 1 is empty, and takes the headings", "take the empty rows above them out")
    rows = tuple((number, cells) for number, cells in records[1:] if any(cells))
    return Spreadsheet(path, first, rows)


def plain(heading: str) -> str:
    """A heading as it compares: small letters, single blanks."""
    return re.sub(r"[\s_-]+", " ", heading.strip().lower())


def _records(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Every row, a line break in quotes being part of a cell; cells without the blanks around them."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            yield number, tuple(cell.strip() for cell in cells)
    except csv.Error:
        mend = "see that each quote that opens is closed, and write a quote inside a cell twice"
        raise Unreadable(f"row {number + 1} is not as CSV files are written", mend) from None


def _separator(text: str) -> str:
    first = text.lstrip().split("\n", 1)[0]
    return max(SEPARATORS, key=first.count)
