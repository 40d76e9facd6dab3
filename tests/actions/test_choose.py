"""Choosing: one partner's own hand on what reaches them, at once and as often as they like."""

import json
from dataclasses import replace
from datetime import time, timedelta

import pytest
from parts.cast import KEY, NOON
from parts.couples import BOTH, EACH, NO_LIMIT, TALK, ana_and_ben, cleo_and_dan
from parts.house import EMAIL, SMS, House
from parts.loops import in_loop
from parts.vaults import in_clear
from sqlalchemy import select

from nudger.actions.choose import Choosing
from nudger.actions.plan import plan
from nudger.domain.messages import EmailContent, SmsContent, State
from nudger.domain.own_choices import OwnChoices
from nudger.domain.people import ChannelKind, LifeState
from nudger.domain.schedules import ChannelChoice, MessageKind
from nudger.domain.themes import Theme
from nudger.domain.windows import Window
from nudger.errors import NotThere
from nudger.storage.consent import How
from nudger.storage.database import Database
from nudger.storage.links import Purpose, find_link
from nudger.storage.tables import contacts, contents, couples, feedback, ledger, metadata, partners

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PREFERRED = replace(EACH, channel=ChannelChoice.PREFERRED)
SHOWN = "These are the words."


class Home:
    """Ana and Ben, Cleo and Dan, and the hand that chooses for one of them."""

    def __init__(self, database: Database, *rules: object) -> None:
        """Everyone has said yes."""
        homes = [ana_and_ben(budget=NO_LIMIT), cleo_and_dan(budget=NO_LIMIT)]
        self.house = House(database, homes, rules or (EACH,))  # type: ignore[arg-type]
        self.choosing = Choosing(database, KEY)
        self.ben = self.house.partner_id("ben")

    def contact(self, channel: ChannelKind = SMS, partner: str = "ben") -> int:
        """A contact's row."""
        mine = (contacts.c.partner_id == self.house.partner_id(partner)) & (contacts.c.channel == channel)
        with self.house.database.read() as connection:
            return connection.execute(select(contacts.c.id).where(mine)).scalar_one()

    def lines(self) -> list[tuple[str, str, str | None]]:
        """Ben's ledger after the first yeses: event, how, words shown."""
        with self.house.database.read() as connection:
            lines = in_clear(connection, ledger, ledger.c.partner_id == self.ben)
        return [(line.event, line.how, line.shown) for line in lines][2:]

    async def fate(self, channel: ChannelKind = SMS, schedule: str = "each") -> tuple[str, str]:
        """What becomes of a message to Ben that is due now."""
        message = self.house.due("ben", channel, schedule)
        await self.house.dispatch()
        return self.house.fate(message)


@in_loop
async def test_stop_and_start_are_each_written_once(database: Database) -> None:
    """However often Ben says it; START brings back that number, and nothing else is touched."""
    home = Home(database)
    for _ in range(2):
        home.choosing.withdraw(home.contact(), How.REPLY, home.house.now)
    assert await home.fate() == ("skipped", "no_consent")
    assert (await home.fate(EMAIL))[0] == "accepted"
    for _ in range(2):
        home.choosing.restart(home.contact(), home.house.now)
    assert (await home.fate())[0] == "accepted"
    assert home.lines() == [("withdrawn", "reply", None), ("granted", "reply", None)]


@in_loop
async def test_a_yes_keeps_the_words_shown(database: Database) -> None:
    """The ledger has exactly what was read, and that it was a click, or a reply."""
    home = Home(database)
    for channel in ChannelKind:
        home.choosing.withdraw(home.contact(channel), How.PAGE, home.house.now)
        home.choosing.consent(home.contact(channel), SHOWN, home.house.now)
        home.choosing.consent(home.contact(channel), "Other words", home.house.now)
    assert [line for line in home.lines() if line[0] == "granted"] == [
        ("granted", "reply", SHOWN),
        ("granted", "page", SHOWN),
    ]


def test_start_plans_again_what_stop_had_cancelled(database: Database) -> None:
    """A week lies ahead; STOP empties it, START fills it as it was, and Ana's week never changes."""
    home = Home(database)
    plan(database, KEY, NOON)

    def ahead(partner: str) -> list[object]:
        mine = home.house.partner_id(partner)
        return sorted(
            (one.due_at, one.slot, str(one.state)) for one in home.house.all_messages() if one.partner_id == mine
        )

    anas, bens = ahead("ana"), ahead("ben")
    home.choosing.withdraw(home.contact(), How.REPLY, NOON)
    assert {state for _, _, state in ahead("ben")} == {"cancelled"}  # type: ignore[misc]
    home.choosing.restart(home.contact(), NOON)
    plan(database, KEY, NOON)
    assert (ahead("ben"), ahead("ana")) == (bens, anas)


