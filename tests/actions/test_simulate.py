"""What is played is what will be: the same code, from the same state, on a clock that never stands still."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from parts.cast import KEY, NOON
from parts.couples import EACH, NO_LIMIT, TALK, ana_and_ben, ideas, prompts
from parts.databases import in_memory
from parts.fake_channel import FOREVER, FakeChannel
from parts.house import MINUTE, SMS, House
from parts.loops import in_loop

from nudger.actions.plan import plan
from nudger.actions.simulate import Stage, VirtualClock, play
from nudger.channels.rehearsal import rehearse
from nudger.domain.life import Message
from nudger.domain.messages import State
from nudger.domain.pools import Pool
from nudger.domain.schedules import Audience, ChannelChoice, Daily, Period, RandomTimes, Schedule
from nudger.storage import messages
from nudger.storage.copying import copy_state
from nudger.storage.database import Database

DAY = timedelta(days=1)
SURPRISES = replace(EACH, key="surprises", when=RandomTimes(3, Period.WEEK), audience=Audience.ONE)
RULES = (SURPRISES, replace(TALK, when=Daily(EACH.when.at)))  # type: ignore[union-attr]  # it is daily
BIG = Pool("en", [*ideas(30), *prompts(20)])


@pytest.fixture
def memory() -> Iterator[Callable[[], Database]]:
    """Databases in memory, as many as asked for."""
    with ExitStack() as opened:
        yield lambda: opened.enter_context(in_memory())


def on_stage(house: House, *, horizon: timedelta = 2 * DAY) -> Stage:
    """A house on a virtual clock that starts at its time."""
    clock = VirtualClock(house.now)
    house.start_afresh(around=replace(house.around, now=clock))
    return Stage(house.database, house.dispatcher, clock, KEY, horizon, house.reconciler)


def story(house: House) -> list[tuple[object, ...]]:
    """What became of every message, and its words."""
    told = []
    for message in sorted(house.all_messages(), key=lambda one: (one.due_at, one.channel, one.partner_id)):
        words = house.words(message.id).content if message.state is State.ACCEPTED else None
        told.append((message.due_at, message.channel, message.state, message.reason, message.sent_at, words))
    return told


def rehearsal_of(house: House, copy: Database, rules: tuple[Schedule, ...]) -> House:
    """A second house on a copy of the first one's state, where nothing leaves."""
    copy_state(house.database, copy)
    rehearsal = House(copy, house.homes, rules, [BIG])
    rehearsal.now, rehearsal.token = house.now, "rehearsed"
    rehearsal.channels = {kind: rehearse(channel) for kind, channel in house.channels.items()}
    return rehearsal


@in_loop
async def test_preview_shows_what_the_daemon_does(sqlite_database: Database, memory: Callable[[], Database]) -> None:
    """A week foreseen on a copy is the week then lived through: moments, outcomes and words alike."""
    house = House(sqlite_database, [ana_and_ben()], RULES, [BIG])
    rehearsal = rehearsal_of(house, memory(), RULES)
    await play(on_stage(rehearsal), NOON + 7 * DAY)
    foreseen = [line for line in story(rehearsal) if line[0] < NOON + 7 * DAY]  # type: ignore[operator]  # a moment
    while house.now < NOON + 7 * DAY:
        plan(house.database, KEY, house.now)
        await house.dispatch()
        with house.database.read() as connection:
            wake = messages.next_wake(connection, after=house.now) or NOON + 7 * DAY
        house.now = min(wake + timedelta(seconds=20), house.now + DAY / 2)
    lived = [line for line in story(house) if line[0] < NOON + 7 * DAY]  # type: ignore[operator]  # a moment
    without_seconds = [(due, *rest[:3], rest[-1]) for due, *rest in lived]
    assert without_seconds == [(due, *rest[:3], rest[-1]) for due, *rest in foreseen]
    assert len([line for line in lived if line[2] is State.ACCEPTED]) > 10


