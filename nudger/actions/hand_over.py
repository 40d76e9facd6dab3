"""Hand over: what has been let go waits for a free place, leaves, and what came of it is written down.

    admitted  ->  waiting  ->  in flight  ->  finished  ->  recorded

Each stage works at its own pace, so that while some messages are in flight others are already being claimed, and many
results are written down in one commit. Nothing here decides who may be written to.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from nudger.actions.admit import Parcel
from nudger.channels.contract import Accepted, Channel, Refusal, Refused, SendResult, Unclear
from nudger.domain.life import Patience
from nudger.domain.pacing import Breaker, Fault, Pace
from nudger.domain.people import ChannelKind
from nudger.errors import StorageError
from nudger.observability import logger

log = logger(__name__)

#: Seconds that a result waits for others to be written down in the same commit, while some are still in flight.
GATHER = 0.05
#: Results between two words about how far a long run has come.
NEWS_EVERY = 1000


@dataclass(frozen=True, slots=True)
class NotBegun:
    """The send was not begun: too long after its commit, or the provider is being left alone. Nothing was sent."""


Result = SendResult | NotBegun
Done = tuple[Parcel, Result]
Group = Sequence[Parcel]  # what travels in one request


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The clocks and dice of the process: `now` is wall time, aware; `uptime` counts seconds, suspend included."""

    now: Callable[[], datetime]
    uptime: Callable[[], float]
    luck: Callable[[], float]


class Lane:
    """One channel as this process uses it: so many sends at once, a breaker, and how fast sends began."""

    def __init__(self, at_once: int, carries: int, begin: float) -> None:
        """Each send carries so many messages; `begin` is the time in seconds within which what was let go has to."""
        self.places = asyncio.Semaphore(at_once)
        self.breaker = Breaker()
        self.pace = Pace(at_once * carries, begin)
        self.under_way = 0  # requests begun and not landed
        self.waiting = 0  # batches added and not all begun


class Wires:
    """The channels of one process. A slow one holds up nobody but itself."""

    def __init__(
        self, channels: Mapping[ChannelKind, Channel], patience: Patience, around: Surroundings, in_flight: int
    ) -> None:
        """Start with closed breakers."""
        self._channels = channels
        self._patience = patience
        self._around = around
        begin = patience.begin.total_seconds()
        self.lanes = {kind: Lane(in_flight, 1, begin) for kind in ChannelKind} | {
            kind: Lane(min(in_flight, channel.at_once), channel.batch_size, begin) for kind, channel in channels.items()
        }

    def allowance(self, kind: ChannelKind, now: datetime, wanted: int) -> int:
        """How many of `wanted` may be claimed for a channel: as many as will begin in time.

        None while batches wait already, or while one message tries whether its provider works again.
        """
        lane = self.lanes[kind]
        trying = lane.breaker.open_until is not None and (lane.waiting or lane.under_way)
        if trying or lane.waiting > 1:
            return 0
        return lane.breaker.allowance(now, lane.pace.most(wanted))

    def uptime(self) -> float:
        """Seconds by the clock that stops for nothing."""
        return self._around.uptime()

    def too_late(self, committed: float) -> bool:
        """Whether what was let go at `committed` (uptime) may no longer begin: too much may have changed since."""
        return self.uptime() - committed > self._patience.begin.total_seconds()

    def groups(self, parcels: Sequence[Parcel]) -> Iterable[tuple[ChannelKind, list[Group]]]:
        """For each channel, the parcels that travel in one request together: as many as its requests carry."""
        for kind, channel in self._channels.items():
            mine = [parcel for parcel in parcels if parcel.message.channel is kind]
            if mine:
                size = channel.batch_size
                yield kind, [mine[start : start + size] for start in range(0, len(mine), size)]

    async def send(self, kind: ChannelKind, group: Group, committed: float) -> Sequence[Done]:
        """Hand over parcels that were let go at `committed` (uptime), unless that is too long ago by now."""
        breaker = self.lanes[kind].breaker
        if self.too_late(committed) or not breaker.closed(self._around.now()):
            return [(parcel, NotBegun()) for parcel in group]
        results = await self._hand_over(self._channels[kind], group)
        for result in results:
            self._note(breaker, result)
        return list(zip(group, results, strict=True))

    async def _hand_over(self, channel: Channel, group: Group) -> Sequence[SendResult]:
        if len(group) == 1:
            return [await channel.send(group[0].outgoing)]
        return await channel.send_batch([parcel.outgoing for parcel in group])

    def _note(self, breaker: Breaker, result: SendResult) -> None:
        match result:
            case Accepted():
                breaker.success()
            case Refused(kind=Refusal.CONFIGURATION, code=code):
                log.error("provider_refuses_our_account", code=code)
                breaker.trip(self._around.now(), self._patience.misconfigured, Fault.ACCOUNT_REFUSED)
            case Unclear() | Refused(kind=Refusal.TRANSIENT | Refusal.BUSY):
                breaker.failure(self._around.now())
            case _:
                breaker.success()


