"""`nudger forecast`: how long the pools will last."""

from dataclasses import asdict
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from nudger.actions.forecast import Outlook, outlooks, shortages
from nudger.cli.rehearsal import look_ahead
from nudger.cli.session import begin
from nudger.cli.terminal import say, write_json, write_table
from nudger.runtime.clock import now

COLUMNS = ("couple", "theme", "sent", "different", "first repeat", "fitting", "fewest left", "most taken by")


def forecast(
    *,
    days: Annotated[int, Parameter(help="How far to look ahead.", validator=Number(gte=1, lte=730))] = 365,
    couple: Annotated[str | None, Parameter(help="Only this couple.")] = None,
    json: Annotated[bool, Parameter(help="Write JSON.")] = False,
) -> int:
    """Look a year ahead and tell, per couple and theme, when an idea comes again and which filter is the thin spot."""
    settings, start = begin(quiet=True), now()
    lines, narrowing = look_ahead(settings, start, days, couple)
    ahead, scarce = outlooks(lines, start, narrowing), shortages(lines, start)
    if json:
        write_json([asdict(outlook) for outlook in ahead] + [asdict(shortage) for shortage in scarce])
        return 0
    write_table(f"The next {days} days", COLUMNS, map(_row, ahead))
    for outlook in ahead:
        if outlook.short:
            say(f"{outlook.couple}: {outlook.short} check-ins have fewer questions than the longest")
    for shortage in scarce:
        say(
            f"{shortage.couple}: nothing fits {shortage.moments} moments, the first on day {shortage.days}; "
            f"{shortage.emptied_by} leaves nothing"
        )
    return 0


def _row(of: Outlook) -> tuple[object, ...]:
    again = "never" if of.days is None else f"day {of.days}"
    return of.couple, of.theme, of.sent, of.different, again, of.fitting, of.left, of.thin
