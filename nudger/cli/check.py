"""`nudger check`: every fault of every file, in one run."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from nudger.actions.check import check as check_files
from nudger.cli.session import begin
from nudger.cli.terminal import say, write_json
from nudger.files.faults import Fault, show
from nudger.wiring import build_renderer, read_files


def check(
    folder: Annotated[
        Path | None, Parameter(help="Folder that holds schedules/ and templates/; here by default.")
    ] = None,
    /,
    *,
    json: Annotated[bool, Parameter(help="Write JSON.")] = False,
) -> int:
    """Check couples, schedules and pools; each fault with line, column and, where there is one, the mend. 3 if any."""
    settings = begin(quiet=True)
    if folder is not None:
        update = {"schedules": folder / "schedules", "templates": folder / "templates"}
        settings = settings.model_copy(update=update)
    loaded = read_files(settings)
    faults = check_files(loaded, build_renderer(settings))
    if json:
        write_json([_as_json(fault) for fault in faults])
        return 3 if faults else 0
    for fault in faults:
        say(show(fault) + "\n")
    entries = sum(len(pool.entries) for pool in loaded.pools.values())
    checked = f"{len(loaded.couples)} couples, {len(loaded.schedules)} schedules, {entries} entries"
    say(f"{len(faults)} {'fault' if len(faults) == 1 else 'faults'}; good: {checked}" if faults else f"{checked}: good")
    return 3 if faults else 0


def _as_json(fault: Fault) -> dict[str, Any]:
    place = fault.place
    return {
        "path": str(place.path),
        "line": place.line,
        "column": place.column,
        "message": fault.message,
        "mend": fault.mend,
    }
