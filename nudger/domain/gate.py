"""The last question before a message leaves: may it go now, must it wait, or does it end here."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from nudger.domain.messages import Reason, State
from nudger.domain.people import Allowance, LifeState
from nudger.domain.wall_clock import instant
from nudger.domain.windows import Window

#: A message this long after its moment is a catch-up: something was down. Of those a partner gets one a day.
CATCH_UP_AFTER = timedelta(minutes=10)
CATCH_UP_EVERY = timedelta(hours=24)

GRANTED = "granted"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is true of a message and its recipient when it is about to leave. Moments are aware.

    `consent` is None where the partner has no such contact; `allowance` and the counts are for the message's channel,
    in the recipient's own day and week (from Monday). `quiet_hours` are those written, `own_quiet_hours` those they
    chose beside them; `days` are the local weekdays they allow (0 is Monday), none for all. `life_state` is the
    heavier of the couple's and their own, `left` whether they left the couple.
    """

    now: datetime
    due_at: datetime
    not_after: datetime
    zone: ZoneInfo
    channel_on: bool
    consent: str | None
    suppressed: bool
    life_state: LifeState
    paused_until: datetime | None
    quiet_hours: Window | None
    allowance: Allowance
    spent_today: int
    spent_this_week: int
    caught_up_lately: bool
    own_quiet_hours: Window | None = None
    days: frozenset[int] = frozenset()
    left: bool = False


@dataclass(frozen=True, slots=True)
class Go:
    """It may leave; `caught_up` marks it as the one late message after an outage."""

    caught_up: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """It may leave later, at `until`."""

    until: datetime
    reason: Reason


@dataclass(frozen=True, slots=True)
class End:
    """It will not leave."""

    state: State
    reason: Reason


Decision = Go | Wait | End


def decide(standing: Standing) -> Decision:
    """Whether the message may leave. First consent, then lateness, days, quiet hours, budget, catch-up."""
    return (
        _forbidden(standing)
        or _too_late(standing)
        or _day_off(standing)
        or _quiet(standing)
        or _over_budget(standing)
        or _second_catch_up(standing)
        or Go(caught_up=_overdue(standing))
    )


def _forbidden(standing: Standing) -> End | None:
    if standing.life_state in {LifeState.ENDED, LifeState.BEREAVED}:
        return End(State.CANCELLED, Reason.LIFE_STATE)
    if standing.left:
        return End(State.CANCELLED, Reason.LEFT)
    if not standing.channel_on:
        return End(State.SKIPPED, Reason.CHANNEL_OFF)
    if standing.consent is None:
        return End(State.SKIPPED, Reason.NO_CONTACT)
    if standing.suppressed:
        return End(State.SKIPPED, Reason.SUPPRESSED)
    if standing.consent != GRANTED:
        return End(State.SKIPPED, Reason.NO_CONSENT)
    if standing.paused_until is not None and standing.paused_until > standing.now:
        return End(State.SKIPPED, Reason.PAUSED)
    return None


def _too_late(standing: Standing) -> End | None:
    return End(State.EXPIRED, Reason.LATE) if standing.now > standing.not_after else None


def _day_off(standing: Standing) -> End | None:
    if not standing.days:
        return None
    today = standing.now.astimezone(standing.zone).weekday()
    return None if today in standing.days else End(State.SKIPPED, Reason.DAY_OFF)


def _quiet(standing: Standing) -> Wait | End | None:
    """Both sets of quiet hours hold: where one ends inside the other, the wait is to the end of that."""
    windows = [window for window in (standing.quiet_hours, standing.own_quiet_hours) if window is not None]
    until, local = standing.now, standing.now.astimezone(standing.zone)
    while until <= standing.not_after:
        holding = next((window for window in windows if window.holds(local.time())), None)
        if holding is None:
            return Wait(until, Reason.QUIET_HOURS) if until > standing.now else None
        until = _next(holding.end, local, standing.zone)
        local = until.astimezone(standing.zone)
    return End(State.EXPIRED, Reason.QUIET_HOURS)


def _next(end: time, local: datetime, zone: ZoneInfo) -> datetime:
    """The next time the clocks show `end`: in the hour they show twice, its second time counts as well."""
    today = instant(local.date(), end, zone)
    second = datetime.combine(local.date(), end, zone).replace(fold=1).astimezone(UTC)
    tomorrow = instant(local.date() + timedelta(days=1), end, zone)
    return next(moment for moment in (today, second, tomorrow) if moment > local)


def _over_budget(standing: Standing) -> End | None:
    day, week = standing.allowance.day, standing.allowance.week
    if day is not None and standing.spent_today >= day:
        return End(State.SKIPPED, Reason.CAP_DAY)
    if week is not None and standing.spent_this_week >= week:
        return End(State.SKIPPED, Reason.CAP_WEEK)
    return None


def _overdue(standing: Standing) -> bool:
    return standing.now - standing.due_at > CATCH_UP_AFTER


def _second_catch_up(standing: Standing) -> End | None:
    if _overdue(standing) and standing.caught_up_lately:
        return End(State.EXPIRED, Reason.ONE_CATCH_UP)
    return None
