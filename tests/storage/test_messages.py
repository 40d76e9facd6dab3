"""Messages at rest: one owner at a time, one transition for every change, one message per contact in flight."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from parts.cast import NOON
from parts.couples import NO_LIMIT, ana_and_ben, cleo_and_dan, many_couples
from parts.house import EMAIL, SMS, House
from sqlalchemy import select

from nudger.domain import life
from nudger.domain.life import Message
from nudger.domain.messages import Reason, State
from nudger.domain.people import ChannelKind
from nudger.storage import attempts, claiming, messages
from nudger.storage.attempts import Ending
from nudger.storage.database import Database
from nudger.storage.tables import attempts as attempt_table
from nudger.storage.tables import messages as message_table

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
BOTH_CHANNELS = (SMS, EMAIL)


@pytest.fixture
def house(database: Database) -> House:
    """Two couples without limits."""
    return House(database, [ana_and_ben(budget=NO_LIMIT), cleo_and_dan(budget=NO_LIMIT)])


def claimable(
    house: House, limit: int = 500, channels: tuple[ChannelKind, ...] = BOTH_CHANNELS, *, lapsed: bool = False
) -> list[int]:
    """The ids of what may be claimed now, in order."""
    with house.database.write() as connection:
        return [one.id for one in claiming.claimable(connection, house.now, limit, channels, lapsed=lapsed)]


def save(house: House, before: Message, after: Message) -> list[Message]:
    """Carry out one change."""
    with house.database.write() as connection:
        return messages.save(connection, [(before, after)], house.now)


def test_a_change_is_saved_whole_and_leaves_one_transition(house: House) -> None:
    """What changed in a message is stored, and the change of state is written down once."""
    message = house.message(house.due("ana"))
    claimed = life.claim(message, house.now, house.patience)
    assert save(house, message, claimed) == [claimed]
    leaving = life.begin(claimed, house.now, house.patience, contact_id=1, provider="fake", caught_up=True)
    assert save(house, claimed, leaving) == [leaving]
    assert house.message(message.id) == leaving
    assert house.path(message.id) == ["claimed", "sending"]


@pytest.mark.parametrize("change", [{"fence": 4}, {"state": State.CANCELLED}, {"state": State.UNKNOWN}])
def test_a_stale_view_changes_nothing(house: House, change: dict[str, object]) -> None:
    """When fence or state have moved on meanwhile, nothing is changed and no transition is written."""
    message = house.message(house.due("ana"))
    house.alter(message.id, **change)
    meanwhile = house.message(message.id)
    assert save(house, message, life.claim(message, house.now, house.patience)) == []
    assert house.message(message.id) == meanwhile
    assert house.path(message.id) == []


def test_a_batch_keeps_what_is_still_held(house: House) -> None:
    """Of several changes, those whose message was lost are left out and the others are carried out."""
    ana, ben = (house.message(house.due(who)) for who in ("ana", "ben"))
    house.alter(ana.id, fence=9)
    with house.database.write() as connection:
        changes = [(one, life.claim(one, house.now, house.patience)) for one in (ana, ben)]
        assert messages.save(connection, changes, house.now) == [changes[1][1]]
        assert messages.save(connection, [], house.now) == []
    assert (house.path(ana.id), house.path(ben.id)) == ([], ["claimed"])


def test_of_two_views_of_one_message_the_true_one_counts(house: House) -> None:
    """What came of a message before its worker stalled, told with what comes of it now, leaves no trace."""
    lost = house.claim(house.due("ana"))[0]
    save(house, lost, life.lease_ran_out(lost, house.now, house.patience))
    held = house.claim(lost.id)[0]
    views = [(one, life.put_back(one, house.now, Reason.NOT_BEGUN)) for one in (lost, held, lost)]
    with house.database.write() as connection:
        assert messages.save(connection, views, house.now) == [views[1][1]]
    assert house.path(lost.id) == ["claimed", "planned", "claimed", "planned"]


def test_a_change_within_one_state_leaves_no_transition(house: House) -> None:
    """Looking again later is not a change of state."""
    message = house.message(house.due("ana"))
    later = message._replace(wake_at=NOON + MINUTE)
    assert save(house, message, later) == [later]
    assert house.message(message.id).wake_at == NOON + MINUTE
    assert house.path(message.id) == []


def test_only_what_is_due_is_claimable_longest_due_first(house: House) -> None:
    """Messages whose time has come, of the channels asked for, in order of their time and up to a limit."""
    later, now, early = (house.due(who, at=NOON + n * SECOND) for who, n in (("ana", 1), ("ben", 0), ("cleo", -1)))
    email = house.due("ben", EMAIL, at=NOON - 2 * SECOND)
    assert claimable(house) == [email, early, now]
    assert claimable(house, limit=2) == [email, early]
    assert claimable(house, channels=(SMS,)) == [early, now]
    house.later(SECOND)
    assert claimable(house) == [email, early, now, later]


def test_one_message_at_a_time_per_contact(house: House) -> None:
    """Of several texts due to Ana one is claimable, none while one is in flight; email and Ben do not wait."""
    first, second = house.due("ana", at=NOON - MINUTE), house.due("ana")
    email, bens = house.due("ana", EMAIL), house.due("ben")
    assert claimable(house) == [first, email, bens]
    house.alter(first, wake_at=NOON + MINUTE)
    for state in (State.CLAIMED, State.SENDING, State.UNKNOWN):
        house.alter(first, state=state)
        assert claimable(house) == [email, bens]
    house.alter(first, state=State.ACCEPTED)
    assert claimable(house) == [second, email, bens]


def test_lapsed_messages_can_be_claimed_alone(house: House) -> None:
    """Asked for what it is too late for, only that is given."""
    lapsed = house.due("ana", at=NOON - 2 * MINUTE, late=MINUTE)
    house.due("ben", at=NOON - MINUTE, late=MINUTE)
    assert claimable(house, lapsed=True) == [lapsed]


def test_a_last_chance_travels_alone(house: House) -> None:
    """A message whose next death is its last is claimed by itself, so that it takes no other with it."""
    fine, risky, other = (house.due(who, at=NOON - n * SECOND) for who, n in (("ana", 1), ("ben", 2), ("cleo", 0)))
    house.alter(risky, deaths=2)
    assert claimable(house) == [risky]
    house.alter(risky, wake_at=NOON)
    assert claimable(house) == [fine, other]


def _claim_until_empty(house: House) -> list[int]:
    mine: list[int] = []
    while True:
        with house.database.write() as connection:
            due = claiming.claimable(connection, house.now, 7, BOTH_CHANNELS)
            pairs = [(one, life.claim(one, house.now, house.patience)) for one in due]
            mine += [one.id for one in messages.save(connection, pairs, house.now)]
        if not due:
            return mine


def test_workers_at_once_never_claim_one_message_or_one_contact_twice(database: Database) -> None:
    """Four workers on one database: each message is one's alone, and no contact has two in flight."""
    house = House(database, many_couples(20))
    for number in range(20):
        for who in ("a", "b", "a", "b"):
            house.due(f"{who}{number}", EMAIL)
    with ThreadPoolExecutor(4) as pool:
        claims = [one for mine in pool.map(lambda _: _claim_until_empty(house), range(4)) for one in mine]
    claims += _claim_until_empty(house)
    assert len(claims) == len(set(claims)) == 40
    held = [one for one in house.all_messages() if one.state is State.CLAIMED]
    assert set(Counter(one.partner_id for one in held).values()) == {1}
    assert {one.fence for one in held} == {1}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["claim", "begin", "doubt", "no", "die", "refuse", "wait"]), max_size=25))
