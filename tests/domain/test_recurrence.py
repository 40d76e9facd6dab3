"""Fixed rules: which days, which instants, whatever the clocks do."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from parts.rules import KEY, ana_gets, between, calendar, schedule, unlikely, utc

from nudger.domain.people import Couple, ImportantDate, Partner
from nudger.domain.recurrence import Moment, calendar_of, moments, stretches, withheld
from nudger.domain.schedules import (
    Audience,
    BeforeDate,
    Cron,
    Daily,
    EveryDays,
    Monthly,
    Period,
    RandomTimes,
    Weekly,
    When,
)
from nudger.domain.windows import NIGHT, Window

TEN = time(10, 0)
FAR_APART = "Pacific/Auckland", "America/Los_Angeles"
ALL_DAYS, ALL_MONTHS = frozenset(range(1, 32)), frozenset(range(1, 13))
ANY_WEEKDAY = frozenset((day, 0) for day in range(7))


def cron(  # the five fields; without a value a field is free
    minutes: set[int],
    hours: set[int],
    days: frozenset[int] = ALL_DAYS,
    months: frozenset[int] = ALL_MONTHS,
    weekdays: frozenset[tuple[int, int]] = ANY_WEEKDAY,
    *,
    either_day: bool = False,
) -> Cron:
    """A cron rule taken apart."""
    return Cron("as below", frozenset(minutes), frozenset(hours), days, months, weekdays, either_day)


def test_a_couple_becomes_a_calendar() -> None:
    """Planning sees keys, zones, quiet hours and dates, and nothing else of a couple."""
    ana, ben = Partner("ana", "Ana", "Europe/Berlin"), Partner("ben", "Ben", "Europe/London", quiet_hours=None)
    dates = {"anniversary": ImportantDate(6, 14, 2019)}
    seen = calendar_of(Couple("ana-and-ben", (ana, ben), dates=dates))
    assert (seen.couple, seen.dates) == ("ana-and-ben", dates)
    assert [(one.key, one.timezone, one.quiet_hours) for one in seen.recipients] == [
        ("ana", "Europe/Berlin", NIGHT),
        ("ben", "Europe/London", None),
    ]


@pytest.mark.parametrize(
    ("when", "start", "expected"),
    [
        (Daily(TEN), "2026-01-31T12:00", ["2026-02-01T09:00", "2026-02-02T09:00"]),
        (Daily(TEN), "2026-02-01T09:00", ["2026-02-01T09:00", "2026-02-02T09:00"]),
        (Daily(TEN), "2026-03-28T00:00", ["2026-03-28T09:00", "2026-03-29T08:00"]),
        (Weekly(frozenset({6}), TEN), "2026-01-01T00:00", ["2026-01-04T09:00", "2026-01-11T09:00"]),
        (Weekly(frozenset({0, 3}), TEN), "2026-01-02T00:00", ["2026-01-05T09:00", "2026-01-08T09:00"]),
        (Monthly(31, TEN), "2026-02-01T00:00", ["2026-02-28T09:00", "2026-03-31T08:00"]),
        (Monthly(1, TEN), "2026-12-02T00:00", ["2027-01-01T09:00", "2027-02-01T09:00"]),
        (EveryDays(10, date(2026, 1, 5), TEN), "2020-01-01T00:00", ["2026-01-05T09:00", "2026-01-15T09:00"]),
        (EveryDays(10, date(2026, 1, 5), TEN), "2026-01-16T00:00", ["2026-01-25T09:00", "2026-02-04T09:00"]),
        (BeforeDate("anniversary", (14, 3, 0), TEN), "2026-06-01T00:00", ["2026-06-11T08:00", "2026-06-14T08:00"]),
        (BeforeDate("new-year", (7, 0), TEN), "2026-12-20T00:00", ["2026-12-25T09:00", "2027-01-01T09:00"]),
        (BeforeDate("leap-day", (0,), TEN), "2027-01-01T00:00", ["2027-02-28T09:00", "2028-02-29T09:00"]),
        (BeforeDate("wedding", (1,), TEN), "2026-01-01T00:00", ["2027-09-03T08:00", "2028-09-03T08:00"]),
        (cron({0, 30}, {10}), "2026-01-05T09:10", ["2026-01-05T09:30", "2026-01-06T09:00"]),
        (cron({0}, {10}, frozenset({-1})), "2026-02-01T00:00", ["2026-02-28T09:00", "2026-03-31T08:00"]),
        (cron({0}, {10}, weekdays=frozenset({(4, -1)})), "2026-01-01T00:00", ["2026-01-30T09:00", "2026-02-27T09:00"]),
        (cron({0}, {10}, weekdays=frozenset({(0, 2)})), "2026-01-01T00:00", ["2026-01-12T09:00", "2026-02-09T09:00"]),
        (
            cron({0}, {10}, frozenset({13}), weekdays=frozenset({(4, 0)}), either_day=True),
            "2026-01-10T00:00",
            ["2026-01-13T09:00", "2026-01-16T09:00"],
        ),
        (
            cron({0}, {10}, frozenset({13}), weekdays=frozenset({(4, 0)})),
            "2026-01-01T00:00",
            ["2026-02-13T09:00", "2026-03-13T09:00"],
        ),
        (cron({0}, {10}, months=frozenset({2, 12})), "2026-02-28T12:00", ["2026-12-01T09:00", "2026-12-02T09:00"]),
    ],
)
def test_rules_name_their_days(when: When, start: str, expected: list[str]) -> None:
    """From a start on, each rule gives the instants its words mean in Berlin."""
    dates = {
        "anniversary": ImportantDate(6, 14, 2019),
        "new-year": ImportantDate(1, 1),
        "leap-day": ImportantDate(2, 29, 2016),
        "wedding": ImportantDate(9, 4, 2027),
    }
    assert ana_gets(schedule(when), calendar(dates=dates), start, "2029-01-01")[:2] == expected


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (Daily(TEN), [("2026-06-11", 0), ("2026-06-12", 0)]),
        (BeforeDate("anniversary", (14, 3, 0), TEN), [("2026-06-11", 1), ("2026-06-14", 2)]),
        (BeforeDate("anniversary", (0, 3), TEN), [("2026-06-11", 1), ("2026-06-14", 0)]),
        (cron({0, 15}, {10}), [("2026-06-11", 0), ("2026-06-11", 1)]),
    ],
)
def test_occurrences_are_named_by_local_date_and_slot(when: When, expected: list[tuple[str, int]]) -> None:
    """The period is the local date; the slot is the place among the leads, or among the day's cron times."""
    plan = schedule(when)
    pair = calendar(dates={"anniversary": ImportantDate(6, 14)})
    found = (moment for moment in moments(plan, pair, KEY, utc("2026-06-11")) if moment.partner == "ana")
    assert [(f"{moment.period}", moment.slot) for moment in islice(found, 2)] == expected


