"""Which entries fit a situation: the filters, in the order they are asked and reported."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from math import ceil, fsum
from typing import NamedTuple

from nudger.domain.coming_dates import ComingDate, MadeFor
from nudger.domain.compiled import CompiledPool
from nudger.domain.people import ChannelKind, LifeState
from nudger.domain.pools import Daypart, Kind, Season
from nudger.domain.preferences import Cost, Depth, Effort, Energy, Hemisphere, Novelty, Place, Preferences, Together
from nudger.domain.themes import Theme

SEASONS = (Season.WINTER, Season.SPRING, Season.SUMMER, Season.AUTUMN)
OVER = frozenset({LifeState.ENDED, LifeState.BEREAVED})
#: How long a theme may wait, in turns it would have had by its weight. Pure chance left fewer than five of six themes
#: in 3 months of 100, and in 7 where two weigh double; with this none in 60,000, and each comes as often as before.
LONGEST_WAIT = 1.25


@dataclass(frozen=True, slots=True)
class Situation:
    """All that decides what fits one person at one moment, the past aside.

    `themes` are the schedule's; none means any. `local` is the moment in the recipient's own zone, aware.
    `intimacy_agreed` is true only when both partners said yes, each alone. `lately` are the themes of the couple's
    last ideas, the newest first. `coming` is the date that the message is about, None where it is about none.
    """

    preferences: Preferences
    themes: tuple[Theme, ...]
    channel: ChannelKind
    local: datetime
    life_state: LifeState = LifeState.ACTIVE
    intimacy_agreed: bool = False
    sms_may_be_intimate: bool = False
    lately: tuple[Theme, ...] = ()
    coming: ComingDate | None = None


class Wishes(NamedTuple):
    """The lasting part of a situation, hashable: one key, one answer, whatever the day's history is."""

    kind: Kind
    occasion: MadeFor | None
    themes: tuple[Theme, ...]
    weights: tuple[tuple[Theme, float], ...]
    channel: ChannelKind
    intimacy_agreed: bool
    sms_may_be_intimate: bool
    life_state: LifeState
    cost: Cost
    effort: Effort
    energy: Energy
    depth: Depth
    novelty: Novelty
    together: Together
    place: Place
    kids: bool
    avoid: frozenset[str]
    season: Season
    daypart: Daypart


