"""What an erasure may not change for the one who stays."""

from dataclasses import replace
from datetime import time

from parts.cast import KEY
from parts.couples import BOTH, EACH, NO_LIMIT, ana_and_ben
from parts.house import EMAIL, House
from parts.loops import in_loop
from parts.pool_entries import idea

from nudger.actions.choose import Choosing
from nudger.domain.messages import SmsContent
from nudger.domain.people import ChannelKind, ImportantDate
from nudger.domain.pools import EmailText, Entry, Pool
from nudger.domain.schedules import BeforeDate, ChannelChoice
from nudger.domain.themes import Theme
from nudger.storage.database import Database

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
