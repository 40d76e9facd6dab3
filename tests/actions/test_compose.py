"""What a message says: picked once, kept, and the same whether it is foreseen or late."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from parts.cast import ANA_AND_BEN, NOON
from parts.couples import BOTH, EACH, NO_LIMIT, TALK, ana_and_ben, ideas, prompts, small_pool
from parts.house import EMAIL, SMS, House, composer
from parts.loops import in_loop
from parts.pool_entries import idea

from nudger.actions.compose import Library
from nudger.domain.messages import EmailContent, SmsContent, State
from nudger.domain.picking import compile_pool
from nudger.domain.pools import Entry, Pool
from nudger.domain.preferences import Preferences
from nudger.domain.schedules import ChannelChoice
from nudger.domain.themes import Theme
from nudger.storage.database import Database

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CLOSE = replace(BOTH, themes=(Theme.INTIMACY,))


@in_loop
async def test_both_partners_receive_the_same_idea(database: Database) -> None:
    """With audience both, what is picked for the first is what the second gets an hour later, each by name."""
    house = House(database, rules=[BOTH])
    anas = house.due("ana", schedule="both", slot=0)
    bens = house.due("ben", schedule="both", slot=0, at=NOON + HOUR)
    await house.dispatch()
    house.later(HOUR)
    await house.dispatch()
    assert house.words(anas).entries == house.words(bens).entries
    assert [pick["partner_id"] for pick in house.picks()] == [None]
    first, second = (outgoing.content for outgoing in house.sms.arrived)
    assert isinstance(first, SmsContent)
    assert isinstance(second, SmsContent)
    assert ("Ben" in first.text, "Ana" in second.text) == (True, True)


@in_loop
async def test_each_partner_receives_their_own_idea(database: Database) -> None:
    """With audience each, the two draw apart and never the same entry."""
    house = House(database)
    anas, bens = house.due("ana", slot=0), house.due("ben", slot=0)
    await house.dispatch()
    assert house.words(anas).entries != house.words(bens).entries
    assert [pick["partner_id"] for pick in house.picks()] == [house.partner_id("ana"), house.partner_id("ben")]


@in_loop
async def test_message_tried_again_keeps_its_words(database: Database) -> None:
    """A refused message says the same when it is tried again, though the pools have changed since."""
    house = House(database)
    message = house.due("ana")
    house.sms.refuse()
    await house.dispatch()
    words = house.words(message)
    house.composer = composer(
        Pool("en", [replace(entry, sms="Now {{ partner.name }} reads this.") for entry in ideas()])
    )
    house.start_afresh()
    house.later(timedelta(minutes=1))
    await house.dispatch()
    assert [outgoing.content for outgoing in house.sms.arrived] == [words.content]
    assert len(house.picks()) == 1


@in_loop
async def test_nothing_fitting_is_skipped_and_explained(database: Database) -> None:
    """Where no entry is left the message is skipped, with what every filter left and which took the last one."""
    away = replace(ana_and_ben(budget=NO_LIMIT), preferences=Preferences(themes=dict.fromkeys(Theme, 0.0)))
    house = House(database, [away])
    message = house.due("ana")
    await house.dispatch()
    assert house.fate(message) == ("skipped", "nothing_fits")
    words = house.words(message)
    assert (words.content, words.entries, words.why["emptied_by"]) == (None, (), "theme_weight")
    assert words.why["left"]["themes"] == 12
    assert (house.sms.arrived, house.picks()) == ([], [])


@in_loop
async def test_check_in_opens_and_asks(database: Database) -> None:
    """A check-in holds an opener and as many prompts as wished for, the same ones for both."""
    house = House(database, rules=[TALK])
    anas, bens = (house.due(who, EMAIL, "talk", slot=0) for who in ("ana", "ben"))
    await house.dispatch()
    words = house.words(anas)
    assert words.entries == house.words(bens).entries
    assert len(words.entries) == 4
    assert words.entries[0].startswith("ask-opener-")
    assert {pick["kind"] for pick in house.picks()} == {"prompt"}
    assert isinstance(words.content, EmailContent)
    assert all(f"{role.split('-')[1]} {role[-1]}, Ana?" in words.content.text for role in words.entries)


@in_loop
async def test_same_theme_does_not_come_twice_running(sqlite_database: Database) -> None:
    """With two themes they take turns, and a check-in in between changes nothing about that."""
    house = House(sqlite_database, rules=[EACH, TALK])
    for _ in range(8):
        house.due("ana")
        await house.dispatch()
        house.due("ana", EMAIL, "talk")
        await house.dispatch()
        house.later(timedelta(minutes=1))
    themes = [pick["theme"] for pick in house.picks() if pick["kind"] == "idea"]
    assert len(themes) == 8
    assert all(one != other for one, other in pairwise(themes))


@in_loop
async def test_nothing_repeats_within_its_rest_whatever_the_schedule(sqlite_database: Database) -> None:
    """Twelve ideas last for twelve messages of two schedules to both; then nothing fits until a year is over."""
    house = House(sqlite_database, rules=[EACH, BOTH])
    for number in range(12):
        house.due("ana" if number % 3 else "ben", schedule="each" if number % 2 else "both")
        await house.dispatch()
    assert len({pick["entry"] for pick in house.picks()}) == 12
    empty = house.due("ana")
    await house.dispatch()
    assert house.fate(empty) == ("skipped", "nothing_fits")
    assert house.words(empty).why["emptied_by"] == "cool_down"
    house.later(365 * DAY)
    again = house.due("ana")
    await house.dispatch()
    assert house.message(again).state is State.ACCEPTED


def test_locales_fall_back_from_region_to_language_to_english() -> None:
    """fr-CA is served by its own pool, else by fr, else by en; an entry missing there is taken from English."""
    english, french = compile_pool(Pool("en", ideas(2))), compile_pool(Pool("fr", ideas(1)))
    assert Library({"en": english, "fr": french}).pool("fr-CA") is french
    assert Library({"en": english}).pool("fr-CA") is english
    assert Library({"fr": french}).pool("de") is None
    both = Library({"en": english, "fr": french})
    assert both.entry("fr-CA", "curiosity-0") is french.entries[0]
    assert both.entry("fr-CA", "curiosity-1") is english.entries[1]
    assert both.entry("fr-CA", "no-such-entry") is None


@in_loop
async def test_partner_without_any_pool_is_skipped(database: Database) -> None:
    """Where there is no pool in a partner's language nor in English, that message is skipped and others are not."""
    house = House(database, pools=[Pool("de", ideas())])
    ana, ben = house.homes[0].partners
    house.homes = [replace(house.homes[0], partners=(replace(ana, locale="de"), ben))]
    house.sync()
    anas, bens = house.due("ana"), house.due("ben")
    await house.dispatch()
    assert house.message(anas).state is State.ACCEPTED
    assert house.fate(bens) == ("skipped", "nothing_fits")
    assert house.words(bens).why["emptied_by"] == "locale"


