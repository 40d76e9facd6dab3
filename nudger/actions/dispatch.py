"""Dispatch: claim what is due, let the gate decide, hand over what may leave, and write down what came of it.

    claim  ->  admit (gate, words, durable `sending`)  ->  send  ->  record

Each arrow is a commit. A crash before `sending` harms nothing; a crash after it leaves a message in doubt, and
reconcile asks the provider. No transaction is open while the network is in use.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from nudger.actions.admit import Gatekeeper, Parcel
from nudger.actions.hand_over import HandingOver
from nudger.actions.lanes import Wires
from nudger.actions.record import Recorder
from nudger.actions.surroundings import Surroundings
from nudger.domain import life
from nudger.domain.life import Message, Patience
from nudger.domain.pacing import Bucket, Rate
from nudger.domain.people import ChannelKind
from nudger.storage import claiming, holding, limits, messages
from nudger.storage.database import Database

#: Seconds until somebody looks again for what is due, while what was found is still in flight.
LOOK_AGAIN = 1.0


@dataclass(frozen=True, slots=True)
class _Opening:
    """So many messages may be claimed for these channels; `lapsed` means only those that it is too late for."""

    channels: Sequence[ChannelKind]
    limit: int
    lapsed: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """How much at once: messages per claim, sends in flight, and sends per second and channel (absent: no limit).

    A sender's limit is one for all processes on the database; `senders` names it, or the channel does. With
    `shared_clock` it goes by the database's clock instead of this machine's.
    """

    batch: int = 500
    in_flight: int = 64
    per_second: Mapping[ChannelKind, float] = field(default_factory=dict)
    senders: Mapping[ChannelKind, str] = field(default_factory=dict)
    shared_clock: bool = False


class Dispatcher:
    """Hands over what is due. Several may work on one database; each message is one's alone at any time."""

    def __init__(
        self,
        database: Database,
        gatekeeper: Gatekeeper,
        surroundings: Surroundings,
        limits: Limits,
    ) -> None:
        """Start with closed breakers."""
        self._database = database
        self._gatekeeper = gatekeeper
        self._around = surroundings
        self._limits = limits
        self._rates = {kind: self._rate(per_second) for kind, per_second in limits.per_second.items()}
        self._wires = Wires(gatekeeper.channels, self._patience, surroundings, limits.in_flight)
        self._recorder = Recorder(database, self._wires, self._patience, surroundings)

    def _rate(self, per_second: float) -> Rate:
        return Rate(per_second, max(1, int(per_second * self._patience.begin.total_seconds() * 0.8)))

    @property
    def _patience(self) -> Patience:
        return self._gatekeeper.patience

    async def drain(self, stopping: Callable[[], bool] = lambda: False) -> Counter[str]:
        """Dispatch until nothing is due (or `stopping`); how many messages came to which state.

        While one batch is in flight the next one is claimed and admitted. What waits for one in flight, as a partner's
        second message does, is looked for again when that has landed.
        """
        async with self._handing_over() as handing_over:
            while not stopping():
                was_idle = handing_over.idle
                claimed = await asyncio.to_thread(self._claim)
                if claimed:
                    await self._let_go(claimed, handing_over)
                elif was_idle:
                    break
                else:
                    await handing_over.pause(LOOK_AGAIN)
        return handing_over.outcomes

    async def once(self, claimed_some: Callable[[], Awaitable[None]] | None = None) -> Counter[str]:
        """Dispatch one batch; how many messages came to which state. `claimed_some` is told before they are sent."""
        async with self._handing_over() as handing_over:
            claimed = await asyncio.to_thread(self._claim)
            if claimed and claimed_some is not None:
                await claimed_some()
            if claimed:
                await self._let_go(claimed, handing_over)
        return handing_over.outcomes

    def _handing_over(self) -> HandingOver:
        return HandingOver(self._wires, self._recorder.record)

    async def _let_go(self, claimed: Sequence[Message], handing_over: HandingOver) -> None:
        parcels, ended, committed = await asyncio.to_thread(self._admit, claimed)
        handing_over.outcomes.update(ended)
        handing_over.add(parcels, committed)

    def _claim(self) -> list[Message]:
        now = self._around.now()
        claimed: list[Message] = []
        with self._database.write() as connection:
            if holding.held(connection):
                return []
            buckets = self._buckets(connection, now)
            for opening in self._openings(now, buckets):
                due = claiming.claimable(connection, now, opening.limit, opening.channels, lapsed=opening.lapsed)
                pairs = [(message, life.claim(message, now, self._patience)) for message in due]
                claimed += messages.save(connection, pairs, now)
            leaving = Counter(message.channel for message in claimed if message.not_after >= now)
            for kind in buckets.keys() & leaving.keys():
                limits.put(connection, self._sender(kind), buckets[kind].less(leaving[kind]))
        return claimed

    def _buckets(self, connection: Connection, now: datetime) -> Mapping[ChannelKind, Bucket]:
        moment = limits.database_time(connection) if self._rates and self._limits.shared_clock else now
        return {
            kind: limits.bucket(connection, self._sender(kind), rate, moment)
            for kind, rate in sorted(self._rates.items())  # one order for all, so that nobody waits in a circle
        }

    def _sender(self, kind: ChannelKind) -> str:
        return self._limits.senders.get(kind, kind)

    def _openings(self, now: datetime, buckets: Mapping[ChannelKind, Bucket]) -> Iterable[_Opening]:
        """Which channels may take how many now; those that may take a whole batch are claimed in one go.

        What it is too late for takes no place at a provider, so it need not wait for one: the gate lets it expire.
        """
        batch = self._limits.batch
        allowed = {
            kind: self._wires.lanes[kind].allowance(now, buckets[kind].allowance(batch) if kind in buckets else batch)
            for kind in ChannelKind
        }
        held_up = [kind for kind, count in allowed.items() if count < batch]
        free = [kind for kind in allowed if kind not in held_up]
        if free:
            yield _Opening(free, batch)
        if held_up:
            yield _Opening(held_up, batch, lapsed=True)
        for kind in held_up:
            if allowed[kind]:
                yield _Opening([kind], allowed[kind])

    def _admit(self, claimed: Sequence[Message]) -> tuple[list[Parcel], Counter[str], float]:
        """What leaves, what became of the rest, and the uptime of the commit.

        Taken before it: who is stopped right after it and goes on minutes later must not take those for seconds.
        Whatever its rows refer to was read in the same transaction.
        """
        with self._database.write(trusting=True) as connection:
            parcels = self._gatekeeper.admit(connection, claimed, self._around.now())
            leaving = {parcel.message.id for parcel in parcels}
            ended = messages.with_ids(connection, [message.id for message in claimed if message.id not in leaving])
            committed = self._around.uptime()
        return parcels, Counter(f"{message.state}" for message in ended), committed
