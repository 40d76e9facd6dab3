"""Lanes: each channel as this process uses it. So much is sent at once, in its order, and a slow one holds up no other.

    let go  ->  waiting  ->  under way  ->  landed

Nothing here decides who may be written to, nor what becomes of a message.
"""

import asyncio
from asyncio import Task
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from nudger.actions.admit import Parcel
from nudger.actions.surroundings import Surroundings
from nudger.channels.contract import Accepted, Channel, Refusal, Refused, SendResult, Unclear
from nudger.domain.life import Patience
from nudger.domain.pacing import Breaker, Fault, Pace
from nudger.domain.people import ChannelKind
from nudger.observability import logger

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class NotBegun:
    """The send was not begun: too long after its commit, or the provider is being left alone. Nothing was sent."""


Result = SendResult | NotBegun
Done = tuple[Parcel, Result]
Group = Sequence[Parcel]  # what travels in one request


class Sender(Protocol):
    """Whoever let something go, and is told how it goes on."""

    def begun(self) -> None:
        """All of one batch is under way by now, or has landed."""

    def landed(self, done: Sequence[Done]) -> None:
        """What came of one request."""

    def broken(self, error: Exception) -> None:
        """One request ended by a fault of ours."""


@dataclass(slots=True)
class Batch:
    """What was let go together, at `committed` (uptime); `left` groups have to begin, `begun` messages have in time."""

    sender: Sender
    committed: float
    left: int
    begun: int = 0


class Lane:
    """One channel: its places, a breaker, and how fast sends began."""

    def __init__(self, channel: Channel | None, at_once: int, patience: Patience, around: Surroundings) -> None:
        """At most `at_once` requests are under way; with no channel nothing ever is."""
        self.at_once = min(at_once, channel.at_once) if channel else at_once
        self.breaker = Breaker()
        self.pace = Pace(self.at_once * (channel.batch_size if channel else 1), patience.begin.total_seconds())
        self.waiting = 0  # batches added and not all begun
        self._channel = channel
        self._patience = patience
        self._around = around
        self._groups: deque[tuple[Batch, Group]] = deque()
        self._carriers: dict[Task[None], Batch | None] = {}  # and whose group each carries
        self._in_front_since = 0.0  # when the batch that begins now had its turn, by uptime

    def allowance(self, now: datetime, wanted: int) -> int:
        """How many of `wanted` may be claimed: as many as will begin in time.

        None while batches wait already, or while one message tries whether its provider works again.
        """
        trying = self.breaker.open_until is not None and (self.waiting or self._carriers)
        if trying or self.waiting > 1:
            return 0
        return self.breaker.allowance(now, self.pace.most(wanted))

    def add(self, sender: Sender, groups: Sequence[Group], committed: float) -> None:
        """Send these after all that waits already, and tell the sender."""
        batch = Batch(sender, committed, len(groups))
        if not self._groups:
            self._in_front_since = self._around.uptime()
        self.waiting += 1
        self._groups.extend((batch, group) for group in groups)
        self._call_carriers()

    def forget(self, sender: Sender) -> None:
        """Begin nothing more for a sender that was cut off, and leave in doubt what is under way for it."""
        if self._groups and self._groups[0][0].sender is sender:
            self._in_front_since = self._around.uptime()  # of whoever is next
        dropped = {id(batch) for batch, _ in self._groups if batch.sender is sender}
        self.waiting -= len(dropped)
        self._groups = deque((batch, group) for batch, group in self._groups if batch.sender is not sender)
        for carrier, batch in self._carriers.items():
            if batch is not None and batch.sender is sender:
                carrier.cancel()

    def _call_carriers(self) -> None:
        """A carrier for each free place that something waits for. It takes one group after the other, and goes."""
        for _ in range(min(len(self._groups), self.at_once - len(self._carriers))):
            carrier = asyncio.ensure_future(self._carry())
            self._carriers[carrier] = None
            carrier.add_done_callback(self._dismiss)

    def _dismiss(self, carrier: "Task[None]") -> None:
        del self._carriers[carrier]
        self._call_carriers()  # where this one was cancelled, others may still wait

    async def _carry(self) -> None:
        me = asyncio.current_task()
        assert me is not None  # noqa: S101 (carriers are tasks)
        while self._groups:
            batch, group = self._groups.popleft()
            self._carriers[me] = batch
            self._note_begin(batch, group)
            try:
                done = await self._send(group, batch.committed)
            except asyncio.CancelledError:  # by its own channel; or by `forget`, and then nobody listens any more
                batch.sender.broken(RuntimeError("A channel gave up a send without an answer."))
                raise
            except Exception as error:  # noqa: BLE001 (it is raised where the batch came from)
                batch.sender.broken(error)
            else:
                batch.sender.landed(done)

    def _note_begin(self, batch: Batch, group: Group) -> None:
        batch.left -= 1
        batch.begun += 0 if self._too_late(batch.committed) else len(group)
        if batch.left == 0:
            now = self._around.uptime()
            self.pace.note(batch.begun, now - self._in_front_since)
            self._in_front_since = now
            self.waiting -= 1
            batch.sender.begun()

    def _too_late(self, committed: float) -> bool:
        """Whether what was let go at `committed` (uptime) may no longer begin: too much may have changed since."""
        return self._around.uptime() - committed > self._patience.begin.total_seconds()

    async def _send(self, group: Group, committed: float) -> Sequence[Done]:
        """Hand over parcels that were let go at `committed` (uptime), unless that is too long ago by now."""
        channel = self._channel
        if channel is None or self._too_late(committed) or not self.breaker.closed(self._around.now()):
            return [(parcel, NotBegun()) for parcel in group]
        if len(group) == 1:
            results: Sequence[SendResult] = [await channel.send(group[0].outgoing)]
        else:
            results = await channel.send_batch([parcel.outgoing for parcel in group])
        for result in results:
            self._note_result(result)
        return list(zip(group, results, strict=True))

    def _note_result(self, result: SendResult) -> None:
        match result:
            case Accepted():
                self.breaker.success()
            case Refused(kind=Refusal.CONFIGURATION, code=code):
                log.error("provider_refuses_our_account", code=code)
                self.breaker.trip(self._around.now(), self._patience.misconfigured, Fault.ACCOUNT_REFUSED)
            case Unclear() | Refused(kind=Refusal.TRANSIENT | Refusal.BUSY):
                self.breaker.failure(self._around.now())
            case _:
                self.breaker.success()


class Wires:
    """The lanes of one process; those who send share them."""

    def __init__(
        self, channels: Mapping[ChannelKind, Channel], patience: Patience, around: Surroundings, in_flight: int
    ) -> None:
        """Start with closed breakers; on each lane at most `in_flight` requests are under way."""
        self._channels = channels
        self.lanes = {kind: Lane(channels.get(kind), in_flight, patience, around) for kind in ChannelKind}

    def groups(self, parcels: Sequence[Parcel]) -> Iterable[tuple[Lane, list[Group]]]:
        """For each lane, the parcels that travel in one request together: as many as its requests carry."""
        for kind, channel in self._channels.items():
            mine = [parcel for parcel in parcels if parcel.message.channel is kind]
            if mine:
                size = channel.batch_size
                yield self.lanes[kind], [mine[start : start + size] for start in range(0, len(mine), size)]

    def forget(self, sender: Sender) -> None:
        """Begin nothing more for a sender that was cut off."""
        for lane in self.lanes.values():
            lane.forget(sender)
