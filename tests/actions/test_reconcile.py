"""After a crash or a silence: nothing is lost, nothing comes twice, and no message stays in doubt for ever."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
from parts.cast import NOON
from parts.couples import NO_LIMIT, ana_and_ben, cleo_and_dan
from parts.fake_channel import Crash
from parts.house import EMAIL, MINUTE, SMS, House
from parts.loops import in_loop
from sqlalchemy import Connection, delete, select, update

from nudger.domain import life
from nudger.domain.messages import State
from nudger.storage import messages
from nudger.storage.database import Database
from nudger.storage.tables import attempts, contents
from nudger.storage.tables import messages as message_table

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


async def in_doubt(house: House, *, arrived: bool) -> int:
    """A message of Ana's without a clear answer, which the provider has or has not."""
    message = house.due("ana")
    if arrived:
        house.sms.accept_then_hang()
    else:
        house.sms.lose()
    await house.dispatch()
    assert house.fate(message) == ("unknown", "no_clear_answer")
    return message


@in_loop
async def test_claimed_message_of_a_dead_worker_is_taken_back(database: Database) -> None:
    """When its lease has run out a claimed message is planned again, not before, and is then sent once."""
    house = House(database)
    message = house.due("ana")
    house.claim(message)
    house.later(59 * SECOND)
    assert await house.reconcile() == {}
    house.later(SECOND)
    assert await house.reconcile() == {"planned": 1}
    await house.dispatch()
    assert house.path(message) == ["claimed", "planned", "claimed", "sending", "accepted"]
    assert house.message(message).deaths == 1
    assert len(house.sms.arrived) == 1


@in_loop
async def test_all_leases_end_when_every_worker_is_known_to_be_dead(database: Database) -> None:
    """On a fresh start what was held is taken back at once: claimed is planned again, sending is in doubt."""
    house = House(database)
    claimed, sending = house.due("ana"), house.due("ben")
    house.claim(claimed)
    with suppress(Crash):
        house.sms.crash()
        await house.dispatch()
    assert house.reconciler.take_back(all_of_them=True) == {"planned": 1, "unknown": 1}
    assert house.fate(claimed) == ("planned", "lease_ran_out")
    assert house.fate(sending) == ("unknown", "lease_ran_out")


@in_loop
async def test_message_found_at_the_provider_is_accepted(database: Database) -> None:
    """A message in doubt that the provider has is accepted under its id there, and not sent again."""
    house = House(database)
    message = await in_doubt(house, arrived=True)
    house.later(14 * SECOND)
    assert (await house.reconcile(), house.sms.asked) == ({}, [])
    house.later(SECOND)
    assert await house.reconcile() == {"accepted": 1}
    assert house.fate(message) == ("accepted", "found_at_provider")
    assert house.message(message).provider_id == "id-of-token-1"
    await house.go_on(10 * MINUTE)
    assert len(house.sms.arrived) == 1


@in_loop
async def test_two_noes_send_a_message_again_exactly_once(database: Database) -> None:
    """What the provider says twice, a minute apart, not to have is sent again with the same words, once."""
    house = House(database)
    message = await in_doubt(house, arrived=False)
    words = house.words(message)
    house.sms.recover()
    asked = []
    for _ in range(12):
        house.later(15 * SECOND)
        await house.reconcile()
        asked.append(len(house.sms.asked))
        await house.dispatch()
    assert asked == [1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3]
    assert house.path(message)[-4:] == ["planned", "claimed", "sending", "accepted"]
    assert house.results(message) == ["unclear", "accepted"]
    assert [outgoing.content for outgoing in house.sms.arrived] == [words.content]
    assert house.message(message).resends == 1


@in_loop
async def test_provider_that_keeps_losing_messages_gets_three_tries(sqlite_database: Database) -> None:
    """A message is sent again after a doubt twice at most; then it has failed."""
    house = House(sqlite_database)
    house.sms.lose(times=100)
    message = house.due("ana", late=6 * HOUR)
    await house.go_on(HOUR, step=30 * SECOND)
    assert house.fate(message) == ("failed", "too_many_attempts")
    assert house.sms.requests == 3


@in_loop
async def test_provider_that_gives_no_answer_has_not_said_no(database: Database) -> None:
    """Failed look-ups never send a message again; when answers come back, the truth counts."""
    house = House(database)
    message = await in_doubt(house, arrived=True)
    house.sms.fall_silent()
    await house.go_on(20 * MINUTE, step=MINUTE)
    assert house.message(message).state is State.UNKNOWN
    assert house.message(message).negatives == 0
    assert len(house.sms.asked) > 10
    house.sms.recover()
    await house.go_on(2 * MINUTE)
    assert house.fate(message) == ("accepted", "found_at_provider")
    assert house.sms.requests == 1


