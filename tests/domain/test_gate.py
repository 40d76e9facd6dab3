"""Who may be written to now, who later and who not: each rule, and which of two comes first."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from nudger.domain.gate import End, Go, Standing, Wait, decide
from nudger.domain.messages import Reason, State
from nudger.domain.people import Allowance, LifeState
from nudger.domain.windows import NIGHT, Window

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 2, 2, 11, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

FINE = Standing(
    now=NOON,
    due_at=NOON,
    not_after=NOON + HOUR,
    zone=BERLIN,
    channel_on=True,
    consent="granted",
    suppressed=False,
    life_state=LifeState.ACTIVE,
    paused_until=None,
    quiet_hours=NIGHT,
    allowance=Allowance(day=1, week=3),
    spent_today=0,
    spent_this_week=0,
    caught_up_lately=False,
)

#: Each rule's way of saying no, in the order they are asked: every one beats all that follow.
RULES = [
    ({"life_state": LifeState.ENDED}, End(State.CANCELLED, Reason.LIFE_STATE)),
    ({"left": True}, End(State.CANCELLED, Reason.LEFT)),
    ({"channel_on": False}, End(State.SKIPPED, Reason.CHANNEL_OFF)),
    ({"consent": None}, End(State.SKIPPED, Reason.NO_CONTACT)),
    ({"suppressed": True}, End(State.SKIPPED, Reason.SUPPRESSED)),
    ({"consent": "withdrawn"}, End(State.SKIPPED, Reason.NO_CONSENT)),
    ({"paused_until": NOON + 20 * HOUR}, End(State.SKIPPED, Reason.PAUSED)),
    ({"not_after": NOON - timedelta(milliseconds=1)}, End(State.EXPIRED, Reason.LATE)),
    ({"days": frozenset({1, 6})}, End(State.SKIPPED, Reason.DAY_OFF)),
    ({"quiet_hours": Window(time(11, 30), time(12, 30))}, Wait(NOON + 30 * MINUTE, Reason.QUIET_HOURS)),
    ({"spent_today": 1}, End(State.SKIPPED, Reason.CAP_DAY)),
    ({"spent_this_week": 3}, End(State.SKIPPED, Reason.CAP_WEEK)),
    ({"due_at": NOON - 11 * MINUTE, "caught_up_lately": True}, End(State.EXPIRED, Reason.ONE_CATCH_UP)),
]


def test_nothing_against_it_lets_it_go() -> None:
    """A message with consent, in time and within every limit leaves."""
    assert decide(FINE) == Go(caught_up=False)


@pytest.mark.parametrize(("against", "decision"), RULES)
def test_each_rule_keeps_a_message_back(against: dict[str, object], decision: object) -> None:
    """Any one thing against a message is enough, and is told."""
    assert decide(replace(FINE, **against)) == decision


@pytest.mark.parametrize("place", range(len(RULES)))
def test_the_first_rule_in_order_speaks(place: int) -> None:
    """Where several things are against a message, the gravest is told: consent before time, time before budget."""
    against: dict[str, object] = {}
    for changes, _ in reversed(RULES[place:]):
        against |= changes
    assert decide(replace(FINE, **against)) == RULES[place][1]


@pytest.mark.parametrize(
    ("changes", "decision"),
    [
        ({"life_state": LifeState.BEREAVED}, End(State.CANCELLED, Reason.LIFE_STATE)),
        ({"life_state": LifeState.LOSS}, Go(caught_up=False)),
        ({"consent": "none"}, End(State.SKIPPED, Reason.NO_CONSENT)),
        ({"paused_until": NOON}, Go(caught_up=False)),
        ({"not_after": NOON}, Go(caught_up=False)),
        ({"quiet_hours": None}, Go(caught_up=False)),
        ({"allowance": Allowance(), "spent_today": 9, "spent_this_week": 9}, Go(caught_up=False)),
        ({"allowance": Allowance(day=0)}, End(State.SKIPPED, Reason.CAP_DAY)),
        ({"allowance": Allowance(week=0)}, End(State.SKIPPED, Reason.CAP_WEEK)),
        ({"allowance": Allowance(day=2), "spent_today": 1, "spent_this_week": 50}, Go(caught_up=False)),
        ({"due_at": NOON - 10 * MINUTE, "caught_up_lately": True}, Go(caught_up=False)),
        ({"due_at": NOON - 10 * MINUTE - timedelta(milliseconds=1)}, Go(caught_up=True)),
        ({"caught_up_lately": True}, Go(caught_up=False)),
    ],
)
def test_the_edges_of_each_rule(changes: dict[str, object], decision: object) -> None:
    """A limit is reached when it is used up, and a moment has passed when it is over."""
    assert decide(replace(FINE, **changes)) == decision


def quiet(local: str, window: Window, zone: ZoneInfo = BERLIN, *, fold: int = 0, late: int = 48) -> object:
    """What the gate says at a local wall time; a wait as its end in UTC."""
    now = datetime.fromisoformat(local).replace(tzinfo=zone, fold=fold).astimezone(UTC)
    standing = replace(FINE, now=now, due_at=now, not_after=now + timedelta(hours=late), zone=zone, quiet_hours=window)
    decision = decide(standing)
    return f"{decision.until.astimezone(UTC):%m-%dT%H:%M}" if isinstance(decision, Wait) else decision


GO = Go(caught_up=False)
TWO_TO_HALF_PAST = Window(time(22, 0), time(2, 30))


@pytest.mark.parametrize(
    ("local", "window", "fold", "until"),
    [
        ("2026-02-02T20:29:59", NIGHT, 0, GO),
        ("2026-02-02T20:30", NIGHT, 0, "02-03T08:00"),
        ("2026-02-02T23:59", NIGHT, 0, "02-03T08:00"),
        ("2026-02-03T00:00", NIGHT, 0, "02-03T08:00"),
        ("2026-02-03T08:59:59", NIGHT, 0, "02-03T08:00"),
        ("2026-02-03T09:00", NIGHT, 0, GO),
        ("2026-02-02T13:30", Window(time(13, 0), time(15, 0)), 0, "02-02T14:00"),
        # 29 March: clocks go from 02:00 to 03:00; nine o'clock is an hour nearer, and half past two does not exist.
        ("2026-03-28T23:00", NIGHT, 0, "03-29T07:00"),
        ("2026-03-29T01:30", TWO_TO_HALF_PAST, 0, "03-29T01:00"),
        ("2026-03-29T03:00", TWO_TO_HALF_PAST, 0, GO),
        # 25 October: clocks go from 03:00 back to 02:00; half past two comes twice, and each ends the quiet before it.
        ("2026-10-24T23:00", NIGHT, 0, "10-25T08:00"),
        ("2026-10-25T02:15", TWO_TO_HALF_PAST, 0, "10-25T00:30"),
        ("2026-10-25T02:45", TWO_TO_HALF_PAST, 0, GO),
        ("2026-10-25T02:15", TWO_TO_HALF_PAST, 1, "10-25T01:30"),
        ("2026-10-25T02:45", TWO_TO_HALF_PAST, 1, GO),
    ],
)
def test_quiet_hours_end_when_the_clock_on_the_wall_says_so(
    local: str, window: Window, fold: int, until: object
) -> None:
    """The wait lasts to the window's next end by local clocks, over midnight and over a change of clocks alike."""
    assert quiet(local, window, fold=fold) == until


