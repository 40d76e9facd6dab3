"""End to end: ten thousand texts that fall due in one second, looked for once a second as the daemon does."""

import asyncio
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from statistics import quantiles

from sqlalchemy import select, update

from benchmarks.dispatching import KEY, service_on
from benchmarks.figures import Figure, Note, Unit
from benchmarks.processes import provider
from benchmarks.scenes import texts_due
from nudger.actions.plan import plan
from nudger.domain.people import ChannelKind
from nudger.runtime.clock import now
from nudger.runtime.memory import settle
from nudger.storage.database import Database
from nudger.storage.tables import attempts, messages

TEXTS, AT_ONCE = 10_000, 64
#: Seconds from the first moment to the last text handed over.
TARGET = 8.0


def figures() -> Iterator[Figure | Note]:
    """How long it takes, and how late they are."""
    with provider() as address:
        late = asyncio.run(burst(address))
    p = quantiles(late, n=100)
    yield Figure(f"{TEXTS:,} texts due in one second, all handed over and written down", max(late), Unit.SECONDS,
                 target=TARGET)  # fmt: skip
    yield ("lateness of the same texts, as written down", f"p50 {p[49]:.2f} s, p99 {p[98]:.2f} s")


async def burst(address: str) -> list[float]:
    """The seconds between each text's moment and the record that the provider has it."""
    with tempfile.TemporaryDirectory(prefix="nudger-bench-") as name, texts_due(Path(name), TEXTS) as database:
        plan(database, KEY, now(), horizon=timedelta(hours=1))
        service = service_on(Path(name), database, address, AT_ONCE)
        await service.channels[ChannelKind.SMS].check()  # as a daemon that is at work: what is slow once has been
        settle()
        first = now() + timedelta(seconds=2)
        fall_due(database, first)
        handed_over = 0
        while handed_over < TEXTS:
            handed_over += (await service.dispatcher.drain())["accepted"]
            await asyncio.sleep(1 - now().timestamp() % 1)
        for channel in service.channels.values():
            await channel.aclose()
        with database.read() as connection:
            query = select(messages.c.due_at, attempts.c.ended_at).join(
                messages, messages.c.id == attempts.c.message_id
            )
            return [(ended - due).total_seconds() for due, ended in connection.execute(query)]


def fall_due(database: Database, first: datetime) -> None:
    """Spread all that is planned over one second."""
    with database.write() as connection:
        ids = connection.execute(select(messages.c.id)).scalars().all()
        assert len(ids) == TEXTS
        for number in range(100):
            moment = first + timedelta(milliseconds=10 * number)
            change = update(messages).where(messages.c.id.in_(ids[number::100]))
            connection.execute(change.values(due_at=moment, wake_at=moment, not_after=moment + timedelta(hours=1)))