@in_loop
async def test_silence_for_a_day_is_taken_for_a_yes(database: Database) -> None:
    """A provider that answers nothing for a day is believed to have the message: better missing than twice."""
    house = House(database)
    message = await in_doubt(house, arrived=False)
    house.sms.fall_silent()
    house.later(24 * HOUR)
    await house.reconcile()
    assert house.fate(message) == ("assumed_sent", "cannot_be_asked")


@in_loop
async def test_provider_that_cannot_be_asked_is_believed_after_a_quarter_of_an_hour(database: Database) -> None:
    """Where nobody can be asked, a message in doubt is assumed sent after 15 minutes, and its contact is free again."""
    house = House(database)
    house.sms.cannot_be_asked()
    message = await in_doubt(house, arrived=False)
    house.sms.recover()
    house.later(15 * MINUTE - SECOND)
    assert await house.reconcile() == {"unknown": 1}
    house.later(SECOND)
    await house.reconcile()
    assert house.fate(message) == ("assumed_sent", "cannot_be_asked")
    assert house.sms.asked == []
    following = house.due("ana")
    await house.dispatch()
    assert house.fate(following) == ("accepted", "handed_over")


@in_loop
async def test_provider_changed_while_in_doubt_is_not_asked(database: Database) -> None:
    """Another provider knows nothing of the message: it is not asked, and the message is assumed sent."""
    house = House(database)
    message = await in_doubt(house, arrived=False)
    house.sms.name = "another"
    house.later(15 * MINUTE)
    await house.reconcile()
    assert house.fate(message) == ("assumed_sent", "cannot_be_asked")
    del house.channels[SMS]
    gone = house.due("ana")
    house.alter(gone, state=State.UNKNOWN, wake_at=house.now)
    house.later(15 * MINUTE)
    await house.reconcile()
    assert house.sms.asked == []
    assert house.fate(gone) == ("assumed_sent", "cannot_be_asked")


@in_loop
@pytest.mark.parametrize("missing", ["words", "attempts", "contact"])
async def test_message_that_cannot_be_asked_about_does_not_stay_in_doubt(database: Database, missing: str) -> None:
    """Where words, attempts or contact are no longer kept, the message is assumed sent in the end."""
    house = House(database)
    message = await in_doubt(house, arrived=False)
    with database.write() as connection:
        _lose(connection, missing)
    house.later(MINUTE)
    await house.reconcile()
    assert house.message(message).state is State.UNKNOWN
    house.later(15 * MINUTE)
    await house.reconcile()
    assert house.fate(message) == ("assumed_sent", "cannot_be_asked")


def _lose(connection: Connection, missing: str) -> None:
    if missing == "words":
        connection.execute(delete(contents))
    elif missing == "attempts":
        connection.execute(delete(attempts))
    else:
        connection.execute(update(message_table).values(contact_id=None))


@in_loop
async def test_third_death_in_one_messages_hands_ends_it(database: Database) -> None:
    """A message whose worker died three times has failed, and takes no other message with it."""
    house = House(database, [ana_and_ben(budget=NO_LIMIT), cleo_and_dan(budget=NO_LIMIT)])
    poison, others = house.due("ana"), [house.due("ben"), house.due("cleo")]
    for _ in range(2):
        house.claim(poison, *others)
        house.later(MINUTE)
        await house.reconcile()
    assert await house.dispatcher.once() == {"accepted": 1}
    assert len(house.sms.arrived) == 1
    await house.dispatch()
    assert {house.message(other).state for other in others} == {State.ACCEPTED}
    doomed = house.due("ana")
    house.alter(doomed, deaths=4)
    house.claim(doomed)
    house.later(MINUTE)
    await house.reconcile()
    assert house.fate(doomed) == ("failed", "too_many_deaths")


@in_loop
async def test_operator_may_retry_what_failed(database: Database) -> None:
    """A failed message may be sent again at the operator's word, in the words it had."""
    house = House(database)
    message = house.due("ana")
    house.sms.refuse_for_good()
    await house.dispatch()
    words = house.words(message)
    house.later(6 * HOUR)
    with database.write() as connection:
        failed = messages.with_ids(connection, [message])[0]
        messages.save(connection, [(failed, life.retry(failed, house.now))], house.now)
    await house.dispatch()
    assert house.fate(message) == ("accepted", "handed_over")
    assert house.words(message) == words
    assert house.path(message)[2:4] == ["failed", "planned"]


