"""Receipts: write down what providers report of messages they took, in whatever order and however often.

The furthest that was ever reported counts, and nothing steps back. An address that is bad, a complaint and a stop at
the provider become suppressions of ours, so that they hold even where the provider is changed.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import zip_longest
from typing import TypeVar

from sqlalchemy import Connection

from nudger.channels.events import Receipt, ReceiptStatus
from nudger.domain import life
from nudger.domain.messages import State
from nudger.storage import messages
from nudger.storage.consent import Event, Happening, How, Standing, record
from nudger.storage.database import Database
from nudger.storage.events import (
    SentNotice,
    Tried,
    bind,
    first_seen,
    last_yes,
    messages_of,
    sent_notices,
    suppressed,
    tried,
)
from nudger.storage.messages import Change
from nudger.storage.notices import note_result

Sent = TypeVar("Sent", Tried, SentNotice)

#: What a receipt says of the message itself; the rest only shows that the provider had it.
REACHED = {
    ReceiptStatus.DELIVERED: State.DELIVERED,
    ReceiptStatus.UNDELIVERED: State.UNDELIVERED,
    ReceiptStatus.BOUNCED: State.UNDELIVERED,
}
#: What closes a contact; where several did, the gravest is the reason kept.
CLOSING = (ReceiptStatus.BOUNCED, ReceiptStatus.UNSUBSCRIBED, ReceiptStatus.COMPLAINED)
#: What the person did, and not the post: that is their no.
THEIR_NO = frozenset({ReceiptStatus.UNSUBSCRIBED, ReceiptStatus.COMPLAINED})


def apply_receipts(database: Database, receipts: Sequence[Receipt], now: datetime) -> None:
    """Apply each event once, all in one transaction; `now` is aware. Of attempts that are not ours nothing is kept.

    StorageError where the database fails: then nothing was applied, and the provider may send them again.
    """
    with database.write() as connection:
        seen = first_seen(connection, [(one.provider, one.event_id) for one in receipts], now)
        fresh = [one for one in _once(receipts) if (one.provider, one.event_id) in seen]
        for receipt in fresh:
            if receipt.token and receipt.provider_id:
                bind(connection, receipt.token, receipt.provider_id)
        _Desk(connection, fresh, now).apply()


def _once(receipts: Iterable[Receipt]) -> Iterable[Receipt]:
    """The same event may be told twice in one breath."""
    return {(one.provider, one.event_id): one for one in receipts}.values()


class _Desk:
    """The papers of one batch: what each receipt may be about."""

    def __init__(self, connection: Connection, receipts: Sequence[Receipt], now: datetime) -> None:
        self._connection = connection
        self._receipts = receipts
        self._now = now
        self._changes: dict[int, list[Change]] = {}
        self._closing: list[tuple[Receipt, int]] = []
        tokens = {one.token for one in receipts if one.token}
        ids = {one.provider_id for one in receipts if one.provider_id}
        self._tried = _by_name(tried(connection, tokens, ids))
        self._notices = _by_name(sent_notices(connection, tokens, ids))
        self._messages = messages_of(connection, list(self._tried.values()))

    def apply(self) -> None:
        """Go through the receipts one by one; messages are written together, then what closes a contact."""
        for receipt in self._receipts:
            if attempt := _named(self._tried, receipt):
                self._of_message(receipt, attempt)
            elif notice := _named(self._notices, receipt):
                self._of_notice(receipt, notice)
        # The n-th steps of all messages in one go: each step has to find its message where the last one left it.
        for changes in zip_longest(*self._changes.values()):
            messages.save(self._connection, [change for change in changes if change is not None], self._now)
        for receipt, contact_id in self._closing:
            self._close(receipt, contact_id)

    def _of_message(self, receipt: Receipt, attempt: Tried) -> None:
        message = self._messages[attempt.message_id]
        state = REACHED.get(receipt.status, State.ACCEPTED)
        if attempt.latest or state is State.DELIVERED:
            for step in life.reported(message, state, attempt.started_at, attempt.provider_id):
                self._changes.setdefault(message.id, []).append((message, step))
                message = step
            self._messages[message.id] = message
        if message.contact_id is not None:
            self._closing.append((receipt, message.contact_id))

    def _of_notice(self, receipt: Receipt, notice: SentNotice) -> None:
        if receipt.status is ReceiptStatus.BOUNCED:
            note_result(self._connection, notice.id, failed=True)
        self._closing.append((receipt, notice.contact_id))

    def _close(self, receipt: Receipt, contact_id: int) -> None:
        """Send nothing more where the report says so, unless the contact has said yes since."""
        if receipt.status not in CLOSING:
            return
        before, standing = suppressed(self._connection, contact_id)  # locked: a yes that is being written is waited for
        since = last_yes(self._connection, contact_id)
        if since is not None and receipt.at < since:
            return
        if _graver(receipt.status, before):
            self._record(contact_id, Event.SUPPRESSED, receipt.status)
        if receipt.status in THEIR_NO and standing is not Standing.WITHDRAWN:
            self._record(contact_id, Event.WITHDRAWN, receipt.status)

    def _record(self, contact_id: int, event: Event, why: ReceiptStatus) -> None:
        record(self._connection, contact_id, Happening(event, How.PROVIDER, self._now, evidence=str(why)))


def _graver(status: ReceiptStatus, before: str | None) -> bool:
    """Whether it is a graver reason than the one a contact is closed for; reasons that are not from receipts stay."""
    if before is None:
        return True
    return before in CLOSING and CLOSING.index(status) > CLOSING.index(ReceiptStatus(before))


def _by_name(found: Iterable[Sent]) -> dict[tuple[str, str], Sent]:
    """Each by its token, and by the id its provider gave it."""
    named: dict[tuple[str, str], Sent] = {}
    for one in found:
        for name in (one.token, one.provider_id):
            if name and one.provider:
                named[one.provider, name] = one
    return named


def _named(found: dict[tuple[str, str], Sent], receipt: Receipt) -> Sent | None:
    names = [name for name in (receipt.token, receipt.provider_id) if name]
    return next((found[receipt.provider, name] for name in names if (receipt.provider, name) in found), None)