def test_whatever_happens_the_transitions_tell_the_whole_story(sqlite_database: Database, events: list[str]) -> None:
    """After any events, the last transition's state is the message's, and each begins where the one before ended."""
    house = House(sqlite_database)
    message = house.due("ana")
    for event in events:
        before = house.message(message)
        try:
            after = _after(house, before, event)
        except ValueError:
            continue
        assert save(house, before, after) == [after]
    stored = house.message(message)
    assert (house.path(message) or ["planned"])[-1] == stored.state


def _after(house: House, message: Message, event: str) -> Message:
    match event:
        case "claim":
            return life.claim(message, house.now, house.patience)
        case "begin":
            return life.begin(message, house.now, house.patience, contact_id=1, provider="fake", caught_up=False)
        case "doubt":
            return life.in_doubt(message, house.now, house.patience)
        case "no" if message.state is State.UNKNOWN:
            return life.not_found(message, house.now, NOON - MINUTE, house.patience)
        case "die" if message.state in {State.CLAIMED, State.SENDING}:
            return life.lease_ran_out(message, house.now, house.patience)
        case "refuse":
            return life.refused(message, house.now, 0.5, None)
        case _:
            return message


def test_a_partner_in_another_workers_hands_is_left_to_it(postgres_database: Database) -> None:
    """While one worker's claim is not yet committed, another sees nothing of that partner, and does not wait."""
    house = House(postgres_database)
    first, second, bens = house.due("ana", at=NOON - SECOND), house.due("ana"), house.due("ben")
    with postgres_database.write() as one, postgres_database.write() as other:
        [mine] = claiming.claimable(one, house.now, 1, BOTH_CHANNELS)
        theirs = claiming.claimable(other, house.now, 500, BOTH_CHANNELS)
    assert (mine.id, [message.id for message in theirs]) == (first, [bens])
    assert claimable(house) == [first, bens]
    assert house.message(second).state is State.PLANNED


