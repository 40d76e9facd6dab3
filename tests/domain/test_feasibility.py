"""Rules that cannot do what they ask for are told apart from those that can."""

from datetime import time, timedelta
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parts.rules import calendar, schedule

from nudger.domain.feasibility import ObstacleKind, Situation, _fits, obstacles
from nudger.domain.schedules import Audience, Cron, Daily, Period, RandomTimes, When
from nudger.domain.spans import Spans
from nudger.domain.windows import NIGHT, Window

HALF_TEN_TO_EIGHT = Window(time(9, 30), time(20, 0))


def hours(number: float) -> timedelta:
    """So many hours."""
    return timedelta(hours=number)


def at_hours(*numbers: int) -> Cron:
    """A cron rule for some full hours of every day."""
    every_weekday = frozenset((day, 0) for day in range(7))
    days, months = frozenset(range(1, 32)), frozenset(range(1, 13))
    return Cron("as said", frozenset({0}), frozenset(numbers), days, months, every_weekday, either_day=False)


@pytest.mark.parametrize("audience", Audience)
def test_the_shipped_surprises_fit(audience: Audience) -> None:
    """Three a week between 09:30 and 20:00, 36 hours apart, always fit under the default quiet hours."""
    rule = RandomTimes(3, Period.WEEK, between=HALF_TEN_TO_EIGHT, apart=hours(36))
    assert obstacles(schedule(rule, audience), calendar(quiet=NIGHT)) == []


@pytest.mark.parametrize(
    ("rule", "most"),
    [
        # Sunday 19:59, Tuesday 17:00, Thursday 14:00, Saturday 11:00, Monday 09:30: an hour less in spring leaves 45.
        (RandomTimes(3, Period.WEEK, between=HALF_TEN_TO_EIGHT, apart=hours(50)), "45 hours"),
        # From 20:29 to 09:00 the day after next are 36 h 31 min, less an hour in spring: two gaps of 17 h 45 min.
        (RandomTimes(1, Period.DAY, apart=hours(24)), "17 hours"),
        (RandomTimes(1, Period.DAY, between=Window(time(9), time(10)), apart=hours(24)), "23 hours"),
        # 09:00, 09:04 and 09:08 fit into ten minutes.
        (RandomTimes(3, Period.DAY, between=Window(time(9), time(9, 10)), apart=hours(1)), "4 minutes"),
        # Of four Saturdays two, neither next to the months' edges: the second from 09:00 and the third until 20:29.
        (RandomTimes(2, Period.MONTH, frozenset({5}), apart=hours(24 * 14)), "179 hours"),
    ],
)
def test_too_tight_a_rule_is_told_what_would_fit(rule: RandomTimes, most: str) -> None:
    """The largest distance that always fits is named, for the partner concerned."""
    found = obstacles(schedule(rule), calendar(quiet=NIGHT))
    assert [(obstacle.kind, obstacle.partner) for obstacle in found] == [
        (ObstacleKind.TOO_TIGHT, "ana"),
        (ObstacleKind.TOO_TIGHT, "ben"),
    ]
    assert all(f"At most {most} apart" in obstacle.detail for obstacle in found)


def test_more_moments_than_minutes_never_fit() -> None:
    """Twenty in ten minutes do not fit, however close."""
    rule = RandomTimes(20, Period.DAY, between=Window(time(9), time(9, 10)))
    (ana, _) = obstacles(schedule(rule), calendar())
    assert ana.detail == "20 a day do not always fit, however close."


def test_partners_taking_turns_may_be_in_each_others_way() -> None:
    """Half a world apart, what fits each of two partners alone need not fit them in turn; it is said once."""
    far = calendar(("America/Los_Angeles", "Pacific/Auckland"), NIGHT)
    rule = RandomTimes(3, Period.WEEK, between=HALF_TEN_TO_EIGHT, apart=hours(36))
    assert obstacles(schedule(rule, Audience.EACH), far) == []
    (found,) = obstacles(schedule(rule, Audience.ONE), far)
    assert found.kind is ObstacleKind.TOO_TIGHT