class Mortal:
    """A database whose process dies at a commit: just before or just after the n-th one."""

    def __init__(self, database: Database, dies_at: int, *, after: bool) -> None:
        """Count from 1."""
        self._database = database
        self._left = dies_at
        self._after = after
        self._dead = False
        self.is_sqlite = database.is_sqlite

    def read(self) -> object:
        """Reading kills nobody."""
        return self._database.read()

    @contextmanager
    def write(self, *, trusting: bool = False) -> Iterator[Connection]:
        """A transaction; the fatal one is rolled back, or committed and then it dies; the dead write nothing."""
        self._left -= 1
        fatal = self._left == 0
        with self._database.write(trusting=trusting) as connection:
            if self._dead:
                raise Crash
            yield connection
            self._dead = fatal
            if fatal and not self._after:
                raise Crash
        if fatal:
            raise Crash


def _everybody_is_due(house: House) -> Counter[str]:
    """One text for three people and one email for two of them; whom each must reach how often."""
    for partner in ("ana", "ben", "cleo"):
        house.due(partner, late=12 * HOUR)
    for partner in ("ana", "cleo"):
        house.due(partner, EMAIL, late=12 * HOUR)
    addresses = ["+447700900122", "+447700900123", "+447700900200", "ana@example.com", "cleo@example.com"]
    return Counter(addresses)


#: claim, admit and record each commit once; with five messages there may be several records.
DEATHS = [(commit, after) for commit in (1, 2, 3) for after in (False, True)]


async def _recover(house: House, expected: Counter[str]) -> None:
    house.start_afresh()
    house.later(5 * SECOND)
    house.reconciler.take_back(all_of_them=True)
    await house.dispatch()
    await house.go_on(5 * MINUTE)
    assert Counter(house.sms.reached + house.email.reached) == expected
    assert {message.state for message in house.all_messages()} == {State.ACCEPTED}
    for message in house.all_messages():
        house.path(message.id)


@in_loop
@pytest.mark.parametrize(("commit", "after"), DEATHS)
async def test_death_at_any_commit_loses_and_doubles_nothing(database: Database, commit: int, after: bool) -> None:  # noqa: FBT001 (a column of the table)
    """Killed before or after any commit on a message's way, every message is at the provider exactly once."""
    house = House(database, [ana_and_ben(budget=NO_LIMIT), cleo_and_dan(budget=NO_LIMIT)])
    expected = _everybody_is_due(house)
    house.start_afresh(Mortal(database, commit, after=after))  # type: ignore[arg-type]
    with pytest.raises(Crash):
        await house.dispatch()
    await _recover(house, expected)


@in_loop
@pytest.mark.parametrize("verb", ["crash", "crash_after", "lose", "accept_then_hang"])
async def test_death_or_silence_at_the_provider_loses_and_doubles_nothing(database: Database, verb: str) -> None:
    """Killed just before or just after the provider takes a message, or left without an answer, it arrives once."""
    house = House(database, [ana_and_ben(budget=NO_LIMIT), cleo_and_dan(budget=NO_LIMIT)])
    expected = _everybody_is_due(house)
    getattr(house.sms, verb)()
    with suppress(Crash):
        await house.dispatch()
    await _recover(house, expected)


@in_loop
async def test_process_that_dies_again_and_again_gets_there(database: Database) -> None:
    """Killed at one commit after the other, the service still hands over each message exactly once."""
    house = House(database, [ana_and_ben(budget=NO_LIMIT), cleo_and_dan(budget=NO_LIMIT)])
    expected = _everybody_is_due(house)
    for commit, after in ((1, True), (2, False), (3, False)):
        house.start_afresh(Mortal(database, commit, after=after))  # type: ignore[arg-type]
        with suppress(Crash):
            await house.dispatch()
        house.start_afresh()
        house.later(5 * SECOND)
        house.reconciler.take_back(all_of_them=True)
    await _recover(house, expected)


@in_loop
async def test_late_recovery_expires_what_is_of_no_use(database: Database) -> None:
    """A message found missing after its time is not sent any more."""
    house = House(database)
    message = house.due("ana", late=MINUTE)
    house.sms.crash()
    with suppress(Crash):
        await house.dispatch()
    await house.go_on(10 * MINUTE)
    assert house.fate(message) == ("expired", "not_at_provider")
    assert house.sms.arrived == []


@in_loop
async def test_many_in_doubt_are_asked_about_in_turn(sqlite_database: Database) -> None:
    """More messages in doubt than one look takes are all cleared up, none of them held up by the first."""
    house = House(sqlite_database)
    ids = [house.due("ana") for _ in range(130)]
    with sqlite_database.write() as connection:
        connection.execute(update(message_table).values(state=State.UNKNOWN, wake_at=NOON))
        assert connection.execute(select(message_table.c.id)).scalars().all() == ids
    house.later(15 * MINUTE)
    assert (await house.reconcile(), await house.reconcile()) == ({"assumed_sent": 100}, {"assumed_sent": 30})
