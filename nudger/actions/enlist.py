"""Enlist: couples of a spreadsheet, as files to put beside those the operator wrote."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nudger.actions.check import check
from nudger.errors import NudgerError
from nudger.files.couple_rows import CellFault, Row, heading_faults, read_rows
from nudger.files.couple_texts import couple_texts
from nudger.files.crosscheck import crosscheck
from nudger.files.faults import Fault
from nudger.files.loaded import Loaded
from nudger.files.spreadsheet import Spreadsheet


@dataclass(frozen=True, slots=True)
class Enlisting:
    """What a spreadsheet would bring: its rows, what is wrong in them, and what would be wrong elsewhere by them."""

    rows: tuple[Row, ...]
    faults: tuple[CellFault, ...]
    broken: tuple[Fault, ...]

    @property
    def good(self) -> list[Row]:
        """The rows that can be written."""
        return [row for row in self.rows if row.couple is not None]

    @property
    def faulty(self) -> int:
        """How many rows cannot; with a fault in the headings there are none at all."""
        return len(self.rows) - len(self.good)

    def texts(self) -> Iterator[str]:
        """The YAML of the good rows, a file each."""
        return couple_texts((row.key, row.written) for row in self.good)


def enlist(sheet: Spreadsheet, loaded: Loaded, prefix: str) -> Enlisting:
    """Check every row by the rules of the YAML files, and the files by what the rows would add; nothing is written."""
    faults = heading_faults(sheet)
    if faults:
        return Enlisting((), tuple(faults), ())
    taken = {item[1]: f"at {loaded.place(*item)}" for item in loaded.homes if item[0] == "couples"}
    rows = tuple(read_rows(sheet, taken, prefix))
    couples = tuple(row.couple for row in rows if row.couple is not None)
    broken = _wrong_between(replace(loaded, couples=loaded.couples + couples)) - _wrong_between(loaded)
    return Enlisting(rows, tuple(fault for row in rows for fault in row.faults), tuple(sorted(broken)))


def _wrong_between(loaded: Loaded) -> set[Fault]:
    return {fault for fault in (*crosscheck(loaded), *check(loaded, None)) if fault.is_error}


def put_beside(folder: Path, name: str, texts: Sequence[str]) -> list[Path]:
    """Write the texts as NAME.yaml, NAME-2.yaml, ...; nothing that is there is touched. NudgerError where one is."""
    ends = ["", *(f"-{number}" for number in range(2, len(texts) + 1))]
    paths = [folder / f"{name}{end}.yaml" for end in ends]
    for path in paths:
        if path.exists():
            raise NudgerError(f"{path} is there already, and is left as it is", mend="give another name with --as")
    for path, text in zip(paths, texts, strict=False):
        _write_new(path, text)
    return paths[: len(texts)]


def _write_new(path: Path, text: str) -> None:
    """Give the file its name when it is whole: the daemon reads the folder at any moment."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        path.open("x").close()
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
