"""A worker that is frozen (SIGSTOP, a machine that swaps or is suspended) until everybody takes it for dead."""

from collections.abc import Callable

from parts.daemon import wait_for
from parts.desks import Desk
from parts.engines import cluster
from parts.fake_twilio import running_fake_twilio
from parts.postgres import Postgres

from nudger.storage.database import Database

#: What the next rescue does once half a minute has gone by without a sign of life.
BURY = "DELETE FROM procrastinate.procrastinate_workers"


def test_a_frozen_worker_sends_nothing_twice_and_comes_back(
    postgres: Postgres, desk: Desk, to_twilio: Callable[[int, str], Desk]
) -> None:
    """Another asks about what it holds; thawed, it lets go, finds that it was given up, and works as a new one."""
    with postgres.fresh() as url, running_fake_twilio() as twilio:
        desk.set(DATABASE_URL=url)
        to_twilio(3, twilio.url).set(NUDGER_LEASE=1)
        twilio.hold()
        engine, database = cluster(), Database(url)
        with engine.scheduling(desk), engine.working(desk) as frozen:
            wait_for(lambda: twilio.requests == 3, "sends in flight")
            frozen.freeze()
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
        database.close()
        listed = desk.nudger("outbox", "list", "--json", "--days", 1).json
    today = min(message["due_at"] for message in listed)
    assert [one["state"] for one in listed if one["due_at"] == today and one["channel"] == "sms"] == ["accepted"] * 3
    assert len(twilio.accepted) == twilio.requests == 3


def workers(database: Database) -> int:
    """How many workers are on the queue's list."""
    with database.read() as connection:
        query = "SELECT count(*) FROM procrastinate.procrastinate_workers"
        return int(connection.exec_driver_sql(query).scalar_one())
