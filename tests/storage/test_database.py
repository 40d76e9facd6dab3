import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from parts.cast import NOON
from parts.databases import opened
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from nudger.errors import ConfigurationError, NewerDatabase, StorageError
from nudger.storage.database import Database, parse
from nudger.storage.faults import explain
from nudger.storage.sqlite import journal_mode, prepare
from nudger.storage.tables import meta


def note(name: str, value: str) -> dict[str, object]:
    """A row of the simplest table."""
    return {"name": name, "value": value, "at": NOON}


def write_note(database: Database, times: int = 1) -> None:
    """Write the same row so many times in one transaction; the second time breaks the key."""
    with database.write() as connection:
        for _ in range(times):
            connection.execute(insert(meta).values(note("a", "1")))


def test_write_commits_on_leaving(database: Database) -> None:
    """What a transaction wrote is there for the next one, to the millisecond and in UTC."""
    write_note(database)
    with database.read() as connection:
        assert connection.execute(select(meta)).one() == ("a", "1", NOON)


def test_write_rolls_back_on_an_exception(database: Database) -> None:
    """A transaction that fails leaves nothing behind."""
    with pytest.raises(IntegrityError):
        write_note(database, times=2)
    with database.read() as connection:
        assert connection.execute(select(meta)).all() == []


def test_read_cannot_write(database: Database) -> None:
    """A transaction that only reads refuses to write, so that it never waits for a writer halfway."""
    with pytest.raises(StorageError, match="can only be read"), database.read() as connection:
        connection.execute(insert(meta).values(note("a", "1")))
    write_note(database)


def test_read_sees_one_state(postgres_database: Database) -> None:
    """On PostgreSQL, as on SQLite by nature, a transaction that reads does not see what is committed meanwhile."""
    with postgres_database.read() as reader:
        assert reader.execute(select(meta)).all() == []
        write_note(postgres_database)
        assert reader.execute(select(meta)).all() == []


