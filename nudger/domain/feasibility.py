"""Rules that cannot do what they ask for, found before anybody waits for them."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from nudger.domain.calendars import Calendar, Recipient
from nudger.domain.choices import FIRST
from nudger.domain.occasions import FixedTimes, wall_times
from nudger.domain.periods import first_day, number_of, room, swallowed
from nudger.domain.random_times import distance
from nudger.domain.schedules import Audience, Cron, Period, RandomTimes, Schedule
from nudger.domain.spans import Spans
from nudger.domain.wall_clock import MINUTE
from nudger.domain.windows import Window, minute_of_day, open_minutes

#: Days of periods looked at: two years of clock changes; only after 28 have months begun on each day of the week.
REACH = {Period.DAY: 731, Period.WEEK: 731, Period.MONTH: 28 * 366}
SINCE = date(2026, 1, 1)


class ObstacleKind(StrEnum):
    """What stands in the way."""

    SWALLOWED = "swallowed"
    TOO_TIGHT = "too_tight"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a rule cannot do what it asks for: `partner` is a key, `detail` a sentence with figures and no names.

    Where partners who take turns are in each other's way, `partner` is the one with the fewer minutes.
    """

    kind: ObstacleKind
    partner: str
    detail: str


def obstacles(schedule: Schedule, calendar: Calendar, since: date = SINCE) -> list[Obstacle]:
    """What stands in the way of a schedule for a couple, in the years from `since` on; empty when nothing does."""
    when, pair = schedule.when, calendar.recipients
    if not isinstance(when, RandomTimes):
        return _present([_swallowed_times(when, schedule.late, one) for one in pair])
    rows = [pair] if schedule.audience is Audience.ONE else [(one,) for one in pair]
    unreachable = _present([_swallowed_window(when, one) for one in pair])
    return unreachable or _present([_too_tight(when, row, since) for row in rows])


def _present(found: list[Obstacle | None]) -> list[Obstacle]:
    return [obstacle for obstacle in found if obstacle]


def _swallowed_times(when: FixedTimes, late: timedelta, one: Recipient) -> Obstacle | None:
    times = wall_times(when) if isinstance(when, Cron) else (when.at,)
    quiet = one.quiet_hours
    if quiet is None or not times or not all(_swallows(quiet, at, late) for at in times):
        return None
    detail = (
        f"{times[0]:%H:%M} lies in the quiet hours {_written(quiet)}, "
        f"which do not end within the {late // MINUTE} minutes it may be late."
    )
    return Obstacle(ObstacleKind.SWALLOWED, one.key, detail)


def _swallows(quiet: Window, at: time, late: timedelta) -> bool:
    """Whether quiet hours hold a wall time, and hold it too long."""
    wait = (minute_of_day(quiet.end) - minute_of_day(at)) % 1440 * MINUTE
    return quiet.holds(at) and (wait > late or quiet.start == quiet.end)


def _swallowed_window(rule: RandomTimes, one: Recipient) -> Obstacle | None:
    quiet = one.quiet_hours
    if quiet is None or not swallowed(rule, one):
        return None
    detail = f"The window {_written(rule.between)} lies wholly in the quiet hours {_written(quiet)}."
    return Obstacle(ObstacleKind.SWALLOWED, one.key, detail)


def _too_tight(rule: RandomTimes, row: tuple[Recipient, ...], since: date) -> Obstacle | None:
    """The partners of one row of moments: one alone, or two who take turns."""
    nameless = tuple(Recipient("", one.timezone, one.quiet_hours) for one in row)
    largest = _largest_apart(rule, nameless, since)
    if largest >= distance(rule.apart):
        return None
    least = min(row, key=lambda one: _minutes_a_week(rule, one))
    detail = f"{rule.count} a {rule.per} do not always fit, however close."
    if largest:
        detail = (
            f"{rule.count} a {rule.per}, {_duration(distance(rule.apart))} apart, do not always fit: the {rule.per} "
            f"before may end late and the next begin early. At most {_duration(largest)} apart do."
        )
    return Obstacle(ObstacleKind.TOO_TIGHT, least.key, detail)


