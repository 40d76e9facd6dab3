"""What each command does for partners who get texts: when, how much, the last idea, and what goes on in life."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from parts.couples import EACH, ana_and_ben, cleo_and_dan
from parts.stored import row_count
from parts.texting import ANA, BEN, Texting
from sqlalchemy import select

from nudger.actions.sync import sync
from nudger.domain.people import Allowance, ChannelKind
from nudger.storage.database import Database
from nudger.storage.links import Purpose, find_link
from nudger.storage.tables import feedback, links

SMS = ChannelKind.SMS
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def texting(database: Database) -> Texting:
    """Ana & Ben get texts; Cleo & Dan have yet to be asked."""
    return Texting(database)


@pytest.mark.parametrize(
    ("words", "until", "day"),
    [
        ("PAUSE", datetime(2026, 2, 9, 11, 0, tzinfo=UTC), "9 February"),
        ("Pause 3 days please", datetime(2026, 2, 5, 11, 0, tzinfo=UTC), "5 February"),
        ("PAUSE until 5 Dec", datetime(2026, 12, 5, 0, 0, tzinfo=UTC), "5 December"),
        ("pause until 3/4", datetime(2026, 4, 2, 23, 0, tzinfo=UTC), "3 April"),
        ("pause until 31 Feb", datetime(2026, 2, 9, 11, 0, tzinfo=UTC), "9 February"),
    ],
)
def test_pause_says_until_when(texting: Texting, words: str, until: datetime, day: str) -> None:
    """A pause holds for that partner alone, by their own calendar, and RESUME ends it."""
    assert texting.text(BEN, words) == texting.says("paused", date=day)
    assert texting.partner("ben").paused_until == until
    assert texting.partner("ana").paused_until is None
    assert texting.text(BEN, "RESUME") == texting.says("resumed")
    assert texting.partner("ben").paused_until is None


def test_americans_write_the_month_first(sqlite_database: Database) -> None:
    """From a +1 number 3/4 is the fourth of March."""
    couple = ana_and_ben()
    ana, ben = couple.partners
    texting = Texting(sqlite_database, [replace(couple, partners=(ana, replace(ben, phone="+12025550123")))])
    texting.says_yes("+12025550123")
    texting.text("+12025550123", "PAUSE until 3/4")
    assert texting.partner("ben").paused_until == datetime(2026, 3, 4, 0, 0, tzinfo=UTC)


def test_snooze_is_quiet_until_tomorrow_morning(texting: Texting) -> None:
    """SNOOZE lasts until nine the next morning where the partner lives, and never shortens a pause."""
    assert texting.text(ANA, "snooze") == texting.says("snoozed")
    assert texting.partner("ana").paused_until == datetime(2026, 2, 3, 8, 0, tzinfo=UTC)
    texting.text(ANA, "PAUSE")
    assert texting.text(ANA, "SNOOZE") == texting.says("paused", date="9 February")
    assert texting.partner("ana").paused_until == datetime(2026, 2, 9, 11, 0, tzinfo=UTC)


def test_less_and_more_count_by_one(texting: Texting) -> None:
    """Between none and what is written, one at a time; the other partner's number stays."""
    answers = [
        texting.text(BEN, words) for words in ("MORE", "LESS", "LESS", "LESS", "LESS", "MORE", "MORE", "MORE", "MORE")
    ]
    assert answers == [
        texting.says("most"),
        texting.says("fewer", count=2),
        texting.says("fewer", count=1),
        texting.says("fewest"),
        texting.says("fewest"),
        texting.says("more", count=1),
        texting.says("more", count=2),
        texting.says("more", count=3),
        texting.says("most"),
    ]
    assert texting.own("ben").weekly == {}
    assert texting.own("ana").weekly == {}


@pytest.mark.parametrize(
    ("budget", "count"), [({}, 6), ({SMS: Allowance()}, 6), ({SMS: Allowance(day=2)}, 13), ({SMS: Allowance(9, 5)}, 4)]
)
def test_less_begins_at_what_is_written(
    sqlite_database: Database, budget: dict[ChannelKind, Allowance], count: int
) -> None:
    """Without a weekly number it counts down from one a day, or from seven times the day's."""
    texting = Texting(sqlite_database, [ana_and_ben(budget=budget)])
    assert texting.text(BEN, "less") == texting.says("fewer", count=count)


def test_other_choices_survive_less(texting: Texting) -> None:
    """LESS changes the number of texts and nothing else that the partner chose."""
    texting.change_partner("ben", choices='{"weekly": {"email": 1}, "locale": "de", "discreet": true}')
    assert texting.text(BEN, "weniger") == texting.says("fewer", "de", count=2)
    assert texting.own("ben").weekly == {SMS: 2, ChannelKind.EMAIL: 1}
    assert texting.own("ben").discreet


@pytest.mark.parametrize(
    ("words", "verdict", "name"),
    [("DONE", "done", "done"), ("loved it!", "love", "loved"), ("skip", "skip", "skipped")],
)
def test_feedback_is_kept_for_the_last_idea(texting: Texting, words: str, verdict: str, name: str) -> None:
    """DONE, LOVE and SKIP are about the last idea that came to whoever says so."""
    texting.got_an_idea("ben", "curiosity")
    assert texting.text(BEN, words) == texting.says(name)
    with texting.database.read() as connection:
        rows = connection.execute(select(feedback.c.partner_id, feedback.c.entry, feedback.c.verdict)).all()
    assert [tuple(row) for row in rows] == [(texting.partner("ben").id, "walk", verdict)]


