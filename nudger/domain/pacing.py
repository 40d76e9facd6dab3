"""How fast a provider may be asked, and when to leave it alone for a while. Clocks come in as arguments."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import inf

#: This many failures of the line in a row, and the provider is left alone for a while.
FAILURES_TO_OPEN = 5
OPEN_FOR = timedelta(seconds=30)


#: Clocks of two machines may be this far apart; one that is further back has been set back.
CLOCKS_APART = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Rate:
    """A sender's limit: `per_second` on average, at most `burst` at once."""

    per_second: float
    burst: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """A token bucket as it stood at `at` (aware); below zero where more went than was allowed."""

    tokens: float
    at: datetime

    def filled(self, rate: Rate, now: datetime) -> "Bucket":
        """The bucket at `now` (aware). Its clock only goes forward, unless it was set back: then it starts from there.

        So two machines whose clocks differ a little never fill it twice for the same second, and a clock that jumps
        back gives nothing away.
        """
        if now < self.at - CLOCKS_APART:
            return Bucket(self.tokens, now)
        gained = max(0.0, (now - self.at).total_seconds()) * rate.per_second
        return Bucket(min(float(rate.burst), self.tokens + gained), max(now, self.at))

    def allowance(self, wanted: int) -> int:
        """How many of `wanted` may go."""
        return max(0, min(wanted, int(self.tokens)))

    def less(self, count: int) -> "Bucket":
        """The bucket after so many went."""
        return Bucket(self.tokens - count, self.at)


def full(rate: Rate, now: datetime) -> Bucket:
    """A bucket never used before."""
    return Bucket(float(rate.burst), now)


class Fault(StrEnum):
    """Why a provider is being left alone."""

    ACCOUNT_REFUSED = "account_refused"
    OUT_OF_REACH = "out_of_reach"


@dataclass(slots=True)
class Breaker:
    """Remembers a provider's failures, so that a dead line or a wrong key is not hammered on.

    Once its time is over, one message alone tries whether the provider works again.
    """

    open_until: datetime | None = None
    fault: Fault | None = None
    _failures: int = 0
    _how_long: timedelta = OPEN_FOR

    def closed(self, now: datetime) -> bool:
        """Whether the provider may be used: its time is over, or lies so far ahead that the clock was set back."""
        open_until = self.open_until  # once: another thread may close it meanwhile
        if open_until is None:
            return True
        left = open_until - now
        return left <= timedelta(0) or left > self._how_long + CLOCKS_APART

    def allowance(self, now: datetime, wanted: int) -> int:
        """How many of `wanted` may go now: none while it is left alone, then one, all after a success."""
        if not self.closed(now):
            return 0
        return wanted if self.open_until is None else min(wanted, 1)

    def success(self) -> None:
        """The line works."""
        self._failures = 0
        self.open_until = self.fault = None

    def failure(self, now: datetime) -> None:
        """The line failed; after several in a row it is left alone for half a minute."""
        self._failures += 1
        if self._failures >= FAILURES_TO_OPEN:
            self.trip(now, OPEN_FOR, Fault.OUT_OF_REACH)

    def trip(self, now: datetime, how_long: timedelta, fault: Fault) -> None:
        """Leave the provider alone from now on, because of this fault; it holds until the next success."""
        self.open_until, self._how_long = now + how_long, how_long
        self.fault = fault


#: How many times what begins at once is let go before it is known how fast that is.
FIRST = 8


class Pace:
    """How many messages to let go at once, by how fast the last ones began: each has to begin soon after."""

    def __init__(self, at_once: int, begin: float) -> None:
        """So many messages may be in flight, which begin at once; the others have to within `begin` seconds."""
        self._at_once = at_once
        self._begin = begin
        self._per_second: float | None = None

    def note(self, count: int, seconds: float) -> None:
        """Remember that so many began within that time."""
        self._per_second = count / seconds if seconds > 0 else inf

    def most(self, wanted: int) -> int:
        """How many of `wanted`: two such batches, one waiting for the other, begin in time with a fifth to spare.

        Before anything is known of the provider it is a few times what begins at once: the rest may be another
        worker's, and would come back unsent where the provider is slow.
        """
        if self._per_second is None:
            return min(wanted, FIRST * self._at_once)
        in_time = min(float(wanted), self._per_second * self._begin * 0.4)
        return min(wanted, max(self._at_once, int(in_time)))
