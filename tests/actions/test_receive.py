"""Texts that come in: each done once, for whoever holds the number, and answered with nothing private."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from parts.cast import KEY
from parts.couples import EACH, ana_and_ben, cleo_and_dan
from parts.stored import row_count
from parts.texting import ANA, BEN, CLEO, DAN, EVE, Texting
from sqlalchemy import select

from nudger.actions.choose import Choosing
from nudger.actions.sync import sync
from nudger.domain.own_choices import OwnChoices
from nudger.domain.people import ChannelKind
from nudger.errors import StorageError
from nudger.storage.consent import How
from nudger.storage.database import Database
from nudger.storage.tables import contacts, inbound, links, partners

SMS = ChannelKind.SMS
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def texting(database: Database) -> Texting:
    """Ana & Ben get texts; Cleo & Dan have yet to be asked."""
    return Texting(database)


def test_a_stranger_gets_nothing(texting: Texting) -> None:
    """A number that is nobody's here is not answered, not noted, and changes nothing, whatever it says."""
    before = texting.everything()
    said = ["HELP", "STOP", "YES", "START", "POOL", "WHY", "PAUSE", "ENDED", "hello"]
    assert [texting.text(EVE, words) for words in said] == [None] * len(said)
    assert texting.everything() == before
    assert row_count(texting.database, inbound) == 0


def test_a_contact_that_was_never_asked_is_told_nothing(texting: Texting) -> None:
    """Somebody in the files who was never invited can ask who this is, and start nothing."""
    before = texting.everything()
    said = ["YES", "START", "PAUSE", "LESS", "POOL", "WHY", "DONE", "ENDED", "HARD", "NO", "hello"]
    assert [texting.text(CLEO, words) for words in said] == [None] * len(said)
    assert texting.everything() == before
    assert "Fern Practice" in str(texting.text(CLEO, "who is this?"))


def test_a_repeated_text_acts_once(texting: Texting) -> None:
    """What the provider delivers twice counts once, and is answered once."""
    assert texting.text(BEN, "LESS", name="SM-a") == texting.says("fewer", count=2)
    assert texting.text(BEN, "LESS", name="SM-a") is None
    assert texting.own("ben").weekly == {SMS: 2}
    assert texting.text(BEN, "PAUSE", name="SM-b") is not None
    assert texting.text(BEN, "RESUME", name="SM-c") is not None
    assert texting.text(BEN, "PAUSE", name="SM-b") is None
    assert texting.partner("ben").paused_until is None
    assert texting.text(BEN, "LESS", name="SM-a", by="other") == texting.says("fewer", count=1)


class Falling(Choosing):
    """A hand that falls, the first time it is about to withdraw or save."""

    fallen = False

    def _fall(self) -> None:
        if not self.fallen:
            self.fallen = True
            raise StorageError

    def withdraw(self, contact_id: int, how: How, now: datetime) -> None:
        """Fall once, then withdraw."""
        self._fall()
        super().withdraw(contact_id, how, now)

    def revise(
        self, partner_id: int, revision: Callable[[OwnChoices], OwnChoices], now: datetime
    ) -> tuple[OwnChoices, OwnChoices]:
        """Fall once, then revise."""
        self._fall()
        return super().revise(partner_id, revision, now)


def test_no_crash_loses_a_stop(sqlite_database: Database) -> None:
    """A STOP that could not be dealt with is dealt with when the provider tries again."""
    texting = Texting(sqlite_database, choosing=Falling)
    with pytest.raises(StorageError):
        texting.text(BEN, "STOP", name="SM-a")
    assert texting.text(BEN, "STOP", name="SM-a") == texting.says("stopped")


def test_no_crash_doubles_a_less(sqlite_database: Database) -> None:
    """A LESS that may or may not have counted is not counted again."""
    texting = Texting(sqlite_database, choosing=Falling)
    with pytest.raises(StorageError):
        texting.text(BEN, "LESS", name="SM-a")
    assert texting.text(BEN, "LESS", name="SM-a") is None
    assert texting.own("ben").weekly == {}


class Interrupted(Choosing):
    """A hand that is overtaken, once it has read all it needs, by Ben's own page."""

    def revise(
        self, partner_id: int, revision: Callable[[OwnChoices], OwnChoices], now: datetime
    ) -> tuple[OwnChoices, OwnChoices]:
        """Let the page be first."""
        Choosing(self._database, KEY).save(partner_id, OwnChoices(weekly={SMS: 2}, discreet=True), now)
        return super().revise(partner_id, revision, now)


def test_a_less_that_meets_a_page_counts_from_what_the_page_says(database: Database) -> None:
    """Two a week and in discreet mode since a moment ago: one a week now, and still in discreet mode."""
    texting = Texting(database, choosing=Interrupted)
    assert texting.text(BEN, "LESS") == texting.says("fewer", count=1)
    assert texting.own("ben") == OwnChoices(weekly={SMS: 1}, discreet=True)


def test_a_text_from_an_email_address_is_a_strangers(texting: Texting) -> None:
    """Only numbers text: an address from the files as a sender is nobody's number."""
    texting.says_yes("ben@example.com")
    assert texting.text("ben@example.com", "STOP") is None
    assert texting.consent_of("ben@example.com") == ["granted"]


def test_a_late_repetition_of_stop_does_not_undo_start(texting: Texting) -> None:
    """STOP, START, and the provider's second try at the STOP: the START stands."""
    texting.text(BEN, "STOP", name="SM-a")
    texting.text(BEN, "START")
    assert texting.text(BEN, "STOP", name="SM-a") is None
    assert texting.consent_of(BEN) == ["granted"]


