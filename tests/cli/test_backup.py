"""`nudger backup`, `nudger restore` and `nudger resume-sending`, as an operator meets them."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from parts.daemon import Daemon, wait_for
from parts.databases import opened
from parts.desks import Desk
from parts.postgres import Postgres
from parts.vaults import AS_SETTING

from nudger.actions import restore
from nudger.errors import StorageError
from nudger.storage import snapshots

SAYS_NO = ["consent", "record", "ana-and-ben", "ben", "--channel", "email", "--withdraw", "--evidence", "letter"]


def made(desk: Desk, *arguments: str) -> Path:
    """The folder of a backup made now."""
    said = desk.nudger("backup", "--json", *arguments)
    assert (said.code, said.err) == (0, "")
    return Path(said.json[0]["folder"])


def withdrawn(desk: Desk) -> list[str]:
    """The channels on which Ben has said no."""
    shown = desk.nudger("couples", "show", "ana-and-ben", "--json").out
    return [line for line in shown.splitlines() if "withdrawn" in line]


def test_a_round(desk: Desk) -> None:
    """Made, tried out, brought back with what was said since; then nothing is sent until the operator says so."""
    desk.furnish().nudger("once")
    told = desk.nudger("backup")
    assert (told.code, "No key is in it" in told.out) == (0, True)
    backup = Path(told.out.partition(":")[0])
    desk.nudger(*SAYS_NO)
    no = withdrawn(desk)
    assert no

    tried = desk.nudger("restore", backup, "--verify")
    assert (tried.code, "is whole" in tried.out, "apply 1 lines" in tried.out) == (0, True, True)
    refused = desk.nudger("restore", backup)
    assert (refused.code, "--move-aside" in refused.err) == (1, True)
    done = desk.nudger("restore", backup, "--move-aside")
    assert (done.code, "Nothing is sent yet" in done.out) == (0, True)
    assert withdrawn(desk) == no
    assert list((desk.folder / "data").glob("before_restore_*/nudger.db"))

    assert desk.nudger("status", "--json").json[0]["held"] == "a backup was restored"
    assert "nothing is sent" in desk.nudger("doctor", "--offline").out
    desk.nudger("send", "ana-and-ben", "texts", "--now")
    assert desk.outbox == []
    assert desk.nudger("resume-sending").out == "sending goes on\n"
    assert desk.nudger("resume-sending").out == "nothing was held\n"
    assert desk.nudger("status", "--json").json[0]["held"] is None


def test_what_refuses_a_restore(desk: Desk) -> None:
    """Another key, something that is no backup, a missing journal and no database each end with a word that helps."""
    assert "there is no database yet" in desk.furnish().nudger("backup").err
    desk.nudger("once")
    backup = made(desk, "--to", "elsewhere")
    for arguments, complaint in (
        (("restore", "schedules"), "there is no backup here"),
        (("restore", backup, "--verify", "--journal", "nowhere"), "there is no journal here"),
    ):
        said = desk.nudger(*arguments)
        assert (said.code, said.out, complaint in said.err) == (1, "", True)
    desk.set(NUDGER_KEY="another key of sixteen and more")
    assert "nudger.key" in desk.nudger("restore", backup, "--verify").err
    assert desk.nudger("restore", backup, "--verify", "--another-key").code == 0


def test_a_restore_under_a_running_daemon_is_refused(desk: Desk) -> None:
    """The daemon's database is not taken from under it; a backup meanwhile is made, and the daily one by itself."""
    desk.furnish()
    desk.set(NUDGER_BACKUP_AT="00:00", NUDGER_BACKUP_KEEP=1, NUDGER_LOG_FORMAT="json")
    with Daemon(desk.folder, "--no-web") as daemon:
        daemon.wait_for("backed_up")
        wait_for(lambda: len(list((desk.folder / "data" / "backups").glob("*/manifest.json"))) == 1, "the daily backup")
        (daily,) = (desk.folder / "data" / "backups").iterdir()
        said = desk.nudger("restore", daily, "--move-aside")
        assert (said.code, f"process {daemon.process.pid}" in said.err) == (1, True)
        assert daemon.stop() == 0
    manifest = json.loads((daily / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["rows"]["couples"] == 1


@pytest.fixture
def elsewhere(desk: Desk, postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The desk at work on PostgreSQL, whose tools are at hand; the address of its database."""
    with postgres.fresh() as url:
        desk.furnish().set(DATABASE_URL=url)
        monkeypatch.setenv("PATH", f"{postgres.tools}:/usr/bin:/bin")
        desk.nudger("once")
        yield url


@pytest.mark.usefixtures("elsewhere")
def test_postgresql(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """By pg_dump and pg_restore: the same round, with the old tables renamed; without the tools it is said."""
    with monkeypatch.context() as without:
        without.setenv("PATH", str(desk.folder))
        assert "pg_dump is not on the PATH" in desk.nudger("backup").err
    backup = made(desk)
    desk.nudger("consent", "record", "ana-and-ben", "ben", "--channel", "email", "--withdraw", "--evidence", "a call")
    no = withdrawn(desk)
    tried = desk.nudger("restore", backup, "--verify")
    assert (tried.err, tried.code, "is whole" in tried.out) == ("", 0, True)
    assert "--move-aside" in desk.nudger("restore", backup).err
    done = desk.nudger("restore", backup, "--move-aside")
    assert (done.err, done.code) == ("", 0)
    assert withdrawn(desk) == no
    assert desk.nudger("status", "--json").json[0]["held"]


@pytest.mark.usefixtures("elsewhere")
def test_a_restore_cut_off_on_postgresql_sends_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the moment its tables are there they are held: what was taken back since is not applied to them yet."""
    backup = made(desk)

    def cut_off(*_: object) -> None:
        raise StorageError("the power fails")

    with monkeypatch.context() as power:
        power.setattr(restore, "examine", cut_off)
        assert desk.nudger("restore", backup, "--move-aside").code == 1
    assert "was cut off" in desk.nudger("status", "--json").json[0]["held"]


def test_a_restore_that_fails_on_postgresql_changes_nothing(desk: Desk, elsewhere: str) -> None:
    """Where the backup cannot be laid out the tables that are there stay where they are, and not an empty schema."""
    with opened(elsewhere) as database, database.write() as connection:
        connection.exec_driver_sql("CREATE SCHEMA of_the_operator")
    backup = made(desk)
    said = desk.nudger("restore", backup, "--move-aside")
    assert (said.code, "of_the_operator" in said.err) == (1, True)
    assert "ana-and-ben" in desk.nudger("couples", "list").out
    assert desk.nudger("status", "--json").json[0]["held"] is None


def test_a_machine_with_nothing_on_it_yet(desk: Desk) -> None:
    """With the keys as settings there is no data folder; the database is made where it belongs, on its own disk."""
    desk.furnish().set(NUDGER_KEY="a key of sixteen and more", NUDGER_DATA_KEYS=AS_SETTING)
    desk.set(DATABASE_URL=f"sqlite:///{desk.folder}/elsewhere/nudger.db")
    desk.nudger("once")
    backup = made(desk, "--to", "backups")
    for folder in ("data", "elsewhere"):
        shutil.rmtree(desk.folder / folder, ignore_errors=True)
    said = desk.nudger("restore", backup)
    assert (said.err, said.code) == ("", 0)
    assert "ana-and-ben" in desk.nudger("couples", "list").out
    assert desk.nudger("restore", backup, "--move-aside").code == 0
    assert list((desk.folder / "elsewhere").glob("before_restore_*/nudger.db"))
    assert not list((desk.folder / "elsewhere").glob(".restoring-*"))


def test_a_journal_that_was_given_once_is_kept(desk: Desk) -> None:
    """What a lost machine's journal told a restore holds in the next restore as well."""
    desk.furnish().nudger("once")
    backup = made(desk, "--to", "backups")
    desk.nudger(*SAYS_NO)
    no = withdrawn(desk)
    lost = (desk.folder / "data" / "journal.jsonl").rename(desk.folder / "lost.jsonl")
    assert desk.nudger("restore", backup, "--move-aside", "--journal", lost).code == 0
    lost.unlink()
    (desk.folder / "data" / "nudger.db").unlink()
    assert desk.nudger("restore", backup).code == 0
    assert withdrawn(desk) == no
    assert len((desk.folder / "data" / "journal.jsonl").read_text(encoding="utf-8").splitlines()) == 1


@pytest.mark.parametrize(
    ("place", "step", "fault"),
    [
        (shutil, "copyfile", OSError(28, "No space left on device", "nudger.db")),
        (snapshots, "closing", sqlite3.OperationalError("database or disk is full")),
    ],
)
def test_a_full_disk_is_said(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, place: ModuleType, step: str, fault: Exception
) -> None:
    """Wherever it stops a restore: what is there stays, and a word that helps comes in place of a traceback."""
    desk.furnish().nudger("once")
    backup = made(desk)
    before = (desk.folder / "data" / "nudger.db").read_bytes()

    def full(*_: object) -> None:
        raise fault

    with monkeypatch.context() as crowded:
        crowded.setattr(place, step, full)
        said = desk.nudger("restore", backup, "--move-aside")
    assert (said.code, "make room" in said.err) == (1, True)
    assert (desk.folder / "data" / "nudger.db").read_bytes() == before
