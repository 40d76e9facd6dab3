"""Wall time and instants, when clocks change too."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfoNotFoundError

import pytest
from parts.rules import utc

from nudger.domain.wall_clock import at_minute, existed, instant, minute_of, spared, stretches, zone
from nudger.domain.windows import NIGHT, Window


@pytest.mark.parametrize(
    ("name", "day", "at", "expected"),
    [
        ("Europe/Berlin", date(2026, 1, 15), time(10, 0), "2026-01-15T09:00"),
        ("Europe/Berlin", date(2026, 3, 29), time(1, 59), "2026-03-29T00:59"),
        ("Europe/Berlin", date(2026, 3, 29), time(2, 0), "2026-03-29T01:00"),
        ("Europe/Berlin", date(2026, 3, 29), time(2, 59), "2026-03-29T01:00"),
        ("Europe/Berlin", date(2026, 3, 29), time(3, 0), "2026-03-29T01:00"),
        ("Europe/Berlin", date(2026, 10, 25), time(2, 30), "2026-10-25T00:30"),
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), "2026-10-03T15:30"),
        ("Africa/Cairo", date(2026, 4, 24), time(0, 30), "2026-04-23T22:00"),
        ("America/Nuuk", date(2026, 3, 28), time(23, 30), "2026-03-29T01:00"),
        ("Pacific/Apia", date(2011, 12, 30), time(9, 0), "2011-12-30T10:00"),
        ("Asia/Kathmandu", date(2026, 5, 1), time(12, 0), "2026-05-01T06:15"),
    ],
)
def test_a_wall_time_is_one_instant(name: str, day: date, at: time, expected: str) -> None:
    """Skipped: the first instant after the jump. Shown twice: the first time."""
    assert instant(day, at, zone(name)) == utc(expected)


def test_samoa_had_no_30_december_2011() -> None:
    """A day the calendar jumped over never was; its neighbours were, and so are days with an hour less."""
    apia = zone("Pacific/Apia")
    assert [existed(date(2011, 12, day), apia) for day in (29, 30, 31)] == [True, False, True]
    assert existed(date(2026, 4, 24), zone("Africa/Cairo"))
    assert spared(date(2011, 12, 30), time(9), "Pacific/Apia", None, timedelta(0)) is None


@pytest.mark.parametrize(
    ("at", "late", "expected"),
    [
        (time(10, 0), timedelta(0), "2026-01-15T09:00"),
        (time(8, 30), timedelta(minutes=30), "2026-01-15T08:00"),
        (time(8, 29), timedelta(minutes=30), "2026-01-15T07:29"),
        (time(21, 0), timedelta(hours=12), "2026-01-16T08:00"),
        (time(21, 0), timedelta(hours=11), "2026-01-15T20:00"),
        (time(0, 0), timedelta(hours=9), "2026-01-15T08:00"),
    ],
)
def test_quiet_hours_hold_up_what_can_wait(at: time, late: timedelta, expected: str) -> None:
    """What falls in quiet hours goes out when they end, if that is not too late for it; else it stays."""
    assert spared(date(2026, 1, 15), at, "Europe/Berlin", NIGHT, late) == utc(expected)


def test_a_rest_at_noon_ends_the_same_day() -> None:
    """Quiet hours that do not cross midnight end on the day they began."""
    rest = Window(time(13), time(15))
    assert spared(date(2026, 1, 15), time(13), "Europe/Berlin", rest, timedelta(hours=2)) == utc("2026-01-15T14:00")


def test_unknown_zones_are_named() -> None:
    """A zone nobody knows is an error, not UTC."""
    with pytest.raises(ZoneInfoNotFoundError, match="Atlantis"):
        zone("Europe/Atlantis")


@pytest.mark.parametrize(
    ("name", "start"),
    [("Europe/Berlin", "2026-03-27T00:00"), ("Australia/Lord_Howe", "2026-04-02T05:17"), ("Asia/Tokyo", "2026-01-01")],
)
def test_stretches_read_the_clock_right_at_every_minute(name: str, start: str) -> None:
    """Every minute is in one stretch, and wears that stretch's offset."""
    low = minute_of(utc(start))
    worn = [(minute, o) for a, b, o in stretches(zone(name), low, low + 5000) for minute in range(a, b)]
    clocks = [at_minute(minute).astimezone(zone(name)).replace(tzinfo=None) for minute in range(low, low + 5000)]
    wall = [datetime(1970, 1, 1) + timedelta(minutes=minute + offset) for minute, offset in worn]  # noqa: DTZ001 (a wall)
    assert wall == clocks
