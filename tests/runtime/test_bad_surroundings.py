"""A machine that does not play along: what the operator is told, and that the daemon lives on."""

import resource
import sqlite3
from collections.abc import Callable

import pytest
from parts.daemon import Daemon, wait_for
from parts.desks import Desk

from nudger.storage.database import Database

EVERY_DOOR = ("run", "once", "status", "couples list", "outbox list", "db upgrade")


def test_a_full_disk(due_now: Callable[[int], Desk]) -> None:
    """While the disk is full the daemon logs it and lives; once there is room it goes on, and nothing is doubled."""
    desk = due_now(1)
    with Daemon(desk.folder) as daemon:
        daemon.wait_for("dispatched")
        limits = resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (65536, resource.RLIM_INFINITY))
        desk.nudger("send", "couple-0", "texts", "--to", "ana")
        daemon.wait_for("tick_failed")
        assert len(desk.outbox) == 2
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, limits)
        wait_for(lambda: len(desk.outbox) == 3, "the third message")
        assert daemon.stop() == 0
    assert {"StorageError"} == {event["error"] for event in daemon.events if event["event"] == "tick_failed"}


def test_a_database_of_a_newer_nudger(desk: Desk) -> None:
    """A database that a newer program made is left alone; every command says so and ends with 1."""
    desk.furnish().nudger("db", "upgrade")
    database = Database("sqlite:///data/nudger.db")
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    for door in (*EVERY_DOOR, "preview", "send ana-and-ben texts"):
        said = desk.nudger(*door.split())
        assert (door, said.code, said.out) == (door, 1, "")
        assert "revision 9999, which this Nudger does not know" in said.err
        assert "mend: " in said.err
    assert "BAD  database: The database is at revision 9999" in desk.nudger("doctor", "--offline").out


def test_a_file_that_is_no_database(desk: Desk) -> None:
    """Where something else lies in the database's place it is not touched; every command says so and ends with 1."""
    desk.furnish().write("data/nudger.db", "Dear diary, " * 1000)
    for door in EVERY_DOOR:
        said = desk.nudger(*door.split())
        assert (door, said.code, said.out) == (door, 1, "")
        assert said.err.startswith("error: The file is not a database of SQLite.\n  mend: ")
    assert (desk.folder / "data/nudger.db").read_text().startswith("Dear diary")
    doctor = desk.nudger("doctor", "--offline")
    assert (doctor.code, "BAD  database: The file is not a database" in doctor.out) == (1, True)


def test_a_damaged_database(desk: Desk) -> None:
    """Doctor sees damage inside the database file."""
    desk.furnish().nudger("once")
    with sqlite3.connect("data/nudger.db") as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_schema SET rootpage = 9999 WHERE name = 'picks'")
    connection.close()
    said = desk.nudger("doctor", "--offline")
    assert said.code == 1
    assert "BAD  database: " in said.out


@pytest.mark.parametrize("door", ["run", "once", "status", "demo", "preview", "doctor"])
def test_a_data_folder_that_cannot_be(desk: Desk, door: str) -> None:
    """A data folder that cannot be made ends every command with its path and a mend, never a traceback."""
    desk.furnish().write("taken", "a file")
    desk.set(NUDGER_DATA="taken/data")
    said = desk.nudger(door)
    assert said.code in {1, 3}
    assert "taken/data" in said.err + said.out
    assert "mend: " in said.err + said.out


def test_no_schedules_folder(desk: Desk) -> None:
    """Without a folder of schedules the daemon does not start: exit code 3, and check names the folder."""
    for door in ("run", "once", "preview"):
        said = desk.nudger(door)
        assert (said.code, said.out) == (3, "")
        assert "nudger check" in said.err
    checked = desk.nudger("check")
    assert checked.code == 3
    assert "schedules:1:1: there is no such folder" in checked.out
    assert "nudger init" in checked.out


def test_no_pools(desk: Desk) -> None:
    """Without pools there is nothing to pick from: exit code 3, and check names the place."""
    desk.furnish()
    for path in (desk.folder / "templates/pools/en").iterdir():
        path.unlink()
    said = desk.nudger("run")
    assert (said.code, said.out) == (3, "")
    assert "mend: " in said.err
    checked = desk.nudger("check")
    assert checked.code == 3
    assert "templates/pools" in checked.out


@pytest.mark.parametrize(
    ("env", "complaint"),
    [
        ("NUDGER_PORT=eighty", "NUDGER_PORT"),
        ("NUDGER_SMS=pigeon", "NUDGER_SMS"),
        ("NUDGER_SMS=twilio", "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"),
        ("NUDGER_KEY=short", "NUDGER_KEY"),
        ("NUDGER_KEY_FILE=not/there", "NUDGER_KEY_FILE: the file cannot be read"),
        ("NUDGER_BASE_URL=http://example.com", "NUDGER_BASE_URL"),
        ("DATABASE_URL=mysql://ana:secret@example.com/x", "DATABASE_URL"),
        ("NUDGER_EMAIL=smtp\nSMTP_URL=banana://ana:secret@example.com", "mail server"),
    ],
)
def test_settings_that_cannot_be(desk: Desk, env: str, complaint: str) -> None:
    """A setting that cannot be right ends with 3 and its name; its value is not shown."""
    desk.furnish().write(".env", env + "\n")
    desk.forget("NUDGER_PORT")
    said = desk.nudger("run")
    assert (said.code, said.out) == (3, "")
    assert complaint in said.err
    assert "mend: " in said.err
    assert "secret" not in said.err


def test_an_env_file_that_is_no_text(desk: Desk) -> None:
    """A .env that cannot be read as text ends with 3 and its name."""
    desk.furnish()
    (desk.folder / ".env").write_bytes(b"NUDGER_PORT=80\xff\xfe80\n")
    said = desk.nudger("run")
    assert (said.code, said.out) == (3, "")
    assert ".env" in said.err


def test_settings_from_env_file(desk: Desk) -> None:
    """A .env in the working folder is read; the environment overrules it."""
    desk.furnish().write(".env", "NUDGER_DATA=elsewhere\n")
    desk.nudger("db", "upgrade")
    assert (desk.folder / "elsewhere/nudger.db").exists()
    desk.set(NUDGER_DATA="here")
    desk.nudger("db", "upgrade")
    assert (desk.folder / "here/nudger.db").exists()
