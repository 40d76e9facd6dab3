"""From due to handed over: what may leave leaves once, and whatever the provider says has its place."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from parts.cast import NOON
from parts.couples import EACH, NO_LIMIT, ana_and_ben, cleo_and_dan, eve_and_max, many_couples
from parts.fake_channel import Crash
from parts.house import EMAIL, MINUTE, SMS, House
from parts.loops import in_loop
from sqlalchemy import select

from nudger.actions.dispatch import Limits
from nudger.actions.plan import plan
from nudger.domain.messages import State
from nudger.domain.people import Allowance, ChannelKind
from nudger.domain.schedules import ChannelChoice
from nudger.errors import StorageError
from nudger.storage.consent import Event
from nudger.storage.database import Database
from nudger.storage.tables import contacts

EMAILS = replace(EACH, key="emails", channel=ChannelChoice.EMAIL)


@in_loop
async def test_due_message_is_sent_once(database: Database) -> None:
    """A message whose time has come is handed over once and noted as accepted."""
    house = House(database)
    message = house.due("ana")
    assert await house.dispatch() == {"accepted": 1}
    assert house.sms.reached == ["+447700900122"]
    assert house.path(message) == ["claimed", "sending", "accepted"]
    assert house.message(message).provider_id == "id-of-token-1"
    assert house.results(message) == ["accepted"]
    assert await house.dispatch() == {}


@in_loop
async def test_refused_message_is_tried_again_after_a_while(database: Database) -> None:
    """A definite but passing no puts the message back with a pause, and the next try may succeed."""
    house = House(database)
    message = house.due("ana")
    house.sms.refuse()
    await house.dispatch()
    put_back = house.message(message)
    assert (put_back.state, put_back.attempts, put_back.sent_at) == (State.PLANNED, 1, None)
    assert put_back.wake_at == NOON + timedelta(seconds=15)
    house.later(timedelta(seconds=14))
    assert await house.dispatch() == {}
    house.later(timedelta(seconds=1))
    await house.dispatch()
    assert house.fate(message) == ("accepted", "handed_over")
    assert house.results(message) == ["refused", "accepted"]


@in_loop
async def test_provider_that_names_a_wait_is_obeyed(database: Database) -> None:
    """Where the provider says how long to wait, it is left in peace as long."""
    house = House(database)
    message = house.due("ana")
    house.sms.refuse(retry_after=timedelta(minutes=30))
    await house.dispatch()
    assert house.message(message).wake_at == NOON + timedelta(minutes=30)


@in_loop
async def test_eighth_refusal_is_the_last(sqlite_database: Database) -> None:
    """A message refused eight times has failed."""
    house = House(sqlite_database)
    message = house.due("ana", late=timedelta(hours=30))
    house.sms.refuse(times=100)
    await house.go_on(timedelta(hours=3), step=timedelta(minutes=2))
    assert house.fate(message) == ("failed", "too_many_attempts")
    assert (house.sms.requests, house.sms.arrived) == (8, [])


@in_loop
async def test_refusal_beyond_its_use_expires(database: Database) -> None:
    """A message is not tried again when that would be too late to be of use."""
    house = House(database)
    message = house.due("ana", late=MINUTE)
    house.sms.refuse(retry_after=timedelta(minutes=2))
    await house.dispatch()
    assert house.fate(message) == ("expired", "refused")


@in_loop
async def test_lasting_refusal_ends_the_message(database: Database) -> None:
    """A no that will stay a no is not argued with, and nobody else is affected."""
    house = House(database)
    message = house.due("ana")
    house.sms.refuse_for_good()
    await house.dispatch()
    assert house.fate(message) == ("failed", "refused_for_good")
    other = house.due("ana")
    await house.dispatch()
    assert house.fate(other) == ("accepted", "handed_over")


@in_loop
async def test_opt_out_told_by_the_provider_stops_all_texts(database: Database) -> None:
    """A recipient whom the provider knows as opted out is suppressed: what was planned by text goes, email stays."""
    house = House(database)
    refused, planned = house.due("ana"), house.due("ana", at=NOON + 10 * MINUTE)
    email = house.due("ana", EMAIL, at=NOON + 10 * MINUTE)
    bens = house.due("ben", at=NOON + 10 * MINUTE)
    house.sms.opt_out()
    await house.dispatch()
    house.later(10 * MINUTE)
    late_comer = house.due("ana")
    await house.dispatch()
    assert house.fate(refused) == ("failed", "refused_for_good")
    assert house.fate(planned) == ("cancelled", "suppressed")
    assert house.fate(late_comer) == ("skipped", "suppressed")
    assert house.message(email).state is house.message(bens).state is State.ACCEPTED
    with database.read() as connection:
        query = select(contacts.c.suppressed).where(contacts.c.address == "+447700900122")
        assert connection.execute(query).scalar_one() == "opted_out"


@in_loop
async def test_wrong_key_costs_no_message_its_chances(database: Database) -> None:
    """While our account is refused nothing is burnt; one message asks every five minutes, and later all is sent."""
    house = House(database, [ana_and_ben(budget=NO_LIMIT), cleo_and_dan(budget=NO_LIMIT)])
    sent = [house.due(partner) for partner in ("ana", "ben", "cleo")]
    house.sms.misconfigure()
    await house.dispatch()
    first = house.sms.requests
    assert {house.message(message).attempts for message in sent} == {0}
    house.later(MINUTE)
    assert (await house.dispatch(), house.sms.requests) == ({}, first)
    house.later(5 * MINUTE)
    await house.dispatch()
    assert house.sms.requests == first + 1
    house.sms.recover()
    await house.go_on(7 * MINUTE)
    assert {house.fate(message) for message in sent} == {("accepted", "handed_over")}
    assert len(house.sms.arrived) == 3


@in_loop
async def test_unclear_answer_is_never_followed_by_another_send(database: Database) -> None:
    """Where the provider may have the message, it is in doubt and not sent again, however much time goes by."""
    house = House(database)
    message = house.due("ana")
    house.sms.accept_then_hang()
    await house.dispatch()
    assert house.fate(message) == ("unknown", "no_clear_answer")
    house.later(30 * MINUTE)
    assert await house.dispatch() == {}
    assert house.results(message) == ["unclear"]
    assert house.sms.requests == 1


@in_loop
async def test_one_in_doubt_holds_up_its_contact_alone(database: Database) -> None:
    """Nothing more goes to a contact with a message in doubt; email and the other partner are not affected."""
    house = House(database)
    house.due("ana")
    house.sms.lose()
    await house.dispatch()
    waiting, email, bens = house.due("ana"), house.due("ana", EMAIL), house.due("ben")
    await house.dispatch()
    assert house.message(waiting).state is State.PLANNED
    assert house.message(email).state is house.message(bens).state is State.ACCEPTED


@in_loop
async def test_dead_line_is_left_alone_and_email_goes_on(database: Database) -> None:
    """After five failures in a row texts wait half a minute, then one tries, then all go; email is not affected."""
    house = House(
        database, [*(ana_and_ben(budget=NO_LIMIT), cleo_and_dan(budget=NO_LIMIT))], limits=Limits(in_flight=1)
    )
    house.sms.refuse(times=5)
    for _ in range(5):
        house.due("ana")
        await house.dispatch()
    late = [house.due("ben"), house.due("cleo")]
    email = house.due("ben", EMAIL)
    await house.dispatch()
    assert (house.sms.requests, house.message(email).state) == (5, State.ACCEPTED)
    house.later(timedelta(seconds=30))
    await house.dispatcher.once()
    assert house.sms.requests == 6
    await house.dispatch()
    assert {house.message(message).state for message in late} == {State.ACCEPTED}


@in_loop
async def test_overdue_messages_expire_while_the_line_is_dead(database: Database) -> None:
    """What it is too late for ends at once, even where its provider may not be used."""
    house = House(database)
    house.due("ana")
    house.sms.misconfigure()
    await house.dispatch()
    late = house.due("ben", at=NOON - timedelta(hours=2))
    await house.dispatch()
    assert house.fate(late) == ("expired", "late")
    assert house.sms.requests == 1


@in_loop
async def test_stalled_process_sends_nothing(database: Database) -> None:
    """A send that has not begun five seconds after its commit is put back: too much may have changed since."""
    house = House(database)
    message = house.due("ana")
    house.stall = 5.1
    await house.dispatcher.once()
    assert house.fate(message) == ("planned", "not_begun")
    assert (house.sms.requests, house.results(message)) == (0, ["not_begun"])
    assert house.message(message).sent_at is None
    house.stall = 0.0
    await house.dispatch()
    assert house.fate(message) == ("accepted", "handed_over")


@in_loop
async def test_nobody_is_written_to_without_their_yes(database: Database) -> None:
    """Dan said STOP, and Eve and Max never said yes: none of them gets anything; Cleo does."""
    house = House(database, [cleo_and_dan()])
    house.says("dan", Event.WITHDRAWN)
    house.homes.append(eve_and_max())
    house.sync()
    dan, eve, other = house.due("dan"), house.due("eve"), house.due("max", EMAIL)
    cleo = house.due("cleo")
    await house.dispatch()
    assert {house.fate(message) for message in (dan, eve, other)} == {("skipped", "no_consent")}
    assert house.fate(cleo) == ("accepted", "handed_over")
    assert (house.sms.reached, house.email.reached) == (["+447700900200"], [])


@in_loop
async def test_pause_ending_and_missing_contacts_keep_a_message_back(database: Database) -> None:
    """A paused partner's message is skipped, one whose couple ended is cancelled, one without an address skipped."""
    house = House(database, [ana_and_ben(budget=NO_LIMIT), cleo_and_dan(budget=NO_LIMIT)])
    house.change_partner("ana", paused_until=NOON + MINUTE)
    house.change_couple("cleo-and-dan", life_state="ended")
    anas, bens, cleos = house.due("ana"), house.due("ben"), house.due("cleo")
    await house.dispatch()
    assert house.fate(anas) == ("skipped", "paused")
    assert house.fate(bens) == ("accepted", "handed_over")
    assert house.fate(cleos) == ("cancelled", "life_state")
    house.change_couple("cleo-and-dan", life_state="bereaved")
    house.homes[0] = ana_and_ben(budget=NO_LIMIT, phone=None)
    house.sync()
    house.later(2 * MINUTE)
    bereft, unreachable = house.due("dan"), house.due("ana")
    await house.dispatch()
    assert house.fate(bereft) == ("cancelled", "life_state")
    assert house.fate(unreachable) == ("skipped", "no_contact")


