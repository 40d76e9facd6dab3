"""Messages that a provider took, and of which nothing more has been heard."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, or_, select

from nudger.domain.messages import State
from nudger.domain.people import ChannelKind
from nudger.storage.tables import messages

#: Moments from the first (not included) up to the second (included), both aware.
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Awaited:
    """One message at its provider, under the id that the provider gave it."""

    id: int
    channel: ChannelKind
    provider_id: str


def awaited(
    connection: Connection, providers: Collection[str], due: Sequence[Span], limit: int, after: int = 0
) -> list[Awaited]:
    """At most `limit` accepted messages of these providers, due in one of the spans, in order of id beyond `after`."""
    in_time = or_(*((messages.c.due_at > first) & (messages.c.due_at <= last) for first, last in due))
    query = (
        select(messages.c.id, messages.c.channel, messages.c.provider_id)
        .where(in_time, messages.c.state == State.ACCEPTED, messages.c.id > after)
        .where(messages.c.provider.in_(providers), messages.c.provider_id.is_not(None))
        .order_by(messages.c.id)
        .limit(limit)
    )
    return [Awaited(row.id, ChannelKind(row.channel), row.provider_id) for row in connection.execute(query)]