def test_why_tells_how_an_idea_was_found(texting: Texting) -> None:
    """WHY names the theme of one's own last idea, never intimacy, and nothing where there was none."""
    assert texting.text(BEN, "why") == texting.says("why_none")
    texting.got_an_idea("ben", "curiosity")
    assert texting.text(BEN, "WHY?") == texting.says("why", theme="curiosity")
    assert texting.text(ANA, "why") == texting.says("why_none")
    texting.later(HOUR)
    texting.got_an_idea("ben", "intimacy")
    answer = texting.text(BEN, "why this one?")
    assert answer == texting.says("why_untold")
    assert "intimacy" not in str(answer)


def test_pool_is_a_link_to_ones_own_page(texting: Texting) -> None:
    """The link opens the sender's own preferences, for a day."""
    answer = str(texting.text(BEN, "POOL"))
    token = answer.partition("https://n.example.com/p/")[2].split()[0]
    assert answer == texting.says("pool", link=f"https://n.example.com/p/{token}")
    with texting.database.read() as connection:
        found = find_link(connection, token, Purpose.PREFERENCES, texting.now + DAY - HOUR)
        assert found is not None
        assert found.partner_id == texting.partner("ben").id
        assert find_link(connection, token, Purpose.PREFERENCES, texting.now + DAY) is None


def test_a_link_by_text_ends_with_the_number(texting: Texting) -> None:
    """Whoever has a number after Ben finds nothing of his behind a link in the phone."""
    token = str(texting.text(BEN, "POOL")).partition("https://n.example.com/p/")[2].split()[0]
    couple = ana_and_ben()
    ana, ben = couple.partners
    sync(texting.database, [replace(couple, partners=(ana, replace(ben, phone="+447700900199")))], [EACH], texting.now)
    with texting.database.read() as connection:
        assert find_link(connection, token, Purpose.PREFERENCES, texting.now) is None


def test_without_pages_there_is_no_link(sqlite_database: Database) -> None:
    """Where no address is set, POOL says so and makes no link."""
    texting = Texting(sqlite_database, base_url=None)
    assert texting.text(BEN, "POOL") == texting.says("not_here")
    assert row_count(sqlite_database, links) == 0


@pytest.mark.parametrize(("words", "state", "name"), [("HARD", "hard_week", "hard_week"), ("apart", "apart", "apart")])
def test_a_hard_week_is_ones_own(texting: Texting, words: str, state: str, name: str) -> None:
    """HARD and APART hold at once for who says so, not for the other, until RESUME."""
    assert texting.text(BEN, words) == texting.says(name)
    assert (texting.partner("ben").life_state, texting.partner("ana").life_state) == (state, "active")
    texting.text(BEN, "RESUME")
    assert texting.partner("ben").life_state == "active"


def test_a_loss_waits_for_a_yes(texting: Texting) -> None:
    """LOSS changes nothing before the YES, and then the sender's own state alone."""
    assert texting.text(BEN, "LOSS") == texting.says("confirm_loss")
    assert texting.partner("ben").life_state == "active"
    assert texting.text(ANA, "YES") == texting.says("unknown")
    assert texting.text(BEN, "yes") == texting.says("loss")
    assert (texting.partner("ben").life_state, texting.partner("ana").life_state) == ("loss", "active")
    assert texting.couple_state("ana-and-ben") == "active"


def test_an_end_waits_for_a_yes(texting: Texting) -> None:
    """ENDED asks; a YES within the hour ends it all for both, and a second YES means nothing."""
    assert texting.text(BEN, "we broke up") == texting.says("confirm_end")
    assert texting.couple_state("ana-and-ben") == "active"
    texting.later(HOUR - timedelta(seconds=1))
    assert texting.text(BEN, "Yes.") == texting.says("ended")
    assert texting.couple_state("ana-and-ben") == "ended"
    assert texting.couple_state("cleo-and-dan") == "active"
    assert texting.text(BEN, "YES") == texting.says("unknown")


@pytest.mark.parametrize(("words", "name"), [("ENDED", "not_here"), ("END", "stopped")])
def test_who_is_in_two_couples_cannot_end_one_by_text(sqlite_database: Database, words: str, name: str) -> None:
    """Nobody could tell which of the two is over; a question that no YES can answer rightly is not put."""
    other = cleo_and_dan()
    cleo, dan = other.partners
    texting = Texting(sqlite_database, [ana_and_ben(), replace(other, partners=(cleo, replace(dan, phone=BEN)))])
    assert texting.text(BEN, words) == texting.says(name)
    texting.text(BEN, "YES")
    assert [texting.couple_state(key) for key in ("ana-and-ben", "cleo-and-dan")] == ["active", "active"]


def test_a_question_does_not_wait_for_ever(texting: Texting) -> None:
    """An hour later a YES confirms nothing any more."""
    texting.text(BEN, "ENDED")
    texting.later(HOUR)
    assert texting.text(BEN, "YES") == texting.says("unknown")
    assert texting.couple_state("ana-and-ben") == "active"


@pytest.mark.parametrize(("words", "name"), [("NO", "unchanged"), ("START", "started"), ("STOP", "stopped")])
def test_a_no_ends_the_question(texting: Texting, words: str, name: str) -> None:
    """After a NO, a START or a STOP, a YES no longer confirms what was asked before."""
    texting.text(BEN, "ENDED")
    assert str(texting.text(BEN, words)).startswith(texting.says(name, often="").split(",")[0])
    texting.text(BEN, "YES")
    assert texting.couple_state("ana-and-ben") == "active"
