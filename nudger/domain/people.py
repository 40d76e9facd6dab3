"""Couples, their two partners, and how each can be reached."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from nudger.domain.preferences import Preferences
from nudger.domain.windows import NIGHT, Window
from nudger.domain.words import Word


class ChannelKind(Word):
    """The two ways a nudge travels."""

    SMS = "sms"
    EMAIL = "email"


class LifeState(Word):
    """What is going on in a couple's life; it lives in the database, never in YAML."""

    ACTIVE = "active"
    HARD_WEEK = "hard_week"
    APART = "apart"
    LOSS = "loss"
    ENDED = "ended"
    BEREAVED = "bereaved"


@dataclass(frozen=True, slots=True)
class Allowance:
    """The most messages of one channel a partner gets; None means no limit."""

    day: int | None = None
    week: int | None = None


#: At most one text a day and three a week: the dose that lasted in trials (TEXT ME, PMC5128723).
DEFAULT_BUDGET: Mapping[ChannelKind, Allowance] = {
    ChannelKind.SMS: Allowance(day=1, week=3),
    ChannelKind.EMAIL: Allowance(day=2, week=4),
}


@dataclass(frozen=True, slots=True)
class ImportantDate:
    """A day that returns each year; `year` is None where only month and day are known."""

    month: int
    day: int
    year: int | None = None

    def in_year(self, year: int) -> date:
        """The day in a given year; 29 February falls on the 28th in common years."""
        try:
            return date(year, self.month, self.day)
        except ValueError:
            return date(year, self.month, self.day - 1)

    def next_from(self, day: date) -> date:
        """The first return on a given day or after it, and none in years before the date's own."""
        year = max(day.year, self.year or 0)
        this_year = self.in_year(year)
        return this_year if this_year >= day else self.in_year(year + 1)


def is_push(address: str) -> bool:
    """Whether a text to this address travels as a push message: it is then a URL, and no number."""
    return "://" in address


@dataclass(frozen=True, slots=True)
class Partner:
    """One of the two: how to name, reach and spare them. `timezone` is an IANA name.

    `push` is the Apprise URL that texts go to in place of a phone.
    """

    key: str
    name: str
    timezone: str
    locale: str = "en"
    email: str | None = None
    phone: str | None = None
    push: str | None = None
    prefers: ChannelKind | None = None
    quiet_hours: Window | None = NIGHT
    budget: Mapping[ChannelKind, Allowance] = field(default_factory=lambda: DEFAULT_BUDGET)

    def address(self, channel: ChannelKind) -> str | None:
        """The phone number (E.164), push or email address for a channel, where there is one."""
        return self.phone or self.push if channel is ChannelKind.SMS else self.email

    @property
    def preferred_channel(self) -> ChannelKind:
        """The channel meant by `channel: preferred`: as chosen, else a text where there is a phone or push address."""
        if self.prefers is not None:
            return self.prefers
        return ChannelKind.SMS if self.address(ChannelKind.SMS) else ChannelKind.EMAIL


@dataclass(frozen=True, slots=True)
class Couple:
    """Two partners, in the order written, with what they share."""

    key: str
    partners: tuple[Partner, Partner]
    preferences: Preferences = field(default_factory=Preferences)
    tags: frozenset[str] = frozenset()
    dates: Mapping[str, ImportantDate] = field(default_factory=dict)

    def partner(self, key: str) -> Partner:
        """The partner of that key; KeyError where there is none."""
        for partner in self.partners:
            if partner.key == key:
                return partner
        raise KeyError(key)

    def other(self, key: str) -> Partner:
        """The partner who is not the one of that key; KeyError where there is none."""
        first, second = self.partners
        return second if self.partner(key) is first else first
