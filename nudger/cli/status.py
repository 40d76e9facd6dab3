"""`nudger status`: how things stand."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated

from cyclopts import Parameter

from nudger.actions.reload import LastReload, last_reload
from nudger.cli.session import begin, database
from nudger.cli.terminal import fields, stamp, write_json
from nudger.runtime.clock import now
from nudger.runtime.lock import running
from nudger.storage import alerts, messages, reports
from nudger.storage.holding import held


def status(*, json: Annotated[bool, Parameter(help="Write JSON.")] = False) -> int:
    """Tell whether the daemon is at work, what is waiting, and what became of the last seven days' messages."""
    settings = begin(quiet=True)
    moment = now()
    with database(settings) as opened, opened.read() as connection:
        heartbeat = reports.noted(connection, "heartbeat")
        troubles = alerts.standing(connection)
        counts = reports.counts(connection, moment - timedelta(days=7))
        facts: dict[str, object] = {
            "daemon": running(opened.path) if opened.path else None,
            "heartbeat": heartbeat[1] if heartbeat else None,
            "database": opened.current(),
            "backlog": reports.backlog(connection, moment),
            "next": messages.next_wake(connection),
            "troubles": {name: trouble.detail for name, trouble in troubles.items() if trouble.gone_at is None},
            "held": held(connection),
            "backup": _moment(reports.noted(connection, "backup")),
            "files": _files(last_reload(connection)),
            "week": {f"{channel}.{state}": count for (channel, state), count in sorted(counts.items())},
        }
    if json:
        write_json([facts])
    else:
        at_work = f"process {facts['daemon']}" if facts["daemon"] else "not running here"
        waiting = f"{facts['backlog']} past their time"
        fields(facts | {"daemon": at_work, "backlog": waiting, "files": _in_words(facts["files"])})
    return 0


def _moment(noted: tuple[str, datetime] | None) -> datetime | None:
    return noted[1] if noted else None


def _files(last: LastReload | None) -> dict[str, object] | None:
    return asdict(last) if last else None


def _in_words(files: object) -> str:
    """What the last reading of the files came to, with the place of each fault on a line of its own."""
    if not isinstance(files, dict):
        return "not read yet"
    if not files["faults"]:
        return f"read {stamp(files['at'])}, nothing wrong"
    lines = [f"{one['place']} ({one['item'] or 'the whole file'})" for one in files["troubles"]]
    told = f"read {stamp(files['at'])}, {files['faults']} faults: what they are in keeps its last good version"
    return "\n  ".join((told, *lines, "`nudger check` tells what is wrong"))
