"""What planning needs to know of a couple, and what it finds."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import NamedTuple

from nudger.domain.people import Couple, ImportantDate
from nudger.domain.windows import Window


class Recipient(NamedTuple):
    """Where one partner lives in time: an IANA zone, and the local hours to spare."""

    key: str
    timezone: str
    quiet_hours: Window | None


class Calendar(NamedTuple):
    """A couple as planning sees it: two people in time, and the dates they share."""

    couple: str
    recipients: tuple[Recipient, Recipient]
    dates: Mapping[str, ImportantDate]


class Moment(NamedTuple):
    """One occurrence for one partner: at an instant in UTC, named by its period's first local date and its slot."""

    at: datetime
    partner: str
    period: date
    slot: int


class Stretch(NamedTuple):
    """Moments that lie together in time, in order: none of them, nor of any later stretch, comes before `begins`."""

    begins: datetime
    moments: Iterable[Moment]


def calendar_of(couple: Couple) -> Calendar:
    """What planning needs of a couple."""
    first, second = (Recipient(one.key, one.timezone, one.quiet_hours) for one in couple.partners)
    return Calendar(couple.key, (first, second), couple.dates)