@in_loop
async def test_late_daemon_says_what_was_foreseen(sqlite_database: Database, postgres_database: Database) -> None:
    """Two installations with one key pick the same for the same occurrence, though one sends it much later."""
    said = []
    for database, delay in ((sqlite_database, 0), (postgres_database, 50)):
        house = House(database, pools=[Pool("en", ideas(40))])
        ids = [house.due(who, slot=0) for who in ("ana", "ben")]
        house.later(timedelta(minutes=delay))
        await house.dispatch()
        said.append([house.words(message).content for message in ids])
    assert said[0] == said[1]


def _intimate(count: int = 2) -> Pool:
    return Pool("en", [idea(f"close-{n}", Theme.INTIMACY, sms="Hold {{ partner.name }} close.") for n in range(count)])


@in_loop
async def test_intimacy_needs_both_and_a_later_no_counts(database: Database) -> None:
    """An intimate idea goes out only when both have said yes; a no between the two sends keeps the second back."""
    house = House(database, rules=[CLOSE], pools=[_intimate()])
    house.change_partner("ana", intimacy=True)
    alone = house.due("ana", schedule="both", slot=0)
    await house.dispatch()
    assert house.fate(alone) == ("skipped", "nothing_fits")
    house.change_partner("ben", intimacy=True)
    anas = house.due("ana", schedule="both", slot=1)
    bens = house.due("ben", schedule="both", slot=1, at=NOON + HOUR)
    retried = house.due("ana", EMAIL, "both", slot=2)
    house.email.refuse()
    await house.dispatch()
    house.change_partner("ben", intimacy=False)
    house.later(HOUR)
    await house.dispatch()
    assert house.fate(anas) == ("accepted", "handed_over")
    assert house.fate(bens) == ("skipped", "no_consent")
    assert house.fate(retried) == ("skipped", "no_consent")
    assert (len(house.sms.arrived), house.email.arrived) == (1, [])