def test_writers_take_turns(database: Database) -> None:
    """Two threads that read and then write the same row wait for each other; no update fails or is lost."""
    with database.write() as connection:
        connection.execute(insert(meta).values(note("count", "0")))
    faults: list[Exception] = []

    def count() -> None:
        try:
            for _ in range(20):
                with database.write() as connection:
                    value = connection.execute(select(meta.c.value).with_for_update()).scalar_one()
                    connection.execute(update(meta).values(value=str(int(value) + 1)))
        except StorageError as error:
            faults.append(error)

    threads = [threading.Thread(target=count) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        assert (faults, connection.execute(select(meta.c.value)).scalar_one()) == ([], "40")


def test_memory_is_one_database_for_all_threads() -> None:
    """A database in memory is the same one from another thread."""
    with opened("sqlite://") as database:
        database.upgrade()
        thread = threading.Thread(target=database.ensure_current)
        thread.start()
        thread.join()
        assert database.path is None
        assert database.current() == database.head()


def test_foreign_keys_are_enforced(database: Database) -> None:
    """A row that refers to nothing is refused, on SQLite too."""
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(text("INSERT INTO enrollments (schedule_id, couple_id) VALUES (1, 1)"))


def test_sqlite_settings_are_the_durable_ones(sqlite_database: Database) -> None:
    """Every connection waits for locks, syncs each commit and uses the journal this library is safe with."""
    expected = {
        "busy_timeout": 10_000,
        "synchronous": 2,
        "foreign_keys": 1,
        "journal_mode": journal_mode(sqlite3.sqlite_version_info).lower(),
    }
    with sqlite_database.read() as connection:
        found = {name: connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in expected}
    assert found == expected


def test_postgresql_settings_bound_every_wait(postgres_database: Database) -> None:
    """Every session is in UTC and gives up a query, a lock and an idle transaction after a while."""
    expected = {
        "TimeZone": "UTC",
        "statement_timeout": "15s",
        "lock_timeout": "2s",
        "idle_in_transaction_session_timeout": "30s",
    }
    with postgres_database.read() as connection:
        found = {name: connection.execute(text(f"SHOW {name}")).scalar_one() for name in expected}
    assert found == expected


@pytest.mark.parametrize(
    ("version", "mode"),
    [
        ((3, 40, 1), "TRUNCATE"),
        ((3, 44, 5), "TRUNCATE"),
        ((3, 44, 6), "WAL"),
        ((3, 44, 7), "WAL"),
        ((3, 45, 0), "TRUNCATE"),
        ((3, 50, 6), "TRUNCATE"),
        ((3, 50, 7), "WAL"),
        ((3, 51, 0), "TRUNCATE"),
        ((3, 51, 2), "TRUNCATE"),
        ((3, 51, 3), "WAL"),
        ((3, 52, 0), "WAL"),
        ((4, 0, 0), "WAL"),
    ],
)
def test_journal_mode_follows_the_library(version: tuple[int, ...], mode: str) -> None:
    """WAL is used only where the library has the mend for the WAL-reset fault."""
    assert journal_mode(version) == mode


@pytest.mark.parametrize(
    ("written", "driver"),
    [
        ("sqlite:///data/nudger.db", "sqlite"),
        ("sqlite://", "sqlite"),
        ("postgres://u:p@db/nudger", "postgresql+psycopg"),
        ("postgresql://u:p@db/nudger", "postgresql+psycopg"),
        ("postgresql+psycopg://u:p@db/nudger", "postgresql+psycopg"),
    ],
)
def test_url_may_be_written_in_the_usual_ways(written: str, driver: str) -> None:
    """Every spelling of a URL leads to the one driver we use."""
    assert parse(written).drivername == driver


@pytest.mark.parametrize("url", ["", "nudger.db", "mysql://u:hunter2@db/nudger", "postgresql+asyncpg://u:hunter2@db/n"])
def test_other_urls_are_refused_without_their_password(url: str) -> None:
    """A URL that is none of ours is an error of the settings that keeps the password to itself."""
    with pytest.raises(ConfigurationError) as caught:
        parse(url)
    assert "hunter2" not in str(caught.value)
    assert caught.value.mend


def test_new_sqlite_file_is_private(tmp_path: Path) -> None:
    """A new database file and the folder made for it are for their owner alone."""
    path = tmp_path / "data" / "nudger.db"
    with opened(f"sqlite:///{path}") as database:
        assert database.path == path
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700


def test_folder_that_cannot_be_is_a_storage_error(tmp_path: Path) -> None:
    """Where no file can be made, the error says so at once and names the way out."""
    (tmp_path / "data").write_text("a file in place of the folder")
    with pytest.raises(StorageError, match="cannot be opened for writing") as caught:
        Database(f"sqlite:///{tmp_path / 'data' / 'nudger.db'}")
    assert caught.value.mend


def test_other_file_is_a_storage_error(tmp_path: Path) -> None:
    """A file that is no database is named as such, and left as it is."""
    path = tmp_path / "letter.txt"
    path.write_text("Dear Ben, " * 100)
    with opened(f"sqlite:///{path}") as database, pytest.raises(StorageError, match="not a database"):
        database.current()
    assert path.read_text() == "Dear Ben, " * 100


def test_full_disk_is_a_storage_error_and_loses_nothing(sqlite_database: Database) -> None:
    """When there is no room the transaction fails as a whole, and the next small one succeeds."""
    with sqlite_database.write() as connection:
        connection.execute(text("PRAGMA max_page_count = 1"))
    with pytest.raises(StorageError, match="full") as caught, sqlite_database.write() as connection:
        connection.execute(insert(meta).values(note("big", "x" * 1_000_000)))
    assert "xxx" not in str(caught.value.__cause__)
    with sqlite_database.write() as connection:
        connection.execute(insert(meta).values(note("small", "x")))
    assert sqlite_database.integrity() == "ok"


def test_locked_database_is_a_storage_error(sqlite_database: Database) -> None:
    """When another process keeps the lock too long, the error says so."""
    with sqlite_database.write() as connection:
        connection.execute(text("PRAGMA busy_timeout = 50"))
    other = sqlite3.connect(str(sqlite_database.path), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StorageError, match="locked"), sqlite_database.write() as connection:
        connection.execute(insert(meta).values(note("a", "1")))
    other.close()


def test_lock_on_postgresql_is_a_storage_error(postgres_database: Database) -> None:
    """A row that another transaction keeps is waited for only so long."""
    write_note(postgres_database)
    with postgres_database.write() as holder:
        holder.execute(select(meta).with_for_update())
        with postgres_database.write() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '50ms'"))
            with pytest.raises(DBAPIError) as caught:
                connection.execute(select(meta).with_for_update())
    assert "locked" in str(explain(caught.value))


def test_unreachable_postgresql_is_a_storage_error() -> None:
    """A server that is not there is an error in words, without the URL's password."""
    with (
        opened("postgresql://nudger:hunter2@127.0.0.1:1/nudger") as database,
        pytest.raises(StorageError, match="cannot be reached") as caught,
    ):
        database.current()
    assert "hunter2" not in str(caught.value)


def test_damaged_file_is_found(sqlite_database: Database) -> None:
    """The check of integrity finds a page that was overwritten."""
    path = sqlite_database.path
    assert path is not None
    assert sqlite_database.integrity() == "ok"
    sqlite_database.close()
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096)
    assert sqlite_database.integrity() != "ok"


def test_newer_database_is_refused(empty_database: Database) -> None:
    """A program never touches a database whose revision it does not know."""
    empty_database.upgrade()
    with empty_database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for use in (empty_database.ensure_current, empty_database.upgrade):
        with pytest.raises(NewerDatabase, match="9999") as caught:
            use()
        assert caught.value.mend


def test_older_database_is_refused(empty_database: Database) -> None:
    """A program does not run on tables that are behind, and says how to bring them up."""
    with pytest.raises(StorageError, match="older") as caught:
        empty_database.ensure_current()
    assert "nudger db upgrade" in str(caught.value.mend)


def test_what_is_deleted_is_gone_from_the_file(tmp_path: Path) -> None:
    """Whatever SQLite was built with by default: of an erased word nothing is left between the rows."""
    path, found = tmp_path / "words.db", []
    for statement in ("CREATE TABLE words AS SELECT 'Quillona' AS word", "DELETE FROM words"):
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA secure_delete = OFF")
            prepare(connection)
            connection.execute(statement)
        found.append(b"Quillona" in path.read_bytes())
    assert found == [True, False]
