"""Spans of the local day: quiet hours and sending windows."""

from dataclasses import dataclass
from datetime import time
from functools import lru_cache

from nudger.domain.spans import Spans, without


@dataclass(frozen=True, slots=True)
class Window:
    """A daily span of local wall time, from `start` up to but not including `end`.

    A window whose end is not after its start crosses midnight (20:30-09:00).
    """

    start: time
    end: time

    @property
    def crosses_midnight(self) -> bool:
        """Whether the span runs into the next local day."""
        return self.end <= self.start

    def holds(self, moment: time) -> bool:
        """Whether a local wall time falls inside."""
        if self.crosses_midnight:
            return moment >= self.start or moment < self.end
        return self.start <= moment < self.end

    def span(self, day: int = 0) -> tuple[int, int]:
        """The wall minutes it covers when it starts on a given day, counted from midnight of day 0."""
        low = day * 1440 + minute_of_day(self.start)
        high = day * 1440 + minute_of_day(self.end)
        return low, high + 1440 * self.crosses_midnight


def minute_of_day(at: time) -> int:
    """Minutes from midnight to a wall time."""
    return at.hour * 60 + at.minute


@lru_cache(maxsize=4096)
def open_minutes(days: frozenset[int], between: Window, quiet: Window | None, weekday: int, length: int) -> Spans:
    """The wall minutes in which a partner may hear from us, over `length` days of which the first is a `weekday`.

    Minutes are counted from midnight of the first day. They lie in `between` on one of `days` (0 is Monday), and not
    in quiet hours. A window that crosses midnight belongs to the day it starts on, all of it: Friday's from 20:00 to
    02:00 ends on Saturday, and the last day's ends after the last day.
    """
    spans = [between.span(day) for day in range(length) if (weekday + day) % 7 in days]
    holes = tuple(quiet.span(day) for day in range(-1, length + 1)) if quiet else ()
    return without(spans, holes)


MIDNIGHT = time(0, 0)
DAYTIME = Window(time(9, 0), time(20, 30))
NIGHT = Window(time(20, 30), time(9, 0))
