"""`nudger check`: every fault of every file, and advice on the words, in one run."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from nudger.actions.check import check as check_files
from nudger.cli.session import begin
from nudger.cli.terminal import say, write_json
from nudger.files.faults import Fault, show
from nudger.files.loaded import Loaded
from nudger.wiring import build_renderer, notice_faults, read_files


def check(
    folder: Annotated[
        Path | None, Parameter(help="Folder that holds schedules/ and templates/; here by default.")
    ] = None,
    /,
    *,
    json: Annotated[bool, Parameter(help="Write JSON.")] = False,
) -> int:
    """Check all files an operator writes; each finding with line, column and mend. 3 if any is more than advice."""
    settings = begin(quiet=True)
    if folder is not None:
        update = {"schedules": folder / "schedules", "templates": folder / "templates"}
        settings = settings.model_copy(update=update)
    loaded = read_files(settings).with_faults(notice_faults(settings))
    faults = check_files(loaded, build_renderer(settings))
    code = 3 if any(fault.is_error for fault in faults) else 0
    if json:
        write_json([_as_json(fault) for fault in faults])
        return code
    for fault in faults:
        say(show(fault) + "\n")
    say(_summary(loaded, faults))
    return code


def _summary(loaded: Loaded, faults: Sequence[Fault]) -> str:
    """What was found and what was checked, in one line."""
    entries = sum(len(pool.entries) for pool in loaded.pools.values())
    checked = f"{len(loaded.couples)} couples, {len(loaded.schedules)} schedules, {entries} entries"
    errors = sum(fault.is_error for fault in faults)
    remarks = len(faults) - errors
    advice = f" ({remarks} {'piece' if remarks == 1 else 'pieces'} of advice)" if remarks else ""
    if not errors:
        return f"{checked}: good{advice}"
    return f"{errors} {'fault' if errors == 1 else 'faults'}; good: {checked}{advice}"


def _as_json(fault: Fault) -> dict[str, Any]:
    place = fault.place
    return {
        "path": str(place.path),
        "line": place.line,
        "column": place.column,
        "message": fault.message,
        "mend": fault.mend,
        "code": fault.code,
        "severity": fault.severity,
    }
