from collections.abc import Iterator

import pytest
from parts.desks import Desk
from parts.due import due_now, to_twilio
from parts.engines import Engine, alone, cluster
from parts.postgres import Postgres

__all__ = ["due_now", "to_twilio"]


@pytest.fixture(params=["alone", "cluster"])
def engine(request: pytest.FixtureRequest, desk: Desk) -> Iterator[Engine]:
    """One daemon on SQLite; then a scheduler and workers on PostgreSQL."""
    if request.param == "alone":
        yield alone()
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.fresh() as url:
        desk.set(DATABASE_URL=url)
        yield cluster()
