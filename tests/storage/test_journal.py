from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from parts.cast import ANA_AND_BEN, CLEO_AND_DAN, KEY, NOON
from parts.stored import contact_id, row_count
from sqlalchemy import select, update

from nudger.actions.choose import Choosing
from nudger.actions.sync import sync
from nudger.domain.people import LifeState
from nudger.domain.themes import Theme
from nudger.errors import StorageError
from nudger.storage.consent import Event, Happening, How, record, record_theme
from nudger.storage.database import Database
from nudger.storage.journal import Entry, Journal, Kind, read
from nudger.storage.people import find_couple
from nudger.storage.tables import couples, ledger

NO = Happening(Event.WITHDRAWN, How.REPLY, NOON)


@pytest.fixture
def journal(database: Database, tmp_path: Path) -> Iterator[Journal]:
    """The journal of a database with both couples."""
    sync(database, [ANA_AND_BEN, CLEO_AND_DAN], [], NOON)
    database.journal = Journal(tmp_path / "data" / "journal.jsonl", KEY)
    yield database.journal
    database.journal = None


def ben(database: Database) -> int:
    """The row of Ben."""
    with database.read() as connection:
        return find_couple(connection, "ana-and-ben").partner("ben").id


def kinds(journal: Journal, *names: str) -> list[tuple[Kind, str | None]]:
    """What the journal has about these names."""
    return [(one.kind, one.about) for one in read(journal.path) if one.who == journal.who(*names)]


def test_a_no_is_in_the_journal_before_it_is_committed(database: Database, journal: Journal) -> None:
    """A crash between the two leaves a line too many, never one too few."""
    append, seen = journal.append, []

    def look(entries: Sequence[Entry]) -> None:
        append(entries)
        seen.append((len(read(journal.path)), row_count(database, ledger)))

    journal.append = look  # type: ignore[method-assign]
    with database.write() as connection:
        record(connection, contact_id(database, "ben@example.com"), NO)
        assert not journal.path.exists()
    assert (seen, row_count(database, ledger)) == ([(1, 0)], 1)
    assert kinds(journal, "ben@example.com") == [(Kind.WITHDRAWN, None)]


def test_nothing_is_committed_that_the_journal_does_not_take(database: Database, journal: Journal) -> None:
    """With the disk full a STOP fails as a whole, and is told: nothing says stopped that a restore would undo."""
    journal.path.mkdir(parents=True)
    number = contact_id(database, "ben@example.com")
    with pytest.raises(StorageError, match="journal"), database.write() as connection:
        record(connection, number, NO)
    assert row_count(database, ledger) == 0


def test_every_way_out_is_noted(database: Database, journal: Journal) -> None:
    """A no by contact and by theme, a block, a pause, leaving, an end, and being erased; a yes is not."""
    choosing = Choosing(database, KEY)
    number, row = contact_id(database, "ben@example.com"), ben(database)
    with database.write() as connection:
        record(connection, number, Happening(Event.GRANTED, How.PAGE, NOON))
        record(connection, number, Happening(Event.SUPPRESSED, How.PROVIDER, NOON, evidence="21610"))
        record_theme(connection, row, Theme.INTIMACY, NO)
    choosing.pause(row, datetime(2027, 1, 1, tzinfo=UTC), NOON)
    choosing.resume(row, NOON)
    choosing.erase(row, NOON)
    choosing.life_state(row, LifeState.ENDED, NOON)
    assert kinds(journal, "ben@example.com") == [
        (Kind.SUPPRESSED, None),
        (Kind.WITHDRAWN, None),
        (Kind.ERASED, None),
    ]
    assert kinds(journal, "ana-and-ben", "ben") == [
        (Kind.WITHDRAWN, "intimacy"),
        (Kind.PAUSED, "2027-01-01T00:00:00+00:00"),
        (Kind.PAUSED, NOON.isoformat()),
        (Kind.LEFT, None),
        (Kind.ERASED, None),
    ]
    assert kinds(journal, "ana-and-ben") == [(Kind.ENDED, "ended")]
    assert kinds(journal, "dan@example.com") == []


def test_the_journal_names_nobody(database: Database, journal: Journal) -> None:
    """Who finds the file learns neither address nor key, and with another key the hashes are others."""
    with database.write() as connection:
        record(connection, contact_id(database, "ben@example.com"), NO)
    text = journal.path.read_text(encoding="utf-8")
    assert not [word for word in ("ben", "example", "+44") if word in text]
    assert journal.path.stat().st_mode & 0o777 == 0o600
    assert Journal(journal.path, b"another key altogether").who("ben@example.com") not in text


def test_a_line_cut_short_is_passed_over(database: Database, journal: Journal) -> None:
    """After a crash in the midst of a line the next one begins on a line of its own."""
    journal.append([Entry(NOON, Kind.WITHDRAWN, "a")])
    with journal.path.open("a", encoding="utf-8") as file:
        file.write('{"at": "2026-')
    journal.append([Entry(NOON, Kind.WITHDRAWN, "b")])
    assert [one.who for one in read(journal.path)] == ["a", "b"]


def test_a_database_without_a_journal_works(database: Database, journal: Journal) -> None:
    """A rehearsal writes nothing down twice."""
    database.journal = None
    with database.write() as connection:
        record(connection, contact_id(database, "ben@example.com"), NO)
        assert connection.execute(select(ledger.c.event)).scalar_one() == "withdrawn"
        connection.execute(update(couples).values(paused_until=None))
    assert read(journal.path) == []
