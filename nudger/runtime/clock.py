"""The process's clocks and dice: the one place where the time and true chance come from."""

import random
import secrets
import time
from datetime import UTC, datetime

from nudger.actions.surroundings import Surroundings


def now() -> datetime:
    """The wall time, aware, in UTC."""
    return datetime.now(UTC)


def uptime() -> float:
    """Seconds since start-up, time spent suspended included where the system can tell (CLOCK_BOOTTIME)."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock)


def token() -> str:
    """A new opaque name for an attempt: 128 bits from the system's source."""
    return secrets.token_hex(16)


def surroundings() -> Surroundings:
    """The real ones."""
    return Surroundings(now=now, uptime=uptime, luck=random.random)
