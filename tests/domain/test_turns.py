"""Partners who take turns."""

from collections import Counter
from datetime import time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from parts.rules import KEY, calendar, schedule, unlikely, utc

from nudger.domain.calendars import Calendar
from nudger.domain.people import ImportantDate
from nudger.domain.recurrence import moments
from nudger.domain.schedules import Audience, BeforeDate, Daily, Monthly, Period, RandomTimes, Weekly, When
from nudger.domain.turns import Turns

TEN = time(10, 0)
TURNING: list[When] = [
    Daily(TEN),
    Weekly(frozenset({1, 3, 6}), TEN),
    Monthly(31, TEN),
    RandomTimes(3, Period.WEEK, apart=timedelta(hours=36)),
    RandomTimes(1, Period.DAY),
]


@pytest.mark.parametrize("when", TURNING, ids=lambda when: type(when).__name__)
def test_nobody_is_ever_more_than_one_ahead(when: When) -> None:
    """Of any stretch of moments each partner has had half, give or take one; three in a row never come."""
    found = list(islice(moments(schedule(when, Audience.ONE), calendar(), KEY, utc("2026-01-01")), 300))
    row = [moment.partner for moment in found]
    lead = [0]
    for partner in row:
        lead.append(lead[-1] + (1 if partner == "ana" else -1))
    assert max(lead) - min(lead) <= 2
    assert not any(len(set(row[place : place + 3])) == 1 for place in range(len(row) - 2))


def test_each_pair_has_one_of_each_and_nobody_knows_who_is_first() -> None:
    """Who begins a pair is a fair coin, and tells nothing of the next pair."""
    turns = Turns(KEY, calendar(), "surprises")
    row = turns.receivers(range(8_000))
    assert all({row[place], row[place + 1]} == {"ana", "ben"} for place in range(0, 8_000, 2))
    begins = row[::2]
    counts = Counter(pairwise(begins))
    assert not unlikely([counts[one, other] for one in ("ana", "ben") for other in ("ana", "ben")])


def test_turns_differ_by_couple_schedule_and_key_but_not_by_order_in_the_file() -> None:
    """Swapping the partners' places in the file changes nobody's turn."""
    pair = calendar()
    swapped = Calendar(pair.couple, (pair.recipients[1], pair.recipients[0]), pair.dates)

    def row(key: bytes, who: Calendar, schedule_key: str) -> str:
        turns = Turns(key, who, schedule_key)
        return "".join(receiver[0] for receiver in turns.receivers(range(128)))

    first = row(KEY, pair, "surprises")
    assert row(KEY, swapped, "surprises") == first
    others = {row(KEY, pair, "dates"), row(b"another", pair, "surprises"), row(KEY, calendar(couple="c"), "surprises")}
    assert len(others | {first}) == 4


def test_a_turn_is_taken_in_the_receivers_own_zone() -> None:
    """Whoever receives, it is ten o'clock on their wall, on the date that names the moment."""
    zones = ("Pacific/Auckland", "America/Los_Angeles")
    names = dict(zip(("ana", "ben"), zones, strict=True))
    found = list(islice(moments(schedule(Daily(TEN), Audience.ONE), calendar(zones), KEY, utc("2026-01-01")), 100))
    walls = [moment.at.astimezone(ZoneInfo(names[moment.partner])) for moment in found]
    assert all(wall.time() == TEN for wall in walls)
    assert [wall.date() for wall in walls] == [moment.period for moment in found]
    assert len({moment.period for moment in found}) == 100


@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize(("name", "givers"), [("ana-birthday", {"ben"}), ("ben_birthday", {"ana"})])
def test_nobody_prepares_their_own_day(name: str, givers: set[str], audience: Audience) -> None:
    """A date named after a partner is the other's to prepare, year after year, whoever else a schedule is for."""
    pair = calendar(dates={name: ImportantDate(3, 12)})
    rule = schedule(BeforeDate(name, (14, 3, 0), TEN), audience)
    found = list(islice(moments(rule, pair, KEY, utc("2026-01-01")), 30))
    assert givers == {moment.partner for moment in found}


def test_a_day_of_both_goes_by_turns() -> None:
    """An anniversary is nobody's own, so both prepare it by turns."""
    pair = calendar(dates={"anniversary": ImportantDate(6, 14, 2019)})
    rule = schedule(BeforeDate("anniversary", (14, 3, 0), TEN), Audience.ONE)
    found = list(islice(moments(rule, pair, KEY, utc("2026-01-01")), 30))
    assert {"ana", "ben"} == {moment.partner for moment in found}
