"""Couples as rows of a spreadsheet, each checked as if it stood in YAML."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic_core import PydanticCustomError

from nudger.domain.people import Couple
from nudger.files.couples import WrittenCouple
from nudger.files.documents import Document, Loc, Span
from nudger.files.faults import guess, quote
from nudger.files.positions import UNUSABLE
from nudger.files.slips import read
from nudger.files.spellings import read_key
from nudger.files.spreadsheet import Spreadsheet, plain

KEY, TAGS = "couple", "tags"
#: The keys of the two in what is written: no names.
WHO = ("first", "second")
_OF_EACH = ("name", "phone", "email", "timezone", "locale", "prefers", "quiet_hours")
_SHARED = ("together", "kids", "cost", "effort")
#: Every heading but `couple`, and where in a couple's YAML its cells go.
COLUMNS: Mapping[str, Loc] = {
    TAGS: (TAGS,),
    **{plain(f"{who} {name}"): ("partners", who, name) for who in WHO for name in _OF_EACH},
    "anniversary": ("dates", "anniversary"),
    **{f"{who} birthday": ("dates", f"{who}-birthday") for who in WHO},
    **{name: ("preferences", name) for name in _SHARED},
}
HEADINGS = (KEY, *COLUMNS)
NEEDED = tuple(f"{who} {name}" for who in WHO for name in ("name", "timezone"))

EXAMPLE = """\
couple,tags,first name,first phone,first email,first timezone,first quiet hours,second name,second email,\
second timezone,anniversary,second birthday
c-017,monday evening,Ana,+447700900124,ana@example.com,Europe/Berlin,21:00-08:00,Ben,ben@example.com,\
Europe/London,2019-06-14,--03-12
,,Cleo,+447700900125,,Europe/London,,Dan,dan@example.com,Europe/London,,
"""


@dataclass(frozen=True, slots=True, order=True)
class CellFault:
    """One thing wrong in one cell; `row` and `heading` as the spreadsheet shows them. Advice may be left as it is."""

    row: int
    heading: str
    message: str
    mend: str | None = field(default=None, compare=False)
    advice: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its couple, and what to write of it, where there are no faults but advice."""

    number: int
    key: str
    faults: tuple[CellFault, ...]
    couple: Couple | None
    written: Mapping[str, Any] = field(repr=False)


def heading_faults(sheet: Spreadsheet) -> list[CellFault]:
    """What is wrong with the headings; where anything is, the rows are not worth reading."""
    found, faults = [plain(heading) for heading in sheet.headings], list[CellFault]()
    if not set(found).intersection(HEADINGS):  # they may be somebody's data, so none is repeated
        return [CellFault(1, KEY, "row 1 has no heading that is known", f"headings: {', '.join(HEADINGS)}")]
    for place, (heading, written) in enumerate(zip(found, sheet.headings, strict=True), 1):
        name = written or f"column {place}"
        if heading in found[: place - 1]:
            faults.append(CellFault(1, name, "this heading is there twice", "keep one of the columns"))
        elif heading not in HEADINGS:
            near = guess(heading, HEADINGS)
            hint = f"did you mean {near}? else " if near else ""
            mend = f"{hint}take the column out; headings: {', '.join(HEADINGS)}"
            faults.append(CellFault(1, name, f"{quote(written)} is not a heading here", mend))
    missing = (heading for heading in NEEDED if heading not in found)
    return faults + [CellFault(1, name, "this column is missing", "add it, with this heading") for name in missing]


def read_rows(sheet: Spreadsheet, taken: Mapping[str, str], prefix: str = KEY) -> Iterator[Row]:
    """Every row, checked; a key left empty is made of `prefix` and the row's number.

    `taken` are the keys there are in YAML, each with its place. Two rows with one key are a fault of the second.
    """
    headings, seen = [plain(heading) for heading in sheet.headings], dict(taken)
    met: dict[str, int] = {}
    for number, cells in sheet.rows:
        slate = _Slate(sheet.path, number, headings)
        key = slate.key_of(cells, prefix, seen)
        written = slate.fill(cells)
        made = read(WrittenCouple, slate.document, ())
        couple = made.couple(key) if made is not None and not slate.document.faults else None
        faults = [*slate.faults(), *_met_again(couple, number, met)]
        seen.setdefault(key, f"in row {number}")
        yield Row(number, key, tuple(faults), couple, written)


