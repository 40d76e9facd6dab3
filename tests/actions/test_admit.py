"""The gate's transaction: what was true a moment ago is asked again, and nothing is written for what was lost."""

from dataclasses import replace
from datetime import timedelta

from parts.cast import NOON
from parts.couples import EACH, NO_LIMIT, ana_and_ben
from parts.house import EMAIL, House
from parts.loops import in_loop
from sqlalchemy import func, select

from nudger.actions.admit import Parcel
from nudger.domain.life import Message
from nudger.domain.messages import State
from nudger.storage.consent import Event
from nudger.storage.database import Database
from nudger.storage.tables import attempts, contents, picks


def admit(house: House, *claimed: Message) -> list[Parcel]:
    """Put claimed messages through the gate."""
    with house.database.write() as connection:
        return house.keeper.admit(connection, claimed, house.now)


def written(house: House) -> tuple[int, int, int]:
    """How many picks, words and attempts there are."""
    with house.database.read() as connection:
        counts = [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (picks, contents, attempts)
        ]
    return counts[0], counts[1], counts[2]


def test_consent_withdrawn_after_the_claim_stops_the_message(database: Database) -> None:
    """A STOP that comes between claim and gate cancels the message; nothing is picked, written or sent."""
    house = House(database)
    message = house.due("ana")
    claimed = house.claim(message)
    house.says("ana", Event.WITHDRAWN)
    assert admit(house, *claimed) == []
    assert house.fate(message) == ("cancelled", "withdrawn")
    assert written(house) == (0, 0, 0)


def test_a_schedule_edited_after_the_claim_burns_no_idea(database: Database) -> None:
    """A message cancelled while in hand leaves no pick behind, so its idea stays fresh."""
    house = House(database)
    claimed = house.claim(house.due("ana"))
    house.rules = []
    house.sync()
    assert admit(house, *claimed) == []
    assert house.fate(claimed[0].id) == ("cancelled", "retired")
    assert written(house) == (0, 0, 0)


def test_a_message_claimed_anew_by_another_is_let_go(database: Database) -> None:
    """A worker whose lease ran out, and whose message another holds, gets nothing to send."""
    house = House(database)
    message = house.due("ana")
    stale = house.claim(message)
    house.later(timedelta(minutes=1))
    house.reconciler.take_back()
    fresh = house.claim(message)
    assert admit(house, *stale) == []
    parcels = admit(house, *fresh)
    assert [parcel.message.fence for parcel in parcels] == [2]
    assert admit(house, *stale) == []
    assert written(house) == (1, 1, 1)


def test_two_messages_of_one_batch_share_one_budget(database: Database) -> None:
    """With one text a day left, the first of a batch leaves and the second is skipped."""
    house = House(database, [ana_and_ben()])
    claimed = house.claim(house.due("ana"), house.due("ana"))
    parcels = admit(house, *claimed)
    assert [parcel.message.id for parcel in parcels] == [claimed[0].id]
    assert house.fate(claimed[1].id) == ("skipped", "cap_day")


def test_two_late_messages_of_one_batch_are_one_catch_up(database: Database) -> None:
    """Of a late text and a late email to one partner in one batch, one leaves."""
    house = House(database)
    earlier = NOON - timedelta(minutes=30)
    claimed = house.claim(house.due("ana", at=earlier), house.due("ana", EMAIL, at=earlier))
    assert len(admit(house, *claimed)) == 1
    assert house.fate(claimed[1].id) == ("expired", "one_catch_up")


def test_budget_follows_the_partners_own_midnight(database: Database) -> None:
    """A text just before midnight in Berlin leaves room for one just after it, though in London it is the same day."""
    awake = ana_and_ben(quiet_hours=None)
    house = House(database, [awake])
    house.now = NOON.replace(hour=22, minute=59)
    first = [*house.claim(house.due("ana")), *house.claim(house.due("ben"))]
    assert len(admit(house, *first)) == 2
    house.later(timedelta(minutes=2))
    anas, bens = house.due("ana"), house.due("ben")
    for message in first:
        house.alter(message.id, state=State.ACCEPTED)
    admit(house, *house.claim(anas, bens))
    assert house.fate(anas) == ("sending", "gate_passed")
    assert house.fate(bens) == ("skipped", "cap_day")


def test_what_leaves_is_durable_before_its_first_byte(database: Database) -> None:
    """When the gate's transaction ends, the message is `sending` with its contact, provider, words and attempt."""
    house = House(database)
    [parcel] = admit(house, *house.claim(house.due("ana")))
    stored = house.message(parcel.message.id)
    assert stored == parcel.message._replace(sent_at=NOON)
    assert (stored.state, stored.provider, stored.sent_at) == (State.SENDING, "fake", NOON)
    assert house.results(stored.id) == [None]
    assert house.words(stored.id).content == parcel.outgoing.content
    assert parcel.outgoing.useful_for == timedelta(hours=1)
    assert "+44" not in repr(parcel.outgoing)


def test_a_partner_who_left_the_files_gets_nothing(database: Database) -> None:
    """What comes back from doubt for a partner, couple or schedule no longer in the files is cancelled."""
    house = House(database, rules=[EACH, replace(EACH, key="other")])
    bens, anas = house.due("ben"), house.due("ana", schedule="other")
    for message in (bens, anas):
        house.alter(message, state=State.UNKNOWN)
    ana, ben = house.homes[0].partners
    house.homes = [replace(house.homes[0], partners=(ana, replace(ben, key="carl", name="Carl")))]
    house.rules = [EACH]
    house.sync()
    house.everyone_says_yes()
    for message in (bens, anas):
        house.alter(message, state=State.PLANNED, wake_at=NOON)
    mine = house.due("ana")
    assert [parcel.message.id for parcel in admit(house, *house.claim(bens, anas, mine))] == [mine]
    assert house.fate(bens) == house.fate(anas) == ("cancelled", "retired")


@in_loop
async def test_consent_given_anew_starts_texts_again(database: Database) -> None:
    """After STOP and START the next message goes out."""
    house = House(database, [ana_and_ben(budget=NO_LIMIT)])
    house.says("ana", Event.WITHDRAWN)
    refused = house.due("ana")
    await house.dispatch()
    house.says("ana", Event.GRANTED)
    welcome = house.due("ana")
    await house.dispatch()
    assert house.fate(refused) == ("skipped", "no_consent")
    assert house.fate(welcome) == ("accepted", "handed_over")
