"""Messages of the service itself (invitations, answers, confirmations): planned, then sent at most once."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update

from nudger.domain.own_choices import OwnChoices, effective
from nudger.domain.people import ChannelKind, Partner
from nudger.storage.codec import decode_choices
from nudger.storage.consent import Standing
from nudger.storage.invitations import OVER, at_ease
from nudger.storage.sealed import NOTICES, open_address, open_couple, open_words, seal_words
from nudger.storage.tables import contacts, couples, invitations, notices, partners
from nudger.storage.vault import Vault, vault_of


class NoticeState(StrEnum):
    """Where a notice stands; `sent` means that it was let go, whatever the provider made of it."""

    PLANNED = "planned"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


INVITATION, REMINDER, ANSWER = "invitation", "reminder", "answer"
#: Notices to people who have not said yes; all others answer what somebody wrote or clicked.
UNASKED = frozenset({INVITATION, REMINDER})
#: Who may be asked something unasked at that moment, by their own clock and choices.
MayAsk = Callable[[Partner, OwnChoices, datetime], bool]
#: How long what nobody asked for waits until somebody looks again whether it may go by now.
LATER = timedelta(minutes=30)
#: How long after its moment a notice is still of use.
USEFUL, UNASKED_USEFUL = timedelta(hours=1), timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice on its way: `token` is the only name the provider learns."""

    id: int
    contact_id: int
    channel: ChannelKind
    token: str
    address: str = field(repr=False)
    subject: str | None = field(repr=False)
    text: str = field(repr=False)


def plan_notice(
    connection: Connection,
    contact_id: int,
    kind: str,
    text: str,
    *,
    token: str,
    due_at: datetime,
    subject: str | None = None,
) -> int:
    """Plan one notice for `due_at` (aware); its id. `token` is random and this notice's alone; an email has a subject.

    What is still planned of the same kind for the same contact is dropped: the newer one says it. Answers are never
    the same, and none takes another's place.
    """
    if kind != ANSWER:
        drop_notices(connection, [contact_id], {kind})
    row = {
        "contact_id": contact_id,
        "kind": kind,
        "due_at": due_at,
        "token": token,
        **seal_words(vault_of(connection), notices, token, subject=subject, text=text),
    }
    notice_id: int = connection.execute(insert(notices).values(row).returning(notices.c.id)).scalar_one()
    return notice_id


def drop_notices(connection: Connection, contact_ids: Collection[int], kinds: Collection[str] | None = None) -> None:
    """Drop what is planned for these contacts, of these kinds or of all."""
    which = (notices.c.state == NoticeState.PLANNED) & notices.c.contact_id.in_(contact_ids)
    if kinds is not None:
        which &= notices.c.kind.in_(kinds)
    connection.execute(update(notices).where(which).values(state=NoticeState.DROPPED))


def let_go(
    connection: Connection, providers: Mapping[ChannelKind, str], may_ask: MayAsk, now: datetime, limit: int
) -> list[Notice]:
    """Mark at most `limit` notices that are due as sent, to be handed over once this transaction has committed.

    Dropped instead: those too late, without a channel, to a contact that takes nothing or is no longer in use, and
    an invitation that was answered, declined or overtaken by life meanwhile. One that meets a pause, a loss or a night
    waits.
    """
    found = connection.execute(_due(now, limit)).all()
    wanted = [row for row in found if _wanted(row, providers, now)]
    waiting = {row.id for row in wanted if row.kind in UNASKED and not _may_go(connection, row, may_ask, now)}
    dropped = {row.id for row in found}.difference(row.id for row in wanted)
    going = [row for row in wanted if row.id not in waiting]
    connection.execute(update(notices).where(notices.c.id.in_(dropped)).values(state=NoticeState.DROPPED))
    connection.execute(update(notices).where(notices.c.id.in_(waiting)).values(due_at=now + LATER))
    for row in going:
        sent = update(notices).where(notices.c.id == row.id)
        values = {"state": NoticeState.SENT, "sent_at": now, "provider": providers[ChannelKind(row.channel)]}
        connection.execute(sent.values(values))
    return [_notice(vault_of(connection), row) for row in going]


def _notice(vault: Vault, row: Any) -> Notice:  # noqa: ANN401 (a SQLAlchemy row)
    address, said = open_address(vault, row), open_words(vault, notices, row.token, row, NOTICES)
    return Notice(row.id, row.contact_id, ChannelKind(row.channel), row.token, address, **said)


def _due(now: datetime, limit: int) -> Select[Any]:
    return (
        select(notices, contacts.c.channel, contacts.c.address, contacts.c.consent, contacts.c.suppressed)
        .add_columns(contacts.c.partner_id, contacts.c.retired_at, invitations.c.declined_at, partners.c.left_at)
        .add_columns(invitations.c.expires_at, partners.c.key.label("person"), partners.c.choices, couples.c.spec)
        .add_columns(couples.c.key.label("couple"), couples.c.life_state, couples.c.retired_at.label("couple_retired"))
        .add_columns(at_ease(now).label("at_ease"))
        .join(contacts, contacts.c.id == notices.c.contact_id)
        .join(partners, partners.c.id == contacts.c.partner_id)
        .join(couples, couples.c.id == partners.c.couple_id)
        .outerjoin(invitations, invitations.c.contact_id == contacts.c.id)
        .where(notices.c.state == NoticeState.PLANNED, notices.c.due_at <= now)
        .order_by(notices.c.due_at, notices.c.id)
        .limit(limit)
        .with_for_update(of=notices, skip_locked=True)
    )


def _wanted(row: Any, providers: Mapping[ChannelKind, str], now: datetime) -> bool:  # noqa: ANN401 (a SQLAlchemy row)
    unasked = row.kind in UNASKED
    reachable = row.channel in providers and row.suppressed is None and row.retired_at is None and row.token
    in_time = now <= row.due_at + (UNASKED_USEFUL if unasked else USEFUL)
    answered = row.consent != Standing.NONE or row.declined_at is not None or row.left_at is not None
    over = row.life_state in OVER or row.couple_retired is not None
    expired = row.expires_at is not None and row.expires_at <= now
    return bool(reachable and in_time and not (unasked and (answered or over or expired)))


def _may_go(connection: Connection, row: Any, may_ask: MayAsk, now: datetime) -> bool:  # noqa: ANN401 (as above)
    if not row.at_ease:
        return False
    own = decode_choices(row.choices)
    partner = open_couple(vault_of(connection), row.couple, row.spec).partner(row.person)
    return may_ask(effective(partner, own), own, now)


def note_result(
    connection: Connection, notice_id: int, *, failed: bool = False, provider_id: str | None = None
) -> None:
    """Write down what the provider said to a notice that was let go."""
    values: dict[str, object] = {"state": NoticeState.FAILED} if failed else {"provider_id": provider_id}
    connection.execute(update(notices).where(notices.c.id == notice_id).values(values))


def unasked_since(connection: Connection, since: datetime) -> int:
    """How many invitations and reminders were planned since then, dropped ones left out."""
    query = select(func.count()).where(
        notices.c.kind.in_(UNASKED), notices.c.due_at > since, notices.c.state != NoticeState.DROPPED
    )
    return connection.execute(query).scalar_one()
