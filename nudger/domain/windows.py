"""Spans of the local day: quiet hours and sending windows."""

from dataclasses import dataclass
from datetime import time


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


DAYTIME = Window(time(9, 0), time(20, 30))
NIGHT = Window(time(20, 30), time(9, 0))
