"""The periods of a random rule, and a recipient's minutes in each."""

from calendar import monthrange
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from nudger.domain.calendars import Recipient
from nudger.domain.schedules import Period, RandomTimes
from nudger.domain.spans import Spans, clipped, shifted
from nudger.domain.wall_clock import EPOCH, stretches, zone
from nudger.domain.windows import Window, open_minutes

EPOCH_DAY = EPOCH.date().toordinal()
#: The furthest a zone has been from UTC, and then some, in minutes (Manila was 15 h 56 min behind until 1844).
FURTHEST = 16 * 60


def number_of(rule: RandomTimes, day: date) -> int:
    """The number of the period a local day is in; periods of a day are counted over the rule's days alone.

    A day the rule leaves out gets the number of the next one it does not.
    """
    week, weekday = divmod(day.toordinal() - 1, 7)
    match rule.per:
        case Period.DAY:
            return week * len(rule.days) + sum(one < weekday for one in rule.days)
        case Period.WEEK:
            return week
        case Period.MONTH:
            return day.year * 12 + day.month - 1


def first_day(rule: RandomTimes, number: int) -> date:
    """The first local date of a period: the day, the Monday, the first of the month."""
    match rule.per:
        case Period.DAY:
            week, index = divmod(number, len(rule.days))
            return date.fromordinal(week * 7 + sorted(rule.days)[index] + 1)
        case Period.WEEK:
            return date.fromordinal(number * 7 + 1)
        case Period.MONTH:
            return date(number // 12, number % 12 + 1, 1)


def days_in(rule: RandomTimes, first: date) -> int:
    """How many days the period that starts on `first` has."""
    match rule.per:
        case Period.DAY:
            return 1
        case Period.WEEK:
            return 7
        case Period.MONTH:
            return monthrange(first.year, first.month)[1]


def swallowed(rule: RandomTimes, recipient: Recipient) -> bool:
    """Whether a recipient's quiet hours leave nothing of the rule's window, whatever the week."""
    return not open_minutes(rule.days, rule.between, recipient.quiet_hours, 0, 7)


class Room(NamedTuple):
    """The minutes of a period in which a recipient may be reached: `spans` counted from UTC minute `origin`.

    Counted from the period's own start, so that periods alike in this share what is worked out about them.
    """

    origin: int
    spans: Spans

    def seen_from(self, origin: int) -> Spans:
        """The same minutes counted from another."""
        return shifted(self.spans, self.origin - origin)

    def begins(self) -> int:
        """The UTC minute before which nothing of it lies."""
        return self.origin + (self.spans[0][0] if self.spans else 0)

    def ends(self) -> int:
        """The UTC minute after which nothing of it is left."""
        return self.origin + (self.spans[-1][1] if self.spans else 0)


def room(rule: RandomTimes, recipient: Recipient, first: date) -> Room:
    """A recipient's minutes in the period that starts on `first`."""
    return _room(rule.days, rule.between, recipient.quiet_hours, recipient.timezone, Days(first, days_in(rule, first)))


class Days(NamedTuple):
    """So many days in a row."""

    first: date
    length: int


@lru_cache(maxsize=8192)
def _room(weekdays: frozenset[int], between: Window, quiet: Window | None, timezone: str, days: Days) -> Room:
    """Reads the clock on the wall at every minute of UTC, so days of 23 and 25 hours, and days skipped, come out right.

    While the offset stays the same, UTC minutes are wall minutes less the offset.
    """
    wall = open_minutes(weekdays, between, quiet, days.first.weekday(), days.length)
    midnight = (days.first.toordinal() - EPOCH_DAY) * 1440
    end = midnight + (days.length + 1) * 1440  # the last day's window may run into the day after
    parts = list(stretches(zone(timezone), midnight - FURTHEST, end + FURTHEST))
    origin = midnight - next(offset for _, high, offset in parts if high + offset > midnight)
    spans = [clipped(shifted(wall, midnight - offset), low, high) for low, high, offset in parts]
    return Room(origin, shifted(tuple(span for part in spans for span in part), -origin))
