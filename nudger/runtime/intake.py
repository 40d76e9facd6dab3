"""Taking in what the operator wrote, in a process of its own: what reading takes is given back when that one ends.

Ten thousand couples in YAML take seconds of pure reading and hundreds of megabytes on the way. In the daemon's own
process the memory would stay, and the reading would hold up everything else.
"""

import os
import signal
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import ParamSpec, TypeVar

from nudger.actions.plan import plan
from nudger.actions.reload import note_reload
from nudger.actions.sync import Doubtful, Moves, SyncReport, sync
from nudger.errors import StorageError
from nudger.files.faults import InvalidFiles
from nudger.files.loaded import Loaded
from nudger.files.salvage import Salvage, salvage
from nudger.runtime.identity import installation_key
from nudger.runtime.keys import open_vault
from nudger.settings import Settings
from nudger.stores import database_of
from nudger.wires import outbox_kinds
from nudger.wiring import read_files, templates_folder

#: Bytes of YAML that are read in about the time that a process takes to start.
LITTLE = 250_000
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Intake:
    """What was taken in: schedules and pools as loaded, without couples; their count; what changed in enrollments."""

    loaded: Loaded
    couples: int
    enrollments: Moves


def take_in(settings: Settings, now: datetime) -> Intake:
    """Read the files and make the database, whose tables must be there, follow them, as of `now` (aware).

    InvalidFiles where they have faults: nothing is changed then. StorageError where the database fails.
    """
    taken = _elsewhere(settings, _take_in, settings, now)
    if taken.loaded.faults:
        raise InvalidFiles(taken.loaded.faults)
    return taken


def look_in(settings: Settings) -> Loaded:
    """Read the files without couples, and leave the database to others. InvalidFiles where they have faults."""
    loaded = _elsewhere(settings, _look_in, settings)
    if loaded.faults:
        raise InvalidFiles(loaded.faults)
    return loaded


@dataclass(frozen=True, slots=True)
class Edit:
    """What a reading of edited files came to; `salvage` holds no couples. `report` is None where nothing was synced."""

    salvage: Salvage
    report: SyncReport | None = None

    @property
    def changed(self) -> Mapping[str, object]:
        """Counts of what the database follows now, for the log."""
        if self.report is None:
            return {}
        kinds = {"couples": self.report.couples, "schedules": self.report.schedules}
        counts = {kind: {name: len(keys) for name, keys in asdict(one).items()} for kind, one in kinds.items()}
        return {**counts, "enrollments": asdict(self.report.enrollments)}


def take_in_edit(settings: Settings, now: datetime) -> Edit:
    """Read files that were edited and make the database follow all that is sound in them, as of `now` (aware).

    What has a fault keeps its last good version. StorageError where the database fails.
    """
    return _elsewhere(settings, _take_in_edit, settings, now)


def look_in_edit(settings: Settings) -> Edit:
    """Read files that were edited, and leave the database to others."""
    return _elsewhere(settings, _look_in_edit, settings)


def _look_in_edit(settings: Settings) -> Edit:
    return Edit(_light(salvage(read_files(settings), templates_folder(settings))))


def _take_in_edit(settings: Settings, now: datetime) -> Edit:
    found = salvage(read_files(settings), templates_folder(settings))
    doubtful = Doubtful(found.doubtful["couples"], found.doubtful["schedules"], found.hidden)
    database = database_of(settings, installation_key(settings), open_vault(settings))
    try:
        report = sync(
            database, found.sound.couples, found.sound.schedules, now, outbox_kinds(settings), doubtful=doubtful
        )
        with database.write() as connection:
            note_reload(connection, found.faults, found.troubles, now)
        # At once: what was planned before the edit is gone, and the next tick may be half a minute away.
        plan(database, installation_key(settings), now, horizon=timedelta(hours=settings.horizon_hours))
    finally:
        database.close()
    return Edit(_light(found), report)


def _light(found: Salvage) -> Salvage:
    """Without the couples and documents, which the daemon has no use for."""
    return replace(found, sound=replace(found.sound, couples=(), homes={}))


def _elsewhere(settings: Settings, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do it in a process of its own, unless there is so little to read that starting one takes longer.

    StorageError where that process was ended from outside: by Ctrl-C, or by a system that is short of memory.
    """
    if _size(settings.schedules, settings.templates) < LITTLE:
        return job(*args, **kwargs)
    spawning = get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=spawning, initializer=_end_with_parent) as elsewhere:
        try:
            return elsewhere.submit(job, *args, **kwargs).result()
        except BrokenProcessPool as broken:
            raise StorageError(
                "The process that reads the files was ended before it had read them.",
                mend="see whether the machine is short of memory",
            ) from broken


def _end_with_parent() -> None:
    """Let this process end when the one that asked has gone, however it went; left alone it would wait for ever.

    A Ctrl-C, which comes to both, ends it at once: raised in its work it would come out again in the other's.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    parent = parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def _size(*folders: Path) -> int:
    """Bytes of YAML in these folders."""
    return sum(file.stat().st_size for folder in folders for file in folder.rglob("*.yaml"))


def _look_in(settings: Settings) -> Loaded:
    return replace(read_files(settings), couples=(), homes={})


def _take_in(settings: Settings, now: datetime) -> Intake:
    loaded = read_files(settings)
    without = replace(loaded, couples=(), homes={})
    if loaded.faults:
        return Intake(without, len(loaded.couples), Moves())
    database = database_of(settings, installation_key(settings), open_vault(settings))
    try:
        report = sync(database, loaded.couples, loaded.schedules, now, outbox_kinds(settings))
        with database.write() as connection:
            note_reload(connection, 0, (), now)
    finally:
        database.close()
    return Intake(without, len(loaded.couples), report.enrollments)