@in_loop
async def test_channel_that_is_off_skips(database: Database) -> None:
    """A message of a channel nobody set up is skipped and says so."""
    house = House(database)
    message = house.due("ana")
    del house.channels[SMS]
    await house.dispatch()
    assert house.fate(message) == ("skipped", "channel_off")


@in_loop
async def test_quiet_hours_hold_a_message_until_their_end(database: Database) -> None:
    """In Ana's quiet hours a message waits for their end, and is then sent."""
    house = House(database)
    house.now = datetime(2026, 2, 2, 20, 0, tzinfo=UTC)  # nine in the evening in Berlin
    message = house.due("ana", late=timedelta(hours=24))
    hopeless = house.due("ben", EMAIL, at=house.now + timedelta(hours=1), late=timedelta(minutes=30))
    await house.dispatch()
    assert house.fate(message) == ("planned", "quiet_hours")
    assert house.message(message).wake_at == datetime(2026, 2, 3, 8, 0, tzinfo=UTC)
    house.later(timedelta(hours=1))
    await house.dispatch()
    assert house.fate(hopeless) == ("expired", "quiet_hours")
    house.now = datetime(2026, 2, 3, 8, 0, tzinfo=UTC)
    await house.dispatch()
    assert house.fate(message) == ("accepted", "handed_over")


