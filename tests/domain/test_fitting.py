"""Bit sets and a plain loop must agree on what fits."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parts.pool_entries import KEY, compiled, idea, situated

from nudger.domain.chance import Dice
from nudger.domain.coming_dates import Ahead, ComingDate, DateKind
from nudger.domain.fitting import Situation, daypart, season, standing
from nudger.domain.people import ChannelKind, LifeState
from nudger.domain.picking import NothingFits, pick_idea
from nudger.domain.pools import Daypart, Entry, KidsFit, Kind, Season
from nudger.domain.preferences import Cost, Depth, Effort, Energy, Hemisphere, Novelty, Place, Preferences, Together
from nudger.domain.themes import Theme

TAGS = st.frozensets(st.sampled_from(["alcohol", "crowds", "words"]))
THEMES = st.sampled_from([Theme.CURIOSITY, Theme.INTIMACY, Theme.GROWTH])

#: Names and days of dates, and what they must be read as.
NAMES = {"ana-birthday": "birthday", "wedding-day": "anniversary", "first-letter": "first_met"}
DAYS = {14: "weeks", 7: "weeks", 6: "days", 1: "days", 0: "today"}


def some_of(choices: type[StrEnum]) -> st.SearchStrategy[frozenset[Any]]:
    """One of these or several."""
    return st.frozensets(st.sampled_from(choices), min_size=1)


#: An entry or a couple is ordinary but for three traits or fewer, so that most filters let most entries through.
ENTRY_TRAITS = {
    "theme": THEMES,
    "kind": st.just(Kind.PROMPT),
    "sms": st.none(),
    "effort": st.sampled_from(Effort),
    "cost": st.sampled_from(Cost),
    "energy": st.sampled_from(Energy),
    "depth": st.sampled_from(Depth),
    "place": st.sampled_from(Place),
    "together": st.sampled_from(Together),
    "kids": st.sampled_from(KidsFit),
    "season": st.frozensets(st.sampled_from(Season), max_size=2),
    "daypart": st.frozensets(st.sampled_from(Daypart), max_size=2),
    "novelty": st.sampled_from(Novelty),
    "made_for": st.tuples(some_of(DateKind), some_of(Ahead)),
    "tags": TAGS,
    "avoid_when": st.frozensets(st.sampled_from(LifeState), max_size=2),
    "weight": st.sampled_from([0.0, 0.5, 3.0]),
}
COUPLE_TRAITS = {
    "themes": st.dictionaries(THEMES, st.sampled_from([0.0, 0.5, 1.0, 3.0])),
    "cost": st.sampled_from(Cost),
    "effort": st.sampled_from(Effort),
    "energy": st.sampled_from(Energy),
    "depth": st.sampled_from(Depth),
    "novelty": st.sampled_from(Novelty),
    "together": st.sampled_from([Together.CO_LOCATED, Together.LONG_DISTANCE]),
    "place": st.sampled_from(Place),
    "kids": st.booleans(),
    "hemisphere": st.sampled_from(Hemisphere),
    "avoid": TAGS,
}


def a_few(choices: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Up to three of these traits, each with a value of its own."""
    some = st.lists(st.sampled_from(sorted(choices)), max_size=3, unique=True)
    return some.flatmap(lambda names: st.fixed_dictionaries({name: choices[name] for name in names}))


def entry_of(number: int, made_for: tuple[Any, Any] = (frozenset(), frozenset()), **traits: object) -> Entry:
    """An idea with these traits; what it is made for is drawn as one of them."""
    return idea(f"e{number}", dates=made_for[0], ahead=made_for[1], **traits)


ENTRIES = st.lists(a_few(ENTRY_TRAITS), max_size=12).map(
    lambda all_traits: [entry_of(n, **own) for n, own in enumerate(all_traits)]
)
SITUATIONS = st.builds(
    Situation,
    preferences=a_few(COUPLE_TRAITS).map(lambda own: Preferences(**own)),
    themes=st.sampled_from([(), (), (Theme.CURIOSITY,), (Theme.GROWTH, Theme.INTIMACY), (Theme.APPRECIATION,)]),
    channel=st.sampled_from(ChannelKind),
    local=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 (the bounds take their zone from `timezones`)
    life_state=st.just(LifeState.ACTIVE) | st.sampled_from(LifeState),
    intimacy_agreed=st.booleans(),
    sms_may_be_intimate=st.booleans(),
    lately=st.lists(THEMES, max_size=12).map(tuple),
    coming=st.none() | st.builds(ComingDate, st.sampled_from(sorted(NAMES)), st.sampled_from(sorted(DAYS))),
)


