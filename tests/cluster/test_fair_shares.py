"""What workers share: a sender's limit, and their time among couples."""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from parts.cast import NOON
from parts.couples import EACH, NO_LIMIT, ana_and_ben, cleo_and_dan, many_couples
from parts.house import EMAIL, SMS, House
from parts.loops import in_loop

from nudger.actions.dispatch import Limits
from nudger.domain.messages import State
from nudger.domain.pacing import Rate
from nudger.domain.schedules import ChannelChoice
from nudger.storage import limits
from nudger.storage.database import Database


@in_loop
async def test_two_workers_share_one_limit(database: Database) -> None:
    """With one text a second four may go at once, whoever sends them; the next second is whose turn comes first."""
    house = House(database, [ana_and_ben(budget=NO_LIMIT), cleo_and_dan(budget=NO_LIMIT)])
    house.limits = Limits(per_second={SMS: 1.0})
    for _ in range(3):
        for partner in ("ana", "ben", "cleo"):
            house.due(partner)
    workers = []
    for _ in range(3):
        house.start_afresh()
        workers.append(house.dispatcher)
    counts = []
    for _ in range(3):
        for worker in workers:
            await worker.drain()
        counts.append(len(house.sms.arrived))
        house.later(timedelta(seconds=1))
    assert counts == [4, 5, 6]


EMAILS = replace(EACH, key="emails", channel=ChannelChoice.EMAIL)
#: What may go at once at five a second: four seconds' worth, as a send begins within five seconds or not at all.
BURST = 20


def most_within(seconds: int, arrivals: Sequence[int]) -> int:
    """The most arrivals in any window of that length, as a provider would count."""
    return max(sum(start <= one < start + seconds for one in arrivals) for start in arrivals)


@in_loop
async def test_sixteen_workers_together_keep_to_one_rate(database: Database) -> None:
    """With five emails a second, no window at the provider holds more than the burst and the window's share."""
    house = House(database, many_couples(20), [EMAILS])
    house.limits = Limits(batch=20, per_second={EMAIL: 5.0})  # by the house's clock, so that each arrival has its time
    for number in range(20):
        for who in "ab":
            house.due(f"{who}{number}", EMAIL, "emails")
    workers = []
    for _ in range(16):
        house.start_afresh()
        workers.append(house.dispatcher)
    arrivals: list[int] = []
    for second in range(4):
        await asyncio.gather(*(worker.once() for worker in workers))
        arrivals += [second] * (len(house.email.arrived) - len(arrivals))
        house.later(timedelta(seconds=1))
    assert len(arrivals) == BURST + 5 * 3, "the limit is used, not only kept"
    for window in (1, 2, 3, 4):
        assert most_within(window, arrivals) <= BURST + 5 * window


@in_loop
async def test_senders_have_limits_of_their_own(sqlite_database: Database) -> None:
    """What one sender's number has used up is not taken from another's."""
    house = House(sqlite_database)
    for sender in ("one", "other"):
        house.limits = Limits(per_second={SMS: 0.1}, senders={SMS: sender})
        house.start_afresh()
        house.due("ana")
        house.due("ben")
        await house.dispatch()
    assert len(house.sms.arrived) == 2


def test_draws_at_the_same_time_never_exceed_the_rate(postgres_database: Database) -> None:
    """Four workers drawing at once from one bucket, by the database's clock, get its burst and rate and no more."""
    rate = Rate(200.0, 10)
    end = time.monotonic() + 0.3

    def draw(_worker: int) -> int:
        drawn = 0
        while time.monotonic() < end:
            with postgres_database.write() as connection:
                bucket = limits.bucket(connection, "a sender", rate, limits.database_time(connection))
                count = bucket.allowance(7)
                limits.put(connection, "a sender", bucket.less(count))
            drawn += count
        return drawn

    began = time.monotonic()
    with ThreadPoolExecutor(4) as workers:
        drawn = sum(workers.map(draw, range(4)))
    assert 10 < drawn <= 10 + 200 * (time.monotonic() - began) + 1


@in_loop
async def test_a_couple_with_a_backlog_does_not_hold_up_another(database: Database) -> None:
    """Forty texts to Ana that are due already let Cleo's one go in the very first batch, however small."""
    house = House(database, [ana_and_ben(budget=NO_LIMIT), cleo_and_dan(budget=NO_LIMIT)])
    house.limits = Limits(batch=10)
    house.start_afresh()
    for minute in range(40):
        house.due("ana", at=NOON - timedelta(minutes=1, seconds=minute / 10))
    message = house.due("cleo")
    await house.dispatcher.once()
    assert house.message(message).state is State.ACCEPTED


@in_loop
async def test_a_backlog_at_the_provider_does_not_hold_up_what_is_due_now(database: Database) -> None:
    """A schedule an hour behind, at an email a second: what another planned for now leaves within four seconds."""
    house = House(database, many_couples(7), [EMAILS])
    house.limits = Limits(batch=1)
    house.start_afresh()
    long_ago = NOON - timedelta(minutes=50)
    backlog = [house.due(f"{who}{number}", EMAIL, "emails", at=long_ago) for who in "ab" for number in range(6)]
    message = house.due("a6", EMAIL, "emails")
    for _ in range(4):
        await house.dispatcher.once()
        house.later(timedelta(seconds=1))
    assert house.message(message).state is State.ACCEPTED
    assert [house.message(one).state for one in backlog].count(State.ACCEPTED) == 3
