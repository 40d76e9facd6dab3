"""Simulate: play days in seconds, with the true planner, gate, picker and dispatcher under a clock of our own.

Demo plays on a database of its own with the outbox; preview and forecast on a copy of the state with stand-ins for
the providers. What they show is what the daemon will do, because it is the same code from the same state.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from nudger.actions.dispatch import Dispatcher
from nudger.actions.plan import plan
from nudger.actions.reconcile import Reconciler
from nudger.storage import messages
from nudger.storage.database import Database

#: The planner of a simulation runs as often as its horizon makes it worth.
PLAN_EVERY = timedelta(hours=24)
A_MOMENT = timedelta(seconds=1)
#: How long a simulation waits when something is due and nothing moves: a provider may be left alone for a while.
HELD_UP = timedelta(minutes=1)


class VirtualClock:
    """A clock that stands still until it is moved forward."""

    def __init__(self, start: datetime) -> None:
        """Start at an aware moment."""
        self._now = start

    def __call__(self) -> datetime:
        """The moment it shows."""
        return self._now

    def move_to(self, moment: datetime) -> None:
        """Move forward; never back."""
        self._now = max(self._now, moment)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a simulation is played. The reconciler frees what was in hand or in doubt when the state was copied."""

    database: Database
    dispatcher: Dispatcher
    clock: VirtualClock
    key: bytes
    horizon: timedelta = timedelta(hours=48)
    reconciler: Reconciler | None = None


async def play(stage: Stage, until: datetime, progress: Callable[[datetime], None] = lambda _: None) -> None:
    """Play from the clock's moment up to `until`, which is left out, telling `progress` each moment reached."""
    plan_at = stage.clock()
    while stage.clock() < until:
        if stage.clock() >= plan_at:
            plan(stage.database, stage.key, stage.clock(), horizon=stage.horizon)
            plan_at = stage.clock() + PLAN_EVERY
        if stage.reconciler is not None:
            stage.reconciler.take_back()
            await stage.reconciler.ask()
        moved = await stage.dispatcher.drain()
        progress(stage.clock())
        stage.clock.move_to(min(until, plan_at, _next_moment(stage, HELD_UP if not moved else A_MOMENT)))


def _next_moment(stage: Stage, pause: timedelta) -> datetime:
    """When the next message is due; after a pause where one is due already, but held up by something that takes time.

    At least a second on, so that a play always ends.
    """
    now = stage.clock()
    with stage.database.read() as connection:
        first, later = messages.next_wake(connection), messages.next_wake(connection, after=now)
    moment = now + PLAN_EVERY if later is None else later
    if first is not None and first <= now:
        moment = min(moment, now + pause)
    return max(moment, now + A_MOMENT)
