"""What planning needs to know of a couple, and what it finds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from nudger.domain.people import Couple, ImportantDate
from nudger.domain.windows import Window


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where one partner lives in time: an IANA zone, and the local hours to spare."""

    key: str
    timezone: str
    quiet_hours: Window | None


@dataclass(frozen=True, slots=True)
class Calendar:
    """A couple as planning sees it: two people in time, and the dates they share."""

    couple: str
    recipients: tuple[Recipient, Recipient]
    dates: Mapping[str, ImportantDate]


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """One occurrence for one partner: at an instant in UTC, named by its period's first local date and its slot."""

    at: datetime
    partner: str
    period: date
    slot: int


def calendar_of(couple: Couple) -> Calendar:
    """What planning needs of a couple."""
    first, second = (Recipient(one.key, one.timezone, one.quiet_hours) for one in couple.partners)
    return Calendar(couple.key, (first, second), couple.dates)
