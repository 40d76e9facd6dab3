"""Moments nobody can foresee, and everybody can work out again who has the key.

A rule asks for so many moments in each period, some distance apart, across the edges of periods too. Drawing them one
period after another would chain each to all before it, and the answer would depend on where one began. So even
periods are drawn by themselves, and odd ones among the choices that keep their distance from both neighbours.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from heapq import merge
from itertools import chain, count
from operator import attrgetter

from nudger.domain.calendars import Calendar, Moment, Recipient, Stretch
from nudger.domain.chance import Dice
from nudger.domain.choices import FIRST, LAST, Layout, drawn, layout
from nudger.domain.periods import Room, first_day, number_of, room, swallowed
from nudger.domain.schedules import Audience, RandomTimes, Schedule
from nudger.domain.timetables import Place
from nudger.domain.turns import Turns
from nudger.domain.wall_clock import DAY, MINUTE, at_minute, minute_of

by_time = attrgetter("at")


def random_stretches(
    schedule: Schedule, rule: RandomTimes, calendar: Calendar, key: bytes, start: datetime
) -> Iterator[Stretch]:
    """The moments of a random rule at or after `start`, in order of time and without end; see `recurrence.moments`.

    With turns the distance holds between the two partners' moments; otherwise each has a row of their own, drawn
    alike for both or each by itself. One row comes period by period, two as a single stretch without end.
    """
    if schedule.audience is Audience.ONE:
        yield from RandomRow(schedule, rule, calendar, key, calendar.recipients).stretches(start)
    else:
        rows = [RandomRow(schedule, rule, calendar, key, (one,)).stretches(start) for one in calendar.recipients]
        yield Stretch(start, merge(*(chain.from_iterable(one.moments for one in row) for row in rows), key=by_time))


def distance(apart: timedelta) -> int:
    """Whole minutes between moments: rounded up, and never two in the same minute."""
    return max(1, -(-apart // MINUTE))


class Ground:
    """A random rule in the places of those who receive: which minutes each of its periods holds, as `_ground` keeps it.

    The same for all couples who live alike; one object for all of them.
    """

    def __init__(self, rule: RandomTimes, places: tuple[Place, ...]) -> None:
        """One place, or the two between which turns go."""
        self.rule = rule
        self.recipients = [Recipient("", *place) for place in places]
        self.closed = all(swallowed(rule, one) for one in self.recipients)

    def first_number(self, start: datetime) -> int:
        """The first period that is not over at `start`: yesterday's counts while its window runs past midnight.

        The local day is the one of UTC or a neighbour of it.
        """
        number, minute = number_of(self.rule, start.astimezone(UTC).date() - 2 * DAY), minute_of(start)
        while _end(self, number) <= minute:
            number += 1
        return number

    def rooms(self, number: int) -> list[Room]:
        """The minutes of a period that are open to each recipient."""
        first = first_day(self.rule, number)
        return [room(self.rule, one, first) for one in self.recipients]


_ground = lru_cache(maxsize=4096)(Ground)


@lru_cache(maxsize=16384)
def _begin(ground: Ground, number: int) -> datetime:
    """The instant before which nothing of a period is open to anybody."""
    return at_minute(min(its.begins() for its in ground.rooms(number)))


@lru_cache(maxsize=16384)
def _end(ground: Ground, number: int) -> int:
    """The UTC minute at which nothing of a period is left for anybody."""
    return max(its.ends() for its in ground.rooms(number))


@lru_cache(maxsize=32768)
def _layout(ground: Ground, number: int, whose: tuple[int, ...]) -> tuple[int, Layout]:
    """The minutes open to each slot, which is that recipient's (by place in the row), counted from a common origin."""
    rooms = ground.rooms(number)
    origin = rooms[0].origin
    return origin, layout(tuple(rooms[one].seen_from(origin) for one in whose))


class RandomRow:
    """One row of random moments, in order and apart: of one recipient, or of two who take turns.

    A period that cannot hold all moments at their distance gets as many as fit (`feasibility` warns of such rules).
    """

    def __init__(
        self, schedule: Schedule, rule: RandomTimes, calendar: Calendar, key: bytes, recipients: tuple[Recipient, ...]
    ) -> None:
        """The row of these recipients; their draws are their own only with audience `each`."""
        self._rule = rule
        places = [Place(one.timezone, one.quiet_hours) for one in recipients]
        self._ground = _ground(rule, tuple(places))
        self._keys = [one.key for one in recipients]
        self._alike = places.count(places[0]) == len(places)
        self._turns = Turns(key, calendar, schedule.key) if len(recipients) > 1 else None
        who = recipients[0].key if schedule.audience is Audience.EACH else ""
        self._purpose = "random", calendar.couple, schedule.key, who
        self._key = key
        self._apart = distance(rule.apart)
        self._even: dict[int, tuple[int, ...]] = {}

    def stretches(self, start: datetime) -> Iterator[Stretch]:
        """Period by period from `start` on; none where quiet hours swallow every minute there is."""
        if not self._ground.closed:
            for number in count(self._ground.first_number(start)):
                yield Stretch(_begin(self._ground, number), self._moments(number, start))

    def _moments(self, number: int, start: datetime) -> Iterator[Moment]:
        """A period's moments from `start` on."""
        period, receivers = first_day(self._rule, number), self._receivers(number)
        for slot, minute in enumerate(self._minutes(number)):
            at = at_minute(minute)
            if at >= start:
                yield Moment(at, receivers[slot], period, slot)

    def _minutes(self, number: int) -> tuple[int, ...]:
        """The UTC minutes of a period's moments."""
        if number % 2 == 0:
            return self._evenly(number)
        before, after = self._evenly(number - 1), self._evenly(number + 1)
        low = before[-1] + self._apart if before else FIRST
        high = after[0] - self._apart if after else LAST
        return self._drawn(number, low, high)

    def _evenly(self, number: int) -> tuple[int, ...]:
        if number not in self._even:
            self._even[number] = self._drawn(number, FIRST, LAST)
        return self._even[number]

    def _drawn(self, number: int, low: int, high: int) -> tuple[int, ...]:
        origin, slots = _layout(self._ground, number, self._whose(number))
        dice = Dice(self._key, *self._purpose, number)
        if high != LAST:
            high -= origin
        minutes = drawn(dice, slots, self._apart, low - origin, high)
        return tuple([origin + minute for minute in minutes])

    def _whose(self, number: int) -> tuple[int, ...]:
        """Whose minutes each slot may have, by place in the row; no matter whose where they are the same."""
        if self._alike:
            return (0,) * self._rule.count
        return tuple([self._keys.index(key) for key in self._receivers(number)])

    def _receivers(self, number: int) -> list[str]:
        """The keys of those who receive a period's moments."""
        slots = self._rule.count
        if self._turns is None:
            return self._keys * slots
        return self._turns.receivers(range(number * slots, (number + 1) * slots))
