"""What an operator asks for: which themes, by which channel, to whom, when."""

from dataclasses import dataclass, field
from datetime import date, time, timedelta

from nudger.domain.people import Couple
from nudger.domain.themes import Theme
from nudger.domain.windows import DAYTIME, Window
from nudger.domain.words import Word

EVERY_DAY = frozenset(range(7))


class Period(Word):
    """The stretch of local calendar that `random` counts in; weeks start on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class RandomTimes:
    """`count` moments in each period, at least `apart`, on `days` (0 is Monday) inside `between`."""

    count: int
    per: Period
    days: frozenset[int] = EVERY_DAY
    between: Window = DAYTIME
    apart: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Daily:
    """Every day at one wall time."""

    at: time


@dataclass(frozen=True, slots=True)
class Weekly:
    """On some days of the week (0 is Monday) at one wall time."""

    days: frozenset[int]
    at: time


@dataclass(frozen=True, slots=True)
class Monthly:
    """On one day of the month (1-31), at one wall time; a day the month lacks is its last day."""

    day: int
    at: time


@dataclass(frozen=True, slots=True)
class EveryDays:
    """Every so many days counted from a first day, at one wall time."""

    days: int
    start: date
    at: time


@dataclass(frozen=True, slots=True)
class BeforeDate:
    """`lead` days ahead of one of the couple's dates, each year, at one wall time."""

    name: str
    lead: tuple[int, ...]
    at: time


@dataclass(frozen=True, slots=True)
class Cron:
    """A five-field cron expression, already taken apart into the values each field allows.

    `days` may hold -1 for the last day of the month. `weekdays` are pairs (0 is Monday, n): the n-th such day of the
    month, n = 0 for every one and -1 for the last. `either_day` is cron's rule that a day matches when it fits
    `days` or `weekdays` (both fields restricted), rather than both.
    """

    expression: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[tuple[int, int]]
    either_day: bool


When = RandomTimes | Daily | Weekly | Monthly | EveryDays | BeforeDate | Cron


class ChannelChoice(Word):
    """The channel a schedule asks for; `preferred` leaves it to the partner."""

    SMS = "sms"
    EMAIL = "email"
    PREFERRED = "preferred"


class MessageKind(Word):
    """What a partner may want by one channel or the other."""

    IDEAS = "ideas"
    CHECK_INS = "check_ins"
    DATES = "dates"


class Audience(Word):
    """Who receives: one giver by turns, each their own idea, or both the same one."""

    ONE = "one"
    EACH = "each"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Target:
    """Which couples a schedule is for; without tags and couples it is for all."""

    tags: frozenset[str] = frozenset()
    couples: frozenset[str] = frozenset()

    def covers(self, couple: Couple) -> bool:
        """Whether the schedule is for this couple: any shared tag or its key named is enough."""
        if not self.tags and not self.couples:
            return True
        return couple.key in self.couples or bool(self.tags & couple.tags)


@dataclass(frozen=True, slots=True)
class CheckIn:
    """The weekly conversation: an opener, then this many prompts."""

    prompts: int = 4


@dataclass(frozen=True, slots=True)
class Schedule:
    """A named rule. It sends either ideas of its themes or, with `check_in`, a conversation.

    `late` is how long after its moment a message is still worth sending. `chance` below 1 leaves some slots empty
    on purpose.
    """

    key: str
    when: When
    channel: ChannelChoice
    audience: Audience
    themes: tuple[Theme, ...] = ()
    check_in: CheckIn | None = None
    target: Target = field(default_factory=Target)
    late: timedelta = timedelta(minutes=30)
    chance: float = 1.0

    @property
    def kind(self) -> MessageKind:
        """What it sends, as its readers tell it apart."""
        if self.check_in is not None:
            return MessageKind.CHECK_INS
        return MessageKind.DATES if isinstance(self.when, BeforeDate) else MessageKind.IDEAS