def is_in_reach(entry: Entry, couple: Preferences, life_state: LifeState) -> bool:
    """Whether an entry is within what the couple can and wants to do."""
    together = Together.LONG_DISTANCE if life_state is LifeState.APART else couple.together
    return (
        list(Cost).index(entry.cost) <= list(Cost).index(couple.cost)
        and list(Effort).index(entry.effort) <= list(Effort).index(couple.effort)
        and list(Energy).index(entry.energy) <= list(Energy).index(couple.energy)
        and list(Depth).index(entry.depth) <= list(Depth).index(couple.depth)
        and list(Novelty).index(entry.novelty) <= list(Novelty).index(couple.novelty)
        and (entry.together is Together.ANY or entry.together is together)
        and (Place.ANYWHERE in (entry.place, couple.place) or entry.place is couple.place)
        and (entry.kids is KidsFit.ANY or (entry.kids is KidsFit.WITH_KIDS) == couple.kids)
        and not entry.tags & couple.avoid
    )


def is_in_time(entry: Entry, situation: Situation) -> bool:
    """Whether the season and the hour are right for an entry, by tables written out."""
    north = [*["winter"] * 2, *["spring"] * 3, *["summer"] * 3, *["autumn"] * 3, "winter"]
    south = [*["summer"] * 2, *["autumn"] * 3, *["winter"] * 3, *["spring"] * 3, "summer"]
    year = north if situation.preferences.hemisphere is Hemisphere.NORTH else south
    day = ["evening"] * 5 + ["morning"] * 6 + ["midday"] * 4 + ["afternoon"] * 3 + ["evening"] * 6
    return (not entry.season or year[situation.local.month - 1] in entry.season) and (
        not entry.daypart or day[situation.local.hour] in entry.daypart
    )


def is_decent(entry: Entry, situation: Situation) -> bool:
    """Whether an entry keeps intimacy's rules and spares the couple's state of life."""
    if situation.life_state in {LifeState.ENDED, LifeState.BEREAVED} or situation.life_state in entry.avoid_when:
        return False
    if entry.theme is not Theme.INTIMACY:
        return True
    by_text = situation.channel is ChannelKind.SMS
    return situation.intimacy_agreed and (not by_text or (situation.sms_may_be_intimate and entry.sms is not None))


def of_the_occasion(entries: list[Entry], situation: Situation, kind: Kind) -> list[Entry]:
    """The entries made for the date that is coming; where none is, or none comes, those made for no date."""
    ordinary = [entry for entry in entries if not entry.dates]
    if situation.coming is None:
        return ordinary
    name, days = situation.coming
    made = [entry for entry in entries if NAMES[name] in entry.dates and DAYS[days] in entry.ahead]
    return made if any(entry.kind is kind and entry.weight > 0 for entry in made) else ordinary


def fits(entry: Entry, situation: Situation, kind: Kind) -> bool:
    """The rules of picking said again, plainly, for one entry."""
    return (
        entry.kind is kind
        and entry.weight > 0
        and situation.preferences.themes.get(entry.theme, 1.0) > 0
        and (not situation.themes or entry.theme in situation.themes)
        and (situation.channel is ChannelKind.EMAIL or entry.sms is not None or kind is Kind.PROMPT)
        and is_decent(entry, situation)
        and is_in_reach(entry, situation.preferences, situation.life_state)
        and is_in_time(entry, situation)
    )


def oracle(entries: list[Entry], situation: Situation, used: int) -> set[str]:
    """The ids that may be picked, found by looking at each entry."""
    rested = [entry for n, entry in enumerate(entries) if not used >> n & 1]
    meant = of_the_occasion(entries, situation, Kind.IDEA)
    fitting = [entry for entry in rested if entry in meant and fits(entry, situation, Kind.IDEA)]
    others = [entry for entry in fitting if entry.theme not in situation.lately[:1]]
    return {entry.id for entry in others or fitting}


@given(ENTRIES, SITUATIONS, st.integers(0, 2**12 - 1), st.integers(0, 99))
def test_a_pick_is_one_of_those_that_fit(entries: list[Entry], situation: Situation, used: int, seed: int) -> None:
    """Bit sets and a plain loop agree on what may be picked, and nothing is picked exactly when nothing may be."""
    allowed = oracle(entries, situation, used)
    outcome = pick_idea(compiled(*entries), situation, used, Dice(KEY, seed))
    if isinstance(outcome, NothingFits):
        assert not allowed
    else:
        assert outcome.entry.id in allowed
        assert dict(outcome.why.left)["same_theme"] == len(allowed)
        assert 0 < outcome.why.probability <= 1


@given(ENTRIES, SITUATIONS, st.sampled_from(Kind))
def test_the_lasting_filters_keep_exactly_what_fits(entries: list[Entry], situation: Situation, kind: Kind) -> None:
    """For ideas and prompts alike, the standing bit set is the set of entries that fit one by one."""
    kept = standing(compiled(*entries), situation, kind).mask
    assert {entry.id for n, entry in enumerate(entries) if kept >> n & 1} == {
        entry.id for entry in of_the_occasion(entries, situation, kind) if fits(entry, situation, kind)
    }