def test_leases_end_at_their_time(house: House) -> None:
    """Claimed messages come up when their lease has run out, and all of them when no time is given."""
    claimed = house.claim(house.due("ana"))[0]
    house.due("ben")
    with house.database.write() as connection:
        assert messages.leases_ended(connection, NOON + MINUTE - SECOND) == []
        assert messages.leases_ended(connection, NOON + MINUTE) == [claimed]
        assert messages.leases_ended(connection, None) == [claimed]


def test_attempts_are_written_before_and_after(house: House) -> None:
    """An attempt is on record when it begins, and how it ended when that is known, with the provider's code."""
    message = house.due("ana")
    begun = attempts.Attempt(message, "t0ken", 1, "fake", NOON)
    with house.database.write() as connection:
        attempts.begin(connection, [begun])
        attempts.begin(connection, [])
        assert attempts.latest(connection, [message]) == {message: begun}
        attempts.end(connection, [Ending("t0ken", "refused", "c" * 80)], NOON + SECOND)
        row = connection.execute(select(attempt_table)).one()
    assert (row.result, row.code, row.ended_at) == ("refused", "c" * 60, NOON + SECOND)


def test_the_latest_attempt_is_the_one_asked_about(house: House) -> None:
    """Of several attempts the last counts, and what has none left says so."""
    first, second = house.due("ana"), house.due("ben")
    for message in (first, second):
        house.alter(message, state=State.UNKNOWN, wake_at=NOON)
    tries = [attempts.Attempt(first, f"t{n}", n, "fake", NOON) for n in (1, 2)]
    with house.database.write() as connection:
        for one in tries:
            attempts.begin(connection, [one])
        found = attempts.in_doubt(connection, NOON)
        assert attempts.in_doubt(connection, NOON - SECOND) == []
    assert [(message.id, attempt) for message, attempt in found] == [(first, tries[1]), (second, None)]


def test_what_may_have_arrived_is_spent(house: House) -> None:
    """Messages on their way, in doubt or arrived count against a budget; those that never left do not."""
    spent = {State.SENDING, State.UNKNOWN, State.ACCEPTED, State.DELIVERED, State.UNDELIVERED, State.ASSUMED_SENT}
    for state in State:
        house.alter(house.due("ana"), state=state, sent_at=NOON)
    ana = house.partner_id("ana")
    with house.database.read() as connection:
        assert len(messages.spent(connection, [ana], NOON)) == len(spent)
        assert messages.spent(connection, [ana], NOON + SECOND) == []
        assert messages.spent(connection, [house.partner_id("ben")], NOON) == []


def test_the_next_wake_is_told(house: House) -> None:
    """The earliest planned message counts; after a given moment those in hand or in doubt count as well."""
    with house.database.read() as connection:
        assert messages.next_wake(connection) is None
    house.due("ana", at=NOON + 2 * MINUTE)
    house.alter(house.due("ben"), state=State.UNKNOWN, wake_at=NOON + MINUTE)
    with house.database.read() as connection:
        assert messages.next_wake(connection) == NOON + 2 * MINUTE
        assert messages.next_wake(connection, after=NOON) == NOON + MINUTE
        assert messages.next_wake(connection, after=NOON + MINUTE) == NOON + 2 * MINUTE
        assert messages.next_wake(connection, after=NOON + 2 * MINUTE) is None


def test_a_message_comes_back_as_it_was_stored(house: House) -> None:
    """Every field survives the way through the database, moments to the millisecond and in UTC."""
    message = house.message(house.due("ana"))
    assert message.channel is ChannelKind.SMS
    changed = message._replace(
        state=State.SENDING,
        reason=Reason.GATE_PASSED,
        fence=3,
        wake_at=NOON + timedelta(milliseconds=1),
        attempts=1,
        resends=2,
        deaths=1,
        negatives=1,
        contact_id=1,
        provider="fake",
        provider_id="SM1",
        sent_at=NOON,
        caught_up=True,
        not_after=NOON + timedelta(days=2),
    )
    assert save(house, message, changed) == [changed]
    assert house.message(message.id) == changed
    with house.database.read() as connection:
        ids = connection.execute(select(message_table.c.id)).scalars().all()
        assert [one.id for one in messages.with_ids(connection, ids)] == [message.id]