@dataclass
class _Slate:
    """One row as a document in which a line is the row, and a column the column."""

    path: Path
    row: int
    headings: Sequence[str]

    def __post_init__(self) -> None:
        self.document = Document(self.path)
        self.document.values[()] = Span(self.row, 1, 1)

    def key_of(self, cells: Sequence[str], prefix: str, seen: Mapping[str, str]) -> str:
        place = self.headings.index(KEY) if KEY in self.headings else len(cells)
        written = cells[place] if place < len(cells) else ""
        key = written or f"{prefix}-{self.row:04}"
        where: Loc = (KEY,)
        self.document.values[where] = Span(self.row, place + 1 if place < len(self.headings) else 1, 1)
        try:
            read_key(key)
        except PydanticCustomError as error:
            told = error.context or {}
            self.spoil(where, told["message"], told["mend"])
            return key
        if key in seen:
            mend = f"the first is {seen[key]}; "
            mend += "give one of them another" if written else "write keys, or make them of another word with --keys"
            self.spoil(where, f"{quote(key)} is already taken", mend)
        return key

    def fill(self, cells: Sequence[str]) -> Mapping[str, Any]:
        """Put the row's cells where YAML has them. What is needed is put there also where it is empty."""
        data: dict[str, Any] = {}
        for place, cell in enumerate(cells):
            heading = self.headings[place] if place < len(self.headings) else None
            loc = COLUMNS.get(heading or "")
            if loc is not None and (cell or heading in NEEDED):
                self.enter(data, loc, cell, place + 1)
            elif heading is None and cell:
                span = Span(self.row, place + 1, 1)
                self.spoil_at(span, "there is no heading over this cell", "see that texts with a comma are in quotes")
        self.document.data = data
        return data

    def enter(self, data: dict[str, Any], loc: Loc, cell: str, column: int) -> None:
        for depth in range(1, len(loc) + 1):
            self.document.values.setdefault(loc[:depth], Span(self.row, column, 1))
        self.document.values[loc] = Span(self.row, column, 1)
        if UNUSABLE.search(cell):
            self.spoil(loc, "there is a control character in this value", "take it out")
        if "${" in cell:
            self.spoil(loc, "${ stands for a secret in the files", "write it without, and put it into YAML by hand")
        for step in loc[:-1]:
            data = data.setdefault(str(step), {})
        data[str(loc[-1])] = cell.replace(",", " ").replace(";", " ").split() if loc == (TAGS,) else cell

    def spoil(self, loc: Loc, message: str, mend: str | None) -> None:
        self.document.spoil(loc, self.document.fault(loc, message, mend))

    def spoil_at(self, span: Span, message: str, mend: str) -> None:
        self.document.spoil((), self.document.fault_at(span, message, mend))

    def faults(self) -> list[CellFault]:
        found = sorted(set(self.document.faults))
        return [CellFault(self.row, self.heading(one.place.column), one.message, one.mend) for one in found]

    def heading(self, column: int) -> str:
        return self.headings[column - 1] if column <= len(self.headings) else f"column {column}"


def _met_again(couple: Couple | None, number: int, met: dict[str, int]) -> Iterator[CellFault]:
    """Advice where an address is that of an earlier row: somebody copied twice would get everything twice."""
    for who, partner in zip(WHO, couple.partners if couple else (), strict=False):
        for name, address in (("phone", partner.phone), ("email", partner.email)):
            if address is not None and met.setdefault(address, number) != number:
                message = f"row {met[address]} has the same {name}"
                mend = "leave it where somebody is in two couples; else take one row out"
                yield CellFault(number, f"{who} {name}", message, mend, advice=True)
