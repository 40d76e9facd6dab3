"""Summarise: one line in the log a day, for those who read nothing else."""

from collections import Counter
from datetime import UTC, datetime, time

from nudger.observability import logger
from nudger.storage import alerts, reports
from nudger.storage.database import Database
from nudger.storage.figures import figures

log = logger(__name__)

NOTED = "daily summary"


def summarise(database: Database, now: datetime) -> bool:
    """Log the counts of the day that has ended (UTC), at the first call of a new one; whether that was now.

    `now` is aware. The very first call only begins to count. StorageError where the database does not answer.
    """
    midnight = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    with database.write() as connection:
        noted = reports.noted(connection, NOTED)
        if noted and noted[1] >= midnight:
            return False
        reports.note(connection, NOTED, "", now)
        if noted is None:
            return False
        day = figures(connection, midnight, ())
        open_troubles = len(alerts.standing(connection))
    states: Counter[str] = Counter()
    for (_, state), count in day.states.items():
        states[state] += count
    late, waiting = sum(day.late.values()), day.backlog
    log.info(
        "daily_summary",
        day=noted[1].date().isoformat(),
        messages=dict(sorted(states.items())),
        late=late,
        waiting=waiting,
        unknown=day.unknown,
        troubles=open_troubles,
    )
    return True