def test_quiet_hours_that_outlast_its_use_end_a_message() -> None:
    """Where the quiet lasts longer than the message is of use it expires at once."""
    assert quiet("2026-02-02T20:30", NIGHT, late=12) == End(State.EXPIRED, Reason.QUIET_HOURS)
    assert quiet("2026-02-02T20:30", NIGHT, late=13) == "02-03T08:00"


def test_both_sets_of_quiet_hours_hold() -> None:
    """Where the written hours end inside their own, the wait is to the end of both; together they may last too long."""
    written, own = Window(time(11), time(12, 15)), Window(time(12, 10), time(12, 40))
    waiting = replace(FINE, quiet_hours=written, own_quiet_hours=own)
    assert decide(waiting) == Wait(NOON + 40 * MINUTE, Reason.QUIET_HOURS)
    assert decide(replace(waiting, quiet_hours=None)) == Go(caught_up=False)
    all_day = replace(waiting, own_quiet_hours=Window(time(12, 15), time(11)))
    assert decide(all_day) == End(State.EXPIRED, Reason.QUIET_HOURS)


def test_a_day_off_is_a_day_of_their_own_zone() -> None:
    """Monday noon in Berlin is a Monday; just past midnight there it is Tuesday, whatever UTC says."""
    mondays = replace(FINE, days=frozenset({0}), quiet_hours=None)
    assert decide(mondays) == Go(caught_up=False)
    late = replace(mondays, now=NOON + 12 * HOUR, due_at=NOON + 12 * HOUR, not_after=NOON + 13 * HOUR)
    assert decide(late) == End(State.SKIPPED, Reason.DAY_OFF)