def test_a_date_the_couple_lacks_gives_no_moments() -> None:
    """A schedule for anniversaries leaves alone who has named none."""
    assert list(moments(schedule(BeforeDate("anniversary", (0,), TEN)), calendar(), KEY, utc("2026-01-01"))) == []


def test_a_rule_that_never_fits_ends() -> None:
    """31 February is not waited for, and neither are random moments that quiet hours swallow."""
    never = cron({0}, {10}, frozenset({31}), frozenset({2}))
    assert list(moments(schedule(never), calendar(), KEY, utc("2026-01-01"))) == []
    swallowed = RandomTimes(1, Period.DAY, between=Window(time(22), time(6)))
    assert list(moments(schedule(swallowed), calendar(quiet=NIGHT), KEY, utc("2026-01-01"))) == []


def test_both_get_it_at_their_own_wall_time() -> None:
    """Ten o'clock is ten in Berlin and ten in London; the moments come in order of time."""
    found = between(schedule(Daily(TEN), Audience.BOTH), calendar(), utc("2026-01-05"), utc("2026-01-06"))
    day = date(2026, 1, 5)
    assert found == [Moment(utc("2026-01-05T09:00"), "ana", day, 0), Moment(utc("2026-01-05T10:00"), "ben", day, 0)]


def test_quiet_hours_move_a_moment_past_midnight() -> None:
    """What is due at 21:00 on the 5th goes out at 09:00 on the 6th, and is still the 5th's, from any start."""
    plan = schedule(Daily(time(21)), late=timedelta(hours=12))
    for start in ("2026-01-05T21:00", "2026-01-06T08:00"):
        first = next(moments(plan, calendar(quiet=NIGHT), KEY, utc(start)))
        assert first == Moment(utc("2026-01-06T08:00"), "ana", date(2026, 1, 5), 0)


