"""`nudger db`: the database's revision, and its move to PostgreSQL."""

from importlib.util import find_spec
from typing import Annotated

from cyclopts import Parameter
from rich.progress import Progress

from nudger.actions.move import Told, move, rows_in
from nudger.cli.session import begin
from nudger.cli.terminal import counting, fields, progress, say, write_json
from nudger.errors import NotThere, WrongUsage
from nudger.runtime.identity import installation_key
from nudger.runtime.keys import open_vault
from nudger.runtime.lock import only_daemon
from nudger.runtime.roles import ensure_same_key
from nudger.storage.database import Database, parse
from nudger.stores import database_exists


def upgrade() -> int:
    """Bring the database to this program's revision; nothing is done where it is there already."""
    settings = begin(quiet=True)
    database = Database(settings.url, vault=open_vault(settings))
    try:
        before = database.current()
        with counting("sealing") as told:
            database.upgrade(told)
        after = database.current()
        jobs = None if database.is_sqlite else _upgrade_queue(database)
    finally:
        database.close()
    say(f"already at {after}" if before == after else f"upgraded from {before or 'nothing'} to {after}")
    if jobs:
        say(f"queue of jobs: at {jobs}")
    return 0


def _upgrade_queue(database: Database) -> str | None:
    """Make or upgrade the tables of `nudger worker`'s queue, where its library is installed."""
    if find_spec("procrastinate") is None:
        return None
    from nudger.runtime import queue  # noqa: PLC0415 (not installed everywhere)

    return queue.upgrade(database)


def current(*, json: Annotated[bool, Parameter(help="Write JSON.")] = False) -> int:
    """Tell the database's revision and this program's; 1 where they differ."""
    database = Database(begin(quiet=True).url)
    try:
        facts = {"database": database.current(), "program": database.head()}
    finally:
        database.close()
    if json:
        write_json([facts])
    else:
        fields(facts)
    return 0 if facts["database"] == facts["program"] else 1


def move_to(
    url: Annotated[str, Parameter(help="postgresql://user@host/name; the password may stand in ~/.pgpass.")],
    /,
) -> int:
    """Copy everything from the SQLite file to an empty PostgreSQL and compare each row; may be cut off and repeated."""
    settings = begin(quiet=True)
    if (parse(settings.url).drivername, parse(url).drivername) != ("sqlite", "postgresql+psycopg"):
        raise WrongUsage("a move goes from an SQLite file to PostgreSQL", mend="look at DATABASE_URL and the address")
    if not database_exists(settings):
        raise NotThere("there is no database to move yet", mend="look at DATABASE_URL and NUDGER_DATA")
    source, target = Database(settings.url, vault=open_vault(settings)), Database(url)
    try:
        with only_daemon(source.path), progress() as bar:
            source.upgrade()
            target.migrate()  # what is sealed is copied as it is, and so is the note of its keys
            done = move(source, target, told=_teller(bar, rows_in(source)))
            ensure_same_key(target, installation_key(settings))  # so that the next machine cannot bring another one
            _upgrade_queue(target)
    finally:
        source.close()
        target.close()
    how = "went on with an unfinished copy" if done.resumed else "copied"
    say(f"{how}: {done.rows:,} rows in {done.tables} tables, each compared and the same on both sides")
    say("Next: set DATABASE_URL to that address. The file stays as it is; keep it until you are sure.")
    return 0


def _teller(bar: Progress, rows: int) -> Told:
    """Moves the bar on: each row is copied (or found) once and compared once."""
    task = bar.add_task("reading", total=2 * rows)

    def told(what: str, table: str, count: int) -> None:
        bar.update(task, advance=count, description=f"{what} {table}")

    return told
