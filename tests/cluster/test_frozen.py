"""A worker that is frozen (SIGSTOP, a machine that swaps or is suspended) until everybody takes it for dead."""

from collections.abc import Callable

from parts.daemon import Daemon, wait_for
from parts.databases import opened
from parts.desks import Desk
from parts.engines import cluster
from parts.fake_twilio import running_fake_twilio
from parts.postgres import Postgres

from nudger.storage.database import Database

#: What the next rescue does once half a minute has gone by without a sign of life.
BURY = "DELETE FROM procrastinate.procrastinate_workers"

#: Transactions of others that are open.
OPEN = """SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"""


def test_a_frozen_worker_sends_nothing_twice_and_comes_back(
    postgres: Postgres, desk: Desk, to_twilio: Callable[[int, str], Desk]
) -> None:
    """Another asks about what it holds; thawed, it lets go, finds that it was given up, and works as a new one."""
    with postgres.fresh() as url, running_fake_twilio() as twilio, opened(url) as database:
        desk.set(DATABASE_URL=url)
        to_twilio(3, twilio.url).set(NUDGER_LEASE=1)
        twilio.hold()
        engine = cluster()
        with engine.scheduling(desk), engine.working(desk) as frozen:
            wait_for(lambda: twilio.requests == 3, "sends in flight")
            freeze_between_transactions(frozen, database)
            twilio.let_go()
            with database.write() as connection:
                connection.exec_driver_sql(BURY)
            with engine.working(desk) as helper:
                helper.wait_for("reconciled")
                assert helper.stop() == 0
            frozen.thaw()
            frozen.wait_for("worker_failed")
            wait_for(lambda: workers(database) == 1, "the thawed one as a new worker")
            assert frozen.stop() == 0
        listed = desk.nudger("outbox", "list", "--json", "--days", 1).json
    today = min(message["due_at"] for message in listed)
    assert [one["state"] for one in listed if one["due_at"] == today and one["channel"] == "sms"] == ["accepted"] * 3
    assert len(twilio.accepted) == twilio.requests == 3


def freeze_between_transactions(worker: Daemon, database: Database) -> None:
    """Freeze a worker that holds no lock: one that does is buried by nobody before its server gives it up."""

    def frozen_with_nothing_open() -> bool:
        worker.freeze()
        with database.read() as connection:
            if connection.exec_driver_sql(OPEN).scalar_one() == 0:
                return True
        worker.thaw()
        return False

    wait_for(frozen_with_nothing_open, "a moment between two transactions")


def workers(database: Database) -> int:
    """How many workers are on the queue's list."""
    with database.read() as connection:
        query = "SELECT count(*) FROM procrastinate.procrastinate_workers"
        return int(connection.exec_driver_sql(query).scalar_one())
