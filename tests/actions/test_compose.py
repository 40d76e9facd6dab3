"""What a message says: picked once, kept, and the same whether it is foreseen or late."""

import re
from dataclasses import replace
from datetime import time, timedelta
from itertools import pairwise

import pytest
from parts.cast import ANA_AND_BEN, NOON
from parts.couples import BOTH, EACH, NO_LIMIT, TALK, ana_and_ben, ideas, prompts, small_pool
from parts.house import EMAIL, SMS, House, composer
from parts.loops import in_loop
from parts.pool_entries import idea

from nudger.actions.compose import Library
from nudger.domain.coming_dates import Ahead, DateKind
from nudger.domain.messages import EmailContent, SmsContent, State
from nudger.domain.people import Couple, ImportantDate
from nudger.domain.picking import compile_pool
from nudger.domain.pools import Entry, Pool
from nudger.domain.preferences import Preferences
from nudger.domain.schedules import BeforeDate, ChannelChoice
from nudger.domain.themes import Theme
from nudger.storage.database import Database

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CLOSE = replace(BOTH, themes=(Theme.INTIMACY,))
#: Two weeks, three days and none ahead of a birthday.
COUNTDOWN = replace(EACH, key="countdown", when=BeforeDate("ben-birthday", (14, 3, 0), time(12)), themes=())


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


@pytest.mark.parametrize(("pools", "language"), [(("en", "fr"), "fr"), (("en",), "en")])
@in_loop
async def test_words_are_marked_with_the_language_they_are_in(
    sqlite_database: Database, pools: tuple[str, ...], language: str
) -> None:
    """Ana reads fr-CA: French words say fr; where only English is there, they say en, whatever she reads."""
    letters = replace(EACH, key="letters", channel=ChannelChoice.EMAIL)
    couple = ana_and_ben(budget=NO_LIMIT)
    ana, ben = (replace(one, locale="fr-CA") for one in couple.partners)
    house = House(sqlite_database, [replace(couple, partners=(ana, ben))], [letters], [*map(small_pool, pools)])
    number = house.due("ana", EMAIL, "letters")
    await house.dispatch()
    content = house.words(number).content
    assert isinstance(content, EmailContent)
    assert re.findall(r'lang="([^"]*)"', content.html) == [language] * 2


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
    """fr-CA is served by its own pool, else by fr, else by en; what is not all there is taken from English, whole."""
    english, french = compile_pool(Pool("en", ideas(2))), compile_pool(Pool("fr", ideas(1)))
    assert Library({"en": english, "fr": french}).pool("fr-CA") is french
    assert Library({"en": english}).pool("fr-CA") is english
    assert Library({"fr": french}).pool("de") is None
    both = Library({"en": english, "fr": french})
    assert both.words(["curiosity-0"], "fr-CA") == ("fr", [french.entries[0]])
    assert both.words(["curiosity-0", "curiosity-1"], "fr-CA") == ("en", [english.entries[0], english.entries[1]])
    assert both.words(["no-such-entry"], "fr-CA") is None


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


def with_names(*names: str) -> Couple:
    """Ana and Ben under other names."""
    couple = ana_and_ben(budget=NO_LIMIT)
    partners = (replace(one, name=name) for one, name in zip(couple.partners, names, strict=True))
    return replace(couple, partners=tuple(partners))  # type: ignore[arg-type]


#: Two segments hold it with a name in the GSM alphabet; with any other each holds 67 characters only.
LONG = "Ask {{ partner.name }} what made this week a good one, " * 6


@pytest.mark.parametrize(("bens_name", "kept"), [("Ben", "long"), ("Zbyńko", "short"), ("Άγγελος", "short")])
@in_loop
async def test_an_idea_too_long_for_these_names_makes_room_for_another(
    sqlite_database: Database, bens_name: str, kept: str
) -> None:
    """A Polish or Greek letter halves what a text holds: an idea that fits is drawn instead, and the why says so."""
    pool = Pool("en", [idea("long", sms=LONG, weight=10_000.0), idea("short")])
    house = House(sqlite_database, [with_names("Ana", bens_name)], pools=[pool])
    message = house.due("ana")
    await house.dispatch()
    written = house.words(message)
    assert written.entries == (kept,)
    assert ("length" in written.why["left"]) is (kept == "short")
    assert [pick["entry"] for pick in house.picks()] == [kept], "what was set aside does not count as used"


@in_loop
async def test_ideas_are_drawn_anew_five_times_and_no_more(sqlite_database: Database) -> None:
    """A pool in which one too long follows another is told as such, whatever it may hold beside."""
    long_ones = [idea(f"long-{number}", sms=LONG, weight=10_000.0) for number in range(50)]
    house = House(sqlite_database, [with_names("Ana", "Zbyńko")], pools=[Pool("en", [*long_ones, idea("short")])])
    message = house.due("ana")
    await house.dispatch()
    assert house.fate(message) == ("skipped", "too_long")


