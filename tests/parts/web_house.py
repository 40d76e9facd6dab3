"""The web app on a real SQLite file, with both couples of the cast, on a clock that a test moves."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from parts.cast import KEY, NOON
from parts.couples import EACH, ana_and_ben, cleo_and_dan
from parts.house import SLOTS, TEMPLATES
from parts.vaults import VAULT
from parts.visitor import ABROAD, Visitor
from sqlalchemy import insert, select

from nudger.actions.choose import Choosing
from nudger.actions.sync import sync
from nudger.domain.people import ChannelKind, Couple
from nudger.doors import Doors
from nudger.links import unsubscribe_token
from nudger.runtime.clock import token
from nudger.storage import consent
from nudger.storage.consent import Event, Happening, How
from nudger.storage.database import Database
from nudger.storage.links import Purpose, new_link
from nudger.storage.sealed import seal_words
from nudger.storage.tables import contacts, contents, enrollments, messages, metadata, partners
from nudger.web.app import build_app

BASE_URL = "https://nudger.example.com"
METRICS_TOKEN = "a token for figures"
TAGS = {"alcohol": "Has a drink in it.", "crowds": "Leads to places where many people are."}
WEEK = timedelta(days=7)
#: Every row of every table, by table.
Everything = dict[str, list[tuple[Any, ...]]]


class Nobody:
    """Answers no reply; replies have tests of their own."""

    def receive(self, _inbound: object, _now: object) -> str | None:
        """Say nothing."""
        return None


class WebHouse:
    """Two couples and the doors to their pages. Time stands at `NOON` until it is moved."""

    def __init__(self, database: Database, homes: Sequence[Couple] | None = None, **doors: Any) -> None:  # noqa: ANN401
        """Nobody has said anything yet; `doors` replaces fields of the doors."""
        self.database = database
        self.now = NOON
        self.uptime = 0.0
        sync(database, homes or [ana_and_ben(), cleo_and_dan()], [EACH], self.now)
        self.choosing = Choosing(database, KEY)
        self.doors = replace(self._doors(), **doors)
        self.app = build_app(self.doors)
        self.visitor = self.coming_from(ABROAD)

    def _doors(self) -> Doors:
        return Doors(
            database=self.database,
            choosing=self.choosing,
            receiving=Nobody(),  # type: ignore[arg-type]
            twilio=None,
            sendgrid=None,
            key=KEY,
            base_url=BASE_URL,
            operator="Olga",
            locales=("de", "en"),
            tags=TAGS,
            pages=TEMPLATES / "pages",
            outbox=None,
            hosts=(),
            trusted_proxies=(),
            metrics_token=None,
            now=lambda: self.now,
            uptime=lambda: self.uptime,
            tokens=token,
        )

    def coming_from(self, address: str, host: str = "nudger.example.com") -> Visitor:
        """A visitor from that address."""
        return Visitor(self.app, address, host)

    def partner(self, key: str) -> int:
        """A partner's row."""
        with self.database.read() as connection:
            return connection.execute(select(partners.c.id).where(partners.c.key == key)).scalar_one()

    def contact(self, key: str, channel: ChannelKind = ChannelKind.EMAIL) -> int:
        """A contact's row, of those that the files have."""
        mine = (contacts.c.partner_id == self.partner(key)) & (contacts.c.channel == channel)
        mine &= contacts.c.retired_at.is_(None)
        with self.database.read() as connection:
            return connection.execute(select(contacts.c.id).where(mine)).scalar_one()

    def says_yes(self, key: str, channel: ChannelKind = ChannelKind.EMAIL) -> None:
        """A partner's yes for one of their contacts."""
        with self.database.write() as connection:
            consent.record(connection, self.contact(key, channel), Happening(Event.GRANTED, How.PAGE, self.now))

    def consent(self, key: str, channel: ChannelKind = ChannelKind.EMAIL) -> str:
        """What stands for one of a partner's contacts."""
        with self.database.read() as connection:
            query = select(contacts.c.consent).where(contacts.c.id == self.contact(key, channel))
            return connection.execute(query).scalar_one()

    def link(
        self,
        key: str,
        purpose: Purpose = Purpose.PREFERENCES,
        lasts: timedelta = WEEK,
        channel: ChannelKind = ChannelKind.EMAIL,
    ) -> str:
        """The path of a fresh link of a partner's, sent to their email address or their number."""
        letter = {Purpose.PREFERENCES: "p", Purpose.INVITATION: "i", Purpose.NOTE: "n"}[purpose]
        message = self.message(key) if purpose is Purpose.NOTE else None
        contact = self.contact(key, channel)
        with self.database.write() as connection:
            made = new_link(
                connection,
                token,
                purpose,
                self.partner(key),
                contact_id=contact,
                message_id=message,
                now=self.now,
                lasts=lasts,
            )
        return f"/{letter}/{made}"

    def unsubscribe_link(self, key: str) -> str:
        """The path in a partner's emails."""
        return f"/u/{unsubscribe_token(KEY, self.contact(key))}"

    def message(self, key: str, text: str = "Ben's mug, warmed first.") -> int:
        """A message that was written for a partner."""
        partner = self.partner(key)
        with self.database.write() as connection:
            query = select(partners.c.couple_id, enrollments.c.id).join(
                enrollments, enrollments.c.couple_id == partners.c.couple_id
            )
            couple_id, enrollment = connection.execute(query.where(partners.c.id == partner)).first() or (0, 0)
            number = connection.execute(
                insert(messages)
                .values(
                    enrollment_id=enrollment,
                    couple_id=couple_id,
                    partner_id=partner,
                    channel="sms",
                    period=date(2026, 2, 2),
                    slot=next(SLOTS),
                    due_at=self.now,
                    not_after=self.now + timedelta(hours=1),
                )
                .returning(messages.c.id)
            ).scalar_one()
            connection.execute(
                insert(contents).values(
                    message_id=number,
                    entries="[]",
                    why="{}",
                    **seal_words(VAULT, contents, str(number), text="A note for you.", note=text),
                )
            )
        return number

    def everything(self) -> Everything:
        """The whole database, to compare before with after."""
        with self.database.read() as connection:
            return {
                table.name: sorted(map(tuple, connection.execute(select(table)).all()), key=repr)
                for table in metadata.sorted_tables
            }


def pages_of(house: WebHouse, key: str) -> dict[str, str]:
    """Every page a partner can open, by name, each under a fresh link."""
    preferences = house.link(key)
    return {
        "invitation": house.link(key, Purpose.INVITATION),
        "preferences": preferences,
        "data": f"{preferences}/data",
        "leave": f"{preferences}/leave",
        "erase": f"{preferences}/erase",
        "ended": f"{preferences}/ended",
        "unsubscribe": house.unsubscribe_link(key),
        "note": house.link(key, Purpose.NOTE),
        "help": "/help",
        "nothing": "/p/no-such-token",
    }