@in_loop
async def test_a_pause_holds_until_its_end(database: Database) -> None:
    """Ben alone is spared, until the pause ends or he ends it."""
    home = Home(database)
    home.choosing.pause(home.ben, NOON + HOUR, NOON)
    assert await home.fate() == ("skipped", "paused")
    home.house.later(HOUR)
    assert (await home.fate())[0] == "accepted"
    home.choosing.pause(home.ben, NOON + DAY, home.house.now)
    home.choosing.resume(home.ben, home.house.now)
    assert (await home.fate())[0] == "accepted"


@pytest.mark.parametrize(
    ("own", "reason"),
    [
        (OwnChoices(days=frozenset({1})), "day_off"),
        (OwnChoices(daily={SMS: 0}), "cap_day"),
        (OwnChoices(weekly={SMS: 0}), "cap_week"),
        (OwnChoices(themes_off=frozenset({Theme.CURIOSITY, Theme.APPRECIATION})), "nothing_fits"),
    ],
)
@in_loop
async def test_own_choices_are_obeyed_at_the_next_message(database: Database, own: OwnChoices, reason: str) -> None:
    """Each of them holds a Monday noon's text back from Ben, and none from Ana."""
    home = Home(database)
    assert home.choosing.save(home.ben, own, NOON)
    assert home.choosing.save(home.ben, own, NOON) == []
    anas = home.house.due("ana")
    assert await home.fate() == ("skipped", reason)
    assert home.house.fate(anas)[0] == "accepted"


@in_loop
async def test_own_quiet_hours_hold_beside_the_written(database: Database) -> None:
    """Until noon in London, half an hour more than the message can wait in vain."""
    home = Home(database)
    home.choosing.save(home.ben, OwnChoices(quiet_hours=Window(time(10), time(11, 30))), NOON)
    message = home.house.due("ben")
    await home.house.dispatch()
    assert home.house.fate(message) == ("planned", "quiet_hours")
    home.house.later(HOUR / 2)
    await home.house.dispatch()
    assert home.house.fate(message)[0] == "accepted"


def test_a_new_zone_and_channel_plan_afresh(database: Database) -> None:
    """Ben's noons move to New York and into his mailbox, Ana's stay where they are; an edited file keeps it so."""
    home = Home(database, PREFERRED)
    plan(database, KEY, NOON)

    def others() -> list[tuple[object, ...]]:
        theirs = [one for one in home.house.all_messages() if one.partner_id != home.ben]
        return sorted((one.partner_id, one.due_at, str(one.channel)) for one in theirs)

    before = others()
    own = OwnChoices(timezone="America/New_York", channels={MessageKind.IDEAS: EMAIL})
    assert home.choosing.save(home.ben, own, NOON) == ["channels", "timezone"]
    plan(database, KEY, NOON)

    def bens() -> set[tuple[int, str]]:
        mine = [one for one in home.house.all_messages() if one.partner_id == home.ben and one.due_at > NOON + HOUR]
        return {(one.due_at.hour, str(one.channel)) for one in mine}

    assert bens() == {(17, "email")}
    assert others() == before
    home.house.homes = [replace(home.house.homes[0], tags=frozenset({"edited"})), home.house.homes[1]]
    home.house.sync()
    plan(database, KEY, NOON)
    assert bens() == {(17, "email")}


def test_coming_back_leaves_no_gap_where_the_planner_was_behind(database: Database) -> None:
    """Nothing is planned for three hours, and Ben comes back meanwhile: his noon is noted as missed."""
    home = Home(database)
    home.choosing.withdraw(home.contact(), How.REPLY, NOON)
    home.choosing.restart(home.contact(), NOON + 3 * HOUR)
    plan(database, KEY, NOON + 3 * HOUR)
    todays = [one for one in home.house.all_messages() if one.partner_id == home.ben and one.due_at < NOON + DAY]
    assert [(one.due_at, one.state) for one in todays] == [(NOON + HOUR, State.EXPIRED)]