@in_loop
async def test_an_idea_that_is_not_translated_yet_is_read_as_it_was_picked(sqlite_database: Database) -> None:
    """Picked for both from French, it reaches the one who reads German where neither German nor English has it."""
    couple = ana_and_ben(budget=NO_LIMIT)
    ana, ben = couple.partners
    mixed = replace(couple, partners=(replace(ana, locale="fr"), replace(ben, locale="de")))
    pools = [Pool("fr", [idea("nouvelle", sms="Demande à {{ partner.name }}.")])]
    pools += [Pool(locale, [idea("other", Theme.GROWTH)]) for locale in ("de", "en")]
    rule = replace(BOTH, themes=(Theme.CURIOSITY,))
    house = House(sqlite_database, [mixed], [rule], pools)
    messages = [house.due(who, schedule="both", slot=0) for who in ("ana", "ben")]
    await house.dispatch()
    assert [house.words(message).entries for message in messages] == [("nouvelle",)] * 2
    assert [house.fate(message)[0] for message in messages] == ["accepted"] * 2


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


@in_loop
async def test_what_is_made_for_a_date_comes_with_its_lead(database: Database) -> None:
    """Each lead of a schedule before a date picks what is made for that kind of day and that distance."""
    ideas_for = {"weeks": "order", "days": "wrap", "today": "sing"}
    made = [
        idea(name, dates=frozenset({DateKind.BIRTHDAY}), ahead=frozenset({Ahead(lead)}))
        for lead, name in ideas_for.items()
    ]
    house = House(database, rules=[COUNTDOWN], pools=[Pool("en", [*ideas(1), *made])])
    due = [house.due("ana", schedule="countdown", slot=slot) for slot in (0, 1, 2)]
    await house.dispatch()
    assert [house.words(message).entries for message in due] == [("order",), ("wrap",), ("sing",)]
    assert house.words(due[0]).why["left"]["occasion"] == 1


@in_loop
async def test_an_extra_message_tells_the_true_distance(database: Database) -> None:
    """What an operator sends four days before the date says so, and picks for four days, whatever the leads are."""
    made = idea("wrap", dates=frozenset({DateKind.BIRTHDAY}), ahead=frozenset({Ahead.DAYS}))
    couple = replace(ana_and_ben(budget=NO_LIMIT), dates={"ben-birthday": ImportantDate(2, 6, 1990)})
    house = House(database, [couple], [COUNTDOWN], [Pool("en", [*ideas(1), made])])
    extra = house.due("ana", schedule="countdown", slot=1000)
    await house.dispatch()
    words = house.words(extra)
    assert words.entries == ("wrap",)
    assert isinstance(words.content, SmsContent)
    assert words.content.text.startswith("In 4 days: Ben's birthday.")


@in_loop
async def test_an_extra_message_without_the_date_is_an_ordinary_one(database: Database) -> None:
    """Where the couple no longer has the date, no occasion is told and no idea made for one is picked."""
    made = idea("wrap", dates=frozenset(DateKind), ahead=frozenset(Ahead))
    house = House(database, rules=[COUNTDOWN], pools=[Pool("en", [idea("ordinary"), made])])
    extra = house.due("ana", schedule="countdown", slot=1000)
    await house.dispatch()
    words = house.words(extra)
    assert words.entries == ("ordinary",)
    assert isinstance(words.content, SmsContent)
    assert words.content.text.startswith("Ask Ben.")


@pytest.mark.parametrize(("wished", "own", "days"), [(730, 365, 730), (30, 365, 365), (0, 90, 90)])
@in_loop
async def test_the_longer_rest_wins(sqlite_database: Database, wished: int, own: int, days: int) -> None:
    """An idea comes again after its own rest or after the couple's, whichever is longer, to the second."""
    couple = replace(ana_and_ben(budget=NO_LIMIT), preferences=Preferences(cooldown_days=wished))
    house = House(sqlite_database, [couple], pools=[Pool("en", [idea("only", cooldown_days=own)])])
    house.due("ana")
    await house.dispatch()
    fates = []
    for wait in (timedelta(days=days) - timedelta(seconds=1), timedelta(seconds=1)):
        house.later(wait)
        again = house.due("ben")
        await house.dispatch()
        fates.append(house.fate(again)[0])
    assert fates == ["skipped", "accepted"]


@in_loop
async def test_questions_may_come_again_before_ideas_do(sqlite_database: Database) -> None:
    """The couple's own rest is for ideas: a check-in goes by what its prompts say."""
    couple = replace(ana_and_ben(budget=NO_LIMIT), preferences=Preferences(cooldown_days=730))
    weekly = [replace(entry, cooldown_days=7) for entry in prompts(1)]
    house = House(sqlite_database, [couple], [TALK], [Pool("en", weekly)])
    house.due("ana", EMAIL, "talk")
    await house.dispatch()
    house.later(7 * DAY)
    again = house.due("ana", EMAIL, "talk")
    await house.dispatch()
    assert house.message(again).state is State.ACCEPTED
