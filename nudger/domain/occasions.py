"""The days and wall times a fixed rule names, whoever and wherever the recipient is."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, time, timedelta
from functools import lru_cache
from heapq import merge
from typing import NamedTuple

from nudger.domain.people import ImportantDate
from nudger.domain.schedules import BeforeDate, Cron, Daily, EveryDays, Monthly, Weekly

FixedTimes = Daily | Weekly | Monthly | EveryDays | BeforeDate | Cron


class Occasion(NamedTuple):
    """One wall time on one local day. `number` counts a rule's occasions, one after another, for taking turns."""

    day: date
    at: time
    slot: int
    number: int


def occasions(when: FixedTimes, anchor: ImportantDate | None, first: date, last: date) -> Iterator[Occasion]:
    """The occasions of a rule on the local days from `first` to `last`, both included, in order.

    `anchor` is the date that a rule before a date counts down to; without one it has none.
    """
    match when:
        case Daily():
            return _daily(when, first, last)
        case Weekly():
            return _weekly(when, first, last)
        case Monthly():
            return _monthly(when, first, last)
        case EveryDays():
            return _every_days(when, first, last)
        case BeforeDate():
            return _before_date(when, anchor, first, last)
        case Cron():
            return _cron(when, first, last)


def _daily(rule: Daily, first: date, last: date) -> Iterator[Occasion]:
    for number in range(first.toordinal(), last.toordinal() + 1):
        yield Occasion(date.fromordinal(number), rule.at, 0, number)


def _weekly(rule: Weekly, first: date, last: date) -> Iterator[Occasion]:
    """Weeks are numbered from the first Monday of the calendar, which is also its first day (1 January of year 1)."""
    weekdays = sorted(rule.days)
    for week in range((first.toordinal() - 1) // 7, (last.toordinal() - 1) // 7 + 1):
        for index, weekday in enumerate(weekdays):
            day = date.fromordinal(week * 7 + weekday + 1)
            if first <= day <= last:
                yield Occasion(day, rule.at, 0, week * len(weekdays) + index)


def _monthly(rule: Monthly, first: date, last: date) -> Iterator[Occasion]:
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        year, month = divmod(number, 12)
        day = date(year, month + 1, min(rule.day, monthrange(year, month + 1)[1]))
        if first <= day <= last:
            yield Occasion(day, rule.at, 0, number)


def _every_days(rule: EveryDays, first: date, last: date) -> Iterator[Occasion]:
    gone, until = (first - rule.start).days, (last - rule.start).days
    for number in range(max(0, -(-gone // rule.days)), until // rule.days + 1):
        yield Occasion(rule.start + timedelta(days=number * rule.days), rule.at, 0, number)


def _before_date(rule: BeforeDate, anchor: ImportantDate | None, first: date, last: date) -> Iterator[Occasion]:
    """Each lead has its own slot and its own yearly row of days; leads of over a year make the rows overlap."""
    if anchor is None:
        return iter(())
    return merge(*(_lead(rule, anchor, slot, first, last) for slot in range(len(rule.lead))))


def _lead(rule: BeforeDate, anchor: ImportantDate, slot: int, first: date, last: date) -> Iterator[Occasion]:
    """Nothing in years before the date's own: a wedding to come has no anniversary yet."""
    ahead = timedelta(days=rule.lead[slot])
    for year in range(max((first + ahead).year, anchor.year or 0), (last + ahead).year + 1):
        day = anchor.in_year(year) - ahead
        if first <= day <= last:
            yield Occasion(day, rule.at, slot, year * len(rule.lead) + slot)


def _cron(rule: Cron, first: date, last: date) -> Iterator[Occasion]:
    times = wall_times(rule)
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        if day.month in rule.months and _fits(rule, day):
            for slot, at in enumerate(times):
                yield Occasion(day, at, slot, ordinal * len(times) + slot)


@lru_cache(maxsize=256)
def wall_times(rule: Cron) -> tuple[time, ...]:
    """The wall times at which a cron rule fires on a day that fits, in order."""
    return tuple(time(hour, minute) for hour in sorted(rule.hours) for minute in sorted(rule.minutes))


def _fits(rule: Cron, day: date) -> bool:
    last = monthrange(day.year, day.month)[1]
    by_date = day.day in rule.days or (-1 in rule.days and day.day == last)
    nth = {0, (day.day + 6) // 7, -1 if day.day + 7 > last else 0}
    by_weekday = any((day.weekday(), which) in rule.weekdays for which in nth)
    return by_date or by_weekday if rule.either_day else by_date and by_weekday
