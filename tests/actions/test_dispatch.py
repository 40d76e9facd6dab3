"""From due to handed over: what may leave leaves once, and whatever the provider says has its place."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from parts.cast import NOON
from parts.couples import EACH, NO_LIMIT, ana_and_ben, cleo_and_dan, eve_and_max
from parts.house import EMAIL, MINUTE, SMS, House
from parts.loops import in_loop
from parts.vaults import is_at
from sqlalchemy import Connection, select

from nudger.actions.plan import plan
from nudger.domain.messages import State
from nudger.storage.consent import Event
from nudger.storage.database import Database
from nudger.storage.tables import contacts


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
async def test_an_outage_of_hours_fails_nothing(sqlite_database: Database) -> None:
    """While the provider is out of reach nothing is counted against a message, and it leaves when it is back."""
    house = House(sqlite_database)
    message = house.due("ana", late=timedelta(hours=30))
    house.sms.be_busy(times=30)
    await house.go_on(timedelta(hours=5), step=timedelta(minutes=2))
    assert house.sms.requests > 8
    assert house.fate(message) == ("accepted", "handed_over")


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
        query = select(contacts.c.suppressed).where(is_at("+447700900122"))
        assert connection.execute(query).scalar_one() == "opted_out"


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


class Stopping:
    """A database whose process is stopped for a minute right after a commit: the n-th one, from 1 on."""

    def __init__(self, house: House, stops_at: int) -> None:
        """Count the house's commits."""
        self._house = house
        self._left = stops_at
        self.is_sqlite = house.database.is_sqlite
        self.read = house.database.read

    @contextmanager
    def write(self, *, trusting: bool = False) -> Iterator[Connection]:
        """A transaction, and perhaps a minute in which nothing happens here."""
        with self._house.database.write(trusting=trusting) as connection:
            yield connection
        self._left -= 1
        if self._left == 0:
            self._house.uptime += 60


@in_loop
async def test_process_stopped_right_after_its_commit_sends_nothing(database: Database) -> None:
    """The five seconds count from the commit, not from when the process next looks at its clock."""
    house = House(database)
    message = house.due("ana")
    claim, admit = 1, 2
    house.start_afresh(Stopping(house, claim))  # type: ignore[arg-type]
    await house.dispatcher.once()
    assert house.fate(message) == ("accepted", "handed_over")
    other = house.due("ben")
    house.start_afresh(Stopping(house, admit))  # type: ignore[arg-type]
    await house.dispatcher.once()
    assert house.fate(other) == ("planned", "not_begun")


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