@in_loop
async def test_budget_holds_across_schedules_and_counts_what_may_have_arrived(database: Database) -> None:
    """One text a day: a second is skipped, whatever schedule it is of, also while the first is in doubt."""
    house = House(database, [ana_and_ben()], [EACH, replace(EACH, key="other")])
    sent, doubtful = house.due("ana"), house.due("ben")
    await house.dispatch()
    second = house.due("ana", schedule="other")
    await house.dispatch()
    assert house.message(sent).state is house.message(doubtful).state is State.ACCEPTED
    assert house.fate(second) == ("skipped", "cap_day")
    for day, fate in enumerate(("accepted", "accepted", "skipped"), start=1):
        house.now = NOON + timedelta(days=day)
        message = house.due("ana")
        await house.dispatch()
        assert house.message(message).state == fate
    assert house.fate(message) == ("skipped", "cap_week")
    house.now = NOON + timedelta(days=7)
    next_week = house.due("ana")
    await house.dispatch()
    assert house.message(next_week).state is State.ACCEPTED


@in_loop
async def test_late_message_expires(database: Database) -> None:
    """What is found after its time is not sent."""
    house = House(database)
    message = house.due("ana", at=NOON - timedelta(hours=1, milliseconds=1))
    in_time = house.due("ben", at=NOON - timedelta(hours=1))
    await house.dispatch()
    assert house.fate(message) == ("expired", "late")
    assert house.fate(in_time) == ("accepted", "handed_over")


