"""What is wrong with the service as a whole: what processes have noted of providers, and what the operator was told."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from nudger.storage.tables import alerts, meta

#: How the troubles of providers are named among the facts about the installation, in front of the channel's name.
PROVIDER = "provider trouble "


@dataclass(frozen=True, slots=True)
class Standing:
    """One trouble: since when, when the operator last heard of it, and since when it seems to be over. All aware."""

    name: str
    detail: str
    since: datetime
    told_at: datetime | None = None
    gone_at: datetime | None = None


def standing(connection: Connection) -> dict[str, Standing]:
    """Every trouble not yet known to be over, by its name."""
    rows = connection.execute(select(alerts).order_by(alerts.c.name)).mappings()
    return {row["name"]: Standing(**{str(name): value for name, value in row.items()}) for row in rows}


def keep(connection: Connection, trouble: Standing) -> None:
    """Write one down, as it is now."""
    values = asdict(trouble)
    changed = connection.execute(update(alerts).where(alerts.c.name == trouble.name).values(values))
    if not changed.rowcount:
        connection.execute(insert(alerts).values(values))


def drop(connection: Connection, name: str) -> None:
    """Forget one that is over."""
    connection.execute(delete(alerts).where(alerts.c.name == name))


def note_provider(connection: Connection, channel: str, trouble: str | None, at: datetime) -> None:
    """Remember what is wrong with a channel's provider since `at` (aware), None for nothing.

    The same again changes nothing, so that the first moment is kept.
    """
    name = f"{PROVIDER}{channel}"
    row = connection.execute(select(meta.c.value).where(meta.c.name == name)).one_or_none()
    if (row.value if row else None) == trouble:
        return
    connection.execute(delete(meta).where(meta.c.name == name))
    if trouble is not None:
        connection.execute(insert(meta).values(name=name, value=trouble, at=at))


def provider_troubles(connection: Connection) -> dict[str, tuple[str, datetime]]:
    """What was noted last about the provider of each channel that has trouble, and since when."""
    rows = connection.execute(select(meta).where(meta.c.name.startswith(PROVIDER)).order_by(meta.c.name))
    return {row.name.removeprefix(PROVIDER): (row.value, row.at) for row in rows}
