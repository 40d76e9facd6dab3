"""When ticks come, whatever happens to the clock of the machine."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from parts.loops import in_loop

from nudger.runtime.clock import surroundings
from nudger.runtime.daemon import Daemon
from nudger.runtime.ticks import Tick
from nudger.runtime.timetable import Again
from nudger.storage.database import Database

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("asleep", [timedelta(0), 0.5 * SECOND, SECOND, timedelta(days=20_000), -timedelta(hours=1)])
def test_missed_rounds_are_passed_over_in_one_go(asleep: timedelta) -> None:
    """Also those of half a century, as where a board without a clock of its own learns what time it is."""
    coming = Again(SECOND).get_next_fire_time(NOON, NOON + asleep)
    assert coming > max(NOON, NOON + asleep)
    assert coming <= max(NOON, NOON + asleep) + SECOND
    assert (coming - NOON) % SECOND == timedelta(0)


@in_loop
async def test_ticks_go_on_when_the_clock_is_set_back(sqlite_database: Database) -> None:
    """At once, and not when it is again as late as it was."""
    worked, working = 0, asyncio.Event()

    async def work() -> None:
        nonlocal worked
        worked += 1
        working.set()

    def ticks(*_: object) -> Sequence[Tick]:
        return [Tick("work", SECOND / 5, work)]

    with time_machine.travel(NOON, tick=True) as clock:
        daemon = Daemon(service(sqlite_database), ticks)
        running = asyncio.create_task(daemon.run())
        await working.wait()
        clock.shift(timedelta(hours=-1))
        before = worked
        async with asyncio.timeout(20):
            while worked < before + 4:
                working.clear()
                await working.wait()
        daemon.stop()
        await running


def service(database: Database) -> Any:  # noqa: ANN401 (as much of a service as a daemon without work looks at)
    """One on the machine's clock that is well, and has nothing to do."""

    async def look(_now: datetime) -> None:
        return

    return SimpleNamespace(
        database=database,
        around=surroundings(),
        settings=SimpleNamespace(heartbeat_url=None, shutdown=5),
        reconciler=SimpleNamespace(take_back=lambda **_: None),
        alerting=SimpleNamespace(look=look),
    )