def test_cron_minutes_held_up_together_come_once() -> None:
    """Times the clocks jump over, or quiet hours hold up, are one moment and not three."""
    gap = cron({0, 15, 45}, {2, 3, 4})
    assert ana_gets(schedule(gap), calendar(), "2026-03-29T00:00", "2026-03-29T02:10") == [
        "2026-03-29T01:00",
        "2026-03-29T01:15",
        "2026-03-29T01:45",
        "2026-03-29T02:00",
    ]
    early = schedule(cron({0}, {7, 8, 9, 10}), late=timedelta(hours=2))
    expected = ["2026-01-05T08:00", "2026-01-05T09:00"]
    assert ana_gets(early, calendar(quiet=NIGHT), "2026-01-05T00:00", "2026-01-06T00:00") == expected


def test_cron_in_the_repeated_hour_fires_the_first_time_only() -> None:
    """When 02:00 to 03:00 comes twice, its times belong to the first."""
    found = ana_gets(schedule(cron({0, 30}, {2, 3})), calendar(), "2026-10-25T00:00", "2026-10-25T12:00")
    assert found == ["2026-10-25T00:00", "2026-10-25T00:30", "2026-10-25T02:00", "2026-10-25T02:30"]


def test_a_day_that_never_was_gives_nothing() -> None:
    """Samoa went from the 29th to the 31st of December 2011: two days, one moment each."""
    samoa = calendar(("Pacific/Apia", "Europe/London"))
    found = between(schedule(Daily(TEN)), samoa, utc("2011-12-29"), utc("2012-01-01"))
    assert [moment.period.day for moment in found if moment.partner == "ana"] == [29, 31, 1]


def changes(name: str) -> Iterator[tuple[datetime, timedelta, timedelta]]:
    """Every change of a zone's clocks in 2026 to 2028: when, and the offsets before and after."""
    zone, hour = ZoneInfo(name), timedelta(hours=1)
    low, offset = utc("2026-01-01"), utc("2026-01-01").astimezone(zone).utcoffset()
    while low < utc("2029-01-01"):
        high = low + 24 * hour
        after = high.astimezone(zone).utcoffset()
        if after != offset:
            first, last = low, high
            while last - first > timedelta(seconds=1):
                middle = first + (last - first) // 2
                first, last = (middle, last) if middle.astimezone(zone).utcoffset() == offset else (first, middle)
            last = (last + timedelta(seconds=0.5)).replace(microsecond=0)
            assert offset is not None
            assert after is not None
            yield last, offset, after
        low, offset = high, after


@pytest.mark.long
def test_every_change_of_every_clock_fires_once_a_day() -> None:
    """A daily rule in the middle of every hour skipped or repeated in 2026-2028, in every zone: once per local day.

    Skipped: at the jump. Repeated: the first time.
    """
    jumps = repeats = 0
    for name in sorted(available_timezones()):
        for change, before, after in changes(name):
            middle = change + before + (after - before) / 2
            plan, day = schedule(Daily(middle.time())), middle.date()
            found = between(plan, calendar((name, "Etc/UTC")), change - timedelta(days=3), change + timedelta(days=3))
            mine = {moment.period: moment.at for moment in found if moment.partner == "ana"}
            periods = [moment.period for moment in found if moment.partner == "ana"]
            first = min(periods)
            assert periods == [first + timedelta(days=number) for number in range(len(periods))]
            assert 5 <= len(periods) <= 7
            assert mine[day] == (change if after > before else middle - before)
            jumps, repeats = jumps + (after > before), repeats + (after < before)
    assert jumps > 300
    assert repeats > 300


wall_times = st.builds(time, st.integers(0, 23), st.integers(0, 59))
rules = st.one_of(
    st.builds(Daily, wall_times),
    st.builds(Weekly, st.frozensets(st.integers(0, 6), min_size=1), wall_times),
    st.builds(Monthly, st.integers(1, 31), wall_times),
    st.builds(EveryDays, st.integers(1, 40), st.dates(date(2025, 12, 1), date(2026, 4, 1)), wall_times),
    st.builds(
        BeforeDate, st.just("anniversary"), st.lists(st.integers(0, 400), min_size=1, max_size=3).map(tuple), wall_times
    ),
    st.builds(cron, st.sets(st.integers(0, 59), min_size=1, max_size=3), st.sets(st.integers(0, 23), min_size=1)),
    st.builds(
        RandomTimes,
        st.integers(1, 3),
        st.sampled_from(Period),
        st.frozensets(st.integers(0, 6), min_size=1),
        st.builds(Window, wall_times, wall_times),
        st.integers(0, 12 * 60).map(lambda minutes: timedelta(minutes=minutes)),
    ),
)


