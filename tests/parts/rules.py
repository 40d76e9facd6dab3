"""Schedules and calendars in one line, and the arithmetic of fair draws."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile

from nudger.domain.calendars import Calendar, Moment, Recipient
from nudger.domain.people import ImportantDate
from nudger.domain.recurrence import moments
from nudger.domain.schedules import Audience, ChannelChoice, Schedule, When
from nudger.domain.windows import Window

KEY = b"a key for tests, 32 bytes long.."


def schedule(
    when: When, audience: Audience = Audience.EACH, *, late: timedelta = timedelta(minutes=30), chance: float = 1.0
) -> Schedule:
    """A schedule of which only the time matters."""
    return Schedule("surprises", when, ChannelChoice.EMAIL, audience, late=late, chance=chance)


def calendar(
    zones: tuple[str, str] = ("Europe/Berlin", "Europe/London"),
    quiet: Window | None = None,
    couple: str = "ana-and-ben",
    dates: Mapping[str, ImportantDate] | None = None,
) -> Calendar:
    """Ana and Ben, each in a zone, with quiet hours alike."""
    ana, ben = Recipient("ana", zones[0], quiet), Recipient("ben", zones[1], quiet)
    return Calendar(couple, (ana, ben), dates or {})


def utc(text: str) -> datetime:
    """An instant from its ISO form without an offset."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def between(plan: Schedule, pair: Calendar, start: datetime, end: datetime, *, most: int | None = None) -> list[Moment]:
    """The moments from one instant up to another, all or the first so many."""
    return list(islice(takewhile(lambda moment: moment.at < end, moments(plan, pair, KEY, start)), most))


def ana_gets(plan: Schedule, pair: Calendar, start: str, end: str) -> list[str]:
    """Ana's moments between two instants, each as its ISO form in UTC to the minute."""
    found = between(plan, pair, utc(start), utc(end))
    return [f"{moment.at:%Y-%m-%dT%H:%M}" for moment in found if moment.partner == "ana"]


def unlikely(counts: Sequence[int], expected: Iterable[float] | None = None) -> bool:
    """Whether counts stray further from what is expected (all alike) than chance does once in a thousand times.

    Pearson's chi-squared, against its quantile by Wilson and Hilferty (1931).
    """
    wanted = list(expected) if expected is not None else [sum(counts) / len(counts)] * len(counts)
    stray = sum((count - want) ** 2 / want for count, want in zip(counts, wanted, strict=True))
    freedom = len(counts) - 1
    return stray > freedom * (1 - 2 / (9 * freedom) + 3.09 * (2 / (9 * freedom)) ** 0.5) ** 3
