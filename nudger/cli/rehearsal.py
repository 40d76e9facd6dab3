"""A rehearsal: the true planner, gate and picker on a copy of the state, with stand-ins for the providers."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from nudger.actions.simulate import VirtualClock, play
from nudger.actions.sync import sync
from nudger.cli.session import wait_for
from nudger.cli.terminal import progress
from nudger.domain.chance import Dice
from nudger.errors import StorageError
from nudger.runtime.clock import surroundings
from nudger.runtime.identity import installation_key
from nudger.settings import Settings
from nudger.storage import reports
from nudger.storage.copying import copy_state
from nudger.storage.database import Database
from nudger.storage.reports import Line
from nudger.wiring import (
    Service,
    build_channels,
    build_service,
    demo_kinds,
    stage,
    stand_ins,
    virtual_surroundings,
)


def rehearse(settings: Settings, start: datetime, days: int) -> tuple[Service, Sequence[Line]]:
    """Play `days` from `start` (aware) and give back every message of them, with the service that played it."""
    key = installation_key(settings)
    clock = VirtualClock(start)
    around = virtual_surroundings(clock, key)
    names = Dice(key, "rehearsal tokens")

    async def all_of_it() -> tuple[Service, Sequence[Line]]:
        channels = stand_ins(build_channels(settings, surroundings()))
        whole = build_service(
            settings,
            key,
            around,
            lambda: f"{names.below(1 << 60):016x}",
            database=copied(settings),
            channels=channels,
        )
        demo = demo_kinds(channels)
        sync(whole.database, whole.loaded.couples, whole.loaded.schedules, start, demo)
        end = start + timedelta(days=days)
        with progress() as bar:
            task = bar.add_task("Playing", total=(end - start).total_seconds())
            await play(stage(whole, clock), end, lambda at: bar.update(task, completed=(at - start).total_seconds()))
        with whole.database.read() as connection:
            return whole, reports.lines(connection, reports.between(start, end))

    return wait_for(all_of_it())


def copied(settings: Settings) -> Database:
    """A copy in memory of the state as it is; empty where there is none yet."""
    target = Database("sqlite://")
    source = Database(settings.url)
    try:
        missing = source.path is not None and not source.path.exists()
        if missing or source.current() is None:
            target.upgrade()
        else:
            source.ensure_current()
            copy_state(source, target)
    except StorageError:
        target.close()
        raise
    finally:
        source.close()
    return target
