"""From a rule to its moments: pure, lazy, the same from wherever one starts."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from heapq import merge
from operator import attrgetter

from nudger.domain.calendars import Calendar, Moment, Recipient, calendar_of
from nudger.domain.chance import Dice
from nudger.domain.occasions import Occasion, occasions
from nudger.domain.random_times import random_moments
from nudger.domain.schedules import Audience, BeforeDate, RandomTimes, Schedule
from nudger.domain.turns import Turns, giver_for
from nudger.domain.wall_clock import spared, zone

__all__ = ["Calendar", "Moment", "Recipient", "calendar_of", "moments", "withheld"]

DAY = timedelta(days=1)
by_time = attrgetter("at")


def moments(schedule: Schedule, calendar: Calendar, key: bytes, start: datetime) -> Iterator[Moment]:
    """Every moment of a schedule for a couple at or after `start`, in order of time, as far as one cares to look.

    Depends on the rule, the couple's calendar and the installation's key alone: another `start` leaves out other
    moments and changes none. Without end, but for rules that never fit again. Instants go in aware and come out in
    UTC. ZoneInfoNotFoundError where a time zone is unknown.
    """
    when = schedule.when
    if isinstance(when, RandomTimes):
        return random_moments(schedule, when, calendar, key, start)
    one_by_one = schedule.audience is Audience.ONE
    giver = giver_for(when.name, calendar) if one_by_one and isinstance(when, BeforeDate) else None
    turns = Turns(key, calendar, schedule.key) if one_by_one and giver is None else None
    received = []
    for one in calendar.recipients:
        if giver not in {None, one.key}:
            continue
        yesterday = start.astimezone(zone(one.timezone)).date() - DAY
        due = occasions(when, calendar.dates, yesterday)
        mine = due if turns is None else turns.kept_for(one.key, due)
        received.append(_from(start, mine, one, schedule.late))
    return merge(*received, key=by_time)


def withheld(schedule: Schedule, couple_key: str, moment: Moment, key: bytes) -> bool:
    """Whether a slot stays empty on purpose: `chance` says how often it is filled. The same for both partners."""
    if schedule.chance >= 1:
        return False
    dice = Dice(key, "chance", couple_key, schedule.key, moment.period.toordinal(), moment.slot)
    return dice.fraction() >= schedule.chance


def _from(start: datetime, due: Iterator[Occasion], one: Recipient, late: timedelta) -> Iterator[Moment]:
    """One partner's moments of a fixed rule: a local day belongs to whoever receives.

    What falls on the same instant comes once: cron minutes that the clocks jump over, or that quiet hours hold up.
    """
    previous = None
    for day, at, slot, _ in due:
        moment = spared(day, at, one.timezone, one.quiet_hours, late)
        if moment is None or moment < start or moment == previous:
            continue
        previous = moment
        yield Moment(moment, one.key, day, slot)
