"""`nudger status`: how things stand."""

from datetime import timedelta
from typing import Annotated

from cyclopts import Parameter

from nudger.cli.session import begin, database
from nudger.cli.terminal import fields, write_json
from nudger.runtime.clock import now
from nudger.runtime.lock import running
from nudger.storage import messages, reports


def status(*, json: Annotated[bool, Parameter(help="Write JSON.")] = False) -> int:
    """Tell whether the daemon is at work, what is waiting, and what became of the last seven days' messages."""
    settings = begin(quiet=True)
    moment = now()
    with database(settings) as opened, opened.read() as connection:
        heartbeat = reports.noted(connection, "heartbeat")
        counts = reports.counts(connection, moment - timedelta(days=7))
        facts: dict[str, object] = {
            "daemon": running(opened.path) if opened.path else None,
            "heartbeat": heartbeat[1] if heartbeat else None,
            "database": opened.current(),
            "backlog": reports.backlog(connection, moment),
            "next": messages.next_wake(connection),
            "week": {f"{channel}.{state}": count for (channel, state), count in sorted(counts.items())},
        }
    if json:
        write_json([facts])
    else:
        at_work = f"process {facts['daemon']}" if facts["daemon"] else "not running here"
        waiting = f"{facts['backlog']} past their time"
        fields(facts | {"daemon": at_work, "backlog": waiting})
    return 0
