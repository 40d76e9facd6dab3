"""Reload: pick up what the operator edits, without a restart and without stopping anything.

Files are read again when something in their folders changes, and on SIGHUP (`nudger reload`). What is sound counts at
once; what has a fault keeps its last good version, and the log, `nudger status` and the metrics say where it is.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError
from watchfiles import DefaultFilter, awatch

from nudger.errors import NudgerError
from nudger.files.salvage import Salvage
from nudger.observability import logger
from nudger.rendering.faults import CannotRender
from nudger.runtime.intake import Edit, look_in_edit, take_in_edit
from nudger.runtime.memory import settle
from nudger.runtime.notify_systemd import supervisor
from nudger.settings import Settings
from nudger.wiring import Service, build_library, build_renderer, templates_folder

log = logger(__name__)

#: Milliseconds without a further change after which an editor is taken to have finished writing, and the longest wait.
QUIET, LONGEST = 300, 5_000
#: Milliseconds between two looks at whether the folders are still the ones that are watched.
SAME_FOLDERS = 2_000
#: Seconds until files are read again where the database did not take what was in them.
AGAIN_AFTER = 10.0

Read = Callable[[], Edit]


def outlive_hangups() -> None:
    """Pass over a SIGHUP that comes before there is anything to reload: left alone, it would end the process."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


@asynccontextmanager
async def reloading(service: Service, *, syncs: bool) -> AsyncIterator[None]:
    """Pick up edits while the block runs: into the database where it `syncs`, else pools and layouts alone."""
    settings = service.settings

    def read() -> Edit:
        return take_in_edit(settings, service.around.now()) if syncs else look_in_edit(settings)

    reloader = Reloader(service, read)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, reloader.ask)
    tasks = [asyncio.ensure_future(one) for one in (reloader.run(), reloader.watch(settings))]
    try:
        yield
    finally:
        reloader.stop()
        await asyncio.gather(*tasks)


def _folders(settings: Settings) -> dict[Path, int]:
    """The folders that there are of those the operator writes in, and which (by inode) each is."""
    named = (settings.schedules, templates_folder(settings))
    return {folder: folder.stat().st_ino for folder in named if folder.is_dir()}


class Reloader:
    """Reads again when asked, one reading at a time; who asks in the midst of one gets another after it."""

    def __init__(self, service: Service, read: Read) -> None:
        """`read` may take long, and runs in a thread."""
        self._service = service
        self._read = read
        self._asked = asyncio.Event()
        self._stopping = asyncio.Event()

    def ask(self) -> None:
        """Have the files read again."""
        self._asked.set()

    def stop(self) -> None:
        """Finish the reading at hand, and begin no other."""
        self._stopping.set()
        self._asked.set()

    async def watch(self, settings: Settings) -> None:
        """Ask whenever a file of the operator's changes; SIGHUP alone is left where they cannot be watched."""
        try:
            while not self._stopping.is_set():
                await self._watch_these(settings)
        except (OSError, RuntimeError, ExceptionGroup) as error:
            log.warning("files_not_watched", error=type(error).__name__)

    async def _watch_these(self, settings: Settings) -> None:
        """Watch the folders there are, until others stand in their places.

        The system watches a folder, whatever its name: of one put in its place it would tell nothing.
        """
        known = _folders(settings)
        changes = awatch(
            *known,
            watch_filter=DefaultFilter(),
            debounce=LONGEST,
            step=QUIET,
            stop_event=self._stopping,
            rust_timeout=SAME_FOLDERS,
            yield_on_timeout=True,
        )
        async with aclosing(changes):
            async for edits in changes:
                now = _folders(settings)
                if edits or now.items() - known.items():
                    self.ask()
                if now != known:
                    return

    async def run(self) -> None:
        """Read whenever asked, until stopped; systemd is told when a reading begins and ends."""
        systemd = supervisor()
        while True:
            await self._asked.wait()
            if self._stopping.is_set():
                return
            self._asked.clear()
            systemd.reloading()
            done = await self._reload()
            if not self._stopping.is_set():  # nothing is said after `stopping`
                systemd.ready()
            if not done:
                self._asked.set()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), AGAIN_AFTER)

    async def _reload(self) -> bool:
        """Read once; False where it has to be tried again. A fault that nobody thought of waits for the next edit."""
        try:
            edit = await asyncio.to_thread(self._read)
            await asyncio.to_thread(self._refit, edit.salvage)
            settle()
        except (NudgerError, SQLAlchemyError, OSError) as error:
            # Its kind alone: the text of a database error may hold what was being written.
            log.error("reload_failed", error=type(error).__name__)  # noqa: TRY400 (as said)
            return False
        except Exception as error:  # noqa: BLE001 (the last resort of a reader: the next edit must be read all the same)
            log.error("reload_failed", error=type(error).__name__)  # noqa: TRY400 (as said)
            return True
        for trouble in edit.salvage.troubles:
            log.error("fault_in_files", place=trouble.place, item=trouble.item, kept="last good version")
        log.info("reloaded", faults=edit.salvage.faults, **edit.changed)
        return True

    def _refit(self, salvage: Salvage) -> None:
        """Give the composer the new pools and layouts; a language that is missing or broken keeps its old pools."""
        composer = self._service.gatekeeper.composer
        fresh = build_library(salvage.sound.pools)
        composer.library = type(fresh)({**composer.library.pools, **fresh.pools})
        try:
            renderer = build_renderer(self._service.settings)
            renderer.prove(composer.library.pools)
        except CannotRender:
            log.error("layouts_do_not_work", kept="last good version")  # noqa: TRY400 (its text may quote a name)
        else:
            composer.renderer = renderer