def test_a_window_the_clocks_jump_over_once_a_year_is_no_obstacle() -> None:
    """One a day between 02:00 and 02:30 misses one night in spring, which nobody can help."""
    rule = RandomTimes(1, Period.DAY, between=Window(time(2), time(2, 30)))
    assert obstacles(schedule(rule), calendar()) == []


@pytest.mark.parametrize(
    ("when", "late", "swallowed"),
    [
        (RandomTimes(1, Period.DAY, between=Window(time(21), time(8))), hours(0.5), True),
        (RandomTimes(1, Period.DAY, between=Window(time(21), time(9, 1))), hours(0.5), False),
        (Daily(time(8, 0)), hours(0.5), True),
        (Daily(time(8, 30)), hours(0.5), False),
        (Daily(time(21, 0)), hours(24), False),
        (Daily(time(9, 0)), hours(0), False),
        (at_hours(7, 8), hours(0), True),
        (at_hours(8, 9), hours(0), False),
    ],
)
def test_what_quiet_hours_swallow_is_found(when: When, late: timedelta, swallowed: bool) -> None:  # noqa: FBT001 (a column of the table)
    """A rule none of whose minutes, and nothing it may be late for, lies outside quiet hours cannot ever send."""
    found = obstacles(schedule(when, late=late), calendar(quiet=NIGHT))
    assert [obstacle.kind for obstacle in found] == [ObstacleKind.SWALLOWED] * 2 * swallowed


def test_quiet_hours_round_the_clock_swallow_everything() -> None:
    """Quiet hours that never end cannot be waited for."""
    always = calendar(quiet=Window(time(9), time(9)))
    for when in (Daily(time(12)), RandomTimes(1, Period.DAY)):
        assert [obstacle.partner for obstacle in obstacles(schedule(when, late=hours(48)), always)] == ["ana", "ben"]


def test_who_ends_a_pair_follows_the_other() -> None:
    """Ben at minute 4 need not come after Ben at minute 5: of this pair the first is Ana's, at minute 0."""
    own, before = (((9, 10),), ((4, 5),)), (((0, 1),), ((5, 6),))
    later = (((20, 21),), ((20, 21),))
    assert _fits(Situation(own, before, later, number=1), count=1, apart=1)
    assert not _fits(Situation(own, before, later, number=0), count=1, apart=1)


def ways(own: list[Spans], apart: int, low: int, high: int) -> bool:
    """Whether there is a way to place one moment in each of these, by trying all."""
    minutes = [[minute for first, end in spans for minute in range(first, end)] for spans in own]
    return any(all(b - a >= apart for a, b in zip((low, *way), (*way, high), strict=True)) for way in product(*minutes))


def placed(low: int) -> st.SearchStrategy[Spans]:
    """One or two short spans from a minute on."""
    edges = st.sets(st.integers(low, low + 12), min_size=4, max_size=4).map(sorted)
    return edges.map(lambda four: ((four[0], four[1]), (four[2], four[3])))


@settings(max_examples=150, deadline=None)
@given(data=st.data(), people=st.sampled_from([range(1), range(2)]), count=st.integers(1, 3), apart=st.integers(1, 8))
def test_nothing_fits_by_mistake_and_nothing_is_refused_by_mistake(
    data: st.DataObject, people: range, count: int, apart: int
) -> None:
    """The verdict is that of trying every neighbour's nearest minute, every order of turns and every choice."""
    before, own, after = (tuple(data.draw(placed(low)) for _ in people) for low in (0, 11, 24))
    number = count % 2
    rows = [row for row in product(people, repeat=count + 2) if len(people) == 1 or fair(row, number - 1)]
    verdict = all(
        ways([own[who] for who in row[1:-1]], apart, low, high)
        for row in rows
        for low in (minute for first, end in before[row[0]] for minute in range(first, end))
        for high in (minute for first, end in after[row[-1]] for minute in range(first, end))
    )
    assert _fits(Situation(own, before, after, number), count, apart) is verdict


def fair(row: tuple[int, ...], number: int) -> bool:
    """Whether each pair that begins at an even number has one of each; `number` is that of the first in the row."""
    return all(a != b for place, (a, b) in enumerate(pairwise(row)) if (number + place) % 2 == 0)
