"""`nudger run`: the daemon."""

from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import asdict
from typing import Annotated

from cyclopts import Parameter

from nudger.cli.session import begin, service, wait_for
from nudger.errors import WrongUsage
from nudger.observability import logger
from nudger.runtime.clock import now, token
from nudger.runtime.daemon import Daemon
from nudger.runtime.identity import installation_key
from nudger.runtime.intake import Intake, look_in, take_in
from nudger.runtime.keys import open_vault
from nudger.runtime.lock import only_daemon
from nudger.runtime.nightly import with_backups
from nudger.runtime.reloading import outlive_hangups, reloading
from nudger.runtime.roles import Role, need_cluster, prepare, until_told_to_stop
from nudger.runtime.server import serving
from nudger.runtime.ticks import Ticks, all_work
from nudger.settings import Settings
from nudger.storage.database import Database
from nudger.stores import database_of
from nudger.wiring import Service

log = logger(__name__)


Web = Annotated[bool, Parameter(negative="--no-web", help="Open the web pages, or leave them to another process.")]
Part = Annotated[Role, Parameter(help="Do everything, give work to `nudger worker` processes, or serve pages alone.")]


def run(*, web: Web = True, role: Part = Role.ALL) -> int:
    """Run the daemon until SIGTERM or Ctrl-C; it finishes what is in flight and leaves with 0."""
    if role is Role.WEB and not web:
        raise WrongUsage("--role web without web pages would do nothing", mend="leave out --no-web")
    outlive_hangups()
    settings = begin()
    key = installation_key(settings)
    database = database_of(settings, key, open_vault(settings))
    try:
        if role is Role.ALL:
            with only_daemon(database.path):  # before anything in the database is touched
                prepare(database, key)
                wait_for(_live(settings, database, take_in(settings, now()), web=web))
        elif role is Role.SCHEDULER:
            _schedule(settings, database, key)
        else:
            prepare(database, key)
            wait_for(_serve(settings, database))
    finally:
        database.close()
    return 0


def _schedule(settings: Settings, database: Database, key: bytes) -> None:
    need_cluster(database, "nudger run --role scheduler")
    from nudger.runtime import queue  # noqa: PLC0415 (the library may not be installed)
    from nudger.runtime.cluster import given_out  # noqa: PLC0415 (the same)

    prepare(database, key)
    queue.upgrade(database)
    wait_for(_live(settings, database, take_in(settings, now()), web=False, ticks=given_out))


async def _live(settings: Settings, database: Database, intake: Intake, *, web: bool, ticks: Ticks = all_work) -> None:
    log.info("synced", enrollments=asdict(intake.enrollments))
    log.info("taken_in", couples=intake.couples, schedules=len(intake.loaded.schedules))
    whole = service(settings, database, loaded=intake.loaded)
    daemon = Daemon(whole, with_backups(ticks))
    daemon.listen()
    try:
        async with _open(whole) if web else nullcontext(), reloading(whole, syncs=True):
            await daemon.run()
    finally:
        await whole.aclose()


async def _serve(settings: Settings, database: Database) -> None:
    whole = service(settings, database, loaded=look_in(settings))
    try:
        async with _open(whole), reloading(whole, syncs=False):
            await until_told_to_stop()
    finally:
        await whole.aclose()
    log.info("stopped")


def _open(whole: Service) -> AbstractAsyncContextManager[None]:
    """The web pages, for as long as the daemon runs."""
    from nudger.doors import build_doors  # noqa: PLC0415 (heavy imports, which --no-web and every --help do without)
    from nudger.web.app import build_app  # noqa: PLC0415 (the same)

    return serving(build_app(build_doors(whole, token)), whole.settings.host, whole.settings.port)
