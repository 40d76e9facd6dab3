"""What an operator is told of without asking: every condition of the service as a whole, one look for each.

A new condition is one more function in `LOOKS`. None may tell anything personal: counts and times, no more.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from nudger.actions import backup
from nudger.actions.diagnose import OLD_BACKUP
from nudger.actions.reload import last_reload
from nudger.domain.pacing import Fault
from nudger.storage import alerts, reports

DAY = timedelta(days=1)
#: A line that breaks for less than this is nobody's worry: what was to be sent waits, and goes a little later.
SHORT_BREAK = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of something is too much: a message may be past its time for `backlog` before the operator hears.

    `daily_backups` says whether the daemon makes them.
    """

    backlog: timedelta = timedelta(minutes=15)
    daily_backups: bool = False


@dataclass(frozen=True, slots=True)
class Trouble:
    """One condition that holds now: in a sentence, with what mends it.

    `since` is aware; the operator is told once it has lasted for `patience`.
    """

    name: str
    detail: str
    mend: str
    since: datetime
    patience: timedelta = timedelta(0)


Look = Callable[[Connection, datetime, Bounds], Iterator[Trouble]]


def provider_failure(connection: Connection, _now: datetime, _bounds: Bounds) -> Iterator[Trouble]:
    """A provider refuses our account, or has been out of reach for a while."""
    for channel, (fault, since) in alerts.provider_troubles(connection).items():
        if fault == Fault.ACCOUNT_REFUSED:
            detail, patience = f"The provider for {channel} refuses our account; its messages wait.", timedelta(0)
        else:
            detail, patience = f"The provider for {channel} is out of reach; its messages wait.", SHORT_BREAK
        yield Trouble(f"provider_{channel}", detail, "nudger doctor", since, patience)


def backlog(connection: Connection, now: datetime, bounds: Bounds) -> Iterator[Trouble]:
    """Messages have been due for too long: the daemon, its workers or the line cannot keep up."""
    oldest = reports.longest_waiting(connection, now)
    if oldest is not None and now - oldest >= bounds.backlog:
        count, minutes = reports.backlog(connection, now), (now - oldest) // timedelta(minutes=1)
        yield Trouble("backlog", f"{count} due messages wait, the oldest for {minutes} minutes.", "nudger status", now)


def dead_letters(connection: Connection, now: datetime, _bounds: Bounds) -> Iterator[Trouble]:
    """Messages of the last day that nobody will try to send again, unless told to."""
    count = reports.failed(connection, now - DAY, now)
    if count:
        mend = "nudger outbox list --state failed, then nudger outbox retry NUMBER"
        yield Trouble("dead_letters", f"{count} messages of the last day failed for good.", mend, now)


def failed_reload(connection: Connection, _now: datetime, _bounds: Bounds) -> Iterator[Trouble]:
    """What was edited last cannot be used; keys of couples are names, and so the places are for `nudger check`."""
    last = last_reload(connection)
    if last is not None and last.faults:
        detail = f"The edited files have {last.faults} faults; what is faulty stays as it was."
        yield Trouble("failed_reload", detail, "nudger check", last.at)


def overdue_backup(connection: Connection, now: datetime, bounds: Bounds) -> Iterator[Trouble]:
    """Backups are to be made daily, and two were missed; one that was never made is `nudger doctor`'s to tell."""
    last = reports.noted(connection, backup.NAME)
    if bounds.daily_backups and last is not None and now - last[1] > OLD_BACKUP:
        hours = (now - last[1]) // timedelta(hours=1)
        yield Trouble("overdue_backup", f"The newest backup is {hours} hours old.", "nudger backup", now)


#: Every condition there is.
LOOKS: Sequence[Look] = (provider_failure, backlog, dead_letters, failed_reload, overdue_backup)


def troubles(connection: Connection, now: datetime, bounds: Bounds) -> list[Trouble]:
    """All that is wrong at `now` (aware)."""
    return [trouble for look in LOOKS for trouble in look(connection, now, bounds)]
