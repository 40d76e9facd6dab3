"""Dispatch: claim what is due, let the gate decide, hand over what may leave, and write down what came of it.

    claim  ->  admit (gate, words, durable `sending`)  ->  send  ->  record

Each arrow is a commit. A crash before `sending` harms nothing; a crash after it leaves a message in doubt, and
reconcile asks the provider. No transaction is open while the network is in use.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from nudger.actions.admit import Gatekeeper, Parcel
from nudger.channels.contract import Accepted, Channel, Refusal, Refused, SendResult, Unclear
from nudger.domain import life
from nudger.domain.life import Message, Patience
from nudger.domain.messages import Reason
from nudger.domain.pacing import Breaker, Pace
from nudger.domain.people import ChannelKind
from nudger.errors import StorageError
from nudger.observability import logger
from nudger.storage import consent, messages
from nudger.storage.consent import Event, Happening, How
from nudger.storage.database import Database
from nudger.storage.messages import Ending

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class NotBegun:
    """The send was not begun: too long after its commit, or the provider is being left alone. Nothing was sent."""


Result = SendResult | NotBegun
Done = tuple[Parcel, Result]


@dataclass(frozen=True, slots=True)
class _Opening:
    """So many messages may be claimed for these channels; `lapsed` means only those that it is too late for."""

    channels: Sequence[ChannelKind]
    limit: int
    lapsed: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """How much at once: messages per claim, sends in flight, and sends per second and channel (absent: no limit)."""

    batch: int = 500
    in_flight: int = 64
    per_second: Mapping[ChannelKind, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The clocks and dice of the process: `now` is wall time, aware; `uptime` counts seconds, suspend included."""

    now: Callable[[], datetime]
    uptime: Callable[[], float]
    luck: Callable[[], float]


