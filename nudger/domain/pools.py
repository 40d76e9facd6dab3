"""Ideas and prompts as written in the pools, with all that picking may ask of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from nudger.domain.coming_dates import Ahead, DateKind
from nudger.domain.people import LifeState
from nudger.domain.preferences import Cost, Depth, Effort, Energy, Novelty, Place, Together
from nudger.domain.themes import Theme
from nudger.domain.words import Word


class Kind(Word):
    """An entry is something to do or something to ask."""

    IDEA = "idea"
    PROMPT = "prompt"


class Role(Word):
    """What a prompt does in a check-in; an opener is about the best of the week."""

    OPENER = "opener"
    APPRECIATION = "appreciation"
    HARD = "hard"
    WISH = "wish"
    LOGISTICS = "logistics"
    AHEAD = "ahead"
    REPAIR = "repair"


class KidsFit(Word):
    """Whether an idea goes with children in the house."""

    ANY = "any"
    WITH_KIDS = "with_kids"
    WITHOUT_KIDS = "without_kids"


class Season(Word):
    """Quarter of the year by weather; which months it means depends on the hemisphere."""

    SPRING = "spring"
    SUMMER = "summer"
    AUTUMN = "autumn"
    WINTER = "winter"


class Daypart(Word):
    """Part of the local day: morning 05-11, midday 11-15, afternoon 15-18, evening 18-05."""

    MORNING = "morning"
    MIDDAY = "midday"
    AFTERNOON = "afternoon"
    EVENING = "evening"


#: A year without a repeat (interval between two uses of one entry for one couple), in days.
DEFAULT_COOLDOWN_DAYS = 365


@dataclass(frozen=True, slots=True)
class EmailText:
    """An entry's longer form: a subject line and a Markdown body, both Jinja templates."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One idea or prompt. `sms`, `email` and `ask` hold Jinja templates; empty `season` or `daypart` means any.

    An idea has `sms`, `email` or both: one with only `email` never goes by text, one with only `sms` makes its email
    from the text. A prompt has `ask` and a `role`. `id` is unique within its locale over all pools. With `dates` it is
    made for such days alone, and for when they are as far off as `ahead` says; both are empty or neither is.
    """

    id: str
    theme: Theme
    kind: Kind = Kind.IDEA
    sms: str | None = None
    email: EmailText | None = None
    ask: str | None = None
    role: Role | None = None
    effort: Effort = Effort.MINUTES_15
    cost: Cost = Cost.NONE
    energy: Energy = Energy.LOW
    depth: Depth = Depth.WARM
    place: Place = Place.ANYWHERE
    together: Together = Together.ANY
    kids: KidsFit = KidsFit.ANY
    season: frozenset[Season] = frozenset()
    daypart: frozenset[Daypart] = frozenset()
    dates: frozenset[DateKind] = frozenset()
    ahead: frozenset[Ahead] = frozenset()
    novelty: Novelty = Novelty.FRESH
    tags: frozenset[str] = frozenset()
    avoid_when: frozenset[LifeState] = frozenset()
    weight: float = 1.0
    cooldown_days: int = DEFAULT_COOLDOWN_DAYS

    def __hash__(self) -> int:
        """By the id alone, which tells nearly all entries apart: its texts are looked up for each message."""
        return hash(self.id)


@dataclass(frozen=True, slots=True)
class Pool:
    """All entries of one locale, in the order of files and lines; the order is part of every draw."""

    locale: str
    entries: Sequence[Entry]