@in_loop
async def test_discreet_messages_show_no_word(database: Database) -> None:
    """A text and an email say that there is a note; its words are behind the link, and the same if tried again."""
    home = Home(database)
    home.choosing.save(home.ben, OwnChoices(discreet=True), NOON)
    home.house.sms.accept_then_hang()
    message = home.house.due("ben")
    letter = home.house.due("ben", EMAIL)
    await home.house.dispatch()
    text, email = home.house.sms.arrived[0].content, home.house.email.arrived[0].content
    assert isinstance(text, SmsContent)
    assert isinstance(email, EmailContent)
    assert "Ana" not in text.text + email.subject + email.text + email.html
    token = text.text.rpartition("/n/")[2].strip()
    with database.read() as connection:
        link = find_link(connection, token, Purpose.NOTE, NOON)
        assert link is not None
        assert (link.message_id, link.partner_id) == (message, home.ben)
        notes = [row.note for row in in_clear(connection, contents, contents.c.message_id.in_([message, letter]))]
        assert all("Ana" in (note or "") for note in notes)
    assert home.house.words(message).content == text
    await home.house.go_on(timedelta(minutes=5))
    assert home.house.fate(message)[0] == "accepted"


@in_loop
async def test_words_written_before_a_change_of_mind_are_not_sent(database: Database) -> None:
    """Refused once, then Ben turns discreet or switches the theme off: the old words stay unsaid."""
    for own in (OwnChoices(discreet=True), OwnChoices(themes_off=frozenset({Theme.CURIOSITY, Theme.APPRECIATION}))):
        home = Home(database)
        home.choosing.save(home.ben, OwnChoices(), NOON)
        home.house.token = f"token-{own.discreet}"
        home.house.sms.refuse()
        message = home.house.due("ben")
        await home.house.dispatch()
        home.choosing.save(home.ben, own, NOON)
        home.house.later(timedelta(minutes=2))
        await home.house.dispatch()
        assert home.house.fate(message) == ("skipped", "nothing_fits")


@in_loop
async def test_a_shared_idea_one_left_out_goes_to_the_other_alone(database: Database) -> None:
    """Ben switched both themes off: his copy is not sent, Ana's is what it would have been."""
    home = Home(database, BOTH)
    home.choosing.save(home.ben, OwnChoices(themes_off=frozenset({Theme.CURIOSITY, Theme.APPRECIATION})), NOON)
    anas, bens = home.house.due("ana", schedule="both", slot=0), home.house.due("ben", schedule="both", slot=0)
    await home.house.dispatch()
    assert (home.house.fate(anas)[0], home.house.fate(bens)) == ("accepted", ("skipped", "nothing_fits"))


@in_loop
async def test_a_check_in_goes_without_what_one_left_out(database: Database) -> None:
    """All of its questions are about communication, which Ben switched off: his stays away, Ana's comes."""
    home = Home(database, TALK)
    home.choosing.save(home.ben, OwnChoices(themes_off=frozenset({Theme.COMMUNICATION})), NOON)
    anas = home.house.due("ana", EMAIL, "talk", slot=0)
    bens = home.house.due("ben", EMAIL, "talk", slot=0)
    await home.house.dispatch()
    assert (home.house.fate(anas)[0], home.house.fate(bens)[0]) == ("accepted", "skipped")


@pytest.mark.parametrize("state", [LifeState.ENDED, LifeState.BEREAVED])
@in_loop
async def test_an_end_cancels_everything_for_both(database: Database, state: LifeState) -> None:
    """Dates too, in one transaction; the other couple's days go on."""
    home = Home(database)
    plan(database, KEY, NOON)
    home.choosing.life_state(home.ben, state, NOON)
    fates: dict[int, set[str]] = {}
    for message in home.house.all_messages():
        fates.setdefault(message.couple_id, set()).add(f"{message.state} {message.reason}")
    assert sorted(fates.values(), key=str) == [{"cancelled life_state"}, {"planned None"}]
    assert (await home.fate())[1] == "life_state"


def test_own_states_are_kept_beside_the_couples(database: Database) -> None:
    """A hard week is Ben's alone, and over when he says so."""
    home = Home(database)
    for state in (LifeState.HARD_WEEK, LifeState.ACTIVE):
        home.choosing.life_state(home.ben, state, NOON)
        with database.read() as connection:
            assert (
                connection.execute(select(partners.c.life_state).where(partners.c.key == "ben")).scalar_one() == state
            )
            assert set(connection.execute(select(couples.c.life_state)).scalars()) == {"active"}


