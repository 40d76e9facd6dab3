"""What an erasure may not change for the one who stays."""

from dataclasses import replace
from datetime import time

from parts.cast import KEY
from parts.couples import BOTH, EACH, NO_LIMIT, ana_and_ben
from parts.house import EMAIL, House
from parts.loops import in_loop
from parts.pool_entries import idea
from parts.stored import contact_id, stored_contacts
from parts.vaults import in_clear

from nudger.actions.choose import Choosing
from nudger.domain.messages import SmsContent
from nudger.domain.people import ChannelKind, ImportantDate
from nudger.domain.pools import EmailText, Entry, Pool
from nudger.domain.schedules import BeforeDate, ChannelChoice
from nudger.domain.themes import Theme
from nudger.storage.consent import How
from nudger.storage.database import Database
from nudger.storage.tables import couples

TOO_LONG_FOR_A_TEXT = [
    Entry(f"long-{number}", Theme.CURIOSITY, sms=None, email=EmailText("A letter", "Long.")) for number in range(30)
]


@in_loop
async def test_ideas_for_both_still_go_by_the_narrower_channel(sqlite_database: Database) -> None:
    """Ben got texts, and Ana emails: what is picked for the two stays short enough for his, gone or not."""
    couple = ana_and_ben(budget=NO_LIMIT)
    ana, ben = couple.partners
    mixed = replace(couple, partners=(replace(ana, prefers=EMAIL), replace(ben, prefers=ChannelKind.SMS)))
    rule = replace(BOTH, channel=ChannelChoice.PREFERRED)
    house = House(sqlite_database, [mixed], [rule], [Pool("en", [*TOO_LONG_FOR_A_TEXT, idea("short")])])
    Choosing(sqlite_database, KEY).erase(house.partner_id("ben"), house.now)
    number = house.due("ana", EMAIL, "both")
    await house.dispatch()
    assert house.words(number).entries == ("short",)


@in_loop
async def test_a_birthday_of_the_one_who_is_gone_is_not_named(sqlite_database: Database) -> None:
    """The date's name holds theirs; what was to come still comes, without that line."""
    couple = replace(ana_and_ben(budget=NO_LIMIT), dates={"ben-birthday": ImportantDate(2, 6)})
    rule = replace(EACH, key="countdown", when=BeforeDate("ben-birthday", (4,), time(12)), themes=())
    house = House(sqlite_database, [couple], [rule], [Pool("en", [idea("ordinary")])])
    Choosing(sqlite_database, KEY).erase(house.partner_id("ben"), house.now)
    number = house.due("ana", schedule="countdown", slot=1000)
    await house.dispatch()
    content = house.words(number).content
    assert isinstance(content, SmsContent)
    assert content.text.startswith("Ask your partner.")


def test_a_new_address_in_the_files_is_not_taken_for_someone_erased(database: Database) -> None:
    """Whatever the files say: also a number that the erasure did not know of never comes back as theirs."""
    house = House(database)
    Choosing(database, KEY).erase(house.partner_id("ben"), house.now)
    ana, ben = house.homes[0].partners
    house.homes = [replace(house.homes[0], partners=(ana, replace(ben, phone="+447700900321")))]
    house.sync()
    assert {one.partner for one in stored_contacts(database) if not one.retired} == {"ana"}


def test_a_couple_under_another_key_does_not_bring_the_address_back(database: Database) -> None:
    """The files give the couple a new key: the erased address is neither a contact nor kept with the couple."""
    house = House(database)
    ben = house.homes[0].partner("ben")
    Choosing(database, KEY).erase(house.partner_id("ben"), house.now)
    house.homes = [replace(house.homes[0], key="c-17")]
    house.sync()
    with database.read() as connection:
        kept = [row.spec for row in in_clear(connection, couples)]
    assert not [spec for spec in kept if str(ben.phone) in spec or str(ben.email) in spec]
    assert [spec for spec in kept if "ana@example.com" in spec]


def test_a_no_outlives_a_couple_s_key(database: Database) -> None:
    """The files give the couple a new key: who said no is not asked again, and who only never answered may be."""
    house = House(database)
    number = str(house.homes[0].partner("ben").phone)
    Choosing(database, KEY).withdraw(contact_id(database, number), How.REPLY, house.now)
    house.homes = [replace(house.homes[0], key="c-17")]
    house.sync()
    consents = {one.address: one.consent for one in stored_contacts(database) if not one.retired}
    assert (consents[number], consents["ben@example.com"]) == ("withdrawn", "none")
