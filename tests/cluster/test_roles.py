"""Which part of the service a process may be, and what it is told where it may not."""

import urllib.request
from contextlib import ExitStack

import pytest
from parts.daemon import Daemon
from parts.databases import opened
from parts.desks import CHECKOUT, Desk
from parts.postgres import Postgres
from parts.vaults import AS_SETTING

from nudger.runtime.roles import prepare


@pytest.mark.parametrize("command", [("worker",), ("run", "--role", "scheduler")])
def test_many_machines_need_postgresql(desk: Desk, command: tuple[str, ...]) -> None:
    """On SQLite a worker and a scheduler refuse with 3, and say both ways out."""
    said = desk.furnish().nudger(*command)
    assert (said.code, said.out) == (3, "")
    assert "needs PostgreSQL" in said.err
    assert "nudger db move-to" in said.err
    assert "use `nudger run`" in said.err


def test_a_queue_that_does_not_exist_is_wrong_usage(desk: Desk) -> None:
    """A worker of an unknown queue would wait for ever, so it is told the names instead."""
    said = desk.furnish().nudger("worker", "--queues", "plan,despatch")
    assert said.code == 2
    assert "despatch" in said.err
    assert "plan, dispatch, reconcile" in said.err


def test_web_pages_without_web_pages_is_wrong_usage(desk: Desk) -> None:
    """A process that is to serve pages alone, and not even those, is a mistake."""
    assert desk.furnish().nudger("run", "--role", "web", "--no-web").code == 2


def test_the_web_role_serves_pages_and_does_nothing_else(desk: Desk) -> None:
    """Beside it a daemon may work on the same file; it sends nothing itself, and stops with 0."""
    desk.furnish().set(NUDGER_LOG_FORMAT="json", NUDGER_KEY="a key that only the tests know")
    with Daemon(desk.folder, "--role", "web") as web:
        port = next(event["port"] for event in web.wait_for("serving").wait_for("running").events if "port" in event)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
            assert answer.status == 200
        assert web.stop() == 0
    assert {"planned", "dispatched", "synced"}.isdisjoint(event["event"] for event in web.events)
    assert not desk.outbox


def told_by(page: str) -> list[list[str]]:
    """The commands that a how-to page tells to type, in order."""
    lines = (CHECKOUT / "docs" / "how-to" / page).read_text(encoding="utf-8").splitlines()
    return [line.removeprefix("$ nudger ").split() for line in lines if line.startswith("$ nudger ")]


@pytest.mark.long
def test_the_page_on_moving_says_what_works(desk: Desk, postgres: Postgres) -> None:
    """Each command of it does what it says; a second move is refused, and a key that was not moved too."""
    desk.furnish()
    assert desk.nudger("once").code == 0
    before = desk.nudger("outbox", "list", "--json").json
    (move, *looks) = told_by("move-to-postgresql.md")
    with postgres.fresh(migrated=False) as url:
        moved = desk.nudger(*move[:2], url)
        assert moved.code == 0, moved.err
        assert "the same on both sides" in moved.out
        again = desk.nudger(*move[:2], url)
        assert (again.code, "not empty" in again.err) == (1, True)
        desk.set(DATABASE_URL=url)
        assert [desk.nudger(*command).code for command in looks] == [0] * len(looks)
        assert "queue of jobs: at 03." in desk.nudger("db", "upgrade").out
        assert desk.nudger("outbox", "list", "--json").json == before
        desk.set(NUDGER_KEY="not the key that lies beside the file")
        assert desk.nudger("worker").code == 3


def test_the_page_on_many_machines_says_what_works(desk: Desk, postgres: Postgres) -> None:
    """Its workers run beside a scheduler, the checks at its end are content, and all stop with 0."""
    commands = told_by("many-machines.md")
    workers = [command[1:] for command in commands if command[0] == "worker"]
    assert len(workers) == 2
    with postgres.fresh(migrated=False) as url, ExitStack() as running:
        desk.furnish().set(DATABASE_URL=url, NUDGER_KEY="one for all machines", NUDGER_LOG_FORMAT="json")
        everybody = [running.enter_context(Daemon(desk.folder, "--role", "scheduler"))]
        everybody += [running.enter_context(Daemon(desk.folder, *options, command="worker")) for options in workers]
        for daemon in everybody:
            daemon.wait_for("running")
        assert [desk.nudger(*command).code for command in commands if command[0] != "worker"] == [0, 0, 0]
        assert [daemon.stop() for daemon in everybody] == [0, 0, 0]


def test_a_machine_with_another_key_is_sent_away(desk: Desk, postgres: Postgres) -> None:
    """Its draws and links would not be those of the others: it ends with 3 before it has planned anything."""
    with postgres.fresh() as url:
        with opened(url) as database:
            prepare(database, b"the first machine's key")
            prepare(database, b"the first machine's key")
        desk.furnish().set(DATABASE_URL=url, NUDGER_DATA_KEYS=AS_SETTING, NUDGER_KEY="a key that only the tests know")
        for command in (("worker",), ("run", "--role", "scheduler"), ("run",)):
            said = desk.nudger(*command)
            assert said.code == 3
            assert "set NUDGER_KEY alike on all machines" in said.err
        assert desk.nudger("outbox", "list", "--json").json == []