@in_loop
async def test_after_an_outage_everyone_gets_one_message(database: Database) -> None:
    """Three days down, four messages each still of use: each partner gets exactly one of them, on one channel."""
    house = House(database)
    for hours in (70, 60, 50, 40):
        for partner in ("ana", "ben"):
            channel = SMS if hours % 20 else EMAIL
            house.due(partner, channel, at=NOON - timedelta(hours=hours), late=timedelta(days=5))
    await house.dispatch()
    states = [message.state for message in house.all_messages()]
    assert (states.count(State.ACCEPTED), states.count(State.EXPIRED)) == (2, 6)
    assert {message.reason for message in house.all_messages() if message.state is State.EXPIRED} == {"one_catch_up"}
    assert len({message.partner_id for message in house.all_messages() if message.caught_up}) == 2
    punctual = house.due("ana")
    await house.dispatch()
    assert house.message(punctual).state is State.ACCEPTED


@in_loop
async def test_many_due_messages_go_in_the_providers_requests(database: Database) -> None:
    """Where one request carries many, many travel in it, and a refused one among them comes back alone."""
    house = House(database, many_couples(6), [EMAILS])
    house.email.batch_size = 5
    ids = [house.due(f"{who}{number}", EMAIL, "emails") for who in "ab" for number in range(6)]
    house.email.refuse()
    await house.dispatch()
    assert house.email.requests == 3
    assert [house.message(one).state for one in ids].count(State.ACCEPTED) == 11


@in_loop
async def test_rate_of_a_channel_is_kept(database: Database) -> None:
    """With one text a second, four go at once and then one each second."""
    house = House(database, [ana_and_ben(budget=NO_LIMIT), cleo_and_dan(budget=NO_LIMIT)])
    house.limits = Limits(per_second={SMS: 1.0})
    house.start_afresh()
    for _ in range(3):
        for partner in ("ana", "ben", "cleo", "dan"):
            house.due(partner)
    counts = []
    for _ in range(4):
        await house.dispatch()
        counts.append(len(house.sms.arrived))
        house.later(timedelta(seconds=1))
    assert counts == [4, 5, 6, 7]


