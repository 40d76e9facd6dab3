"""People who text back: a phone for everybody, on a test's clock."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from parts.cast import KEY, NOON
from parts.couples import EACH, ana_and_ben, cleo_and_dan
from parts.stored import contact_id
from parts.vaults import VAULT, is_at
from sqlalchemy import insert, select, update

from nudger.actions.choose import Choosing
from nudger.actions.receive import Receiving
from nudger.actions.sync import sync
from nudger.channels.events import Inbound
from nudger.domain.messages import State
from nudger.domain.own_choices import OwnChoices
from nudger.domain.people import Couple
from nudger.files.notices import Notices, load_notices
from nudger.storage import consent
from nudger.storage.codec import decode_choices
from nudger.storage.consent import Event, Happening, How
from nudger.storage.database import Database
from nudger.storage.invitations import note_invited
from nudger.storage.notices import INVITATION, plan_notice
from nudger.storage.sealed import seal_words
from nudger.storage.tables import contacts, contents, couples, enrollments, inbound, messages, notices, partners

ANA, BEN, CLEO, DAN = "+447700900122", "+447700900123", "+447700900200", "+447700900201"
#: A number nobody here has.
EVE = "+447700900300"
SHOWN = "Nudger, with an invitation. YES begins."


@cache
def shipped_notices() -> Notices:
    """The service's own words, read once."""
    return load_notices(Path(__file__).parents[2] / "templates" / "notices")


class Texting:
    """Ana & Ben have said yes to texts; Cleo & Dan have yet to be asked."""

    def __init__(
        self,
        database: Database,
        homes: Sequence[Couple] = (),
        base_url: str | None = "https://n.example.com",
        choosing: type[Choosing] = Choosing,
    ) -> None:
        """Nobody has written yet, and it is `NOON`."""
        self.database = database
        self.now = NOON
        self._tokens = (f"token-{number:026}" for number in count(1))
        self._ids = count(1)
        sync(database, homes or [ana_and_ben(), cleo_and_dan()], [EACH], NOON)
        self.choosing = choosing(database, KEY)
        self.receiving = Receiving(
            database,
            self.choosing,
            shipped_notices(),
            base_url,
            lambda: next(self._tokens),
            operator_name="Fern Practice",
        )
        for number in (ANA, BEN):
            self.says_yes(number)

    def text(
        self, sender: str, words: str, *, name: str | None = None, at: datetime | None = None, by: str = "phone"
    ) -> str | None:
        """Somebody texts; what is answered. `name` is the provider's id of the text, a new one unless given."""
        named = name or f"SM{next(self._ids)}"
        return self.receiving.receive(Inbound(by, named, sender, words, at or self.now), self.now)

    def says(self, name: str, locale: str = "en", **values: object) -> str:
        """One of the service's texts, to compare an answer with."""
        return shipped_notices().text(name, locale, **values)

    def later(self, span: timedelta) -> None:
        """Let time go by."""
        self.now += span

    # The people

    def says_yes(self, number: str) -> None:
        """Consent for all contacts of a number, long since."""
        with self.database.write() as connection:
            for contact in connection.execute(select(contacts.c.id).where(is_at(number))).scalars().all():
                consent.record(connection, contact, Happening(Event.GRANTED, How.EVIDENCE, NOON))

    def is_invited(self, number: str) -> None:
        """An invitation went out to that number just now, and holds for fourteen days."""
        contact = contact_id(self.database, number)
        with self.database.write() as connection:
            note_invited(connection, contact, self.now, timedelta(days=14))
            notice = plan_notice(connection, contact, INVITATION, SHOWN, token=f"notice-{contact}", due_at=self.now)
            sent = update(notices).where(notices.c.id == notice).values(state="sent", sent_at=self.now)
            connection.execute(sent)

    def got_an_idea(self, partner: str, theme: str) -> None:
        """A message of that theme was sent to a partner."""
        with self.database.write() as connection:
            person = connection.execute(select(partners).where(partners.c.key == partner)).one()
            enrolled = select(enrollments.c.id).where(enrollments.c.couple_id == person.couple_id)
            row = {
                "enrollment_id": connection.execute(enrolled).scalar_one(),
                "couple_id": person.couple_id,
                "partner_id": person.id,
                "channel": "sms",
                "period": self.now.date(),
                "slot": next(self._ids),
                "due_at": self.now,
                "not_after": self.now,
                "sent_at": self.now,
                "state": State.ACCEPTED,
            }
            message = connection.execute(insert(messages).values(row).returning(messages.c.id)).scalar_one()
            row = {"message_id": message, "theme": theme, "entries": '["walk"]', "why": "{}"}
            words = seal_words(VAULT, contents, str(message), text="A walk.")
            connection.execute(insert(contents).values(row | words))

    def change_partner(self, key: str, **values: object) -> None:
        """Change a partner's row."""
        with self.database.write() as connection:
            connection.execute(update(partners).where(partners.c.key == key).values(**values))

    # What came of it

    def consent_of(self, number: str) -> list[str]:
        """What the ledger says of each contact of a number."""
        with self.database.read() as connection:
            query = select(contacts.c.consent).where(is_at(number)).order_by(contacts.c.id)
            return list(connection.execute(query).scalars())

    def partner(self, key: str) -> Any:  # noqa: ANN401 (a row)
        """A partner's row."""
        with self.database.read() as connection:
            return connection.execute(select(partners).where(partners.c.key == key)).one()

    def own(self, key: str) -> OwnChoices:
        """What a partner chose alone."""
        return decode_choices(self.partner(key).choices)

    def couple_state(self, key: str) -> str:
        """A couple's state of life."""
        with self.database.read() as connection:
            found: str = connection.execute(select(couples.c.life_state).where(couples.c.key == key)).scalar_one()
            return found

    def noted(self) -> list[str]:
        """What each text was understood as, oldest first."""
        with self.database.read() as connection:
            return list(connection.execute(select(inbound.c.command).order_by(inbound.c.id)).scalars())

    def everything(self) -> dict[str, list[Any]]:
        """Every row about people and consent, to see that nothing changed."""
        tables = [table for table in contacts.metadata.sorted_tables if table.name != "inbound"]
        with self.database.read() as connection:
            return {table.name: [tuple(row) for row in connection.execute(select(table))] for table in tables}
