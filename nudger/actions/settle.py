"""Settle: teach a restored database what has happened since its backup was made, before anything is sent from it.

hold  ->  skip what fell due  ->  re-apply the journal
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from nudger.actions.choose import Choosing
from nudger.actions.plan import plan
from nudger.domain.messages import Reason
from nudger.domain.people import LifeState
from nudger.domain.themes import Theme
from nudger.storage import consent, holding, journal, restoring
from nudger.storage.cancelling import cancel
from nudger.storage.consent import Event, Happening, How
from nudger.storage.database import Database
from nudger.storage.journal import Entry, Journal, Kind
from nudger.storage.own_choices import end_couple, leave_couple, pause_partner
from nudger.storage.restoring import Acquaintances
from nudger.storage.tables import messages

#: What was journalled this long before a backup may belong to a transaction that it does not hold yet, and clocks are
#: set now and then.
MARGIN = timedelta(hours=1)
#: What falls due this soon after the restore is skipped as well: another machine's clock may have been ahead of ours.
AHEAD = timedelta(minutes=1)
HELD_FOR = "a backup was restored"


@dataclass(frozen=True, slots=True)
class Settled:
    """What a restored database had to learn: messages skipped, lines of the journal applied, people it knows not."""

    skipped: int
    applied: int
    unknown: int


class Settling:
    """Teaches a restored database what has happened since. It notes nothing in a journal: all of it stands there."""

    def __init__(self, database: Database, key: bytes) -> None:
        """`key` is the installation's."""
        self._database = database
        self._key = key
        self._journal = Journal(Path(journal.FILE_NAME), key)
        self._choosing = Choosing(database, key)
        self._erased: set[int] = set()
        self._named: set[int] = set()

    def settle(self, made_at: datetime, entries: Sequence[Entry], now: datetime) -> Settled:
        """Hold all sending, skip what fell due up to `now`, apply the entries since `made_at`; moments are aware."""
        with self._database.write() as connection:
            holding.hold(connection, HELD_FOR, now)
            restoring.number_contacts_afresh(connection, now)
            skipped = restoring.skip_what_fell_due(connection, now + AHEAD, now)
        # Moments that the backup had not planned yet have gone by as well.
        plan(self._database, self._key, now, horizon=2 * AHEAD)
        news = [entry for entry in entries if entry.at > made_at - MARGIN]
        with self._database.write() as connection:
            skipped += restoring.skip_what_fell_due(connection, now + AHEAD, now)
            known = Acquaintances(connection, self._journal)
            self._named = {
                known.partners[one.who] for one in news if one.kind is Kind.ERASED and one.who in known.partners
            }
            unknown = restoring.remember_unknown(connection, [one for one in news if not known.knows(one.who)], now)
        applied = sum(self._apply(known, entry, now) for entry in _in_force(news))
        return Settled(skipped, applied, unknown)

    def _apply(self, known: Acquaintances, entry: Entry, now: datetime) -> bool:
        """Whether anybody here was meant."""
        if entry.kind is Kind.ERASED:
            return self._erase(known, entry, now)
        with self._database.write() as connection:
            if entry.who in known.couples and entry.kind is Kind.ENDED:
                end_couple(connection, known.couples[entry.who], LifeState(entry.about or LifeState.ENDED), entry.at)
                return True
            if entry.who in known.partners:
                return self._apply_to_partner(connection, known.partners[entry.who], entry, now)
        return self._silence(known, entry)

    def _silence(self, known: Acquaintances, entry: Entry) -> bool:
        for contact_id in known.contacts.get(entry.who, ()):
            if entry.kind is Kind.WITHDRAWN:
                self._choosing.withdraw(contact_id, How.JOURNAL, entry.at)
            else:
                with self._database.write() as connection:
                    consent.record(connection, contact_id, Happening(Event.SUPPRESSED, How.JOURNAL, entry.at))
        return entry.who in known.contacts

    def _apply_to_partner(self, connection: Connection, partner_id: int, entry: Entry, now: datetime) -> bool:
        match entry.kind:
            case Kind.WITHDRAWN:
                no = Happening(Event.WITHDRAWN, How.JOURNAL, entry.at)
                consent.record_theme(connection, partner_id, Theme(entry.about or Theme.INTIMACY), no)
            case Kind.LEFT:
                leave_couple(connection, partner_id, entry.at)
                cancel(connection, messages.c.partner_id == partner_id, Reason.LEFT, now)
            case Kind.PAUSED:
                until = datetime.fromisoformat(entry.about or entry.at.isoformat())
                pause_partner(connection, partner_id, until if until > now else None, now)
        return True

    def _erase(self, known: Acquaintances, entry: Entry, now: datetime) -> bool:
        """Erase those who are meant by key, or whoever has the address that is meant.

        Where one who has it is meant by key as well, it is theirs, and others who share it stay.
        """
        meant = known.meant(entry.who)
        for partner_id in (meant & self._named or meant) - self._erased:
            self._erased.add(partner_id)
            self._choosing.erase(partner_id, now)
        return bool(meant)


def _in_force(entries: Sequence[Entry]) -> Sequence[Entry]:
    """The entries in order, less pauses that a later word has replaced."""
    last = {entry.who: entry for entry in entries if entry.kind is Kind.PAUSED}
    return [entry for entry in entries if entry.kind is not Kind.PAUSED or last[entry.who] is entry]
