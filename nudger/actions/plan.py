"""Turn schedules into messages with a moment each, some way ahead."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from nudger.domain.messages import Reason, State
from nudger.domain.people import ChannelKind
from nudger.domain.recurrence import stretches, withheld
from nudger.domain.schedules import BeforeDate, ChannelChoice, MessageKind, Schedule
from nudger.storage.codec import Planned, decode_calendar, decode_schedule
from nudger.storage.database import Database
from nudger.storage.enrollments import Due, Row, advance, due, insert_messages

#: How far ahead messages are planned: further than any outage a weekend hides, near enough that edits stay cheap.
HORIZON = timedelta(hours=48)
#: How many horizons an enrollment is planned once it is looked at: the look and the note of how far cost more than a
#: moment does, so several share them. Two days, looked at ahead, are planned for a week.
REACH = 3.5
#: When to look again at a rule that has come to its end; an edit brings that forward.
ENDED = timedelta(days=365)
#: The most moments of one enrollment in one transaction, however long the service was down.
MOST_MOMENTS = 50


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
    reach: float = REACH,
    batch: int = 2000,
    stop: Callable[[], bool] = never,
) -> PlanReport:
    """Plan every enrollment at least up to `now` (aware) plus the horizon, `batch` of them in each transaction.

    One not planned that far is planned for `reach` horizons, so that the next look at it comes days later. May be cut
    short by `stop` or a crash, and run again, also by several processes at once: what is planned stays as it
    is. StorageError where the database fails.
    """
    report = PlanReport()
    while not stop():
        done = _plan_batch(database, _Planner(key, now, now + horizon * reach), now + horizon, batch)
        report += done
        if done.enrollments == 0:
            break
    return report


def _plan_batch(database: Database, planner: "_Planner", horizon: datetime, batch: int) -> PlanReport:
    with database.write(trusting=True) as connection:
        found = due(connection, horizon, batch)
        cursors = [(one.id, planner.plan(one)) for one in found]
        advance(connection, cursors)
        return PlanReport(
            len(found),
            insert_messages(connection, planner.planned),
            insert_messages(connection, planner.withheld, State.SKIPPED, Reason.WITHHELD),
            insert_messages(connection, planner.expired, State.EXPIRED, Reason.LATE),
        )


class _Planner:
    """Collects the messages of one batch of enrollments."""

    def __init__(self, key: bytes, now: datetime, until: datetime) -> None:
        self.key = key
        self.now = now
        self.until = until
        self.planned: list[Row] = []
        self.withheld: list[Row] = []
        self.expired: list[Row] = []

    def plan(self, one: Due) -> datetime:
        """Collect an enrollment's messages up to the end; where to go on from next time."""
        schedule = decode_schedule(one.schedule)
        home = decode_calendar(
            one.calendar, one.couple_key, one.first_key, one.second_key, dates=isinstance(schedule.when, BeforeDate)
        )
        beginnings, room = _beginnings(one, schedule, home), MOST_MOMENTS
        for begins, moments in stretches(schedule, home.calendar, self.key, one.cursor):
            if begins >= self.until:
                return begins
            for moment in moments:
                at, partner, period, slot = moment
                if at >= self.until or not room:
                    return at
                room -= 1
                row = (*beginnings[partner], period, slot, at, at + schedule.late)
                if schedule.chance < 1 and withheld(schedule, one.couple_key, moment, self.key):
                    self.withheld.append(row)
                else:
                    (self.planned if row[-1] >= self.now else self.expired).append(row)
        return self.until + ENDED


def _beginnings(one: Due, schedule: Schedule, home: Planned) -> dict[str, tuple[int, int, int, str]]:
    """How the rows of each partner begin, whatever the moment."""
    partners = ((one.first_key, one.first_id), (one.second_key, one.second_id))
    return {
        key: (one.id, one.couple_id, partner_id, _channel(schedule, home.preferred[key], home.chosen[key]).value)
        for key, partner_id in partners
    }


def _channel(schedule: Schedule, preferred: ChannelKind, chosen: Mapping[MessageKind, ChannelKind]) -> ChannelKind:
    """The one this partner chose for the kind of message; else the schedule's, which may be the one they prefer."""
    usual = preferred if schedule.channel is ChannelChoice.PREFERRED else ChannelKind(schedule.channel)
    return chosen.get(schedule.kind) or usual
