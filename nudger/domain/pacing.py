"""How fast a provider may be asked, and when to leave it alone for a while. Clocks come in as arguments."""

from dataclasses import dataclass
from datetime import datetime, timedelta

#: This many failures of the line in a row, and the provider is left alone for a while.
FAILURES_TO_OPEN = 5
OPEN_FOR = timedelta(seconds=30)


@dataclass(slots=True)
class Pace:
    """A token bucket: `per_second` on average, at most `burst` at once; None means no limit."""

    per_second: float | None
    burst: int
    _tokens: float = 0.0
    _at: datetime | None = None

    def allowance(self, now: datetime, wanted: int) -> int:
        """How many of `wanted` may go now."""
        if self.per_second is None:
            return wanted
        if self._at is None:
            self._tokens = self.burst
        else:
            gained = max(0.0, (now - self._at).total_seconds()) * self.per_second
            self._tokens = min(float(self.burst), self._tokens + gained)
        self._at = now
        return max(0, min(wanted, int(self._tokens)))

    def spend(self, count: int) -> None:
        """Take tokens for what went."""
        if self.per_second is not None:
            self._tokens -= count


@dataclass(slots=True)
class Breaker:
    """Remembers a provider's failures, so that a dead line or a wrong key is not hammered on.

    Once its time is over, one message alone tries whether the provider works again.
    """

    open_until: datetime | None = None
    _failures: int = 0

    def closed(self, now: datetime) -> bool:
        """Whether the provider may be used."""
        return self.open_until is None or now >= self.open_until

    def allowance(self, now: datetime, wanted: int) -> int:
        """How many of `wanted` may go now: none while it is left alone, then one, all after a success."""
        if not self.closed(now):
            return 0
        return wanted if self.open_until is None else min(wanted, 1)

    def success(self) -> None:
        """The line works."""
        self._failures = 0
        self.open_until = None

    def failure(self, now: datetime) -> None:
        """The line failed; after several in a row it is left alone for half a minute."""
        self._failures += 1
        if self._failures >= FAILURES_TO_OPEN:
            self.trip(now, OPEN_FOR)

    def trip(self, now: datetime, how_long: timedelta) -> None:
        """Leave the provider alone from now on."""
        self.open_until = now + how_long
