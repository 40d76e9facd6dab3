"""Choose: what a partner alone decides about what reaches them.

Each method is one transaction and may be repeated without harm. Nothing a partner chooses here changes what the other
receives, save that a life together has ended (`life_state`) and a yes to intimacy, which takes both. All moments
are aware. StorageError where the database fails; NotThere where the files no longer have the partner.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from nudger.domain import own_choices
from nudger.domain.messages import Reason
from nudger.domain.own_choices import OwnChoices
from nudger.domain.people import ChannelKind, LifeState
from nudger.domain.themes import Theme
from nudger.storage.cancelling import cancel
from nudger.storage.consent import Event, Happening, How, Standing, history, record, record_theme
from nudger.storage.database import Database
from nudger.storage.erasing import erase_person, is_erased
from nudger.storage.invitations import decline, unanswered_beside
from nudger.storage.last_idea import Verdict, last_idea, remember_verdict
from nudger.storage.links import Purpose, revoke_links
from nudger.storage.notices import UNASKED, drop_notices
from nudger.storage.own_choices import (
    change,
    end_couple,
    find_own,
    leave_couple,
    lock_partner,
    pause_partner,
    plan_by_own_choices,
    save_choices,
)
from nudger.storage.own_data import data_of_contact, own_data
from nudger.storage.tables import contacts, messages, partners

OVER = frozenset({LifeState.ENDED, LifeState.BEREAVED})
#: Choices that move moments or change their channel, and so need the couple planned afresh.
PLANNED_BY = frozenset({"timezone", "channels"})


@dataclass(frozen=True, slots=True)
class _Contact:
    id: int
    partner_id: int
    couple_id: int
    channel: ChannelKind
    consent: Standing
    suppressed: str | None
    left: bool

    @property
    def how(self) -> How:
        """How its owner speaks to us: by texting back, or by a click on a page."""
        return How.REPLY if self.channel is ChannelKind.SMS else How.PAGE


class Choosing:
    """A partner's own hand on what they get. `key` is the installation's."""

    def __init__(self, database: Database, key: bytes) -> None:
        """Work on this database."""
        self._database = database
        self._key = key

    # One contact

    def consent(self, contact_id: int, shown: str, now: datetime) -> None:
        """Write down a contact's own yes to the words shown; who had left or stopped is back by it, there alone.

        What comes from there shows that the provider's block is over as well.
        """
        self._bring_back(contact_id, shown, now)

    def restart(self, contact_id: int, now: datetime) -> None:
        """The same for a contact that writes START, to which nothing was shown."""
        self._bring_back(contact_id, None, now)

    def _bring_back(self, contact_id: int, shown: str | None, now: datetime) -> None:
        with self._database.write() as connection:
            contact = _contact(connection, contact_id)
            if contact is None:
                return
            if contact.suppressed is not None:
                record(connection, contact.id, Happening(Event.RELEASED, contact.how, now))
            if contact.consent is not Standing.GRANTED or contact.left:
                _say_yes(connection, contact, shown, now)

    def withdraw(self, contact_id: int, how: How, now: datetime) -> None:
        """Stop all to a contact, at once: what is planned or claimed for it is cancelled with the ledger's entry."""
        with self._database.write() as connection:
            contact = _contact(connection, contact_id)
            if contact is not None:
                _say_no(connection, contact, how, now)

    def stop(self, partner_id: int, contact_id: int | None, now: datetime) -> bool:
        """Stop all to one contact of a partner's, or to all, also what the files have let go of; False if not theirs.

        What the files bring back later comes back with the no.
        """
        mine = contacts.c.partner_id == partner_id
        with self._database.write() as connection:
            found = connection.execute(select(contacts.c.id).where(mine).order_by(contacts.c.id)).scalars().all()
            meant = [number for number in found if contact_id in (None, number)]
            for number in meant:
                contact = _contact(connection, number)
                if contact is not None:
                    _say_no(connection, contact, How.PAGE, now)
        return bool(meant) or contact_id is None

    def decline_for_ever(self, contact_id: int, now: datetime) -> None:
        """Never ask this contact again, nor anybody else there who has not answered yet, and stop all to it."""
        with self._database.write() as connection:
            contact = _contact(connection, contact_id)
            if contact is not None:
                for one in (contact.id, *unanswered_beside(connection, contact.id)):
                    decline(connection, one, now)
                _say_no(connection, contact, contact.how, now)

    # One partner

    def pause(self, partner_id: int, until: datetime, now: datetime) -> None:
        """Send this partner nothing before that moment; what falls into the pause is not sent after it."""
        with self._database.write() as connection:
            find_own(connection, partner_id)
            pause_partner(connection, partner_id, until if until > now else None, now)

    def resume(self, partner_id: int, now: datetime) -> None:
        """End this partner's own pause."""
        with self._database.write() as connection:
            find_own(connection, partner_id)
            pause_partner(connection, partner_id, None, now)

    def save(self, partner_id: int, own: OwnChoices, now: datetime) -> list[str]:
        """Make these a partner's own choices from `now` on; the names of the fields of OwnChoices that changed."""
        return own_choices.changed(*self.revise(partner_id, lambda _: own, now))

    def revise(
        self, partner_id: int, revision: Callable[[OwnChoices], OwnChoices], now: datetime
    ) -> tuple[OwnChoices, OwnChoices]:
        """Put what `revision` makes of a partner's choices in their place, while nobody else can; before and after."""
        with self._database.write() as connection:
            lock_partner(connection, partner_id)
            row = find_own(connection, partner_id)
            own = revision(row.own)
            changed = own_choices.changed(row.own, own)
            if changed:
                save_choices(connection, partner_id, own)
            if PLANNED_BY.intersection(changed):
                plan_by_own_choices(connection, row.couple_id, now)
        return row.own, own

    def intimacy(self, partner_id: int, yes: bool, shown: str, now: datetime) -> None:  # noqa: FBT001 (their answer)
        """Write down a partner's own yes or no to the theme; it comes only when both said yes, each alone."""
        event = Event.GRANTED if yes else Event.WITHDRAWN
        with self._database.write() as connection:
            find_own(connection, partner_id)
            lock_partner(connection, partner_id)
            answers = [line.happening for line in history(connection, partner_id) if line.theme is Theme.INTIMACY]
            if not answers or answers[-1].event is not event or answers[-1].how is How.DEMO:
                record_theme(connection, partner_id, Theme.INTIMACY, Happening(event, How.PAGE, now, shown=shown))

    def life_state(self, partner_id: int, state: LifeState, now: datetime) -> None:
        """Note what is going on: a hard week, apart and a loss are this partner's own; an end cancels all for both."""
        with self._database.write() as connection:
            row = find_own(connection, partner_id)
            if state in OVER:
                end_couple(connection, row.couple_id, state, now)
            else:
                change(connection, partner_id, life_state=state)

    def leave(self, partner_id: int, now: datetime) -> None:
        """Leave the couple: nothing more to this partner at all, on no contact. The other is not told."""
        with self._database.write() as connection:
            find_own(connection, partner_id)
            _leave(connection, partner_id, now)

    def erase(self, partner_id: int, now: datetime) -> None:
        """Leave and be forgotten: name, addresses, words and answers are blanked; the files cannot bring them back."""
        self.erase_all([partner_id], now)

    def erase_all(self, partner_ids: Collection[int], now: datetime) -> None:
        """The same for several, all or none, also where the files no longer have them; who is forgotten stays so."""
        with self._database.write() as connection:
            for partner_id in partner_ids:
                if not is_erased(connection, partner_id):
                    _leave(connection, partner_id, now)
                    erase_person(connection, partner_id, now)

    # What they may see

    def own_data(self, partner_id: int, contact_id: int | None = None) -> dict[str, Any]:
        """A partner's own data, ready for JSON but for moments; with a contact, what all who read its mail may see."""
        with self._database.read() as connection:
            if contact_id is not None:
                return data_of_contact(connection, partner_id, contact_id)
            return own_data(connection, partner_id)

    def feedback(self, partner_id: int, verdict: str, now: datetime) -> None:
        """Keep what a partner made of their last idea: done, love or skip (ValueError for any other)."""
        wanted = Verdict(verdict)
        with self._database.write() as connection:
            idea = last_idea(connection, partner_id)
            if idea is not None:
                remember_verdict(connection, partner_id, idea, wanted, now)

    def why(self, partner_id: int) -> str | None:
        """Why the last idea came, in plain words that tell nothing of the other's answers; None where none came."""
        with self._database.read() as connection:
            idea = last_idea(connection, partner_id)
        if idea is None:
            return None
        theme = f" about {str(idea.theme).replace('_', ' ')}" if idea.theme else ""
        return f"drawn by chance from the ideas{theme} that fit you two and have rested long enough"


