"""`nudger couples import`: couples from a spreadsheet, looked at first and written as YAML when told so."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter, validators

from nudger.actions.enlist import Enlisting, enlist, put_beside
from nudger.cli.session import begin
from nudger.cli.terminal import cannot_write, say, write_json, write_table
from nudger.domain.people import ChannelKind, Partner
from nudger.errors import ConfigurationError, NudgerError, WrongUsage
from nudger.files.couple_rows import EXAMPLE, KEY, CellFault, Row
from nudger.files.faults import UNPRINTABLE, show
from nudger.files.loaded import Loaded
from nudger.files.loading import load_schedules
from nudger.files.reading import Unreadable
from nudger.files.spreadsheet import read_spreadsheet

Sheet = Annotated[Path | None, Parameter(help="A CSV file in UTF-8; its first row holds the headings.")]
Write = Annotated[bool, Parameter(help="Write the couples into the schedules folder; without it they are only shown.")]
SkipFaulty = Annotated[bool, Parameter(help="Leave faulty rows out and write the others.")]
As = Annotated[str | None, Parameter(name="--as", help="The new file's name; that of the CSV by default.")]
Keys = Annotated[str, Parameter(help="The word that keys are made of where a row has none: couple-0017 for row 17.")]
Limit = Annotated[int, Parameter(validator=validators.Number(gte=0), help="At most so many couples in the table.")]
Example = Annotated[bool, Parameter(help="Write a small CSV file to start from to standard output.")]
Json = Annotated[bool, Parameter(help="Write JSON.")]


def import_couples(
    file: Sheet = None,
    /,
    *,
    write: Write = False,
    skip_faulty: SkipFaulty = False,
    as_: As = None,
    keys: Keys = KEY,
    limit: Limit = 20,
    example: Example = False,
    json: Json = False,
) -> int:
    """Check every row as `nudger check` would, show what comes of it, and write a new YAML file when told so."""
    if example:
        sys.stdout.write(EXAMPLE)
        return 0
    if file is None:
        raise WrongUsage("there is no file to import", mend="name a CSV file; --example writes one to start from")
    settings = begin(quiet=True)
    found = _enlist(file, settings.schedules, keys)
    allowed = bool(found.good) and not found.broken and (skip_faulty or not found.faulty)
    written = _written(settings.schedules, _slug(as_ or file.stem), found) if write and allowed else []
    if json:
        rows = [_as_json(row, written=bool(written)) for row in found.rows]
        write_json(rows or [_headings_as_json(found.faults)])
    else:
        _tell_faults(file, found)
        _tell_couples(found.good, limit)
        _tell_end(found, written, write=write)
    return 0 if allowed else 1


def _enlist(file: Path, schedules: Path, keys: str) -> Enlisting:
    try:
        sheet = read_spreadsheet(file)
    except Unreadable as reason:
        raise NudgerError(f"{file}: {reason.message}", mend=reason.mend) from None
    return enlist(sheet, _files(schedules), keys)


def _files(schedules: Path) -> Loaded:
    """The operator's couples and schedules; an unreadable file among them could hide a key that is taken."""
    loaded = load_schedules(schedules)
    if not loaded.complete and (not schedules.is_dir() or any(schedules.glob("*.y*ml"))):
        raise ConfigurationError(f"{schedules} cannot be read as it is", mend="run `nudger check`, or `nudger init`")
    return loaded


def _written(folder: Path, name: str, found: Enlisting) -> list[Path]:
    try:
        return put_beside(folder, name, list(found.texts()))
    except OSError as error:
        raise cannot_write(error) from error


def _slug(name: str) -> str:
    """A name of the new file as any disk takes it."""
    return re.sub(r"[^\w.-]+", "-", name.removesuffix(".yaml")).strip("-.") or "couples"


def _tell_faults(file: Path, found: Enlisting) -> None:
    for one in found.faults:
        kind = "advice: " if one.advice else ""
        say(UNPRINTABLE.sub(" ", f"{file}:{one.row}:{one.heading}: {kind}{one.message}"))
        if one.mend:
            say(UNPRINTABLE.sub(" ", f"  = {one.mend}"))
    for fault in found.broken:
        say(f"With these couples: {show(fault)}")
    if found.faults or found.broken:
        say()


def _tell_couples(rows: Sequence[Row], limit: int) -> None:
    shown = rows[:limit]
    columns = ("row", "couple", "tags", "zones", "first by", "second by", "dates")
    if limit:
        write_table("Couples", columns, [_cells(row) for row in shown])
    if len(rows) > len(shown):
        say(f"... and {len(rows) - len(shown):,} more; --limit shows more of them, --json all")


def _cells(row: Row) -> tuple[object, ...]:
    """A couple without names and addresses, as `nudger couples list` has it."""
    if row.couple is None:
        return ()
    one, other = row.couple.partners
    zones = one.timezone if one.timezone == other.timezone else f"{one.timezone}, {other.timezone}"
    tags, dates = " ".join(sorted(row.couple.tags)), " ".join(row.couple.dates)
    return (row.number, row.key, tags, zones, " ".join(_ways(one)), " ".join(_ways(other)), dates)


def _ways(partner: Partner) -> list[str]:
    return [str(kind) for kind in ChannelKind if partner.address(kind)]


def _tell_end(found: Enlisting, written: Sequence[Path], *, write: bool) -> None:
    """How many there are, and what became of them or is left to do."""
    for path in written:
        say(f"written: {path}")
    good, faulty = len(found.good), found.faulty
    say(f"{good:,} {'couple' if good == 1 else 'couples'}, {faulty:,} faulty {'row' if faulty == 1 else 'rows'}")
    if written:
        say("Nobody is written to but for an invitation. Next: nudger check")
    elif found.broken:
        say("Nothing is written: mend the schedules first, or they would not work any more.")
    elif write:
        say("Nothing is written: mend the rows, or leave them out with --skip-faulty.")
    elif good:
        say("Nothing is written yet: --write does it" + (", with --skip-faulty." if faulty else "."))


def _as_json(row: Row, *, written: bool) -> dict[str, Any]:
    couple = row.couple
    return {
        "row": row.number,
        "couple": row.key,
        "state": "faulty" if couple is None else "written" if written else "good",
        "tags": couple.tags if couple else [],
        "partners": [{"timezone": one.timezone, "channels": _ways(one)} for one in couple.partners] if couple else [],
        "faults": [_fault(one) for one in row.faults],
    }


def _headings_as_json(faults: Sequence[CellFault]) -> dict[str, Any]:
    """The row of the headings, where something is wrong with them."""
    bare: dict[str, Any] = {"row": 1, "couple": None, "state": "faulty", "tags": [], "partners": []}
    return bare | {"faults": [_fault(one) for one in faults]}


def _fault(one: CellFault) -> dict[str, Any]:
    severity = "advice" if one.advice else "error"
    return {"column": one.heading, "message": one.message, "mend": one.mend, "severity": severity}