@in_loop
async def test_who_left_gets_nothing_until_they_come_back_themselves(database: Database) -> None:
    """On no contact; a yes from one contact brings back that one. Ana's messages go on."""
    home = Home(database)
    plan(database, KEY, NOON)
    for _ in range(2):
        home.choosing.leave(home.ben, NOON)
    mine = {str(one.state) for one in home.house.all_messages() if one.partner_id == home.ben}
    assert mine == {"cancelled"}
    assert await home.fate() == ("cancelled", "left")
    home.choosing.consent(home.contact(EMAIL), SHOWN, home.house.now)
    assert (await home.fate(EMAIL))[0] == "accepted"
    assert await home.fate(SMS) == ("skipped", "no_consent")


@in_loop
async def test_intimacy_is_written_once_for_each_change_of_mind(database: Database) -> None:
    """Yes, yes again, no, no again: two lines in the ledger with the words shown."""
    home = Home(database)
    for yes in (True, True, False, False):
        home.choosing.intimacy(home.ben, yes, SHOWN, NOON)
    assert home.lines() == [("granted", "page", SHOWN), ("withdrawn", "page", SHOWN)]


@in_loop
async def test_who_is_erased_is_found_nowhere(database: Database) -> None:
    """Neither name nor number nor address of Ben's is in any row that is his, and the files cannot bring them back."""
    home = Home(database)
    assert (await home.fate())[0] == "accepted"
    home.choosing.feedback(home.ben, "love", NOON)
    for _ in range(2):
        home.choosing.erase(home.ben, NOON)
    with database.read() as connection:
        dump = "\n".join(repr(row) for table in metadata.sorted_tables for row in in_clear(connection, table))
    assert "ben@example.com" not in dump
    assert "+447700900123" not in dump
    home.house.homes = [replace(home.house.homes[0], tags=frozenset({"edited"})), home.house.homes[1]]
    home.house.sync()
    with database.read() as connection:
        found = in_clear(connection, contacts, contacts.c.partner_id == home.ben)
        assert all(contact.address.startswith("erased-") for contact in found)
        specs = "".join(couple.spec for couple in in_clear(connection, couples))
        assert "ben@example.com" not in specs
        assert '"Ben"' not in specs
        assert connection.execute(select(feedback)).all() == []
    anas = home.house.due("ana")
    await home.house.dispatch()
    content = home.house.words(anas).content
    assert isinstance(content, SmsContent)
    assert "your partner" in content.text


@in_loop
async def test_own_data_is_their_own(database: Database) -> None:
    """Ben's download has what he was sent and what he said, and no word about Ana but her name in his messages."""
    home = Home(database)
    await home.fate()
    home.house.due("ben", at=NOON + DAY)
    home.choosing.feedback(home.ben, "skip", NOON)
    data = home.choosing.own_data(home.ben)
    text = json.dumps(data, default=str)
    assert (data["name"], len(data["messages"]), data["feedback"][0]["verdict"]) == ("Ben", 1, "skip")
    assert {one["address"] for one in data["contacts"]} == {"ben@example.com", "+447700900123"}
    assert "ana@example.com" not in text
    assert "+447700900122" not in text


@in_loop
async def test_answers_are_about_the_last_idea(database: Database) -> None:
    """The newer verdict replaces the older; without an idea there is nothing to answer, and no reason to give."""
    home = Home(database)
    home.choosing.feedback(home.ben, "love", NOON)
    assert home.choosing.why(home.ben) is None
    await home.fate()
    home.choosing.feedback(home.ben, "love", NOON)
    home.choosing.feedback(home.ben, "done", NOON)
    with database.read() as connection:
        assert connection.execute(select(feedback.c.verdict)).scalars().all() == ["done"]
    assert "drawn by chance" in (home.choosing.why(home.ben) or "")
    with pytest.raises(ValueError, match="adore"):
        home.choosing.feedback(home.ben, "adore", NOON)


def test_nobody_can_choose_for_a_stranger(database: Database) -> None:
    """A row that is not there is NotThere for a partner, and nothing at all for a contact."""
    home = Home(database)
    for choose in (home.choosing.own_data, lambda who: home.choosing.pause(who, NOON + DAY, NOON)):
        with pytest.raises(NotThere):
            choose(4711)
    home.choosing.withdraw(4711, How.PAGE, NOON)
    home.choosing.restart(4711, NOON)
    home.choosing.consent(4711, SHOWN, NOON)
    assert {one.state for one in home.house.all_messages()} <= {State.PLANNED}
