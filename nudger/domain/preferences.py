"""What a couple likes, can afford and wants left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from nudger.domain.themes import Theme
from nudger.domain.words import Word


@cache
def _ranks(scale: type["Ranked"]) -> Mapping["Ranked", int]:
    return {member: place for place, member in enumerate(scale)}


class Ranked(Word):
    """A scale whose members are ordered as written: the first is the least."""

    @property
    def rank(self) -> int:
        """The place on the scale, 0 for the least."""
        return _ranks(type(self))[self]


class Cost(Ranked):
    """How much money an idea asks for; free of currency on purpose."""

    NONE = "none"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class Effort(Ranked):
    """How long an idea takes."""

    MINUTES_5 = "5m"
    MINUTES_15 = "15m"
    HOUR = "1h"
    HALF_DAY = "half_day"
    DAY = "day"


class Energy(Ranked):
    """How much go an idea needs."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Depth(Ranked):
    """How close to the heart an idea or question goes."""

    LIGHT = "light"
    WARM = "warm"
    DEEP = "deep"


class Novelty(Ranked):
    """How new an idea is likely to be to the couple."""

    FAMILIAR = "familiar"
    FRESH = "fresh"
    STRETCH = "stretch"


class Together(Word):
    """Where the two are when the idea happens; a couple is never `any`, an entry may be."""

    ANY = "any"
    CO_LOCATED = "co_located"
    LONG_DISTANCE = "long_distance"


class Place(Word):
    """Where an idea happens; a couple whose place is `home` gets no `out` ideas."""

    ANYWHERE = "anywhere"
    HOME = "home"
    OUT = "out"


class Hemisphere(Word):
    """Which half of the Earth decides the couple's seasons."""

    NORTH = "north"
    SOUTH = "south"


@dataclass(frozen=True, slots=True)
class Preferences:
    """The couple's shared choices; every field only ever narrows what may be picked.

    `themes` holds weights of 0 or more; a theme not named weighs 1, and 0 switches it off. `cooldown_days` is the
    least interval between two uses of one idea, in days; the idea's own holds where that is longer.
    """

    themes: Mapping[Theme, float] = field(default_factory=dict)
    cost: Cost = Cost.SMALL
    effort: Effort = Effort.DAY
    energy: Energy = Energy.HIGH
    depth: Depth = Depth.DEEP
    novelty: Novelty = Novelty.STRETCH
    together: Together = Together.CO_LOCATED
    place: Place = Place.ANYWHERE
    kids: bool = False
    hemisphere: Hemisphere = Hemisphere.NORTH
    avoid: frozenset[str] = frozenset()
    cooldown_days: int = 0

    def weight(self, theme: Theme) -> float:
        """The weight of a theme: 1 unless said otherwise."""
        return self.themes.get(theme, 1.0)
