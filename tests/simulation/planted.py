"""Six bugs on purpose, each a small change to the product while the block runs: the witness must catch every one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from simulation import process
from simulation.provider import Wire
from sqlalchemy import Connection, select

from nudger.channels.contract import Outgoing, Refusal, Refused, SendResult, Unclear
from nudger.domain import life
from nudger.domain.life import Message
from nudger.domain.messages import State
from nudger.domain.people import ChannelKind
from nudger.storage import cancelling, claiming, messages, recipients
from nudger.storage.recipients import StoredContact
from nudger.storage.tables import attempts
from nudger.storage.tables import messages as message_table


@contextmanager
def replaced(place: Any, name: str, value: object) -> Iterator[None]:  # noqa: ANN401 (a module or a class)
    """Have another function in a place while the block runs."""
    before = getattr(place, name)
    setattr(place, name, value)
    try:
        yield
    finally:
        setattr(place, name, before)


class MarkingFirst(Wire):
    """Notes that the provider has a message, and only then hands it over."""

    async def send_batch(self, batch: Sequence[Outgoing]) -> Sequence[SendResult]:
        """Mark, then send."""
        tokens = [outgoing.token for outgoing in batch]
        with self._process.world.database.write() as connection:
            query = select(attempts.c.message_id).where(attempts.c.token.in_(tokens))
            found = messages.with_ids(connection, connection.execute(query).scalars().all())
            marked = [(one, life.accepted(one, None)) for one in found if one.state is State.SENDING]
            messages.save(connection, marked, self._process.now())
        self._process.world.committed(self._process)
        return await super().send_batch(batch)


class Resending(Wire):
    """Takes silence for a no."""

    async def send_batch(self, batch: Sequence[Outgoing]) -> Sequence[SendResult]:
        """Send, and send again where no clear answer came."""
        results = await super().send_batch(batch)
        return [Refused(Refusal.TRANSIENT, "timeout") if isinstance(one, Unclear) else one for one in results]


def mark_first() -> Any:  # noqa: ANN401 (a context)
    """`accepted` is written before the message is handed over."""
    return replaced(process, "Wire", MarkingFirst)


def resend_on_timeout() -> Any:  # noqa: ANN401 (a context)
    """What was not answered is simply sent again."""
    return replaced(process, "Wire", Resending)


def no_fence() -> Any:  # noqa: ANN401 (a context)
    """A claim does not raise the fence: whoever held a message before looks like its holder now."""
    true_claim = life.claim

    def claim(message: Message, *rest: Any) -> Message:  # noqa: ANN401 (as the true one)
        return true_claim(message, *rest)._replace(fence=message.fence)

    return replaced(life, "claim", claim)


def two_in_flight() -> Any:  # noqa: ANN401 (a context)
    """Whatever is due is claimed, whoever it is for."""

    def claimable(connection: Connection, now: datetime, limit: int, *_: object, **__: object) -> list[Message]:
        due = (message_table.c.state == "planned") & (message_table.c.wake_at <= now)
        query = select(*messages.COLUMNS).where(due).order_by(message_table.c.wake_at).limit(limit)
        return [messages.message_of(row) for row in connection.execute(query)]

    return replaced(claiming, "claimable", claimable)


def regressing_callback() -> Any:  # noqa: ANN401 (a context)
    """A report brings a message to where the report says, wherever it is already."""

    def reported(message: Message, state: State, started_at: datetime, provider_id: str | None) -> list[Message]:
        sent_at = message.sent_at or started_at
        return [message._replace(state=state, sent_at=sent_at, provider_id=message.provider_id or provider_id)]

    return replaced(life, "reported", reported)


#: What a STOP would cancel if it left alone what a worker has in hand.
PLANNED_ALONE = cancelling._OF_CONTACT.where(message_table.c.state == State.PLANNED)


@contextmanager
def consent_outside() -> Iterator[None]:
    """Consent is looked up once and then remembered, instead of in the transaction that lets a message leave.

    A STOP also cancels what is in a worker's hands, which would all but hide it: here it cancels the others alone.
    """
    remembered: dict[tuple[int, ChannelKind], StoredContact] = {}
    true_contacts = recipients.contacts_of

    def contacts_of(connection: Connection, ids: Any) -> Mapping[tuple[int, ChannelKind], StoredContact]:  # noqa: ANN401
        found = true_contacts(connection, ids)
        return {key: remembered.setdefault(key, contact) for key, contact in found.items()}

    with replaced(recipients, "contacts_of", contacts_of), replaced(cancelling, "_OF_CONTACT", PLANNED_ALONE):
        yield


PLANTED: Mapping[str, Callable[[], Any]] = {
    "mark first": mark_first,
    "no fence": no_fence,
    "resend on timeout": resend_on_timeout,
    "two in flight per person": two_in_flight,
    "regressing callback": regressing_callback,
    "consent checked outside the transaction": consent_outside,
}
