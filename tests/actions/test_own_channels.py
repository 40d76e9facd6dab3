"""By which channel each kind of message comes, as one partner alone chose it."""

from dataclasses import replace
from datetime import time

from parts.cast import KEY, NOON
from parts.couples import EACH, NO_LIMIT, TALK, ana_and_ben
from parts.house import EMAIL, SMS, House
from parts.loops import in_loop
from parts.stored import stored_messages

from nudger.actions.choose import Choosing
from nudger.actions.plan import plan
from nudger.domain.messages import EmailContent, SmsContent
from nudger.domain.own_choices import OwnChoices
from nudger.domain.people import ImportantDate
from nudger.domain.schedules import BeforeDate, MessageKind
from nudger.storage.database import Database

COUNTDOWN = replace(EACH, key="countdown", when=BeforeDate("anniversary", (1,), time(12)))
WANTED = {MessageKind.CHECK_INS: SMS, MessageKind.DATES: EMAIL}


def house_with_a_date(database: Database) -> House:
    """Texts each day, check-ins by email, and a text the day before an anniversary."""
    home = replace(ana_and_ben(budget=NO_LIMIT), dates={"anniversary": ImportantDate(2, 4)})
    return House(database, [home], [EACH, TALK, COUNTDOWN])


def channels(database: Database, partner: str) -> set[tuple[str, str]]:
    """By which channel each schedule's messages to a partner are planned."""
    return {(one.schedule, one.channel) for one in stored_messages(database) if one.partner == partner}


def test_each_kind_comes_by_the_channel_chosen_for_it(database: Database) -> None:
    """Ben's check-ins become texts and his dates emails, whatever was arranged; his ideas and all of Ana's stay."""
    house = house_with_a_date(database)
    arranged = {("each", "sms"), ("talk", "email"), ("countdown", "sms")}
    plan(database, KEY, NOON)
    assert channels(database, "ben") == channels(database, "ana") == arranged
    choosing = Choosing(database, KEY)
    assert choosing.save(house.partner_id("ben"), OwnChoices(channels=WANTED), NOON) == ["channels"]
    plan(database, KEY, NOON)
    assert channels(database, "ben") == {("each", "sms"), ("talk", "sms"), ("countdown", "email")}
    assert channels(database, "ana") == arranged
    house.sync()
    choosing.save(house.partner_id("ben"), OwnChoices(), NOON)
    plan(database, KEY, NOON)
    assert channels(database, "ben") == arranged


@in_loop
async def test_a_check_in_by_text_asks_the_same(database: Database) -> None:
    """Ben gets the opener as a text, and it is the one with which Ana's email begins."""
    house = House(database, [ana_and_ben(budget=NO_LIMIT)], [TALK])
    for partner, channel in (("ben", SMS), ("ana", EMAIL)):
        house.due(partner, channel, TALK.key, slot=0)
    await house.dispatch()
    (text,), (email,) = house.sms.arrived, house.email.arrived
    assert isinstance(text.content, SmsContent)
    assert isinstance(email.content, EmailContent)
    opener = text.content.text.partition(",")[0]
    assert opener.startswith("opener ")
    assert f"{opener}, Ana?" in email.content.text
