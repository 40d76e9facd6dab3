"""What each process does about itself: signs of life, and looking after the whole; never given out to workers.

A worker that is gone can tell nobody. So the daemon, and each scheduler where there are many machines, looks itself.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from nudger.actions.summarise import summarise
from nudger.channels.heartbeat import call
from nudger.observability import logger
from nudger.runtime.ticks import HEARTBEAT_EVERY, Tick, heartbeat
from nudger.storage.turns import take_turn
from nudger.wiring import Service

log = logger(__name__)

WATCH_EVERY = timedelta(seconds=60)
#: How often it is asked whether a call is due; so the first comes right after the start, and bad news at once.
CALL_LOOK = timedelta(seconds=2)
#: A round may take long, with much to send; one that has not ended for this long hangs.
HANGS_AFTER = timedelta(minutes=15)
#: A tick that fails is given two more rounds and this long, before the operator is woken: databases restart.
GRACE = timedelta(seconds=30)


class Wellness(StrEnum):
    """How a process is."""

    STARTING = "starting"
    WELL = "well"
    UNWELL = "unwell"


class Rounds:
    """Remembers when each tick last came to a good end, and whether it has failed since."""

    def __init__(self, ticks: Sequence[Tick], now: datetime) -> None:
        """No round of these ticks has ended yet at `now` (aware)."""
        self._every = {tick.name: tick.every for tick in ticks}
        self._last_good = dict.fromkeys(self._every, now)
        self._unproven = set(self._every)
        self._failing: set[str] = set()

    def ended(self, name: str, now: datetime, *, well: bool) -> None:
        """A round ended, well or broken off; that of a tick which is not among these is nothing to us."""
        if name not in self._every:
            return
        if not well:
            self._failing.add(name)
            return
        self._last_good[name] = now
        self._failing.discard(name)
        self._unproven.discard(name)

    def wellness(self, now: datetime) -> Wellness:
        """Well where every tick's rounds come to good ends, and each has done so at least once."""
        if any(now - good > self._patience(name) for name, good in self._last_good.items()):
            return Wellness.UNWELL
        return Wellness.STARTING if self._unproven else Wellness.WELL

    def _patience(self, name: str) -> timedelta:
        return 2 * self._every[name] + GRACE if name in self._failing else HANGS_AFTER


class Calls:
    """Calls the operator's heartbeat address: each minute while all is well, and soon when it is not.

    Bad news is half a minute old before it is told: after a sleep of the machine or a step of its clock every tick
    looks late, until its next round.
    """

    def __init__(self, service: Service, url: str, rounds: Rounds) -> None:
        """Nothing has been called yet."""
        self._service = service
        self._url = url
        self._rounds = rounds
        self._last: tuple[Wellness, datetime] | None = None
        self._unwell_since: datetime | None = None

    async def call_when_due(self) -> None:
        """Call where the minute is over, or where it has become better or worse."""
        now = self._service.around.now()
        wellness = self._rounds.wellness(now)
        self._unwell_since = (self._unwell_since or now) if wellness is Wellness.UNWELL else None
        fresh = self._unwell_since is not None and now - self._unwell_since < GRACE
        if wellness is Wellness.STARTING or fresh or not self._due(wellness, now):
            return
        self._last = (wellness, now)
        status = await call(self._url, well=wellness is Wellness.WELL)
        if status is not None:
            log.warning("heartbeat_not_taken", status=status)

    def _due(self, wellness: Wellness, now: datetime) -> bool:
        if self._last is None:
            return True
        before, at = self._last
        return before is not wellness or not timedelta(0) <= now - at < HEARTBEAT_EVERY


def own_ticks(service: Service, rounds: Rounds) -> Sequence[Tick]:
    """The ticks that every daemon and scheduler has beside its work."""
    ticks = [heartbeat(service), Tick("watch", WATCH_EVERY, lambda: _watch(service))]
    url = service.settings.heartbeat_url
    if url:
        ticks.append(Tick("call", CALL_LOOK, Calls(service, url.get_secret_value(), rounds).call_when_due))
    return ticks


async def _watch(service: Service) -> None:
    if not await asyncio.to_thread(_is_our_turn, service):
        return
    now = service.around.now()
    await service.alerting.look(now)
    await asyncio.to_thread(summarise, service.database, now)


def _is_our_turn(service: Service) -> bool:
    """One scheduler of many looks; on SQLite there is one daemon."""
    if service.database.is_sqlite:
        return True
    with service.database.write() as connection:
        return take_turn(connection, "watch", WATCH_EVERY)
