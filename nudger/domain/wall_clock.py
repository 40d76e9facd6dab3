"""Local wall time and the instants it means, on days when clocks change too."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from nudger.domain.windows import MIDNIGHT, Window

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


@cache
def zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name; ZoneInfoNotFoundError where there is none."""
    return ZoneInfo(name)


@lru_cache(maxsize=16384)
def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which a local day's clocks first show a wall time.

    A wall time the clocks jump over is the first instant after the jump, so that what is due then is neither lost nor
    early (02:30 where 02:00 becomes 03:00 is 03:00). One they show twice is the first. A day the calendar jumps over
    (Pacific/Apia, 2011-12-30) gives the first instant of the next one; see `existed`.
    """
    first = datetime.combine(day, at, zone)
    second = first.replace(fold=1)
    if second.utcoffset() > first.utcoffset():  # type: ignore[operator]  # neither is None: both have a zone
        return _after_jump(first, second)
    return first.astimezone(UTC)


def _after_jump(first: datetime, second: datetime) -> datetime:
    """The instant of the jump: PEP 495 reads a skipped time as one instant after it and one before; halve between."""
    wall, local = first.replace(tzinfo=None), first.tzinfo
    before, after = second.astimezone(UTC), first.astimezone(UTC)
    while after - before > SECOND:
        middle = before + (after - before) // (2 * SECOND) * SECOND
        if middle.astimezone(local).replace(tzinfo=None) < wall:
            before = middle
        else:
            after = middle
    return after


def existed(day: date, zone: ZoneInfo) -> bool:
    """Whether a local day was lived at all: places that moved west of the date line skipped one."""
    return instant(day, MIDNIGHT, zone) != instant(day + DAY, MIDNIGHT, zone)


@lru_cache(maxsize=16384)
def spared(day: date, at: time, timezone: str, quiet: Window | None, late: timedelta) -> datetime | None:
    """When what is due at a wall time goes out: then, or at the end of quiet hours when that is within `late`.

    In UTC. Where quiet hours last too long it stays where it is, and sending will find it there. None on a day that
    never was: it had no moments, and giving its own to the next day would make that day's double.
    """
    local = zone(timezone)
    if not existed(day, local):
        return None
    due = instant(day, at, local)
    if quiet is None:
        return due
    wall = due.astimezone(local)
    if not quiet.holds(wall.time()):
        return due
    last_day = wall.date() + DAY if wall.time() >= quiet.end else wall.date()
    end = instant(last_day, quiet.end, local)
    return end if due < end <= due + late else due


def minute_of(moment: datetime) -> int:
    """Whole minutes from 1970 to an instant, the last one begun."""
    return (moment - EPOCH) // MINUTE


def at_minute(minute: int) -> datetime:
    """The instant, in UTC, so many minutes after 1970 began."""
    return EPOCH + timedelta(minutes=minute)


def stretches(zone: ZoneInfo, low: int, high: int) -> Iterator[tuple[int, int, int]]:
    """The spans of UTC minutes between two over which a zone's offset stays the same, each with it in minutes.

    Looks once a day: no zone has changed its clocks twice within one and come back.
    """
    begin, offset = low, _offset(zone, low)
    for day in range(low, high, 1440):
        end = min(day + 1440, high)
        if _offset(zone, end) == offset:
            continue
        change = _change(zone, day, end)
        yield begin, change, offset
        begin, offset = change, _offset(zone, change)
    yield begin, high, offset


def _change(zone: ZoneInfo, low: int, high: int) -> int:
    """The first minute with the later offset."""
    offset = _offset(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, middle) == offset:
            low = middle
        else:
            high = middle
    return high


def _offset(zone: ZoneInfo, minute: int) -> int:
    """Minutes ahead of UTC; whole everywhere since Liberia gave up its 44 minutes 30 seconds in 1972."""
    return at_minute(minute).astimezone(zone).utcoffset() // MINUTE  # type: ignore[operator]  # it has a zone
