"""With a past: a batch of texts to couples who have had a year of messages, and to couples who have had none."""

import asyncio
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from statistics import median

from benchmarks.dispatching import KEY, service_on
from benchmarks.figures import Figure, Note, Unit, timed
from benchmarks.processes import provider
from benchmarks.scenes import texts_due
from nudger.actions.plan import plan
from nudger.domain.people import ChannelKind
from nudger.runtime.clock import now
from nudger.runtime.memory import settle

TEXTS, AT_ONCE = 8000, 64
#: Days on which each couple has had what it has today, four texts: as many as a year of five a week. The last of them
#: was long enough ago that no budget counts it.
DAYS, AGO = 65, 8
BATCHES = 5


def figures() -> Iterator[Figure | Note]:
    """Milliseconds for a batch, in both."""
    with provider() as address:
        new, _ = asyncio.run(batch(address, 0))
        old, behind = asyncio.run(batch(address, DAYS))
    subject = f"a batch of 500 texts dispatched, {behind:,} messages behind {TEXTS // 4:,} couples"
    yield Figure(subject, old, Unit.MILLISECONDS, new, "the same with nothing behind them")


async def batch(address: str, days: int) -> tuple[float, int]:
    """Milliseconds for one batch (the median of some), and how many messages there were from before."""
    with tempfile.TemporaryDirectory(prefix="nudger-bench-") as name, texts_due(Path(name), TEXTS) as database:
        plan(database, KEY, now(), horizon=timedelta(hours=1))
        assert database.path is not None
        behind = live_through(database.path, days)
        service = service_on(Path(name), database, address, AT_ONCE)
        await service.channels[ChannelKind.SMS].check()
        settle()
        took = []
        for _ in range(BATCHES):
            with timed() as watch:
                outcomes = await service.dispatcher.once()
            assert outcomes == {"accepted": 500}, outcomes
            took.append(watch.seconds * 1000)
        for channel in service.channels.values():
            await channel.aclose()
    return median(took), behind


def live_through(path: Path, days: int) -> int:
    """Have everybody have had, on each of so many days, what is planned for today; how many messages that makes."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(messages)") if row[1] != "id"]
        earlier = {
            "period": "date(period, '-' || day || ' days')",
            "due_at": "due_at - day * 86400000",
            "not_after": "not_after - day * 86400000",
            "sent_at": "due_at - day * 86400000",
            "wake_at": "NULL",
            "state": "'delivered'",
            "reason": "'receipt'",
        }
        values = ", ".join(earlier.get(name, name) for name in columns)
        connection.execute("BEGIN")
        for statement in (MESSAGES.format(columns=", ".join(columns), values=values), PICKS, WORDS):
            connection.execute(statement, {"first": days + AGO, "last": AGO} if ":first" in statement else {})
        connection.execute("COMMIT")
        count: int = connection.execute("SELECT count(*) FROM messages WHERE state = 'delivered'").fetchone()[0]
    return count


MESSAGES = """
    WITH RECURSIVE past (day) AS (
        SELECT :first WHERE :first > :last UNION ALL SELECT day - 1 FROM past WHERE day > :last + 1
    )
    INSERT INTO messages ({columns}) SELECT {values} FROM past, (SELECT * FROM messages)
"""
PICKS = """
    INSERT INTO picks (couple_id, enrollment_id, period, slot, partner_id, entry, theme, kind, why, at)
    SELECT couple_id, enrollment_id, period, slot, partner_id, 'old-' || id % 500, 'growth', 'idea', '{}', due_at
    FROM messages WHERE state = 'delivered'
"""
WORDS = """
    INSERT INTO contents (message_id, theme, entries, why, text)
    SELECT id, 'growth', '[]', '{}', '' FROM messages WHERE state = 'delivered'
"""
