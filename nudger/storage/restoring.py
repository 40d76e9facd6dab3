"""What a restored database must learn before anything is sent from it."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from nudger.domain.messages import Reason, State
from nudger.domain.people import LifeState
from nudger.storage import reports
from nudger.storage.journal import Entry, Journal, Kind, journal_of
from nudger.storage.sealed import open_address
from nudger.storage.statements import chunks
from nudger.storage.tables import contacts, couples, messages, notices, partners, transitions
from nudger.storage.vault import vault_of

#: The fact under which those are remembered whom the journal speaks of and the restored database does not know.
UNKNOWN = "journal_of_unknown"
#: And that from which contacts are numbered since.
FRESH = "contacts_numbered_from"
OVER = (LifeState.ENDED, LifeState.BEREAVED)


def skip_what_fell_due(connection: Connection, until: datetime, now: datetime) -> int:
    """Send nothing that was due up to `until`, nor anything that was on its way; how many messages. Moments are aware.

    They may have been sent between the backup and now, and so may what the service itself had to say, which is dropped.
    """
    waiting = messages.c.state.in_([State.PLANNED, State.CLAIMED]) & (messages.c.due_at <= until)
    skipped = _move(connection, waiting, State.SKIPPED, now)
    _move(connection, messages.c.state == State.SENDING, State.UNKNOWN, now)
    in_doubt = _move(connection, messages.c.state == State.UNKNOWN, State.ASSUMED_SENT, now)
    connection.execute(update(notices).where(notices.c.state == "planned").values(state="dropped"))
    return skipped + in_doubt


def _move(connection: Connection, which: ColumnElement[bool], to: State, now: datetime) -> int:
    found = connection.execute(select(messages.c.id, messages.c.state).where(which).order_by(messages.c.id)).all()
    for part in chunks(found):
        moved = update(messages).where(messages.c.id.in_([row.id for row in part]))
        connection.execute(moved.values(state=to, reason=Reason.RESTORED, wake_at=None, fence=messages.c.fence + 1))
        steps = [
            {"message_id": row.id, "from_state": row.state, "to_state": to, "reason": Reason.RESTORED, "at": now}
            for row in part
        ]
        connection.execute(insert(transitions), steps)
    return len(found)


class Acquaintances:
    """Everybody in the database, by the hash that the journal knows them by."""

    def __init__(self, connection: Connection, journal: Journal) -> None:
        """Hash them all."""
        who, vault = journal.who, vault_of(connection)
        couple_rows = connection.execute(select(couples.c.id, couples.c.key)).all()
        keys = {row.id: row.key for row in couple_rows}
        partner_rows = connection.execute(select(partners.c.id, partners.c.couple_id, partners.c.key)).all()
        self.couples = {who(row.key): row.id for row in couple_rows}
        self.partners = {who(keys[row.couple_id], row.key): row.id for row in partner_rows}
        self.members: dict[int, set[int]] = {}
        for row in partner_rows:
            self.members.setdefault(row.couple_id, set()).add(row.id)
        self.contacts: dict[str, list[int]] = {}
        self.owners: dict[str, set[int]] = {}
        for row in connection.execute(select(contacts)):
            hashed = who(open_address(vault, row))
            self.contacts.setdefault(hashed, []).append(row.id)
            self.owners.setdefault(hashed, set()).add(row.partner_id)

    def meant(self, who: str) -> set[int]:
        """The partners who are meant by a couple's key, their own, or an address."""
        both = self.members.get(self.couples.get(who, 0), set())
        return both | ({self.partners[who]} if who in self.partners else set()) | self.owners.get(who, set())

    def knows(self, who: str) -> bool:
        """Whether anybody here is meant."""
        return who in self.couples or who in self.partners or who in self.contacts


def number_contacts_afresh(connection: Connection, now: datetime) -> None:
    """Give no new contact the number of one that is lost, by which emails that have left name it; `now` is aware.

    Numbers go on from the seconds since 1970, which are beyond any that was given.
    """
    reports.note(connection, FRESH, str(int(now.timestamp())), now)


def fresh_numbers(connection: Connection, count: int) -> Sequence[int]:
    """The numbers for the next so many contacts where they jump; none where they are numbered as ever."""
    noted = reports.noted(connection, FRESH)
    highest = connection.execute(select(func.max(contacts.c.id))).scalar_one() or 0
    first = int(noted[0]) if noted else 0
    if highest >= first:
        return ()
    if connection.dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(contacts.name, "id")
        connection.execute(select(func.setval(sequence, first + count - 1)))
    return range(first, first + count)


def remember_unknown(connection: Connection, entries: Iterable[Entry], now: datetime) -> int:
    """Keep in mind who is not here now and may come from the files: withdrawn, blocked or erased, or a couple no more.

    How many they are.
    """
    known = _unknown(connection)
    for entry in entries:
        if entry.kind in {Kind.ERASED, Kind.WITHDRAWN, Kind.SUPPRESSED} and entry.about is None:
            known[entry.who] = Kind.ERASED if Kind.ERASED in {entry.kind, known.get(entry.who)} else Kind.WITHDRAWN
        elif entry.kind is Kind.ENDED:
            known[entry.who] = entry.about or LifeState.ENDED
    if known:
        reports.note(connection, UNKNOWN, json.dumps(known), now)
    return len(known)


def met_before(connection: Connection, addresses: Collection[str]) -> Mapping[str, Kind]:
    """Those of these addresses whose owners had said no, or were erased, before a restore that no longer knew them."""
    journal, known = journal_of(connection), _unknown(connection)
    if journal is None or not known:
        return {}
    hashes = {address: journal.who(address) for address in addresses}
    return {address: Kind(known[who]) for address, who in hashes.items() if who in known}


def ended_before(connection: Connection, keys: Collection[str]) -> Mapping[str, LifeState]:
    """Those of these couples, by key, whose life together was over before a restore that no longer knew them."""
    journal, known = journal_of(connection), _unknown(connection)
    if journal is None or not known:
        return {}
    hashes = {key: journal.who(key) for key in keys}
    return {key: LifeState(known[who]) for key, who in hashes.items() if known.get(who) in OVER}


def _unknown(connection: Connection) -> dict[str, str]:
    noted = reports.noted(connection, UNKNOWN)
    return json.loads(noted[0]) if noted else {}
