"""Write down a yes or no that reached the operator on paper, and show what was written."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from nudger.domain.people import ChannelKind
from nudger.domain.themes import Theme
from nudger.errors import NotThere, NudgerError
from nudger.storage.consent import Event, Happening, How, LedgerEntry, Standing, history, record, record_theme
from nudger.storage.database import Database
from nudger.storage.events import suppressed
from nudger.storage.own_choices import lock_partner
from nudger.storage.people import ContactRow, PartnerRow, find_couple


def record_consent(
    database: Database,
    couple_key: str,
    partner_key: str,
    about: ChannelKind | Theme,
    *,
    event: Event,
    evidence: str,
    now: datetime,
) -> None:
    """Write down what a partner said of a channel or theme, with the operator's evidence for it; `now` is aware.

    Who has said no by themselves can only say yes by themselves: then, and without evidence, a NudgerError. NotThere
    where there is no such couple, partner or contact. StorageError where the database fails.
    """
    if not evidence.strip():
        raise NudgerError("Consent needs evidence.", mend="Say when, where and in which words they agreed.")
    happening = Happening(event, How.EVIDENCE, now, evidence)
    with database.write() as connection:
        partner = _partner(connection, couple_key, partner_key)
        if isinstance(about, Theme):
            lock_partner(connection, partner.id)
            _refuse_overruling(event, _said_no_to(connection, partner, about))
            record_theme(connection, partner.id, about, happening)
        else:
            contact = _contact(partner, about)
            _, consent = suppressed(connection, contact.id)  # read anew, and locked: a no may be on its way
            _refuse_overruling(event, consent is Standing.WITHDRAWN)
            record(connection, contact.id, happening)


def show_consent(database: Database, couple_key: str, partner_key: str) -> Sequence[LedgerEntry]:
    """Every yes and no of a partner, oldest first; NotThere where there is no such couple or partner."""
    with database.read() as connection:
        return history(connection, _partner(connection, couple_key, partner_key).id)


def _partner(connection: Connection, couple_key: str, partner_key: str) -> PartnerRow:
    return find_couple(connection, couple_key).partner(partner_key)


def _contact(partner: PartnerRow, channel: ChannelKind) -> ContactRow:
    for contact in partner.contacts:
        if contact.channel is channel:
            return contact
    raise NotThere("This partner has no such contact.", mend="Write a phone or email in the couple's file.")


def _said_no_to(connection: Connection, partner: PartnerRow, theme: Theme) -> bool:
    answers = [line.happening for line in history(connection, partner.id) if line.theme is theme]
    return bool(answers) and answers[-1].event is Event.WITHDRAWN and answers[-1].how is not How.DEMO


def _refuse_overruling(event: Event, said_no: bool) -> None:  # noqa: FBT001 (one private fact)
    if event is Event.GRANTED and said_no:
        raise NudgerError(
            "They have said no, and only they can take that back.",
            mend="They may write START from that phone, or say yes on their own page.",
        )
