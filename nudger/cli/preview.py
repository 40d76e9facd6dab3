"""`nudger preview`: what will be sent, when, to whom and why."""

from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from nudger.cli.listing import as_json, write_lines, zones_of
from nudger.cli.moments import read_moment
from nudger.cli.rehearsal import rehearse
from nudger.cli.session import begin
from nudger.cli.terminal import say, write_json
from nudger.runtime.clock import now


def preview(
    *,
    days: Annotated[int, Parameter(help="How many days.", validator=Number(gte=1, lte=400))] = 14,
    couple: Annotated[str | None, Parameter(help="Only this couple.")] = None,
    at: Annotated[str | None, Parameter(help="Begin at this moment (ISO 8601) instead of now.")] = None,
    json: Annotated[bool, Parameter(help="Write JSON.")] = False,
) -> int:
    """Show what will be sent, when, to whom and why; nothing is sent or written."""
    settings = begin(quiet=True)
    couples, shown = rehearse(settings, read_moment(at) if at else now(), days, couple)
    zones = zones_of(couples)
    if json:
        write_json([as_json(line, zones) for line in shown])
        return 0
    write_lines(f"The next {days} days", shown, zones)
    say(f"{sum(line.state == 'accepted' for line in shown)} of {len(shown)} moments send something. More: --json")
    return 0
