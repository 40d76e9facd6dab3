"""What a process of the service may be: everything at once, or one part of many."""

import asyncio
import signal
from enum import StrEnum
from importlib.util import find_spec

from nudger.errors import ConfigurationError
from nudger.links import fingerprint
from nudger.observability import logger
from nudger.runtime.clock import now
from nudger.runtime.notify_systemd import supervisor
from nudger.storage import reports
from nudger.storage.database import Database

log = logger(__name__)


class Role(StrEnum):
    """`all` does all the work itself; `scheduler` has it done by workers; `web` serves the pages alone."""

    ALL = "all"
    SCHEDULER = "scheduler"
    WEB = "web"


def need_cluster(database: Database, what: str) -> None:
    """Raise ConfigurationError where many machines cannot work together: on SQLite, or without the library."""
    if database.is_sqlite:
        raise ConfigurationError(
            f"`{what}` needs PostgreSQL, and the database is SQLite: there `nudger run` does all the work itself.",
            mend="use `nudger run`, or `nudger db move-to postgresql://...` and set DATABASE_URL to that",
        )
    if find_spec("procrastinate") is None:
        raise ConfigurationError(
            f"`{what}` needs procrastinate, which is not installed.", mend="run `pip install 'nudger[postgres]'`"
        )


def prepare(database: Database, key: bytes) -> None:
    """Bring the tables to this program's revision, and see that the key is the one they were filled with."""
    database.upgrade()
    ensure_same_key(database, key)


def ensure_same_key(database: Database, key: bytes) -> None:
    """Raise ConfigurationError where others on this PostgreSQL have another installation key.

    Their draws and links would not be ours. Whoever comes first settles it; an SQLite file has its key beside it.
    """
    if database.is_sqlite:
        return
    ours = fingerprint(key, "installation")
    with database.write() as connection:
        settled = reports.note_once(connection, "installation", ours, now())
    if settled != ours:
        raise ConfigurationError(
            "this machine's installation key is not the one that this database's other processes have",
            mend="set NUDGER_KEY alike on all machines, or copy nudger.key from the data folder of the first one",
        )


async def until_told_to_stop() -> None:
    """Wait for SIGTERM or SIGINT."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    systemd = supervisor()
    async with systemd.watching():
        log.info("running")
        systemd.ready()
        await told.wait()
        log.info("stopping")
        systemd.stopping()
