"""Watch: whether the database answers, and a daemon is at work on it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from nudger.storage import reports
from nudger.storage.database import Database
from nudger.storage.holding import held

#: The daemon leaves a sign of life each minute; three missed ones mean that it is stuck, or gone.
ALIVE = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Pulse:
    """When the daemon last left a sign of life (aware, None for never), and how many messages wait past their time.

    `held` says why nothing is sent, where an operator has to have a look first.
    """

    last_tick: datetime | None
    backlog: int
    held: str | None = None

    def beats(self, now: datetime) -> bool:
        """Whether the last sign of life is recent; one from a clock that was ahead, and was set back, tells nothing."""
        return self.last_tick is not None and abs(now - self.last_tick) <= ALIVE


def feel_pulse(database: Database, now: datetime) -> Pulse:
    """Ask the database. StorageError where it does not answer."""
    with database.read() as connection:
        tick = reports.noted(connection, "heartbeat")
        return Pulse(tick[1] if tick else None, reports.backlog(connection, now), held(connection))