@in_loop
async def test_overdue_messages_take_no_place_of_those_in_time(database: Database) -> None:
    """A backlog that it is too late for does not use up what a channel may send."""
    house = House(database)
    house.limits = Limits(per_second={SMS: 0.2})
    house.start_afresh()
    for _ in range(5):
        house.due("ana", at=NOON - timedelta(hours=3))
    message = house.due("ben")
    await house.dispatch()
    assert house.fate(message) == ("accepted", "handed_over")
    assert [one.state for one in house.all_messages()].count(State.EXPIRED) == 5


@in_loop
async def test_one_that_goes_wrong_leaves_the_others_their_results(database: Database) -> None:
    """When handing over one message raises, what became of all others is written down all the same."""
    house = House(database, [ana_and_ben(budget=NO_LIMIT), cleo_and_dan(budget=NO_LIMIT)])
    ids = [house.due(partner) for partner in ("ana", "ben", "cleo")] + [house.due("cleo", EMAIL)]
    house.sms.crash()
    with pytest.raises(Crash):
        await house.dispatch()
    states = [house.message(one).state for one in ids]
    assert (states.count(State.SENDING), states.count(State.ACCEPTED)) == (1, 3)


class Forgetful:
    """A database whose third transaction fails."""

    def __init__(self, database: Database) -> None:
        """Wrap a database."""
        self._database = database
        self._writes = 0

    def write(self) -> object:
        """A transaction, unless it is the third."""
        self._writes += 1
        if self._writes == 3:
            raise StorageError
        return self._database.write()


@in_loop
async def test_results_are_written_down_when_the_database_is_back(sqlite_database: Database) -> None:
    """A database that fails just when a result comes in is asked again before the result is given up."""
    house = House(sqlite_database)
    message = house.due("ana")
    house.start_afresh(Forgetful(sqlite_database))  # type: ignore[arg-type]
    await house.dispatch()
    assert house.fate(message) == ("accepted", "handed_over")


@in_loop
async def test_clock_an_hour_back_doubles_nothing(database: Database) -> None:
    """When the clock is set back after a message was sent, neither planner nor dispatcher sends it again."""
    house = House(database)
    plan(database, b"key", house.now, horizon=timedelta(days=1))
    house.later(timedelta(hours=1))
    await house.dispatch()
    before = len(house.sms.arrived)
    house.later(-timedelta(hours=1))
    for _ in range(8):
        plan(database, b"key", house.now, horizon=timedelta(days=1))
        await house.dispatch()
        house.later(15 * MINUTE)
    assert before == len(house.sms.arrived) == 2


@in_loop
async def test_clock_a_day_forward_expires_what_it_jumped_over(database: Database) -> None:
    """When the clock jumps a day ahead, what was due in between expires as late and is not sent when it jumps back."""
    house = House(database)
    message = house.due("ana", at=NOON + timedelta(hours=2))
    house.later(timedelta(days=1))
    await house.dispatch()
    house.later(-timedelta(days=1))
    await house.go_on(timedelta(hours=3), step=30 * MINUTE)
    assert house.fate(message) == ("expired", "late")
    assert house.sms.arrived == []


@in_loop
async def test_stopping_claims_no_further_batch(sqlite_database: Database) -> None:
    """Told to stop, the dispatcher finishes its batch and takes no other."""
    house = House(sqlite_database)
    house.due("ana")
    second = house.due("ana")
    answers = iter([False, True])
    await house.dispatcher.drain(lambda: next(answers))
    assert len(house.sms.arrived) == 1
    assert house.message(second).state is State.PLANNED


def test_the_budget_of_the_cast_is_what_the_tests_above_think() -> None:
    """By default a partner gets one text a day and three a week."""
    assert ana_and_ben().partners[0].budget[ChannelKind.SMS] == Allowance(1, 3)
