"""Random moments: inside what is allowed, apart, fair, and the same again."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from parts.rules import KEY, between, calendar, schedule, unlikely, utc

from nudger.domain.calendars import Calendar, Recipient
from nudger.domain.chance import Dice
from nudger.domain.periods import room
from nudger.domain.recurrence import Moment, moments
from nudger.domain.schedules import Audience, Period, RandomTimes
from nudger.domain.windows import NIGHT, Window

ZONES = (
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "America/Nuuk",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Etc/UTC",
)
SURPRISES = RandomTimes(3, Period.WEEK, between=Window(time(9, 30), time(20, 0)), apart=timedelta(hours=36))


def wall_time(dice: Dice) -> time:
    """Any minute of the day."""
    return time(dice.below(24), dice.below(60))


def a_while(dice: Dice, least: int, most: int) -> Window:
    """A window of so many minutes, at any time of the day or night."""
    start = datetime.combine(date(2026, 1, 1), wall_time(dice), UTC)
    return Window(start.time(), (start + timedelta(minutes=least + dice.below(most - least))).time())


def a_rule(dice: Dice) -> RandomTimes:
    """Any random rule with a window of up to 90 minutes; periods' edges are never nearer than it asks to be apart."""
    per = list(Period)[min(2, dice.below(12) // 5)]
    days = frozenset(day for day in range(7) if dice.below(3)) or frozenset({dice.below(7)})
    apart = timedelta(minutes=dice.below(12 * 60)) if dice.below(4) else timedelta(0)
    return RandomTimes(1 + dice.below(3), per, days, a_while(dice, 20, 90), apart)


def belongs(rule: RandomTimes, wall: datetime) -> bool:
    """Whether a wall clock's reading is inside the window, on one of its days."""
    spilled = rule.between.crosses_midnight and wall.time() < rule.between.end
    day = wall.date() - timedelta(days=spilled)
    return rule.between.holds(wall.time()) and day.weekday() in rule.days


@pytest.mark.parametrize("batch", [0, *(pytest.param(later, marks=pytest.mark.long) for later in range(1, 10))])
def test_ten_thousand_rules_keep_their_word(batch: int) -> None:
    """Every moment is inside its window, on its days, outside quiet hours, and apart from the one before it."""
    seen = 0
    for run in range(1_000):
        dice = Dice(KEY, "rules", batch, run)
        rule, audience = a_rule(dice), list(Audience)[dice.below(3)]
        quiet = a_while(dice, 60, 900) if dice.below(3) else None
        zones = ZONES[dice.below(len(ZONES))], ZONES[dice.below(len(ZONES))]
        start = utc("2026-01-01") + timedelta(minutes=dice.below(3 * 365 * 1440))
        pair = calendar(zones, quiet, couple=f"couple-{run}")
        found = between(schedule(rule, audience), pair, start, start + timedelta(days=9), most=12)
        for moment in found:
            wall = moment.at.astimezone(ZoneInfo(zones[moment.partner == "ben"]))
            assert belongs(rule, wall)
            assert quiet is None or not quiet.holds(wall.time())
        assert_apart(found, rule, audience)
        seen += len(found)
    assert seen > 3_600


def assert_apart(found: list[Moment], rule: RandomTimes, audience: Audience) -> None:
    """One row for partners who take turns, one each for others; never two in a minute."""
    rows = [found] if audience is Audience.ONE else [[m for m in found if m.partner == who] for who in ("ana", "ben")]
    least = max(rule.apart, timedelta(minutes=1))
    assert all(later.at - earlier.at >= least for row in rows for earlier, later in pairwise(row))


@pytest.mark.parametrize("audience", Audience)
def test_three_a_week_are_three_a_week(audience: Audience) -> None:
    """Two years of surprises 36 hours apart: three in every week, in order, 36 hours apart over Sundays too."""
    plan, pair = schedule(SURPRISES, audience), calendar(quiet=Window(time(20, 30), time(9, 0)))
    found = between(plan, pair, utc("2026-01-04T23:00"), utc("2028-01-02T23:00"))
    row = [moment for moment in found if audience is Audience.ONE or moment.partner == "ana"]
    assert set(Counter(moment.period for moment in row).values()) == {3}
    assert all(moment.period.weekday() == 0 for moment in row)
    assert [moment.slot for moment in row] == [0, 1, 2] * (len(row) // 3)
    assert len(row) == 104 * 3
    assert_apart(found, SURPRISES, audience)


def test_moments_never_change() -> None:
    """These are the first surprises of the year for this key, in every version."""
    found = islice(moments(schedule(SURPRISES, Audience.ONE), calendar(quiet=NIGHT), KEY, utc("2026-01-05")), 7)
    assert [f"{m.at:%Y-%m-%dT%H:%M} {m.partner} {m.period} {m.slot}" for m in found] == [
        "2026-01-06T18:27 ben 2026-01-05 0",
        "2026-01-08T16:35 ana 2026-01-05 1",
        "2026-01-10T09:48 ben 2026-01-05 2",
        "2026-01-12T17:44 ana 2026-01-12 0",
        "2026-01-14T13:01 ben 2026-01-12 1",
        "2026-01-17T14:00 ana 2026-01-12 2",
        "2026-01-19T14:13 ben 2026-01-19 0",
    ]


def test_every_allowed_minute_is_as_likely() -> None:
    """Without a distance, two a week fall on each of the 120 minutes allowed alike: in even weeks and in odd ones."""
    rule = RandomTimes(2, Period.WEEK, frozenset({0, 2}), Window(time(9), time(11)))
    quiet = Window(time(10), time(10, 30))
    plan = schedule(rule)
    counts: dict[int, Counter[str]] = {0: Counter(), 1: Counter()}
    for run in range(3_000):
        for moment in islice(
            moments(plan, calendar(("Etc/UTC", "Etc/UTC"), quiet, f"c{run}"), KEY, utc("2026-01-05")), 8
        ):
            counts[moment.period.toordinal() // 7 % 2][f"{moment.at:%a %H:%M}"] += 1
    minutes = [f"{day} {hour:02}:{minute:02}" for day in ("Mon", "Wed") for hour in (9, 10) for minute in range(60)]
    allowed = [minute for minute in minutes if not "10:00" <= minute[4:] < "10:30"]
    for parity in (0, 1):
        assert set(counts[parity]) == set(allowed)
        assert not unlikely([counts[parity][minute] for minute in allowed])


def test_pairs_apart_are_each_as_likely() -> None:
    """Two a day in six minutes, two apart: ten pairs, each as often, on even days and on odd ones."""
    rule = RandomTimes(2, Period.DAY, between=Window(time(9), time(9, 6)), apart=timedelta(minutes=2))
    counts: Counter[tuple[int, int, int]] = Counter()
    for run in range(2_000):
        one, two, three, four = islice(
            (
                m
                for m in moments(schedule(rule), calendar(couple=f"c{run}"), KEY, utc("2026-01-05"))
                if m.partner == "ana"
            ),
            4,
        )
        counts[0, one.at.minute, two.at.minute] += 1
        counts[1, three.at.minute, four.at.minute] += 1
    pairs = [(day, one, two) for day in (0, 1) for one in range(6) for two in range(one + 2, 6)]
    assert set(counts) == set(pairs)
    assert not unlikely([counts[pair] for pair in pairs])


def test_an_odd_day_is_drawn_among_what_its_neighbours_leave() -> None:
    """One a day in an hour, 23:30 apart: given both neighbours, each minute far enough from them is as likely.

    Tuesday 6 January 2026 is an odd period: days are counted from the first Monday of the calendar.
    """
    rule = RandomTimes(1, Period.DAY, between=Window(time(9), time(10)), apart=timedelta(hours=23, minutes=30))
    fractions = [0] * 5
    for run in range(4_000):
        pair = calendar(("Etc/UTC", "Etc/UTC"), couple=f"c{run}")
        found = list(islice(moments(schedule(rule), pair, KEY, utc("2026-01-05")), 6))
        before, own, after = [moment.at.minute for moment in found if moment.partner == "ana"]
        low, high = max(0, before - 30), min(59, after + 30)
        assert low <= own <= high
        jitter = Dice(KEY, "jitter", run).fraction()  # spreads each minute over its share of the range
        fractions[int((own - low + jitter) * 5 / (high - low + 1))] += 1
    assert not unlikely(fractions)


def test_both_are_nudged_at_the_same_wall_minute() -> None:
    """With the same hours, both partners' clocks show the same when it comes; for `each` they do not."""
    for audience, same in ((Audience.BOTH, True), (Audience.EACH, False)):
        found = between(schedule(SURPRISES, audience), calendar(), utc("2026-01-05"), utc("2026-06-01"))
        ana = {
            (m.period, m.slot): m.at.astimezone(ZoneInfo("Europe/Berlin")).replace(tzinfo=None)
            for m in found
            if m.partner == "ana"
        }
        ben = {
            (m.period, m.slot): m.at.astimezone(ZoneInfo("Europe/London")).replace(tzinfo=None)
            for m in found
            if m.partner == "ben"
        }
        assert (ana == ben) is same


def test_an_evening_is_not_cut_off_at_midnight() -> None:
    """A window from 20:00 to 02:00 gives a moment to every evening, after midnight too, and from any start."""
    evenings = RandomTimes(1, Period.DAY, between=Window(time(20), time(2)))
    plan, pair = schedule(evenings, Audience.ONE), calendar(("Europe/Berlin", "Europe/Berlin"))
    found = between(plan, pair, utc("2026-01-05T12:00"), utc("2026-04-15T12:00"))
    walls = [moment.at.astimezone(ZoneInfo("Europe/Berlin")) for moment in found]
    assert len(found) == 100
    assert {wall.hour for wall in walls} == {20, 21, 22, 23, 0, 1}
    for moment, wall in zip(found, walls, strict=True):
        assert wall.date() - moment.period == timedelta(days=wall.hour < 2)
        assert next(moments(plan, pair, KEY, moment.at)) == moment


def test_a_window_may_last_nearly_a_day() -> None:
    """From 23:00 to 22:00 the next day are 1380 minutes, wherever one lives."""
    rule = RandomTimes(1, Period.DAY, between=Window(time(23), time(22)))
    for name in ("America/Los_Angeles", "Pacific/Kiritimati"):
        spans = room(rule, Recipient("ana", name, None), date(2026, 1, 5)).spans
        assert sum(high - low for low, high in spans) == 1380


def test_couples_are_nudged_at_their_own_times() -> None:
    """Two couples under one schedule share no pattern."""
    rows = {
        tuple(m.at for m in islice(moments(schedule(SURPRISES), calendar(couple=couple), KEY, utc("2026-01-05")), 6))
        for couple in ("ana-and-ben", "cleo-and-dan")
    }
    assert len(rows) == 2


def test_partners_with_different_hours_each_keep_their_own() -> None:
    """Taking turns, an early riser in Berlin and a night owl in New York are each met in their own hours."""
    early, owl = Window(time(11), time(6)), Window(time(1), time(18))
    pair = Calendar(
        "ana-and-ben", (Recipient("ana", "Europe/Berlin", early), Recipient("ben", "America/New_York", owl)), {}
    )
    rule = RandomTimes(3, Period.WEEK, between=Window(time(5), time(23)), apart=timedelta(hours=24))
    found = between(schedule(rule, Audience.ONE), pair, utc("2026-01-05"), utc("2027-01-04"))
    hours = {
        who: {m.at.astimezone(ZoneInfo(zone)).hour for m in found if m.partner == who}
        for who, zone in (("ana", "Europe/Berlin"), ("ben", "America/New_York"))
    }
    assert hours == {"ana": {6, 7, 8, 9, 10}, "ben": {18, 19, 20, 21, 22}}
    assert_apart(found, rule, Audience.ONE)


@pytest.mark.parametrize(
    ("day", "shares"), [(date(2026, 10, 25), {1: 1, 2: 2, 3: 1}), (date(2026, 3, 29), {1: 1, 3: 1})], ids=str
)
def test_days_of_23_and_25_hours_are_drawn_as_they_are(day: date, shares: dict[int, int]) -> None:
    """In the night the clocks go back an hour comes twice, and is twice as likely; forward, one is left out."""
    rule = RandomTimes(1, Period.DAY, between=Window(time(1), time(4)))
    counts: Counter[int] = Counter()
    start = datetime.combine(day, time(0), ZoneInfo("Europe/Berlin"))
    for run in range(2_000):
        found = next(m for m in moments(schedule(rule), calendar(couple=f"c{run}"), KEY, start) if m.partner == "ana")
        counts[found.at.astimezone(ZoneInfo("Europe/Berlin")).hour] += 1
    assert set(counts) == set(shares)
    assert not unlikely(
        [counts[hour] for hour in shares], [2_000 * share / sum(shares.values()) for share in shares.values()]
    )