def _minutes_a_week(rule: RandomTimes, one: Recipient) -> int:
    return sum(high - low for low, high in open_minutes(rule.days, rule.between, one.quiet_hours, 0, 7))


def _written(window: Window) -> str:
    return f"{window.start:%H:%M}-{window.end:%H:%M}"


def _duration(minutes: int) -> str:
    """In whole hours, rounded down, or in minutes where there is no whole hour."""
    hours = minutes // 60
    amount, unit = (hours, "hour") if hours else (minutes, "minute")
    return f"{amount} {unit}{'s' * (amount != 1)}"


class Situation(NamedTuple):
    """A period as the draw meets it: the minutes of each recipient there and, for an odd one, on both sides.

    `number` is that of its first moment, 0 where a pair of turns begins with it and 1 where it ends.
    """

    own: tuple[Spans, ...]
    before: tuple[Spans, ...]
    after: tuple[Spans, ...]
    number: int


@lru_cache(maxsize=1024)
def _largest_apart(rule: RandomTimes, row: tuple[Recipient, ...], since: date) -> int:
    """The most minutes apart, up to what the rule asks, that fit in every situation; 0 when not even one does."""
    met = _situations(rule, row, since)
    fits, fails = 0, distance(rule.apart) + 1
    while fails - fits > 1:
        apart = fails - 1 if not fits else (fits + fails) // 2
        if all(_fits(situation, rule.count, apart) for situation in met):
            fits = apart
        else:
            fails = apart
    return fits


def _situations(rule: RandomTimes, row: tuple[Recipient, ...], since: date) -> set[Situation]:
    """Every kind of period there is; one whose only window the clocks jump over is nobody's fault and left out.

    A month is odd in every year or in none. Days and weeks are now this, now that, and odd is harder.
    """
    numbers = range(number_of(rule, since), number_of(rule, since + timedelta(days=REACH[rule.per])))
    nobody: tuple[Spans, ...] = ((),) * len(row)
    met = set()
    for number in numbers:
        origin = room(rule, row[0], first_day(rule, number)).origin
        before, own, after = (_seen(rule, row, near, origin) for near in (number - 1, number, number + 1))
        odd = rule.per is not Period.MONTH or number % 2
        if all(own):
            met.add(Situation(own, before, after, rule.count % 2) if odd else Situation(own, nobody, nobody, 0))
    return met


def _seen(rule: RandomTimes, row: tuple[Recipient, ...], number: int, origin: int) -> tuple[Spans, ...]:
    return tuple(room(rule, one, first_day(rule, number)).seen_from(origin) for one in row)


def _fits(situation: Situation, count: int, apart: int) -> bool:
    """Whether so many moments fit, however the neighbours and the turns fall.

    The neighbours may be as near as their windows allow. Taking the earliest minute for each slot is best, and a later
    start never makes for an earlier end, so it is enough to know, by who receives, the latest of these earliest ones.
    """
    latest = [spans[-1][1] - 1 if spans else FIRST for spans in situation.before]
    for number in range(situation.number, situation.number + count):
        reached = [_first(spans, _worst(latest, who, number) + apart) for who, spans in enumerate(situation.own)]
        latest = [minute for minute in reached if minute is not None]
        if len(latest) < len(reached):
            return False
    number = situation.number + count
    nexts = ((who, spans[0][0]) for who, spans in enumerate(situation.after) if spans)
    return all(_worst(latest, who, number) + apart <= minute for who, minute in nexts)


def _worst(latest: list[int], who: int, number: int) -> int:
    """The latest minute of the moment before, when this one is `who`'s: who ends a pair has not begun it."""
    ends_pair = len(latest) > 1 and number % 2 == 1
    return latest[1 - who] if ends_pair else max(latest)


def _first(spans: Spans, minute: int) -> int | None:
    """The first minute in the spans that is not before another."""
    return next((max(low, minute) for low, high in spans if minute < high), None)