@given(ENTRIES, SITUATIONS)
def test_each_filter_only_narrows(entries: list[Entry], situation: Situation) -> None:
    """The counts after the filters never grow, and the filter named as emptying is the first to leave none."""
    outcome = pick_idea(compiled(*entries), situation, 0, Dice(KEY))
    left = outcome.left if isinstance(outcome, NothingFits) else outcome.why.left
    counts = [count for _, count in left]
    assert counts == sorted(counts, reverse=True)
    if isinstance(outcome, NothingFits):
        assert outcome.emptied_by == left[counts.index(0)][0]


@pytest.mark.parametrize(
    ("filter_name", "traits", "changes"),
    [
        ("kind", {"weight": 0.0}, {}),
        ("occasion", {"dates": frozenset({DateKind.BIRTHDAY}), "ahead": frozenset({Ahead.TODAY})}, {}),
        ("themes", {}, {"themes": (Theme.GROWTH,)}),
        ("theme_weight", {}, {"preferences": Preferences(themes={Theme.CURIOSITY: 0.0})}),
        ("channel", {"sms": None}, {"channel": ChannelKind.SMS}),
        ("intimacy", {"theme": Theme.INTIMACY}, {}),
        ("life_state", {"avoid_when": frozenset({LifeState.LOSS})}, {"life_state": LifeState.LOSS}),
        ("cost", {"cost": Cost.MEDIUM}, {"preferences": Preferences(cost=Cost.SMALL)}),
        ("effort", {"effort": Effort.HALF_DAY}, {"preferences": Preferences(effort=Effort.HOUR)}),
        ("energy", {"energy": Energy.HIGH}, {"preferences": Preferences(energy=Energy.MEDIUM)}),
        ("depth", {"depth": Depth.DEEP}, {"preferences": Preferences(depth=Depth.WARM)}),
        ("novelty", {"novelty": Novelty.STRETCH}, {"preferences": Preferences(novelty=Novelty.FRESH)}),
        ("novelty", {"novelty": Novelty.FRESH}, {"preferences": Preferences(novelty=Novelty.FAMILIAR)}),
        ("together", {"together": Together.LONG_DISTANCE}, {}),
        ("together", {"together": Together.CO_LOCATED}, {"life_state": LifeState.APART}),
        ("place", {"place": Place.OUT}, {"preferences": Preferences(place=Place.HOME)}),
        ("kids", {"kids": KidsFit.WITH_KIDS}, {}),
        ("kids", {"kids": KidsFit.WITHOUT_KIDS}, {"preferences": Preferences(kids=True)}),
        ("avoid", {"tags": frozenset({"alcohol"})}, {"preferences": Preferences(avoid=frozenset({"alcohol", "x"}))}),
        ("season", {"season": frozenset({Season.AUTUMN, Season.WINTER})}, {}),
        ("daypart", {"daypart": frozenset({Daypart.MORNING})}, {}),
    ],
)
def test_each_filter_takes_what_it_is_for(filter_name: str, traits: dict[str, Any], changes: dict[str, Any]) -> None:
    """One trait, one wish against it, on a spring evening: that filter and no other leaves nothing."""
    outcome = pick_idea(compiled(idea("only", **traits)), situated(**changes), 0, Dice(KEY))
    assert isinstance(outcome, NothingFits)
    assert outcome.emptied_by == filter_name


@pytest.mark.parametrize(
    ("month", "hemisphere", "expected"),
    [
        (2, Hemisphere.NORTH, Season.WINTER),
        (3, Hemisphere.NORTH, Season.SPRING),
        (11, Hemisphere.NORTH, Season.AUTUMN),
        (12, Hemisphere.NORTH, Season.WINTER),
        (12, Hemisphere.SOUTH, Season.SUMMER),
        (6, Hemisphere.SOUTH, Season.WINTER),
    ],
)
def test_seasons_turn_with_the_month(month: int, hemisphere: Hemisphere, expected: Season) -> None:
    """Seasons are whole months, and the south is half a year away."""
    assert season(month, hemisphere) is expected


@pytest.mark.parametrize(
    ("hour", "expected"),
    [
        (4, Daypart.EVENING),
        (5, Daypart.MORNING),
        (11, Daypart.MIDDAY),
        (15, Daypart.AFTERNOON),
        (17, Daypart.AFTERNOON),
        (18, Daypart.EVENING),
    ],
)
def test_parts_of_the_day_begin_on_the_hour(hour: int, expected: Daypart) -> None:
    """Each part of the day holds its first hour and not the next part's."""
    assert daypart(hour) is expected
