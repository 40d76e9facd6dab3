"""`nudger run`: the daemon."""

from nudger.cli.session import begin, service, wait_for
from nudger.runtime.daemon import Daemon
from nudger.runtime.lock import only_daemon
from nudger.settings import Settings
from nudger.storage.database import Database


def run() -> int:
    """Run the daemon until SIGTERM or Ctrl-C; it finishes what is in flight and leaves with 0."""
    settings = begin()
    database = Database(settings.url)
    try:
        with only_daemon(database.path):  # before anything in the database is touched
            database.upgrade()
            wait_for(_live(settings, database))
    finally:
        database.close()
    return 0


async def _live(settings: Settings, database: Database) -> None:
    whole = service(settings, database=database)
    try:
        await Daemon(whole).run()
    finally:
        await whole.aclose()