def test_unknown_words_get_one_help_a_day(texting: Texting) -> None:
    """What is not understood is answered once in 24 hours, also where a stop word stands in passing."""
    assert texting.text(BEN, "can't stop smiling") == texting.says("unknown")
    assert texting.text(BEN, "we'll stop by the shop later") is None
    assert texting.text(ANA, "the end of the week was great") == texting.says("unknown")
    texting.later(DAY - timedelta(seconds=1))
    assert texting.text(BEN, "lovely weather") is None
    texting.later(timedelta(seconds=1))
    assert texting.text(BEN, "lovely weather") == texting.says("unknown")
    assert texting.consent_of(BEN) == texting.consent_of(ANA) == ["granted"]
    assert texting.noted() == ["unknown", "unanswered", "unknown", "unanswered", "unknown"]


def test_help_is_always_given(texting: Texting) -> None:
    """HELP says who runs this, how often it comes and how to stop it, as often as it is asked."""
    often = texting.says("often_at_most", count=3)
    asked = [texting.text(BEN, words) for words in ("HELP", "info", "Hilfe")]
    assert asked == [texting.says("help", operator="Fern Practice", often=often)] * 3


def test_answers_are_in_the_partners_language(sqlite_database: Database) -> None:
    """Everyone is answered in the language of their settings, and in their own choice before that."""
    texting = Texting(sqlite_database, [ana_and_ben(locale="fr-CA")])
    assert texting.text(BEN, "PAUSE until 5 Dec") == texting.says("paused", "fr", date="5 décembre")
    texting.change_partner("ben", choices='{"locale": "es"}')
    assert texting.text(BEN, "PAUSE until 5 Dec") == texting.says("paused", "es", date="5 de diciembre")


def test_a_shared_number_speaks_for_both(sqlite_database: Database) -> None:
    """Where two people share a number, a text counts for both, and neither's own things are told."""
    texting = Texting(sqlite_database, [ana_and_ben(phone=BEN), cleo_and_dan()])
    texting.got_an_idea("ana", "curiosity")
    texting.text(BEN, "PAUSE 3 days")
    assert texting.partner("ana").paused_until == texting.partner("ben").paused_until == texting.now + 3 * DAY
    texting.text(BEN, "LESS")
    assert texting.own("ana").weekly == texting.own("ben").weekly == {SMS: 2}
    assert texting.text(BEN, "WHY") == texting.says("not_here")
    assert texting.text(BEN, "POOL") == texting.says("not_here")
    assert row_count(sqlite_database, links) == 0
    texting.text(BEN, "STOP")
    assert texting.consent_of(BEN) == ["withdrawn", "withdrawn"]
    texting.text(BEN, "START")
    assert texting.consent_of(BEN) == ["granted", "granted"]
    assert set(texting.consent_of(DAN)) == {"none"}


def test_a_number_shared_with_somebody_who_said_no_gives_no_link_away(sqlite_database: Database) -> None:
    """Ben wants no texts, Ana does, and both have the phone: a link to her own page, or her why, may reach him."""
    texting = Texting(sqlite_database, [ana_and_ben(phone=BEN), cleo_and_dan()])
    texting.got_an_idea("ana", "curiosity")
    with sqlite_database.read() as connection:
        bens = select(contacts.c.id).join(partners).where(partners.c.key == "ben", contacts.c.channel == SMS)
        number = connection.execute(bens).scalar_one()
    texting.choosing.withdraw(number, How.PAGE, texting.now)
    assert sorted(texting.consent_of(BEN)) == ["granted", "withdrawn"]
    assert texting.text(BEN, "POOL") == texting.says("not_here")
    assert texting.text(BEN, "WHY") == texting.says("not_here")
    assert row_count(sqlite_database, links) == 0


def test_a_number_that_moved_tells_its_old_owner_nothing(texting: Texting) -> None:
    """What Dan texts from a number that stood in Ben's files once is in Dan's data, and not in Ben's."""
    first, second = ana_and_ben(), cleo_and_dan()
    (ana, ben), (cleo, dan) = first.partners, second.partners
    moved = replace(first, partners=(ana, replace(ben, phone="+447700900199")))
    taken = replace(second, partners=(cleo, replace(dan, phone=BEN)))
    sync(texting.database, [moved, taken], [EACH], texting.now)
    texting.says_yes(BEN)
    for words in ("PAUSE", "HARD", "mumble", "STOP"):
        texting.text(BEN, words)
    ben_data, dan_data = (texting.choosing.own_data(texting.partner(key).id) for key in ("ben", "dan"))
    assert ben_data["replies"] == []
    assert [one["command"] for one in dan_data["replies"]] == ["pause", "hard", "unknown", "stop"]


def test_no_command_changes_a_contact(texting: Texting) -> None:
    """Nothing anybody can text adds, moves or renames a number or an address."""
    before = [row[:4] for row in texting.everything()["contacts"]]
    for words in ("my number is +447700900999", "change email to eve@example.com", "START +447700900300", "POOL ana"):
        texting.text(BEN, words)
    assert [row[:4] for row in texting.everything()["contacts"]] == before


def test_the_words_of_a_text_are_kept_nowhere(texting: Texting) -> None:
    """What was understood is noted, never what was written."""
    texting.text(BEN, "PAUSE 3 days because of the zeppelin")
    texting.text(BEN, "a zeppelin, truly")
    with texting.database.read() as connection:
        rows = [tuple(row) for row in connection.execute(select(inbound))]
    assert "zeppelin" not in repr((texting.everything(), rows))
    assert len(rows) == 2
