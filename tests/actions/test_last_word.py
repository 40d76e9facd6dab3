"""Of a yes and a no that come at once the last one stands, whoever of two processes was at work on the first."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta

import pytest
from parts.cast import KEY, NOON
from parts.couples import ana_and_ben
from parts.stored import contact_id
from parts.texting import BEN, Texting
from sqlalchemy import Connection, select

from nudger.actions.choose import Choosing
from nudger.actions.consent import record_consent
from nudger.actions.sync import sync
from nudger.domain.people import ChannelKind
from nudger.domain.themes import Theme
from nudger.errors import NudgerError
from nudger.storage.consent import Event, Happening, How, record, record_theme
from nudger.storage.database import Database
from nudger.storage.tables import contacts, partners

LATER = NOON + timedelta(minutes=1)
YES, NO = Happening(Event.GRANTED, How.PAGE, NOON), Happening(Event.WITHDRAWN, How.PAGE, NOON)
#: Long enough for a no that does not wait to be over before the yes is committed.
A_WHILE = 1.0


class Home:
    """Ben, who has said no to everything."""

    def __init__(self, database: Database) -> None:
        """Each no is in the ledger."""
        self.database = database
        sync(database, [ana_and_ben()], [], NOON)
        self.choosing = Choosing(database, KEY)
        self.contact = contact_id(database, BEN)
        with database.write() as connection:
            ben = select(contacts.c.partner_id).where(contacts.c.id == self.contact)
            self.ben: int = connection.execute(ben).scalar_one()
            record(connection, self.contact, NO)
            record_theme(connection, self.ben, Theme.INTIMACY, NO)

    def stands(self) -> tuple[str, bool]:
        """What stands of texts, and of closeness."""
        with self.database.read() as connection:
            query = select(contacts.c.consent, partners.c.intimacy).join(partners)
            consent, intimacy = connection.execute(query.where(contacts.c.id == self.contact)).one()
        return consent, intimacy

    def while_uncommitted(self, yes: Callable[[Connection], None], no: Callable[[], None]) -> None:
        """Say no while the transaction of a yes is still open, and then let that commit."""
        with ThreadPoolExecutor(1) as pool:
            with self.database.write() as connection:
                yes(connection)
                said = pool.submit(no)
                wait([said], A_WHILE)
            said.result(30)


@pytest.fixture
def home(postgres_database: Database) -> Home:
    """On PostgreSQL: on SQLite writers take turns from their first word on."""
    return Home(postgres_database)


def test_a_stop_on_the_heels_of_a_start_is_not_lost(home: Home) -> None:
    """It waits for the START to be written, and does not take the no before that for its own."""
    home.while_uncommitted(
        lambda connection: record(connection, home.contact, YES),
        lambda: home.choosing.withdraw(home.contact, How.REPLY, LATER),
    )
    assert home.stands() == ("withdrawn", False)


def test_a_no_to_closeness_on_the_heels_of_a_yes_is_not_lost(home: Home) -> None:
    """The same on the page of one's own settings."""
    home.while_uncommitted(
        lambda connection: record_theme(connection, home.ben, Theme.INTIMACY, YES),
        lambda: home.choosing.intimacy(home.ben, False, "No.", LATER),  # noqa: FBT003 (their answer)
    )
    assert home.stands() == ("withdrawn", False)


class Interrupted(Choosing):
    """A hand that is held up once, just before it brings somebody back or just after it has withdrawn."""

    before_restart: Callable[[], object] | None = None
    after_withdrawal: Callable[[], object] | None = None

    def restart(self, contact_id: int, now: datetime) -> None:
        """Let the other text be dealt with first."""
        meanwhile, self.before_restart = self.before_restart, None
        if meanwhile:
            meanwhile()
        super().restart(contact_id, now)

    def withdraw(self, contact_id: int, how: How, now: datetime) -> None:
        """Let the other text be dealt with before this one is noted as dealt with."""
        super().withdraw(contact_id, how, now)
        meanwhile, self.after_withdrawal = self.after_withdrawal, None
        if meanwhile:
            meanwhile()


def test_evidence_does_not_overrule_a_no_on_its_way(home: Home) -> None:
    """An operator writes down a yes on paper while a STOP is being written: the STOP is their last word."""
    with home.database.write() as connection:
        record(connection, home.contact, YES)
        record_theme(connection, home.ben, Theme.INTIMACY, YES)

    def evidence(about: ChannelKind | Theme) -> Callable[[], None]:
        return lambda: record_consent(
            home.database, "ana-and-ben", "ben", about, event=Event.GRANTED, evidence="A paper.", now=LATER
        )

    with pytest.raises(NudgerError):
        home.while_uncommitted(lambda connection: record(connection, home.contact, NO), evidence(ChannelKind.SMS))
    with pytest.raises(NudgerError):
        home.while_uncommitted(
            lambda connection: record_theme(connection, home.ben, Theme.INTIMACY, NO), evidence(Theme.INTIMACY)
        )
    assert home.stands() == ("withdrawn", False)


@pytest.fixture
def texting(database: Database) -> Texting:
    """Ben has stopped his texts, and another minute has gone by."""
    texting = Texting(database, choosing=Interrupted)
    texting.text(BEN, "STOP")
    texting.later(timedelta(minutes=1))
    return texting


def test_a_stop_that_overtakes_a_start_stands(texting: Texting) -> None:
    """The START was read first, and is at work when the STOP comes and finds nothing left to withdraw."""
    texting.choosing.before_restart = lambda: texting.text(BEN, "STOP", at=texting.now + timedelta(seconds=1))  # type: ignore[attr-defined]
    assert texting.text(BEN, "START") is None
    assert texting.consent_of(BEN) == ["withdrawn"]


def test_a_stop_that_a_start_overtakes_stands(texting: Texting) -> None:
    """The STOP has found nothing left to withdraw, and is not noted yet when the START before it is dealt with."""
    texting.choosing.after_withdrawal = lambda: texting.text(BEN, "START")  # type: ignore[attr-defined]
    assert texting.text(BEN, "STOP", at=texting.now + timedelta(seconds=1)) is None
    assert texting.consent_of(BEN) == ["withdrawn"]
