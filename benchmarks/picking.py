"""Picking: one idea out of 420 for a couple that has had 156 of them within a year, and a check-in."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice, product

from benchmarks.figures import Figure, Unit, seconds_of
from nudger.domain.chance import Dice
from nudger.domain.fitting import Situation, daypart, season
from nudger.domain.people import ChannelKind
from nudger.domain.picking import Pick, compile_pool, cooling, pick_check_in, pick_idea
from nudger.domain.pools import Daypart, Entry, KidsFit, Kind, Pool, Role, Season
from nudger.domain.preferences import Cost, Depth, Effort, Energy, Novelty, Place, Preferences, Together
from nudger.domain.themes import Theme

KEY = b"a key for benchmarks alone"
NOW = datetime(2026, 3, 15, 10, 0, tzinfo=UTC)
ENTRIES, USED, PICKS = 420, 156, 20_000
#: Three ideas a week for a year.
APART = timedelta(days=365 / USED)
RANK = {step: step.rank for scale in (Cost, Effort, Energy, Depth) for step in scale}


def figures() -> Iterator[Figure]:  # noqa: C901 (four small pieces of work, side by side)
    """How many picks a second, history and all."""
    entries = pool_entries()
    pool = compile_pool(Pool("en", entries))
    situations = [situated(couple) for couple in range(500)]
    history = [(entries[number * 2].id, NOW - APART * number) for number in range(USED)]
    dice = [Dice(KEY, "pick", f"couple-{number}", 0) for number in range(PICKS)]

    used = cooling(pool, history, NOW)

    def ours() -> None:
        for situation, chance in zip(cycle(situations), dice, strict=False):
            assert isinstance(pick_idea(pool, situation, used, chance), Pick)

    def with_rows() -> None:
        for situation, chance in zip(cycle(situations), dice, strict=False):
            assert isinstance(pick_idea(pool, situation, cooling(pool, history, NOW), chance), Pick)

    def loop() -> None:
        for situation, chance in zip(situations, dice, strict=False):
            bare_pick(entries, situation, history, chance)

    def check_ins() -> None:
        for situation, chance in islice(zip(cycle(situations), dice, strict=False), PICKS // 10):
            assert not hasattr(pick_check_in(pool, situation, 0, 4, chance), "emptied_by")

    a_loop = len(situations) / seconds_of(loop)
    yield Figure(
        f"picks of an idea, {ENTRIES} entries, {USED} used in the year", PICKS / seconds_of(ours), Unit.PER_SECOND,
        a_loop, "a loop over the entries, same filters", 50_000,
    )  # fmt: skip
    yield Figure("the same, the history read from its rows each time", PICKS / seconds_of(with_rows), Unit.PER_SECOND)
    yield Figure("picks of a check-in of 4 prompts", PICKS / 10 / seconds_of(check_ins), Unit.PER_SECOND)


def pool_entries() -> Sequence[Entry]:
    """Ideas in all themes with every trait there is, and one prompt in six."""
    traits = product(Effort, Cost, Novelty, (1.0, 2.0))
    ideas = zip(cycle(Theme), islice(cycle(traits), ENTRIES), range(ENTRIES), strict=False)
    return [_entry(number, theme, *some) for theme, some, number in ideas]


def _entry(number: int, theme: Theme, effort: Effort, cost: Cost, novelty: Novelty, weight: float) -> Entry:  # noqa: PLR0917 (a row of traits)
    name = f"entry-{number:03}"
    if number % 6 == 5:
        role = list(Role)[number // 42 % len(Role)]
        return Entry(name, theme, Kind.PROMPT, ask="What was it?", role=role, weight=weight, novelty=novelty)
    return Entry(
        id=name,
        theme=theme,
        sms="Ask {{ partner.name }} for a walk.",
        effort=effort,
        cost=cost,
        novelty=novelty,
        weight=weight,
        energy=list(Energy)[number % 3],
        depth=list(Depth)[number // 3 % 3],
        kids=list(KidsFit)[number % 7 % 3],
        season=frozenset({list(Season)[number % 4]}) if number % 9 == 0 else frozenset(),
        daypart=frozenset({list(Daypart)[number % 4]}) if number % 11 == 0 else frozenset(),
        tags=frozenset({("alcohol", "crowds", "words", "out")[number % 4]}),
    )


def situated(couple: int) -> Situation:
    """A couple unlike most others, at one of four hours."""
    weights = {theme: float((couple + number) % 4) for number, theme in enumerate(Theme)}
    theirs = Preferences(
        themes=weights | {Theme.QUALITY_TIME: 1.0},
        cost=list(Cost)[1 + couple % 3],
        effort=list(Effort)[2 + couple % 3],
        kids=couple % 2 == 0,
        avoid=frozenset({"crowds"}) if couple % 3 else frozenset(),
    )
    local = NOW.replace(hour=(9, 12, 16, 19)[couple % 4])
    return Situation(
        theirs, (), ChannelKind.SMS, local, lately=tuple(islice(cycle(Theme), couple % 7, couple % 7 + 40))
    )


def bare_pick(
    entries: Sequence[Entry], situation: Situation, history: Sequence[tuple[str, datetime]], dice: Dice
) -> Entry:
    """The same question answered by looking at each entry; no odds, no reasons."""
    last = dict(history)
    left = [entry for entry in entries if _fits(entry, situation) and _rested(entry, last.get(entry.id))]
    others = [entry for entry in left if entry.theme is not situation.lately[0]] or left
    weights = [entry.weight * situation.preferences.weight(entry.theme) for entry in others]
    point = dice.fraction() * sum(weights)
    for entry, weight in zip(others, weights, strict=True):
        point -= weight
        if point < 0:
            return entry
    return others[-1]


def _rested(entry: Entry, used: datetime | None) -> bool:
    return used is None or used <= NOW - timedelta(days=entry.cooldown_days)


def _fits(entry: Entry, situation: Situation) -> bool:
    theirs = situation.preferences
    return (
        entry.kind is Kind.IDEA
        and entry.weight > 0
        and theirs.weight(entry.theme) > 0
        and entry.theme is not Theme.INTIMACY
        and entry.sms is not None
        and situation.life_state not in entry.avoid_when
        and RANK[entry.cost] <= RANK[theirs.cost]
        and RANK[entry.effort] <= RANK[theirs.effort]
        and RANK[entry.energy] <= RANK[theirs.energy]
        and RANK[entry.depth] <= RANK[theirs.depth]
        and entry.together in {Together.ANY, theirs.together}
        and (entry.place is theirs.place or Place.ANYWHERE in {entry.place, theirs.place})
        and entry.kids in {KidsFit.ANY, KidsFit.WITH_KIDS if theirs.kids else KidsFit.WITHOUT_KIDS}
        and not entry.tags & theirs.avoid
        and (not entry.season or season(situation.local.month, theirs.hemisphere) in entry.season)
        and (not entry.daypart or daypart(situation.local.hour) in entry.daypart)
    )
