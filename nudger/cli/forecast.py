"""`nudger forecast`: how long the pools will last."""

from dataclasses import asdict
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from nudger.actions.forecast import outlooks, shortages
from nudger.cli.rehearsal import rehearse
from nudger.cli.session import begin
from nudger.cli.terminal import say, write_json, write_table
from nudger.runtime.clock import now


def forecast(
    *,
    days: Annotated[int, Parameter(help="How far to play ahead.", validator=Number(gte=1, lte=730))] = 365,
    couple: Annotated[str | None, Parameter(help="Only this couple.")] = None,
    json: Annotated[bool, Parameter(help="Write JSON.")] = False,
) -> int:
    """Play a year ahead and tell, per couple and theme, when an idea comes again and which filter is the thin spot."""
    settings, start = begin(quiet=True), now()
    _, lines = rehearse(settings, start, days, couple)
    ahead, scarce = outlooks(lines, start), shortages(lines, start)
    if json:
        write_json([asdict(outlook) for outlook in ahead] + [asdict(shortage) for shortage in scarce])
        return 0
    columns = ("couple", "theme", "sent", "different", "first repeat", "fewest to choose from", "most taken by")
    rows = [
        (o.couple, o.theme, o.sent, o.different, "never" if o.days is None else f"day {o.days}", o.left, o.thin)
        for o in ahead
    ]
    write_table(f"The next {days} days", columns, rows)
    for shortage in scarce:
        say(
            f"{shortage.couple}: nothing fits {shortage.moments} moments, the first on day {shortage.days}; "
            f"{shortage.emptied_by} leaves nothing"
        )
    return 0
