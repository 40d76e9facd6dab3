"""Inquire: ask providers for the receipts that never came, as the web is down at times, and some have no address."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from nudger.actions.receipts import apply_receipts
from nudger.channels.contract import CannotTell, Channel
from nudger.channels.events import Receipt, ReceiptStatus
from nudger.domain.people import ChannelKind
from nudger.observability import logger
from nudger.storage import reports
from nudger.storage.awaited import Awaited, Span, awaited
from nudger.storage.database import Database

log = logger(__name__)

#: How long after its moment a message that was taken is asked about, unless its receipt has come by then. Carriers
#: report within minutes, and give up on a phone that is off after three days at most.
AGES = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24), timedelta(hours=73))
#: Questions to one provider at the same time, and how many messages are gone through together.
ASK_AT_ONCE, PAGE = 8, 200
#: The name under which the moment is kept up to which all was asked.
ASKED = "receipts_asked"


@runtime_checkable
class Answering(Protocol):
    """A channel whose provider tells what became of a message."""

    name: str

    async def status_of(self, provider_id: str) -> Receipt | CannotTell:
        """The receipt that a callback would have brought."""
        ...


class Inquiring:
    """Asks about each silent message once at each of `AGES`: what was asked follows from the time alone.

    A question that finds no answer is not put again before the next age. It never sends.
    """

    def __init__(self, database: Database, channels: Mapping[ChannelKind, Channel]) -> None:
        """Work on this database with those of these providers that can be asked."""
        self._database = database
        self._channels = {kind: channel for kind, channel in channels.items() if isinstance(channel, Answering)}

    async def ask(self, now: datetime) -> Counter[str]:
        """Ask about every message that has come to one of the ages by `now` (aware); how many receipts of each kind."""
        told: Counter[str] = Counter()
        if not self._channels:
            return told
        due = await asyncio.to_thread(self._spans, now)
        page: list[Awaited] = []
        while page := await asyncio.to_thread(self._page, due, page[-1].id if page else 0):
            told.update(await self._apply(page, now))
        await asyncio.to_thread(self._note, now)
        if told:
            log.info("inquired", **told)
        return told

    def _spans(self, now: datetime) -> list[Span]:
        """The moments whose messages have come to an age since the last time; the very first time, all of them."""
        with self._database.read() as connection:
            noted = reports.noted(connection, ASKED)
        since = noted[1] if noted else now - AGES[-1]
        return [(since - age, now - age) for age in AGES]

    def _page(self, due: Sequence[Span], after: int) -> list[Awaited]:
        providers = {channel.name for channel in self._channels.values()}
        with self._database.read() as connection:
            return awaited(connection, providers, due, PAGE, after)

    async def _apply(self, page: Sequence[Awaited], now: datetime) -> Counter[str]:
        slots = asyncio.Semaphore(ASK_AT_ONCE)
        answers = await asyncio.gather(*(self._ask(one, slots) for one in page))
        told = [answer for answer in answers if isinstance(answer, Receipt)]
        # That the provider has it is known already.
        news = [receipt for receipt in told if receipt.status is not ReceiptStatus.ACCEPTED]
        if news:
            await asyncio.to_thread(apply_receipts, self._database, news, now)
        return Counter(str(receipt.status) for receipt in news)

    async def _ask(self, one: Awaited, slots: asyncio.Semaphore) -> Receipt | CannotTell:
        channel = self._channels.get(one.channel)
        if channel is None:
            return CannotTell("provider_changed", for_good=True)
        async with slots:
            return await channel.status_of(one.provider_id)

    def _note(self, now: datetime) -> None:
        with self._database.write() as connection:
            reports.note(connection, ASKED, "", now)
