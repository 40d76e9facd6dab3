"""Spans of the local day."""

from datetime import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nudger.domain.spans import clipped, without
from nudger.domain.windows import DAYTIME, NIGHT, Window, open_minutes

wall_times = st.builds(time, st.integers(0, 23), st.integers(0, 59))
windows = st.builds(Window, wall_times, wall_times)


@pytest.mark.parametrize(
    ("window", "moment", "inside"),
    [
        (DAYTIME, time(9, 0), True),
        (DAYTIME, time(20, 29, 59), True),
        (DAYTIME, time(20, 30), False),
        (DAYTIME, time(8, 59), False),
        (NIGHT, time(20, 30), True),
        (NIGHT, time(0, 0), True),
        (NIGHT, time(8, 59), True),
        (NIGHT, time(9, 0), False),
        (Window(time(9, 0), time(9, 0)), time(9, 0), True),
        (Window(time(18, 0), time(0, 0)), time(23, 59), True),
        (Window(time(18, 0), time(0, 0)), time(0, 0), False),
    ],
)
def test_a_window_holds_its_start_and_not_its_end(window: Window, moment: time, inside: bool) -> None:  # noqa: FBT001 (a column of the table)
    """A window begins with its first minute and ends before its last, over midnight too."""
    assert window.holds(moment) is inside


def test_quiet_hours_cut_both_ends_of_a_window() -> None:
    """What is left of 07:00-23:00 on a Friday under quiet hours 20:30-09:00 is 09:00-20:30."""
    assert open_minutes(frozenset({4}), Window(time(7), time(23)), NIGHT, 4, 1) == ((540, 1230),)


def test_an_evening_belongs_to_the_day_it_starts_on() -> None:
    """Sunday's window from 20:00 to 02:00 ends on Monday, although the week ends on Sunday."""
    assert open_minutes(frozenset({6}), Window(time(20), time(2)), None, 0, 7) == ((6 * 1440 + 1200, 7 * 1440 + 120),)


def test_quiet_hours_may_leave_nothing() -> None:
    """A window that lies wholly in quiet hours has no minutes."""
    assert open_minutes(frozenset(range(7)), Window(time(22), time(6)), NIGHT, 0, 7) == ()


@settings(max_examples=150, deadline=None)
@given(
    days=st.frozensets(st.integers(0, 6), min_size=1),
    between=windows,
    quiet=st.none() | windows,
    weekday=st.integers(0, 6),
    length=st.integers(1, 3),
)
def test_open_minutes_are_those_a_clock_would_name(
    days: frozenset[int], between: Window, quiet: Window | None, weekday: int, length: int
) -> None:
    """Minute by minute: open is what the window holds, on a day that counts, outside quiet hours."""
    named = set()
    for minute in range(-1440, (length + 1) * 1440):
        day, wall = minute // 1440, time(minute % 1440 // 60, minute % 60)
        started = day - 1 if between.crosses_midnight and wall < between.end else day
        counts = 0 <= started < length and (weekday + started) % 7 in days
        if counts and between.holds(wall) and not (quiet and quiet.holds(wall)):
            named.add(minute)
    spans = open_minutes(days, between, quiet, weekday, length)
    assert named == {minute for low, high in spans for minute in range(low, high)}
    assert all(end <= begin for (_, end), (begin, _) in pairwise(spans))


def test_spans_are_cut_at_both_ends() -> None:
    """Clipping keeps the minutes between two bounds, and no empty spans."""
    assert clipped(((0, 10), (20, 30), (40, 50)), 5, 25) == ((5, 10), (20, 25))
    assert clipped(((0, 10),), 10, 20) == ()


def test_holes_leave_pieces() -> None:
    """Taking out a hole leaves what lies on both sides."""
    assert without([(0, 100)], ((-5, 5), (10, 20), (90, 200))) == ((5, 10), (20, 90))