Batch = tuple[Sequence[Group], float]  # what travels together, and when it was let go
Record = Callable[[Sequence[Done]], Counter[str]]


class HandingOver:
    """One run: `add` what was let go; on leaving, all of it has landed and all results are written down.

    What goes wrong with one send is raised in the end, when the results of all the others are safe. A record that
    fails is tried again with the next results, whenever somebody waits for the run to settle, and at last on leaving.
    """

    def __init__(self, wires: Wires, record: Record) -> None:
        """`record` writes results down, in a thread, and says how many messages came to which state."""
        self.outcomes: Counter[str] = Counter()
        self._wires = wires
        self._record = record
        self._batches: dict[ChannelKind, asyncio.Queue[Batch]] = {kind: asyncio.Queue() for kind in wires.lanes}
        self._in_flight: dict[asyncio.Task[Sequence[Done]], Lane] = {}
        self._open = 0  # requests added and not landed
        self._broken: list[asyncio.Task[Sequence[Done]]] = []
        self._finished: list[Done] = []
        self._told = 0
        self._leaving = False
        self._news, self._landed, self._moved = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def __aenter__(self) -> Self:
        """Start the stages."""
        self._stages = [asyncio.ensure_future(self._send_batches(kind)) for kind in self._wires.lanes]
        for stage in self._stages:
            stage.add_done_callback(lambda _: self._landed.set())
        self._recording = asyncio.ensure_future(self._record_results())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for everything; when cancelled, leave what is in flight in doubt."""
        try:
            if not isinstance(error, asyncio.CancelledError):
                await self._finish()
        finally:
            self._let_go_of_everything()
        if error is None:
            for broken in self._broken:
                broken.result()

    def _let_go_of_everything(self) -> None:
        """Nothing is left but where this run was cut off."""
        for task in (*self._stages, self._recording, *self._in_flight):
            task.cancel()
        for kind, batches in self._batches.items():
            self._wires.lanes[kind].waiting -= batches.qsize()

    async def _finish(self) -> None:
        while self._open and not any(stage.done() for stage in self._stages):
            self._landed.clear()
            await self._landed.wait()
        self._leaving = True
        self._news.set()
        await self._recording  # never cut off: what it holds may be half written down
        await self._write_down()
        if self.outcomes:
            log.info("dispatched", **self.outcomes)

    @property
    def idle(self) -> bool:
        """Whether nothing is in flight, and everything is written down."""
        return not self._open and not self._finished

    def add(self, parcels: Sequence[Parcel], committed: float) -> None:
        """Hand these over, in their order, each channel's beside the others'."""
        for kind, groups in self._wires.groups(parcels):
            lane = self._wires.lanes[kind]
            lane.waiting += 1
            self._open += len(groups)
            self._landed.clear()
            self._batches[kind].put_nowait((groups, committed))

    async def pause(self, seconds: float) -> None:
        """Wait until there is room for more or nothing is left to do, for so long at most."""
        if self._recording.done():
            self._recording.result()
        self._news.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._moved.wait()
        self._moved.clear()

    async def _send_batches(self, kind: ChannelKind) -> None:
        wires, lane = self._wires, self._wires.lanes[kind]
        while True:
            groups, committed = await self._batches[kind].get()
            began, begun = wires.uptime(), 0
            try:
                for group in groups:
                    await lane.places.acquire()
                    begun += 0 if wires.too_late(committed) else len(group)
                    self._begin(lane, wires.send(kind, group, committed))
            finally:
                lane.waiting -= 1
            lane.pace.note(begun, wires.uptime() - began)
            self._moved.set()

    def _begin(self, lane: Lane, send: Coroutine[Any, Any, Sequence[Done]]) -> None:
        task = asyncio.ensure_future(send)
        lane.under_way += 1
        self._in_flight[task] = lane
        task.add_done_callback(self._land)

    def _land(self, task: "asyncio.Task[Sequence[Done]]") -> None:
        lane = self._in_flight.pop(task)
        lane.places.release()
        lane.under_way -= 1
        if task.cancelled() or task.exception():
            self._broken.append(task)
        else:
            self._finished += task.result()
        self._open -= 1
        self._news.set()
        if not self._open:
            self._landed.set()

    async def _record_results(self) -> None:
        while not self._leaving:
            await self._news.wait()
            await self._gather()
            self._news.clear()
            with suppress(StorageError):
                await self._write_down()

    async def _gather(self) -> None:
        """Let others land: a commit costs as much for one result as for ten."""
        if self._open:
            with suppress(TimeoutError):
                async with asyncio.timeout(GATHER):
                    await self._landed.wait()

    async def _write_down(self) -> None:
        count = len(self._finished)
        if count:
            self.outcomes.update(await asyncio.to_thread(self._record, self._finished[:count]))
            del self._finished[:count]
            self._tell()
        if self.idle:
            self._moved.set()

    def _tell(self) -> None:
        total = self.outcomes.total()
        if total - self._told >= NEWS_EVERY:
            self._told = total
            log.info("dispatching", **self.outcomes)