def _contact(connection: Connection, contact_id: int) -> _Contact | None:
    """The contact, locked: whoever comes after a yes or no that is being written waits, and then finds it."""
    query = (
        select(contacts, partners.c.couple_id, partners.c.left_at)
        .join(partners, partners.c.id == contacts.c.partner_id)
        .where(contacts.c.id == contact_id)
        .with_for_update(of=contacts, key_share=True)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return _Contact(
        row.id,
        row.partner_id,
        row.couple_id,
        ChannelKind(row.channel),
        Standing(row.consent),
        row.suppressed,
        row.left_at is not None,
    )


def _say_yes(connection: Connection, contact: _Contact, shown: str | None, now: datetime) -> None:
    drop_notices(connection, [contact.id], UNASKED)
    record(connection, contact.id, Happening(Event.GRANTED, contact.how, now, shown=shown))
    if contact.left:
        change(connection, contact.partner_id, left_at=None)
    if contact.consent is Standing.WITHDRAWN:  # what lies ahead was cancelled: it is planned again
        plan_by_own_choices(connection, contact.couple_id, now)


def _say_no(connection: Connection, contact: _Contact, how: How, now: datetime) -> None:
    drop_notices(connection, [contact.id], UNASKED)
    if contact.consent is not Standing.WITHDRAWN:
        record(connection, contact.id, Happening(Event.WITHDRAWN, how, now))


def _leave(connection: Connection, partner_id: int, now: datetime) -> None:
    here = (partners.c.id == partner_id) & partners.c.left_at.is_(None)
    if connection.execute(select(partners.c.id).where(here)).first() is not None:
        leave_couple(connection, partner_id, now)
    for row in connection.execute(select(contacts.c.id).where(contacts.c.partner_id == partner_id)).all():
        contact = _contact(connection, row.id)
        if contact is not None:
            drop_notices(connection, [contact.id])
            _say_no(connection, contact, How.PAGE, now)
    cancel(connection, messages.c.partner_id == partner_id, Reason.LEFT, now)
    revoke_links(connection, partner_id, now, Purpose.NOTE)
