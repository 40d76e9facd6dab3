"""Once: a full pass over everything, as the daemon does it in its ticks."""

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from nudger.actions.dispatch import Dispatcher
from nudger.actions.plan import PlanReport, plan
from nudger.actions.reconcile import Reconciler
from nudger.actions.sync import SyncReport, sync
from nudger.domain.people import ChannelKind, Couple
from nudger.domain.schedules import Schedule
from nudger.storage.database import Database


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass did; the counters tell how many messages came to which state."""

    synced: SyncReport
    planned: PlanReport
    dispatched: Counter[str]
    reconciled: Counter[str]


async def full_pass(
    database: Database,
    couples: Sequence[Couple],
    schedules: Sequence[Schedule],
    dispatcher: Dispatcher,
    reconciler: Reconciler,
    *,
    key: bytes,
    now: datetime,
    horizon: timedelta,
    demo: Collection[ChannelKind],
) -> Pass:
    """Sync, plan, dispatch and reconcile, once, at `now` (aware)."""
    synced = await asyncio.to_thread(sync, database, couples, schedules, now, demo)
    planned = await asyncio.to_thread(plan, database, key, now, horizon=horizon)
    reconciled = Counter(await asyncio.to_thread(reconciler.take_back))
    dispatched = await dispatcher.drain()
    reconciled.update(await reconciler.ask())
    return Pass(synced, planned, dispatched, reconciled)
