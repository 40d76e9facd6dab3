"""Turn schedules into messages with a moment each, some way ahead."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from nudger.domain.calendars import Moment
from nudger.domain.messages import Reason, State
from nudger.domain.people import ChannelKind
from nudger.domain.recurrence import moments, withheld
from nudger.domain.schedules import ChannelChoice, Schedule
from nudger.storage.codec import decode_calendar, decode_schedule
from nudger.storage.database import Database
from nudger.storage.enrollments import Due, advance, due, insert_messages

#: How far ahead messages are planned: further than any outage a weekend hides, near enough that edits stay cheap.
HORIZON = timedelta(hours=48)
#: When to look again at a rule that has come to its end; an edit brings that forward.
ENDED = timedelta(days=365)
#: The most moments of one enrollment in one transaction, however long the service was down.
MOST_MOMENTS = 50

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PlanReport:
    """What planning did: enrollments looked at, and messages that are new, by what became of them."""

    enrollments: int = 0
    planned: int = 0
    withheld: int = 0
    expired: int = 0

    def __add__(self, other: "PlanReport") -> "PlanReport":
        return PlanReport(
            self.enrollments + other.enrollments,
            self.planned + other.planned,
            self.withheld + other.withheld,
            self.expired + other.expired,
        )


def never() -> bool:
    """No: go on until all is done."""
    return False


def plan(
    database: Database,
    key: bytes,
    now: datetime,
    *,
    horizon: timedelta = HORIZON,
    batch: int = 4000,
    stop: Callable[[], bool] = never,
) -> PlanReport:
    """Plan every enrollment up to `now` (aware) plus the horizon, `batch` of them in each transaction.

    May be cut short by `stop` or a crash, and run again, also by several processes at once: what is planned stays as
    it is. StorageError where the database fails.
    """
    report = PlanReport()
    while not stop():
        done = _plan_batch(database, _Planner(key, now, now + horizon), batch)
        report += done
        if done.enrollments == 0:
            break
    return report


def _plan_batch(database: Database, planner: "_Planner", batch: int) -> PlanReport:
    with database.write() as connection:
        found = due(connection, planner.horizon, batch)
        cursors = [(one.id, planner.plan(one)) for one in found]
        advance(connection, cursors)
        return PlanReport(
            len(found),
            insert_messages(connection, planner.planned),
            insert_messages(connection, planner.withheld),
            insert_messages(connection, planner.expired),
        )


class _Planner:
    """Collects the messages of one batch of enrollments."""

    def __init__(self, key: bytes, now: datetime, horizon: datetime) -> None:
        self.key = key
        self.now = now
        self.horizon = horizon
        self.planned: list[Row] = []
        self.withheld: list[Row] = []
        self.expired: list[Row] = []

    def plan(self, one: Due) -> datetime:
        """Collect an enrollment's messages before the horizon; where to go on from next time."""
        schedule = decode_schedule(one.schedule)
        calendar, preferred = decode_calendar(one.calendar, one.couple_key, one.first_key, one.second_key)
        ids = {one.first_key: one.first_id, one.second_key: one.second_id}
        ahead = moments(schedule, calendar, self.key, one.cursor)
        for moment in islice(ahead, MOST_MOMENTS):
            if moment.at >= self.horizon:
                return moment.at
            channel = _channel(schedule, preferred[moment.partner])
            self._collect(schedule, one, moment, {"partner_id": ids[moment.partner], "channel": channel})
        return _resume(ahead, self.horizon + ENDED)

    def _collect(self, schedule: Schedule, one: Due, moment: Moment, addressee: Row) -> None:
        row = addressee | {
            "enrollment_id": one.id,
            "couple_id": one.couple_id,
            "period": moment.period,
            "slot": moment.slot,
            "due_at": moment.at,
            "not_after": moment.at + schedule.late,
        }
        if withheld(schedule, one.couple_key, moment, self.key):
            self.withheld.append(row | {"state": State.SKIPPED, "reason": Reason.WITHHELD, "wake_at": None})
        elif row["not_after"] < self.now:
            self.expired.append(row | {"state": State.EXPIRED, "reason": Reason.LATE, "wake_at": None})
        else:
            self.planned.append(row | {"state": State.PLANNED, "reason": None, "wake_at": moment.at})


def _channel(schedule: Schedule, preferred: ChannelKind) -> ChannelKind:
    return preferred if schedule.channel is ChannelChoice.PREFERRED else ChannelKind(schedule.channel)


def _resume(ahead: Iterator[Moment], ended: datetime) -> datetime:
    following = next(ahead, None)
    return ended if following is None else following.at
