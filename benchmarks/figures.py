"""What a benchmark finds: a figure, the bare lower bound measured beside it, and the target it has to meet."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from statistics import median


class Unit(StrEnum):
    """What a figure counts; for rates more is better, for all others less."""

    PER_SECOND = "/s"
    MILLISECONDS = "ms"
    SECONDS = "s"
    MEGABYTES = "MB"

    @property
    def more_is_better(self) -> bool:
        """Whether a target is the least that is good enough, and not the most."""
        return self is Unit.PER_SECOND


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `bound` is what the same work costs with nothing of ours around it, in the same unit."""

    subject: str
    measured: float
    unit: Unit
    bound: float | None = None
    bound_is: str = ""
    target: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times the bare work's cost ours is; below 1 where ours is the cheaper one."""
        if not self.bound or not self.measured:
            return None
        return self.bound / self.measured if self.unit.more_is_better else self.measured / self.bound

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.target is None:
            return None
        return self.measured >= self.target if self.unit.more_is_better else self.measured <= self.target


Note = tuple[str, str]


@dataclass(slots=True)
class Stopwatch:
    """How long a block took, in seconds."""

    seconds: float = 0.0


@contextmanager
def timed() -> Iterator[Stopwatch]:
    """Time a block, with nobody else's garbage collected within it."""
    watch = Stopwatch()
    gc.collect()
    began = time.perf_counter()
    yield watch
    watch.seconds = time.perf_counter() - began


def seconds_of(work: Callable[[], object], rounds: int = 5) -> float:
    """The median time of some rounds of the same work."""
    times = []
    for _ in range(rounds):
        with timed() as watch:
            work()
        times.append(watch.seconds)
    return median(times)