@settings(max_examples=60, deadline=None)
@given(
    when=rules,
    audience=st.sampled_from(Audience),
    where=st.tuples(
        st.sampled_from([("Europe/Berlin", "America/New_York"), ("Pacific/Apia", "America/Nuuk")]),
        st.sampled_from([None, NIGHT]),
    ),
    late=st.sampled_from([timedelta(minutes=30), timedelta(hours=24)]),
    later=st.integers(0, 24 * 60),
)
def test_moments_do_not_depend_on_the_start(
    when: When, audience: Audience, where: tuple[tuple[str, str], Window | None], late: timedelta, later: int
) -> None:
    """Whoever starts later sees the same moments, less those before; they come in order, each name once."""
    plan = schedule(when, audience, late=late)
    pair = calendar(*where, dates={"anniversary": ImportantDate(6, 14, 2019)})
    start = utc("2026-03-24T00:00")
    everything = list(islice(moments(plan, pair, KEY, start), 40))
    assert all(moment.at >= start for moment in everything)
    assert [moment.at for moment in everything] == sorted(moment.at for moment in everything)
    assert len({(moment.partner, moment.period, moment.slot) for moment in everything}) == len(everything)
    starts = [start + timedelta(minutes=later), *(moment.at for moment in everything[:12])]
    for new in starts:
        left = [moment for moment in everything if moment.at >= new]
        assert list(islice(moments(plan, pair, KEY, new), len(left))) == left


@settings(max_examples=40, deadline=None)
@given(
    when=rules,
    audience=st.sampled_from(Audience),
    zones=st.sampled_from([("Europe/Berlin", "Europe/Berlin"), FAR_APART]),
)
@example(when=RandomTimes(3, Period.DAY), audience=Audience.ONE, zones=FAR_APART)
def test_nothing_comes_before_its_stretch_begins(when: When, audience: Audience, zones: tuple[str, str]) -> None:
    """Who has planned up to where a stretch begins has missed nothing, of that stretch or of those that follow."""
    pair, start = calendar(zones, dates={"anniversary": ImportantDate(6, 14, 2019)}), utc("2026-03-24T00:00")
    begun: list[datetime] = []
    for begins, some in islice(stretches(schedule(when, audience), pair, KEY, start), 6):
        begun.append(begins)
        assert all(moment.at >= max(*begun, start) for moment in islice(some, 40))


def test_some_slots_stay_empty_on_purpose() -> None:
    """With a chance of 0.8 one slot in five is withheld, from both partners alike; with 1 none is."""
    plan, sure = schedule(Daily(TEN), Audience.BOTH, chance=0.8), schedule(Daily(TEN), Audience.BOTH)
    found = list(islice(moments(plan, calendar(), KEY, utc("2026-01-01")), 10_000))
    empty = [moment for moment in found if withheld(plan, "ana-and-ben", moment, KEY)]
    assert not unlikely([len(empty) // 2, 5_000 - len(empty) // 2], [1_000, 4_000])
    by_partner = [{moment.period for moment in empty if moment.partner == who} for who in ("ana", "ben")]
    assert by_partner[0] == by_partner[1]
    assert not any(withheld(sure, "ana-and-ben", moment, KEY) for moment in found)


def test_what_is_withheld_differs_from_couple_to_couple() -> None:
    """Each couple, slot and installation has draws of its own."""
    plan = schedule(Daily(TEN), chance=0.5)
    found = [Moment(datetime(2026, 1, 1, tzinfo=UTC), "ana", date(2026, 1, 1), slot) for slot in range(64)]
    rows = {
        tuple(withheld(plan, couple, moment, key) for moment in found)
        for couple in ("ana-and-ben", "cleo-and-dan")
        for key in (KEY, b"another")
    }
    assert len(rows) == 4
