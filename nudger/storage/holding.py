"""A hold on all sending, until the operator lifts it: nobody knows yet whether a restored database is right."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from nudger.storage import reports
from nudger.storage.tables import meta

NAME = "hold"
_WHY = select(meta.c.value).where(meta.c.name == NAME)


def hold(connection: Connection, why: str, at: datetime) -> None:
    """Send nothing from now on; `at` is aware."""
    reports.note(connection, NAME, why, at)


def held(connection: Connection) -> str | None:
    """Why nothing is sent; None where nothing is held."""
    found: str | None = connection.execute(_WHY).scalar_one_or_none()
    return found


def lift(connection: Connection) -> bool:
    """Send again; whether anything was held."""
    return connection.execute(delete(meta).where(meta.c.name == NAME)).rowcount > 0


def for_psql(why: str) -> str:
    """A statement that holds all sending, unless it is held; to be run by psql with the tables that it brings."""
    return (
        f"INSERT INTO public.{meta.name} (name, value, at) VALUES ('{NAME}', '{why}', now())"  # noqa: S608 (our own words)
        " ON CONFLICT (name) DO NOTHING"
    )