@in_loop
async def test_playing_twice_gives_the_same(memory: Callable[[], Database]) -> None:
    """The same state played twice gives the same story, to the moment."""
    first, second = memory(), memory()
    stories = []
    for database in (first, second):
        house = House(database, [ana_and_ben()], RULES, [BIG])
        await play(on_stage(house), NOON + 5 * DAY)
        stories.append(story(house))
    assert stories[0] == stories[1]
    assert len(stories[0]) > 8


@in_loop
async def test_a_message_goes_at_its_very_moment(sqlite_database: Database) -> None:
    """In a play nothing is late: what is due at the start goes then, and the end itself is left out."""
    house = House(sqlite_database)
    first, later, end = (house.due("ana", at=NOON + n * MINUTE) for n in (0, 7, 10))
    reached: list[datetime] = []
    stage = on_stage(house)
    await play(stage, NOON + 10 * MINUTE, reached.append)
    assert [house.message(one).sent_at for one in (first, later, end)] == [NOON, NOON + 7 * MINUTE, None]
    assert stage.clock() == NOON + 10 * MINUTE
    assert reached == sorted(reached)


def always(verb: str) -> Callable[[FakeChannel], None]:
    """A channel that does one thing for ever."""
    return lambda channel: getattr(channel, verb)(times=FOREVER)


ENDLESS = ("refuse_for_good", "misconfigure", "lose", "accept_then_hang")


@in_loop
@pytest.mark.parametrize(
    "verb",
    ["refuse", *(pytest.param(verb, marks=pytest.mark.long) for verb in ENDLESS)],
)
async def test_no_channel_can_make_a_play_endless(memory: Callable[[], Database], verb: str) -> None:
    """Whatever the channels do all day, a day is played in a bounded number of steps."""
    database = memory()
    house = House(database)
    always(verb)(house.sms)
    for minute in range(0, 120, 20):
        house.due("ana", at=NOON + minute * MINUTE, late=10 * MINUTE)
        house.due("ben", at=NOON + minute * MINUTE, late=10 * MINUTE)
    steps: list[datetime] = []
    await play(on_stage(house), NOON + DAY, steps.append)
    assert len(steps) < 200
    assert not [one for one in house.all_messages() if one.state is State.PLANNED and one.due_at < NOON + DAY / 2]


@in_loop
async def test_what_was_in_hand_when_copied_does_not_block_the_play(
    sqlite_database: Database, memory: Callable[[], Database]
) -> None:
    """A message in doubt in the true state is cleared up in the copy, so that what follows is shown."""
    house = House(sqlite_database)
    house.due("ana")
    house.sms.lose()
    await house.dispatch()
    house.claim(house.due("ben"))
    following = [house.due(who, at=NOON + 30 * MINUTE) for who in ("ana", "ben")]
    rehearsal = rehearsal_of(house, memory(), (EACH,))
    await play(on_stage(rehearsal), NOON + timedelta(hours=1))
    assert {rehearsal.message(one).state for one in following} == {State.ACCEPTED}
    assert house.message(following[0]).state is State.PLANNED


def test_a_virtual_clock_never_goes_back() -> None:
    """Moved to an earlier moment, it stays where it is."""
    clock = VirtualClock(NOON)
    clock.move_to(NOON + MINUTE)
    clock.move_to(NOON)
    assert clock() == NOON + MINUTE


@in_loop
async def test_a_couple_without_limits_is_played_over_two_weeks(sqlite_database: Database) -> None:
    """Two weeks of a daily thought for each is planned and sent, day by day, without gap or double."""
    house = House(sqlite_database, [ana_and_ben(budget=NO_LIMIT)], [replace(EACH, channel=ChannelChoice.EMAIL)], [BIG])
    await play(on_stage(house), NOON + 14 * DAY)
    sent: list[Message] = [one for one in house.all_messages() if one.state is State.ACCEPTED]
    assert len(sent) == len({(one.partner_id, one.period) for one in sent}) == 2 * 14
    assert house.sms.arrived == []
    assert SMS not in {one.channel for one in sent}
