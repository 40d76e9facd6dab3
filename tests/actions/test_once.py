"""One full pass does what the daemon's ticks do, and a second one finds nothing to do."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from parts.cast import KEY, NOON
from parts.couples import EACH, NO_LIMIT, ana_and_ben
from parts.fake_channel import Crash
from parts.house import MINUTE, House
from parts.loops import in_loop

from nudger.actions.once import Pass, full_pass
from nudger.actions.plan import PlanReport
from nudger.actions.sync import SyncReport
from nudger.domain.messages import State
from nudger.storage.database import Database


async def one_pass(house: House) -> Pass:
    """A pass at the house's time."""
    return await full_pass(
        house.database,
        house.homes,
        house.rules,
        house.dispatcher,
        house.reconciler,
        key=KEY,
        now=house.now,
        horizon=timedelta(hours=20),
        demo=frozenset(),
    )


@in_loop
async def test_a_pass_plans_and_sends_and_the_next_does_nothing(database: Database) -> None:
    """What is due is planned and sent in one pass; repeated, it changes nothing."""
    house = House(database)
    first = await one_pass(house)
    assert (first.synced, first.planned) == (SyncReport(), PlanReport(enrollments=1, planned=6))
    assert first.dispatched == {"accepted": 1}
    second = await one_pass(house)
    assert second == Pass(SyncReport(), PlanReport(), first.dispatched - first.dispatched, second.reconciled)
    assert second.reconciled == {}


@in_loop
async def test_an_edit_takes_effect_in_the_same_pass(database: Database) -> None:
    """A schedule that is new in the files is synced, planned and, where due, sent at once."""
    house = House(database, rules=[])
    house.rules = [replace(EACH, key="new")]
    report = await one_pass(house)
    assert report.synced.schedules.added == ("new",)
    assert report.dispatched == {"accepted": 1}


@in_loop
async def test_a_pass_clears_up_after_a_crash(database: Database) -> None:
    """What a dead worker held is taken back and sent, and what is in doubt is asked about."""
    house = House(database, [ana_and_ben(budget=NO_LIMIT)], [replace(EACH, late=timedelta(hours=12))])
    claimed, sending = house.due("ana"), house.due("ben")
    house.claim(claimed)
    house.sms.crash_after()
    with suppress(Crash):
        await house.dispatch()
    house.later(MINUTE)
    first = await one_pass(house)
    assert first.reconciled == {"planned": 1, "unknown": 1}
    house.later(MINUTE)
    second = await one_pass(house)
    assert second.reconciled == {"accepted": 1}
    assert house.message(claimed).state is house.message(sending).state is State.ACCEPTED
    assert house.now == NOON + 2 * MINUTE