class Dispatcher:
    """Hands over what is due. Several may work on one database; each message is one's alone at any time."""

    def __init__(
        self,
        database: Database,
        gatekeeper: Gatekeeper,
        surroundings: Surroundings,
        limits: Limits,
    ) -> None:
        """Start with closed breakers and full buckets."""
        self._database = database
        self._gatekeeper = gatekeeper
        self._around = surroundings
        self._limits = limits
        self._breakers = {kind: Breaker() for kind in ChannelKind}
        self._paces = {kind: self._pace(kind) for kind in ChannelKind}
        self._slots = asyncio.Semaphore(limits.in_flight)

    def _pace(self, kind: ChannelKind) -> Pace:
        per_second = limit if (limit := self._limits.per_second.get(kind)) else None
        burst = max(1, int((per_second or 0) * self._patience.begin.total_seconds() * 0.8))
        return Pace(per_second, burst)

    @property
    def _patience(self) -> Patience:
        return self._gatekeeper.patience

    @property
    def _channels(self) -> Mapping[ChannelKind, Channel]:
        return self._gatekeeper.channels

    async def drain(self, stopping: Callable[[], bool] = lambda: False) -> Counter[str]:
        """Dispatch batch after batch until nothing is due (or `stopping`); how many messages came to which state."""
        total: Counter[str] = Counter()
        while not stopping():
            batch = await self.once()
            total.update(batch)
            if not batch:
                break
        return total

    async def once(self) -> Counter[str]:
        """Dispatch one batch; how many messages came to which state."""
        claimed = await asyncio.to_thread(self._claim)
        if not claimed:
            return Counter()
        parcels, outcomes = await asyncio.to_thread(self._admit, claimed)
        committed = self._around.uptime()
        outcomes.update(await self._send_all(parcels, committed))
        log.info("dispatched", **outcomes)
        return outcomes

    def _claim(self) -> list[Message]:
        now = self._around.now()
        claimed: list[Message] = []
        with self._database.write() as connection:
            for opening in self._openings(now):
                due = messages.claimable(connection, now, opening.limit, opening.channels, lapsed=opening.lapsed)
                pairs = [(message, life.claim(message, now, self._patience)) for message in due]
                saved = messages.save(connection, pairs, now)
                claimed += [after for before, after in pairs if before.id in saved]
        for kind, count in Counter(message.channel for message in claimed if message.not_after >= now).items():
            self._paces[kind].spend(count)
        return claimed

    def _openings(self, now: datetime) -> Iterable[_Opening]:
        """Which channels may take how many now; those that may take a whole batch are claimed in one go.

        What it is too late for takes no place at a provider, so it need not wait for one: the gate lets it expire.
        """
        batch = self._limits.batch
        allowed = {
            kind: breaker.allowance(now, self._paces[kind].allowance(now, batch))
            for kind, breaker in self._breakers.items()
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

    def _admit(self, claimed: Sequence[Message]) -> tuple[list[Parcel], Counter[str]]:
        with self._database.write() as connection:
            parcels = self._gatekeeper.admit(connection, claimed, self._around.now())
            leaving = {parcel.message.id for parcel in parcels}
            ended = messages.with_ids(connection, [message.id for message in claimed if message.id not in leaving])
        return parcels, Counter(f"{message.state}" for message in ended)

    async def _send_all(self, parcels: Sequence[Parcel], committed: float) -> Counter[str]:
        """Send at once as many as may be in flight; record results as they come, many to a commit.

        What goes wrong with one is raised in the end, when the results of all the others are safe.
        """
        outcomes: Counter[str] = Counter()
        pending = {asyncio.ensure_future(self._send(group, committed)) for group in self._groups(parcels)}
        broken: list[asyncio.Task[list[Done]]] = []
        unrecorded: list[Done] = []
        while pending:
            finished, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            broken += [task for task in finished if task.exception()]
            unrecorded += [pair for task in finished if not task.exception() for pair in task.result()]
            with suppress(StorageError):  # tried again with the next results, and at last below
                outcomes.update(await asyncio.to_thread(self._record, unrecorded))
                unrecorded = []
        if unrecorded:
            outcomes.update(await asyncio.to_thread(self._record, unrecorded))
        for task in broken:
            task.result()
        return outcomes

    def _groups(self, parcels: Sequence[Parcel]) -> Iterable[list[Parcel]]:
        """Parcels that travel in one request together: as many as the channel's requests carry."""
        for kind, channel in self._channels.items():
            mine = [parcel for parcel in parcels if parcel.message.channel is kind]
            for start in range(0, len(mine), channel.batch_size):
                yield mine[start : start + channel.batch_size]

    async def _send(self, group: list[Parcel], committed: float) -> list[Done]:
        async with self._slots:
            kind = group[0].message.channel
            stale = self._around.uptime() - committed > self._patience.begin.total_seconds()
            if stale or not self._breakers[kind].closed(self._around.now()):
                return [(parcel, NotBegun()) for parcel in group]
            results = await self._hand_over(self._channels[kind], group)
        for result in results:
            self._note(self._breakers[kind], result)
        return list(zip(group, results, strict=True))

    async def _hand_over(self, channel: Channel, group: list[Parcel]) -> Sequence[SendResult]:
        if len(group) == 1:
            return [await channel.send(group[0].outgoing)]
        return await channel.send_batch([parcel.outgoing for parcel in group])

    def _note(self, breaker: Breaker, result: Result) -> None:
        match result:
            case Refused(kind=Refusal.CONFIGURATION, code=code):
                log.error("provider_refuses_our_account", code=code)
                breaker.trip(self._around.now(), self._patience.misconfigured)
            case Unclear() | Refused(kind=Refusal.TRANSIENT):
                breaker.failure(self._around.now())
            case _:
                breaker.success()

    def _record(self, done: Sequence[Done]) -> Counter[str]:
        now = self._around.now()
        changes = [(parcel.message, self._after(parcel, result, now)) for parcel, result in done]
        with self._database.write() as connection:
            saved = messages.save(connection, changes, now)
            messages.end_attempts(connection, [_ending(parcel, result) for parcel, result in done], now)
            for parcel, result in done:
                if isinstance(result, Refused) and result.suppress and parcel.message.contact_id is not None:
                    no_more = Happening(Event.SUPPRESSED, How.PROVIDER, now, evidence=result.code)
                    consent.record(connection, parcel.message.contact_id, no_more)
        return Counter(f"{after.state}" for before, after in changes if before.id in saved)

    def _after(self, parcel: Parcel, result: Result, now: datetime) -> Message:
        message = parcel.message
        match result:
            case Accepted(provider_id):
                return life.accepted(message, provider_id)
            case Unclear():
                return life.in_doubt(message, now, self._patience)
            case NotBegun():
                return life.put_back(message, self._breakers[message.channel].open_until or now, Reason.NOT_BEGUN)
            case Refused(kind=Refusal.PERMANENT):
                return life.refused_for_good(message)
            case Refused(kind=Refusal.CONFIGURATION):
                return life.misconfigured(message, now, self._patience)
            case Refused(retry_after=retry_after):
                return life.refused(message, now, self._around.luck(), retry_after)


def _ending(parcel: Parcel, result: Result) -> Ending:
    token = parcel.outgoing.token
    match result:
        case Accepted(provider_id):
            return Ending(token, "accepted", provider_id=provider_id)
        case Refused(code=code):
            return Ending(token, "refused", code=code)
        case Unclear(code):
            return Ending(token, "unclear", code=code)
        case NotBegun():
            return Ending(token, "not_begun")
