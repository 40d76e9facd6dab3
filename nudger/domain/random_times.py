"""Moments nobody can foresee, and everybody can work out again who has the key.

A rule asks for so many moments in each period, some distance apart, across the edges of periods too. Drawing them one
period after another would chain each to all before it, and the answer would depend on where one began. So even
periods are drawn by themselves, and odd ones among the choices that keep their distance from both neighbours.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from heapq import merge
from itertools import count
from operator import attrgetter

from nudger.domain.calendars import Calendar, Moment, Recipient
from nudger.domain.chance import Dice
from nudger.domain.choices import FIRST, LAST, Slots, drawn
from nudger.domain.periods import Room, first_day, number_of, room, swallowed
from nudger.domain.schedules import Audience, RandomTimes, Schedule
from nudger.domain.turns import Turns
from nudger.domain.wall_clock import DAY, MINUTE, at_minute, minute_of, zone

by_time = attrgetter("at")


def random_moments(
    schedule: Schedule, rule: RandomTimes, calendar: Calendar, key: bytes, start: datetime
) -> Iterator[Moment]:
    """The moments of a random rule at or after `start`, in order of time and without end; see `recurrence.moments`.

    With turns the distance holds between the two partners' moments; otherwise each has a row of their own, drawn
    alike for both or each by itself.
    """
    if schedule.audience is Audience.ONE:
        return RandomRow(schedule, rule, calendar, key, calendar.recipients).moments(start)
    rows = (RandomRow(schedule, rule, calendar, key, (one,)) for one in calendar.recipients)
    return merge(*(row.moments(start) for row in rows), key=by_time)


def distance(apart: timedelta) -> int:
    """Whole minutes between moments: rounded up, and never two in the same minute."""
    return max(1, -(-apart // MINUTE))


class RandomRow:
    """One row of random moments, in order and apart: of one recipient, or of two who take turns.

    A period that cannot hold all moments at their distance gets as many as fit (`feasibility` warns of such rules).
    """

    def __init__(
        self, schedule: Schedule, rule: RandomTimes, calendar: Calendar, key: bytes, recipients: tuple[Recipient, ...]
    ) -> None:
        """The row of these recipients; their draws are their own only with audience `each`."""
        self._rule = rule
        self._recipients = recipients
        self._turns = Turns(key, calendar, schedule.key) if len(recipients) > 1 else None
        who = recipients[0].key if schedule.audience is Audience.EACH else ""
        self._purpose = "random", calendar.couple, schedule.key, who
        self._key = key
        self._apart = distance(rule.apart)
        self._even: dict[int, tuple[int, ...]] = {}

    def moments(self, start: datetime) -> Iterator[Moment]:
        """From `start` on; none where quiet hours swallow every minute there is."""
        if all(swallowed(self._rule, one) for one in self._recipients):
            return
        for number in count(self._first_number(start)):
            period = first_day(self._rule, number)
            for slot, minute in enumerate(self._minutes(number)):
                at = at_minute(minute)
                if at >= start:
                    yield Moment(at, self._receiver(number, slot), period, slot)

    def _first_number(self, start: datetime) -> int:
        """The first period that is not over: yesterday's counts while its window runs past midnight."""
        days = [start.astimezone(zone(one.timezone)).date() for one in self._recipients]
        number, minute = number_of(self._rule, min(days) - DAY), minute_of(start)
        while all(its.ends() <= minute for its in self._rooms(number)):
            number += 1
        return number

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
        origin, slots = self._slots(number)
        dice = Dice(self._key, *self._purpose, number)
        minutes = drawn(dice, slots, self._apart, low - origin, high - origin)
        return tuple([origin + minute for minute in minutes])

    def _slots(self, number: int) -> tuple[int, Slots]:
        """The minutes open to each slot's receiver, counted from a common origin."""
        rooms = self._rooms(number)
        origin, spans = rooms[0]
        if self._turns is None:
            return origin, (spans,) * self._rule.count
        open_to = {one.key: its.seen_from(origin) for one, its in zip(self._recipients, rooms, strict=True)}
        return origin, tuple(open_to[self._receiver(number, slot)] for slot in range(self._rule.count))

    def _rooms(self, number: int) -> list[Room]:
        first = first_day(self._rule, number)
        return [room(self._rule, one, first) for one in self._recipients]

    def _receiver(self, number: int, slot: int) -> str:
        if self._turns is None:
            return self._recipients[0].key
        return self._turns.receiver(number * self._rule.count + slot)
