"""What a process brings along: its clocks and dice, so that a test or a simulation can bring its own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The clocks and dice of the process: `now` is wall time, aware; `uptime` counts seconds, suspend included."""

    now: Callable[[], datetime]
    uptime: Callable[[], float]
    luck: Callable[[], float]