class OpenTheme(NamedTuple):
    """A theme that schedule and couple leave on: its entries, its weight, and how many ideas it waits at most."""

    theme: Theme
    entries: int
    weight: float
    patience: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What the lasting filters leave: the entries, the count after each filter, and the open themes.

    `memory` is how many of their last ideas matter: as many as the most patient theme waits for.
    """

    mask: int
    left: tuple[tuple[str, int], ...]
    themes: tuple[OpenTheme, ...]
    named: frozenset[Theme]
    memory: int


def season(month: int, hemisphere: Hemisphere) -> Season:
    """The season of a month, 1 to 12: in the north spring is March to May, in the south September to November.

    Source: the meteorological seasons, which are whole months.
    """
    months = month if hemisphere is Hemisphere.NORTH else month + 6
    return SEASONS[months % 12 // 3]


def daypart(hour: int) -> Daypart:
    """The part of the day of a local hour, 0 to 23, as `Daypart` draws the lines."""
    if 5 <= hour < 11:  # noqa: PLR2004 (the hours are the definition)
        return Daypart.MORNING
    if 11 <= hour < 15:  # noqa: PLR2004 (the same)
        return Daypart.MIDDAY
    if 15 <= hour < 18:  # noqa: PLR2004 (the same)
        return Daypart.AFTERNOON
    return Daypart.EVENING


def standing(pool: CompiledPool, situation: Situation, kind: Kind) -> Standing:
    """What fits the lasting part of a situation; remembered, as the same couple asks again and again."""
    return _standing(pool, _wishes(situation, kind))


def _wishes(situation: Situation, kind: Kind) -> Wishes:
    theirs = situation.preferences
    apart = situation.life_state is LifeState.APART
    return Wishes(
        kind,
        situation.coming.occasion if situation.coming else None,
        situation.themes,
        tuple(theirs.themes.items()),
        situation.channel,
        situation.intimacy_agreed,
        situation.sms_may_be_intimate,
        situation.life_state,
        theirs.cost,
        theirs.effort,
        theirs.energy,
        theirs.depth,
        theirs.novelty,
        Together.LONG_DISTANCE if apart else theirs.together,
        theirs.place,
        theirs.kids,
        theirs.avoid,
        season(situation.local.month, theirs.hemisphere),
        daypart(situation.local.hour),
    )


@lru_cache(maxsize=8192)
def _standing(pool: CompiledPool, wishes: Wishes) -> Standing:
    weights = _open_themes(wishes)
    mask = (1 << len(pool.entries)) - 1
    left = []
    for name, fitting in _filters(pool, wishes, weights):
        mask &= fitting
        left.append((name, mask.bit_count()))
    total = fsum(weights.values())
    open_themes = [
        OpenTheme(theme, pool.theme[theme], weight, ceil(LONGEST_WAIT * total / weight))
        for theme, weight in weights.items()
    ]
    memory = max((theme.patience for theme in open_themes), default=0)
    return Standing(mask, tuple(left), tuple(open_themes), frozenset(weights), memory)


def _open_themes(wishes: Wishes) -> dict[Theme, float]:
    """The weight of every theme that both the schedule and the couple leave on."""
    said = dict(wishes.weights)
    asked = wishes.themes or tuple(Theme)
    return {theme: said.get(theme, 1.0) for theme in Theme if theme in asked and said.get(theme, 1.0) > 0}


def _filters(pool: CompiledPool, wishes: Wishes, weights: dict[Theme, float]) -> Iterator[tuple[str, int]]:
    """Each filter's name and the entries it lets through, in the order they count."""
    yield "kind", pool.kind[wishes.kind]
    yield "occasion", _for_occasion(pool, wishes)
    yield "themes", _union(pool.theme[theme] for theme in wishes.themes or Theme)
    yield "theme_weight", _union(pool.theme[theme] for theme in weights)
    yield "channel", _by_channel(pool, wishes)
    yield "intimacy", ~_too_close(pool, wishes)
    yield "life_state", 0 if wishes.life_state in OVER else ~pool.life_state[wishes.life_state]
    yield "cost", pool.cost[wishes.cost]
    yield "effort", pool.effort[wishes.effort]
    yield "energy", pool.energy[wishes.energy]
    yield "depth", pool.depth[wishes.depth]
    yield "novelty", pool.novelty[wishes.novelty]
    yield "together", pool.together[wishes.together]
    yield "place", pool.place[wishes.place]
    yield "kids", pool.kids[wishes.kids]
    yield "avoid", ~_union(pool.tag.get(tag, 0) for tag in wishes.avoid)
    yield "season", pool.season[wishes.season]
    yield "daypart", pool.daypart[wishes.daypart]


def _for_occasion(pool: CompiledPool, wishes: Wishes) -> int:
    """What is made for the coming date; the ordinary entries where the pool has nothing of the kind, or none comes."""
    made = pool.occasion[wishes.occasion]
    return made if made & pool.kind[wishes.kind] else pool.occasion[None]


def _by_channel(pool: CompiledPool, wishes: Wishes) -> int:
    """By text go the ideas written for it; a prompt travels inside its check-in, whichever way that goes."""
    return pool.texts | pool.kind[Kind.PROMPT] if wishes.channel is ChannelKind.SMS else -1


def _too_close(pool: CompiledPool, wishes: Wishes) -> int:
    """The intimate entries to leave out: all until both said yes; by text all that are not written for it."""
    intimate = pool.theme[Theme.INTIMACY]
    if not wishes.intimacy_agreed:
        return intimate
    if wishes.channel is ChannelKind.EMAIL:
        return 0
    return intimate & ~pool.texts if wishes.sms_may_be_intimate else intimate


def _union(masks: Iterator[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union
