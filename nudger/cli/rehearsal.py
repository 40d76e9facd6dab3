"""A rehearsal: the true planner, gate and picker on a copy of the state, with stand-ins for the providers."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from nudger.actions.forecast import Narrowing
from nudger.actions.foresee import foresee
from nudger.actions.simulate import VirtualClock, play
from nudger.actions.sync import sync
from nudger.cli.session import wait_for
from nudger.cli.terminal import progress
from nudger.domain.chance import Dice
from nudger.domain.people import Couple
from nudger.errors import NotThere, StorageError
from nudger.runtime.clock import surroundings
from nudger.runtime.identity import installation_key
from nudger.runtime.keys import open_vault
from nudger.settings import Settings
from nudger.storage import people, reports
from nudger.storage.copying import copy_state
from nudger.storage.database import Database
from nudger.storage.reports import Line
from nudger.stores import database_exists
from nudger.wires import build_channels, demo_kinds, stand_ins
from nudger.wiring import Service, build_service, stage, virtual_surroundings


def rehearse(
    settings: Settings, start: datetime, days: int, couple: str | None = None
) -> tuple[Sequence[Couple], Sequence[Line]]:
    """Play `days` from `start` (aware); the couples that played, and every message there was, or those of one couple.

    NotThere where that couple is not in the files.
    """
    end = start + timedelta(days=days)

    async def all_of_it() -> tuple[Sequence[Couple], Sequence[Line]]:
        clock = VirtualClock(start)
        whole = _copy_of_all(settings, clock)
        _known(couple, whole.loaded.couples)
        with progress() as bar:
            task = bar.add_task("Playing", total=(end - start).total_seconds())
            await play(stage(whole, clock), end, lambda at: bar.update(task, completed=(at - start).total_seconds()))
        return whole.loaded.couples, _told(whole, start, end, couple)

    return wait_for(all_of_it())


def look_ahead(
    settings: Settings, start: datetime, days: int, couple: str | None = None
) -> tuple[Sequence[Line], Narrowing]:
    """Foresee `days` from `start` (aware): the messages of all couples or of one, and how preferences narrow each.

    Far quicker than to rehearse, and the same moments and picks. NotThere where that couple is not in the files.
    """
    end = start + timedelta(days=days)

    async def all_of_it() -> tuple[Sequence[Line], Narrowing]:
        whole = _copy_of_all(settings, VirtualClock(start))
        _known(couple, whole.loaded.couples)
        with progress() as bar:
            task = bar.add_task("Looking ahead", total=None)
            foresee(
                whole.database,
                whole.gatekeeper,
                whole.key,
                (start, end),
                couple=couple,
                progress=lambda done, of: bar.update(task, completed=done, total=of),
            )
        with whole.database.read() as connection:
            rows = people.list_couples(connection)
        narrowing = Narrowing(whole.gatekeeper.composer.library, {row.couple.key: row for row in rows})
        return _told(whole, start, end, couple), narrowing

    return wait_for(all_of_it())


def _copy_of_all(settings: Settings, clock: VirtualClock) -> Service:
    """The whole service on a copy of the state, brought in line with the files, with stand-ins for the providers."""
    key = installation_key(settings)
    names = Dice(key, "rehearsal tokens")
    channels = stand_ins(build_channels(settings, surroundings()))
    whole = build_service(
        settings,
        key,
        virtual_surroundings(clock, key),
        lambda: f"{names.below(1 << 60):016x}",
        copied(settings),
        channels=channels,
    )
    sync(whole.database, whole.loaded.couples, whole.loaded.schedules, clock(), demo_kinds(channels))
    return whole


def _known(couple: str | None, couples: Sequence[Couple]) -> None:
    if couple not in {None, *(one.key for one in couples)}:
        raise NotThere("There is no such couple.", mend="`nudger check` names the files they are read from.")


def _told(whole: Service, start: datetime, end: datetime, couple: str | None) -> Sequence[Line]:
    with whole.database.read() as connection:
        lines = reports.lines(connection, reports.between(start, end))
    return [line for line in lines if couple in {None, line.couple}]


def copied(settings: Settings) -> Database:
    """A copy in memory of the state as it is; empty where there is none yet."""
    vault = open_vault(settings)
    target = Database("sqlite://", vault=vault)
    if not database_exists(settings):
        target.upgrade()
        return target
    source = Database(settings.url, vault=vault)
    try:
        source.ensure_current()
        copy_state(source, target)
    except StorageError:
        target.close()
        raise
    finally:
        source.close()
    return target