@in_loop
async def test_no_intimate_text_reaches_a_number_of_the_american_plan(database: Database) -> None:
    """Where both receive the same and one has a +1 number, no intimate idea is picked for a text to either."""
    ana, ben = ANA_AND_BEN.partners
    pair = (replace(ana, phone="+447700900122", budget=NO_LIMIT), replace(ben, phone="+12025550123", budget=NO_LIMIT))
    house = House(database, [replace(ANA_AND_BEN, partners=pair)], [CLOSE], [_intimate()])
    for who in ("ana", "ben"):
        house.change_partner(who, intimacy=True)
    ids = [house.due(who, schedule="both", slot=0) for who in ("ana", "ben")]
    await house.dispatch()
    assert {house.fate(message) for message in ids} == {("skipped", "nothing_fits")}


@in_loop
async def test_text_goes_with_the_narrower_channel(database: Database) -> None:
    """Where one of both prefers texts, an idea that is only an email is not picked for the two."""
    long_one = Entry("long", Theme.CURIOSITY, sms=None, email=idea("x").email)
    short = idea("short")
    couple = ana_and_ben(budget=NO_LIMIT)
    ana, ben = couple.partners
    mixed = replace(couple, partners=(replace(ana, prefers=EMAIL), replace(ben, prefers=SMS)))
    rule = replace(BOTH, channel=ChannelChoice.PREFERRED)
    house = House(database, [mixed], [rule], [Pool("en", [long_one, short])])
    anas, bens = house.due("ana", EMAIL, "both", slot=0), house.due("ben", SMS, "both", slot=0)
    await house.dispatch()
    assert house.words(anas).entries == house.words(bens).entries == ("short",)


@in_loop
async def test_text_that_is_too_long_is_not_sent(database: Database) -> None:
    """An idea whose text takes too many segments is skipped and said to be too long."""
    endless = idea("endless", sms="Ask {{ partner.name }} again. " * 30)
    house = House(database, pools=[Pool("en", [endless])])
    message = house.due("ana")
    await house.dispatch()
    assert house.fate(message) == ("skipped", "too_long")
    assert house.sms.arrived == []


@in_loop
async def test_entry_that_left_the_pools_cannot_be_said(database: Database) -> None:
    """What was picked for one partner and is gone when the other's turn comes is skipped, not replaced."""
    house = House(database, rules=[BOTH])
    house.due("ana", schedule="both", slot=0)
    bens = house.due("ben", schedule="both", slot=0, at=NOON + HOUR)
    await house.dispatch()
    house.composer = composer(Pool("en", prompts()))
    house.start_afresh()
    house.later(HOUR)
    await house.dispatch()
    assert house.fate(bens) == ("skipped", "cannot_render")


@pytest.mark.parametrize("days", [365, 30])
def test_history_is_read_as_far_back_as_the_longest_rest(days: int) -> None:
    """Picks older than every cool-down do not matter and are not read."""
    pools = {"en": compile_pool(Pool("en", ideas(1, cooldown_days=days)))}
    assert Library(pools).longest_rest == timedelta(days=days)
    assert Library({"en": compile_pool(small_pool())}).longest_rest == timedelta(days=365)
