"""Signs of life for a dead man's switch: only while all is really well."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from parts.daemon import Daemon, wait_for
from parts.desks import Desk
from parts.fake_hook import FakeHook
from parts.fake_provider import running
from parts.loops import in_loop
from parts.stands import DOWN, IMPATIENT

from nudger.actions.simulate import VirtualClock
from nudger.channels.heartbeat import call
from nudger.runtime.ticks import Tick
from nudger.runtime.watching import HANGS_AFTER, Calls, Rounds, Wellness

NOON = datetime(2026, 2, 2, 12, 0, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


async def nothing() -> None:
    """Do nothing."""


@pytest.fixture
def rounds() -> Rounds:
    """Two ticks that have just begun."""
    return Rounds([Tick("dispatch", SECOND, nothing), Tick("heartbeat", MINUTE, nothing)], NOON)


def test_well_means_that_every_tick_has_run(rounds: Rounds) -> None:
    """Until each has come to a good end once, it is starting."""
    assert rounds.wellness(NOON) is Wellness.STARTING
    rounds.ended("dispatch", NOON, well=True)
    assert rounds.wellness(NOON) is Wellness.STARTING
    rounds.ended("heartbeat", NOON, well=True)
    assert rounds.wellness(NOON) is Wellness.WELL


def test_a_tick_that_never_ends_is_not_well(rounds: Rounds) -> None:
    """A round may take long; one that has not ended for a quarter of an hour hangs."""
    rounds.ended("heartbeat", NOON, well=True)
    assert rounds.wellness(NOON + HANGS_AFTER) is Wellness.STARTING
    rounds.ended("heartbeat", NOON + HANGS_AFTER, well=True)
    assert rounds.wellness(NOON + HANGS_AFTER + SECOND) is Wellness.UNWELL


def test_a_hiccup_of_the_database_is_forgiven(rounds: Rounds) -> None:
    """A tick that fails is unwell after two more rounds and half a minute, and well again with the next good one."""
    for name in ("dispatch", "heartbeat"):
        rounds.ended(name, NOON, well=True)
    rounds.ended("dispatch", NOON + SECOND, well=False)
    rounds.ended("heartbeat", NOON + MINUTE, well=True)
    assert rounds.wellness(NOON + 32 * SECOND) is Wellness.WELL
    assert rounds.wellness(NOON + 33 * SECOND) is Wellness.UNWELL
    rounds.ended("dispatch", NOON + MINUTE, well=True)
    assert rounds.wellness(NOON + MINUTE) is Wellness.WELL
    rounds.ended("another", NOON + MINUTE, well=False)
    assert rounds.wellness(NOON + MINUTE) is Wellness.WELL


@in_loop
async def test_the_call() -> None:
    """The address itself while all is well; `/fail` below it when not, except where a query says what it means."""
    async with FakeHook() as hook:
        kuma = f"{hook.url}/api/push/t0ken?status=up&msg=OK"
        assert await call(f"{hook.url}/ping/", well=True) is None
        assert await call(f"{hook.url}/ping/", well=False) is None
        assert await call(kuma, well=True) is None
        assert await call(kuma, well=False) is None
        assert hook.called == ["/ping/", "/ping/fail", "/api/push/t0ken?status=up&msg=OK"]
        hook.refuse_next(1, 0, status=404)
        assert await call(hook.url, well=True) == "404"
        hook.hang()
        assert await call(hook.url, well=True, within=IMPATIENT) == "timeout"
    assert await call(DOWN, well=True) == "not_connected"


@in_loop
async def test_calls_each_minute_and_when_it_turns(rounds: Rounds) -> None:
    """Nothing while it starts; then one call a minute, and one at each turn for the worse or the better.

    A machine that slept was not unwell.
    """
    clock = VirtualClock(NOON)
    service: Any = SimpleNamespace(around=SimpleNamespace(now=clock))
    async with FakeHook() as hook:
        calls = Calls(service, hook.url, rounds)

        async def beats(*, well: bool, seconds: int) -> list[str]:
            """What is called while both ticks end so, looking every two seconds."""
            del hook.called[:]
            for _ in range(0, seconds, 2):
                for name in ("dispatch", "heartbeat"):
                    rounds.ended(name, clock(), well=well)
                await calls.call_when_due()
                clock.move_to(clock() + 2 * SECOND)
            return hook.called

        await calls.call_when_due()
        assert hook.called == []
        hook.refuse_next(1, 0, status=503)
        assert await beats(well=True, seconds=60) == []
        assert await beats(well=True, seconds=120) == ["/", "/"]
        assert await beats(well=False, seconds=100) == ["/", "/fail"]
        assert await beats(well=True, seconds=10) == ["/"]
        clock.move_to(clock() + timedelta(hours=8))  # the lid was closed
        del hook.called[:]
        await calls.call_when_due()
        assert hook.called == []
        assert await beats(well=True, seconds=10) == ["/"]


def test_a_daemon_calls_while_its_database_answers(due_now: Callable[[int], Desk]) -> None:
    """It calls right after its start, and keeps the address to itself."""
    with running(FakeHook()) as hook:
        desk = due_now(1)
        desk.set(NUDGER_HEARTBEAT_URL=f"{hook.url}/s3cret-path")
        with Daemon(desk.folder) as daemon:
            wait_for(lambda: hook.called == ["/s3cret-path"], "a sign of life")
            assert daemon.stop() == 0
        assert "s3cret-path" not in daemon.log
