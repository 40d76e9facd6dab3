"""A rehearsal: the true planner, gate and picker on a copy of the state, with stand-ins for the providers."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from nudger.actions.simulate import VirtualClock, play
from nudger.actions.sync import sync
from nudger.cli.session import wait_for
from nudger.cli.terminal import progress
from nudger.domain.chance import Dice
from nudger.domain.people import Couple
from nudger.errors import NotThere, StorageError
from nudger.runtime.clock import surroundings
from nudger.runtime.identity import installation_key
from nudger.settings import Settings
from nudger.storage import reports
from nudger.storage.copying import copy_state
from nudger.storage.database import Database
from nudger.storage.reports import Line
from nudger.wiring import (
    build_channels,
    build_service,
    database_exists,
    demo_kinds,
    stage,
    stand_ins,
    virtual_surroundings,
)


def rehearse(
    settings: Settings, start: datetime, days: int, couple: str | None = None
) -> tuple[Sequence[Couple], Sequence[Line]]:
    """Play `days` from `start` (aware); the couples that played, and every message there was, or those of one couple.

    NotThere where that couple is not in the files.
    """
    key = installation_key(settings)
    clock = VirtualClock(start)
    around = virtual_surroundings(clock, key)
    names = Dice(key, "rehearsal tokens")

    async def all_of_it() -> tuple[Sequence[Couple], Sequence[Line]]:
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
            return whole.loaded.couples, reports.lines(connection, reports.between(start, end))

    couples, lines = wait_for(all_of_it())
    if couple not in {None, *(one.key for one in couples)}:
        raise NotThere("There is no such couple.", mend="`nudger check` names the files they are read from.")
    return couples, [line for line in lines if couple in {None, line.couple}]


def copied(settings: Settings) -> Database:
    """A copy in memory of the state as it is; empty where there is none yet."""
    target = Database("sqlite://")
    if not database_exists(settings):
        target.upgrade()
        return target
    source = Database(settings.url)
    try:
        source.ensure_current()
        copy_state(source, target)
    except StorageError:
        target.close()
        raise
    finally:
        source.close()
    return target
