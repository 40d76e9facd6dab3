"""What was picked and written is kept, and found again by couple, by occurrence and by message."""

from dataclasses import replace
from datetime import timedelta

from parts.cast import NOON
from parts.couples import NO_LIMIT, ana_and_ben, cleo_and_dan
from parts.house import House

from nudger.domain.messages import EmailContent, SmsContent
from nudger.domain.themes import Theme
from nudger.storage import history
from nudger.storage.database import Database
from nudger.storage.history import Composed, Picked

DAY = timedelta(days=1)


def picked(house: House, message_id: int, entry: str, **changes: object) -> Picked:
    """A pick for a message's occurrence."""
    message = house.message(message_id)
    pick = Picked(
        message.couple_id,
        message.enrollment_id,
        message.period,
        message.slot,
        message.partner_id,
        entry,
        Theme.CURIOSITY,
        "idea",
        {"left": {"kind": 3}, "probability": 0.5, "seed": "s"},
        NOON,
    )
    return replace(pick, **changes)  # type: ignore[arg-type]


def test_recent_picks_are_told_per_couple_oldest_first(database: Database) -> None:
    """A couple's picks since a moment come in order of their time; older ones and other couples' are left out."""
    house = House(database, [ana_and_ben(budget=NO_LIMIT), cleo_and_dan(budget=NO_LIMIT)])
    anas, cleos = house.due("ana"), house.due("cleo")
    home = house.message(anas).couple_id
    with database.write() as connection:
        history.remember(connection, [])
        history.remember(
            connection,
            [
                picked(house, anas, "new"),
                picked(house, anas, "older", at=NOON - DAY),
                picked(house, anas, "ancient", at=NOON - 3 * DAY),
                picked(house, cleos, "hers", kind="prompt"),
            ],
        )
        found = history.recent(connection, [home], NOON - DAY)
    assert found == {home: [("older", "idea", Theme.CURIOSITY, NOON - DAY), ("new", "idea", Theme.CURIOSITY, NOON)]}


def test_picks_are_found_by_occurrence_in_the_order_picked(database: Database) -> None:
    """What was picked for an occurrence comes back whole, its reasons too; other slots and days do not."""
    house = House(database)
    one, other = house.due("ana", slot=0), house.due("ana", slot=1)
    picks = [picked(house, one, "b"), picked(house, one, "a", partner_id=None), picked(house, other, "c")]
    with database.write() as connection:
        history.remember(connection, picks)
        found = history.of_occurrences(connection, [picks[0].occurrence])
    assert found == {picks[0].occurrence: picks[:2]}


def test_words_come_back_as_they_were_kept(database: Database) -> None:
    """Texts, emails with their headers, and the reason why nothing was said survive the database."""
    house = House(database)
    ids = [house.due("ana"), house.due("ben"), house.due("ana")]
    kept = [
        Composed(ids[0], Theme.GROWTH, ("a",), SmsContent("Hello — Ben 💛", "UCS-2", 1), {"probability": 1}),
        Composed(ids[1], None, ("a", "b"), EmailContent("S", "T", "<p>T</p>", {"List-Unsubscribe": "<x>"}), {}),
        Composed(ids[2], None, (), None, {"emptied_by": "cost"}),
    ]
    with database.write() as connection:
        history.keep(connection, [])
        history.keep(connection, kept)
        assert history.words_of(connection, ids) == {words.message_id: words for words in kept}
        assert history.words_of(connection, [999_999]) == {}
