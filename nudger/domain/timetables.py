"""What a fixed rule says at one place, page by page: worked out once for all couples who live alike."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import count
from typing import NamedTuple

from nudger.domain.occasions import FixedTimes, occasions, wall_times
from nudger.domain.people import ImportantDate
from nudger.domain.schedules import BeforeDate, Cron, Daily, Weekly
from nudger.domain.wall_clock import DAY, EPOCH, spared, zone
from nudger.domain.windows import Window

#: Days without a moment after which a rule will not be waited for: 31 February never comes, and 29 February comes
#: within eight years even around a century that is no leap year.
PATIENCE = 9 * 366
#: About so many moments to a page: enough for a few visits, few enough that thousands of pages stay small.
PAGEFUL = 16


class Rule(NamedTuple):
    """A fixed rule, the date it counts down to if any, and how late a moment may be that quiet hours hold up."""

    when: FixedTimes
    anchor: ImportantDate | None
    late: timedelta

    def days(self) -> int:
        """How many days of UTC make a page."""
        match self.when:
            case Daily() | Weekly():
                return PAGEFUL
            case Cron():
                return max(1, PAGEFUL // max(1, len(wall_times(self.when))))
            case BeforeDate():
                return 366
            case _:
                return 4 * PAGEFUL


class Place(NamedTuple):
    """Where one lives in time: the IANA zone, and the hours to spare."""

    timezone: str
    quiet: Window | None


class Stop(NamedTuple):
    """A moment at a place, in UTC, the local day and slot it is due on, and its number among the rule's occasions."""

    at: datetime
    day: date
    slot: int
    number: int


Page = tuple[Stop, ...]


def pages(rule: Rule, places: Sequence[Place], start: datetime) -> Iterator[list[Page]]:
    """What the rule says at each of some places, page by page from the one that holds `start` (aware).

    Without end, unless nothing comes for longer than the longest wait there is.
    """
    days, waited = rule.days(), 0
    for number in count((start - EPOCH).days // days):
        spread = [_page(rule, place, number, days) for place in places]
        yield spread
        waited = 0 if any(spread) else waited + days
        if waited > PATIENCE:
            return


@lru_cache(maxsize=16384)
def _page(rule: Rule, place: Place, number: int, days: int) -> Page:
    begin = EPOCH + number * days * DAY
    end, local = begin + days * DAY, zone(place.timezone)
    # What was due the day before may have waited for the end of quiet hours.
    first, last = begin.astimezone(local).date() - DAY, end.astimezone(local).date()
    stops = []
    for day, at, slot, number_of_occasion in occasions(rule.when, rule.anchor, first, last):
        moment = spared(day, at, place.timezone, place.quiet, rule.late)
        if moment is not None and begin <= moment < end:
            stops.append(Stop(moment, day, slot, number_of_occasion))
    return tuple(stops)
