"""A year in the life of very many couples, written straight into the real tables of an SQLite file."""

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from benchmarks.seeding import Crowd, milliseconds
from nudger.storage.instants import EPOCH

START = date(2025, 12, 1)
DAY = 86_400_000
#: Steps of a message that arrived, and milliseconds between them.
STEPS = (
    ("planned", "claimed", "due", 0), ("claimed", "sending", "gate_passed", 9),
    ("sending", "accepted", "handed_over", 120), ("accepted", "delivered", "receipt", 4000),
)  # fmt: skip
#: One in so many was left out, with nothing of it but the message and the reason.
SKIPPED = 25
WORDS = "A small idea for tonight, number {0}: leave three words where {1} finds them. Café, 🌻 or \\N, all is well.\n"

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Year:
    """`couples` couples, both partners with a contact that said yes, and so many `messages` to each couple."""

    couples: int
    messages: int

    @property
    def rows(self) -> int:
        """About how many rows that makes."""
        return self.couples * (8 + 8 * self.messages)

    def _day(self, occasion: int) -> date:
        """Evenly over the year."""
        return START + occasion * timedelta(days=365) // self.messages

    def seed(self, path: Path) -> None:
        """Write it all into a new SQLite file with the tables of the program's own migrations."""
        Crowd(self.couples, datetime.combine(START, datetime.min.time(), UTC)).seed(path)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            for word in ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", "PRAGMA cache_size = -400000"):
                connection.execute(word)
            connection.execute("BEGIN")
            for insert, rows in self._tables().items():
                places = ", ".join("?" * (insert.count(",") + 1))
                connection.executemany(f"INSERT INTO {insert} VALUES ({places})", rows())  # noqa: S608 (our own names)
            connection.execute("COMMIT")

    def _tables(self) -> dict[str, Callable[[], Iterator[Row]]]:
        return {
            "contacts (id, partner_id, channel, address, consent, created_at)": self._contacts,
            "ledger (id, partner_id, contact_id, event, how, evidence, at)": self._ledger,
            "messages (id, enrollment_id, couple_id, partner_id, channel, period, slot, due_at, not_after, state, "
            "reason, fence, contact_id, provider, provider_id, sent_at)": self._messages,
            "contents (message_id, theme, entries, text, encoding, segments, why)": self._contents,
            "picks (couple_id, enrollment_id, period, slot, partner_id, entry, theme, kind, why, at)": self._picks,
            "attempts (message_id, token, fence, provider, started_at, ended_at, result, provider_id)": self._attempts,
            "transitions (message_id, from_state, to_state, reason, at)": self._transitions,
        }

    def _contacts(self) -> Iterator[Row]:
        for partner in range(1, 2 * self.couples + 1):
            yield partner, partner, "email", f"partner-{partner}@example.com", "granted", milliseconds(_noon(START))

    def _ledger(self) -> Iterator[Row]:
        for partner in range(1, 2 * self.couples + 1):
            yield partner, partner, partner, "granted", "evidence", "an invented yes", milliseconds(_noon(START))

    def _occasions(self) -> Iterator[tuple[int, int, int, int]]:
        """Each message's id, couple, partner (in turn) and moment."""
        for occasion in range(self.messages):
            noon = milliseconds(_noon(self._day(occasion)))
            for couple in range(self.couples):
                yield occasion * self.couples + couple + 1, couple + 1, 2 * couple + 1 + occasion % 2, noon + couple

    def _sent(self) -> Iterator[tuple[int, int, int, int]]:
        return (one for one in self._occasions() if one[0] % SKIPPED)

    def _messages(self) -> Iterator[Row]:
        for id_, couple, partner, at in self._occasions():
            row = id_, couple, couple, partner, "email", _period(at), 0, at, at + DAY
            if id_ % SKIPPED:
                yield *row, "delivered", "receipt", 1, partner, "smtp", f"<{id_}@example.com>", at + 9
            else:
                yield *row, "skipped", "nothing_fits", 1, None, None, None, None

    def _contents(self) -> Iterator[Row]:
        for id_, _, partner, _ in self._sent():
            yield id_, "appreciation", f'["words-{id_ % 400}"]', WORDS.format(id_, partner), "GSM-7", 1, "{}"

    def _picks(self) -> Iterator[Row]:
        chance = random.Random(3)
        for id_, couple, partner, at in self._sent():
            why = f'{{"left": {chance.randrange(1, 400)}, "probability": {chance.random()}}}'
            yield couple, couple, _period(at), 0, partner, f"words-{id_ % 400}", "appreciation", "idea", why, at

    def _attempts(self) -> Iterator[Row]:
        for id_, _, _, at in self._sent():
            yield id_, f"{id_:064x}", 1, "smtp", at + 9, at + 120, "accepted", f"<{id_}@example.com>"

    def _transitions(self) -> Iterator[Row]:
        for id_, _, _, at in self._sent():
            for before, after, reason, later in STEPS:
                yield id_, before, after, reason, at + later


def _noon(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=12)


def _period(at: int) -> str:
    return str(EPOCH.date() + timedelta(days=at // DAY))
