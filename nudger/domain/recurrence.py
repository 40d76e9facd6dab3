"""From a rule to its moments: pure, lazy, the same from wherever one starts."""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime
from heapq import merge
from itertools import chain, repeat
from operator import attrgetter

from nudger.domain.calendars import Calendar, Moment, Recipient, Stretch, calendar_of
from nudger.domain.chance import Dice
from nudger.domain.occasions import FixedTimes
from nudger.domain.random_times import random_stretches
from nudger.domain.schedules import Audience, BeforeDate, RandomTimes, Schedule
from nudger.domain.timetables import Page, Place, Rule, pages
from nudger.domain.turns import Turns, giver_for

__all__ = ["Calendar", "Moment", "Recipient", "calendar_of", "moments", "stretches", "withheld"]

by_time = attrgetter("at")


def moments(schedule: Schedule, calendar: Calendar, key: bytes, start: datetime) -> Iterator[Moment]:
    """Every moment of a schedule for a couple at or after `start`, in order of time, as far as one cares to look.

    Depends on the rule, the couple's calendar and the installation's key alone: another `start` leaves out other
    moments and changes none. Without end, but for rules that never fit again. Instants go in aware and come out in
    UTC. ZoneInfoNotFoundError where a time zone is unknown.
    """
    return chain.from_iterable(stretch.moments for stretch in stretches(schedule, calendar, key, start))


def stretches(schedule: Schedule, calendar: Calendar, key: bytes, start: datetime) -> Iterator[Stretch]:
    """The same moments by stretches of time, so that one can see where the next begins before anything is drawn."""
    when = schedule.when
    if isinstance(when, RandomTimes):
        return random_stretches(schedule, when, calendar, key, start)
    return _fixed(schedule, when, calendar, key, start)


def _fixed(schedule: Schedule, when: FixedTimes, calendar: Calendar, key: bytes, start: datetime) -> Iterator[Stretch]:
    """The moments of a rule that names its times: a local day belongs to whoever receives."""
    anchor = giver = None
    if isinstance(when, BeforeDate):
        anchor = calendar.dates.get(when.name)
        giver = None if schedule.check_in else giver_for(when.name, calendar)
    receivers = [one for one in calendar.recipients if giver in {None, one.key}]
    turns = Turns(key, calendar, schedule.key) if schedule.audience is Audience.ONE and giver is None else None
    places = [Place(one.timezone, one.quiet_hours) for one in receivers]
    for spread in pages(Rule(when, anchor, schedule.late), places, start):
        ahead = [page[bisect_left(page, start, key=by_time) :] for page in spread]
        if not any(ahead):
            continue
        begins = min(page[0].at for page in ahead if page)
        if turns is not None and spread[0] is spread[1]:
            yield Stretch(begins, _in_turn(ahead[0], turns))
        else:
            rows = (_received(page, one.key, turns) for one, page in zip(receivers, ahead, strict=True))
            yield Stretch(begins, merge(*rows, key=by_time))


def _in_turn(page: Page, turns: Turns) -> Iterator[Moment]:
    """What merging both partners' rows gives where they live alike, in one go: the planner's most trodden path."""
    latest: dict[str, datetime] = {}
    for (at, day, slot, _), partner in zip(page, turns.receivers([stop.number for stop in page]), strict=True):
        if latest.get(partner) != at:
            latest[partner] = at
            yield Moment(at, partner, day, slot)


def _received(page: Page, partner: str, turns: Turns | None) -> Iterator[Moment]:
    """One partner's moments of a page.

    What falls on the same instant comes once: cron minutes that the clocks jump over, or that quiet hours hold up.
    """
    previous = None
    receivers = turns.receivers([stop.number for stop in page]) if turns else repeat(partner)
    for (at, day, slot, _), receiver in zip(page, receivers, strict=False):
        if at != previous and receiver == partner:
            previous = at
            yield Moment(at, partner, day, slot)


def withheld(schedule: Schedule, couple_key: str, moment: Moment, key: bytes) -> bool:
    """Whether a slot stays empty on purpose: `chance` says how often it is filled. The same for both partners."""
    if schedule.chance >= 1:
        return False
    dice = Dice(key, "chance", couple_key, schedule.key, moment.period.toordinal(), moment.slot)
    return dice.fraction() >= schedule.chance
