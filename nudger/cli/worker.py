"""`nudger worker`: one of many that do what schedulers give out."""

from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from nudger.cli.session import begin, service, wait_for
from nudger.errors import WrongUsage
from nudger.runtime.identity import installation_key
from nudger.runtime.intake import look_in
from nudger.runtime.keys import open_vault
from nudger.runtime.reloading import outlive_hangups, reloading
from nudger.runtime.roles import need_cluster, prepare
from nudger.runtime.ticks import NAMES
from nudger.settings import Settings
from nudger.storage.database import Database
from nudger.stores import database_of

Queues = Annotated[str | None, Parameter(help="Jobs to do, like plan,dispatch; all where none are named.")]
Concurrency = Annotated[int, Parameter(validator=Number(gte=1, lte=8), help="Jobs at the same time.")]


def worker(*, queues: Queues = None, concurrency: Concurrency = 4) -> int:
    """Do jobs until SIGTERM or Ctrl-C; it finishes what is in hand and leaves with 0. PostgreSQL alone."""
    wanted = _wanted(queues)
    outlive_hangups()
    settings = begin()
    key = installation_key(settings)
    database = database_of(settings, key, open_vault(settings))
    try:
        need_cluster(database, "nudger worker")
        from nudger.runtime import queue  # noqa: PLC0415 (the library may not be installed)

        prepare(database, key)
        queue.upgrade(database)
        wait_for(_work(settings, database, wanted, concurrency))
    finally:
        database.close()
    return 0


def _wanted(queues: str | None) -> list[str] | None:
    if queues is None:
        return None
    names = [name.strip() for name in queues.split(",")]
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        raise WrongUsage(f"there is no queue {unknown[0]!r}", mend=f"the queues are {', '.join(NAMES)}")
    return names


async def _work(settings: Settings, database: Database, queues: list[str] | None, concurrency: int) -> None:
    from nudger.runtime.cluster import Worker  # noqa: PLC0415 (the library may not be installed)

    whole = service(settings, database, loaded=look_in(settings))
    try:
        async with reloading(whole, syncs=False):
            await Worker(whole, queues, concurrency).run()
    finally:
        await whole.aclose()
