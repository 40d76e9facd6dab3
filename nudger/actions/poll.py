"""Poll: fetch the texts that people wrote, where no provider can reach us, and answer each by a text of its own."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from nudger.actions.receive import Receiving
from nudger.channels.contract import CannotTell
from nudger.channels.events import Inbound
from nudger.links import fingerprint
from nudger.observability import logger
from nudger.storage import inbox, reports
from nudger.storage.database import Database
from nudger.storage.notices import ANSWER, plan_notice

log = logger(__name__)

#: How far each look reaches back behind the last: a provider may list a text late. What was seen is not done again.
OVERLAP = timedelta(minutes=5)
#: The name under which the moment is kept up to which all was fetched.
FETCHED = "inbox_fetched"


class Inbox(Protocol):
    """Where a provider keeps what people wrote."""

    async def since(self, moment: datetime) -> list[Inbound] | CannotTell:
        """The texts that came in since then, oldest first."""
        ...

    async def aclose(self) -> None:
        """Close connections."""
        ...


class Polling:
    """Fetches, and does what each text asks for. Each is done once: a crash loses an answer and never doubles one."""

    def __init__(self, database: Database, provider: Inbox, receiving: Receiving, key: bytes) -> None:
        """Work on this database; answers are named by the installation's key."""
        self._database = database
        self._provider = provider
        self._receiving = receiving
        self._key = key

    async def fetch(self, now: Callable[[], datetime]) -> int:
        """Deal with what has come since the last time; how many answers were planned. `now` gives aware moments.

        Where the provider did not answer in full nothing is done, and the next look begins where this one did. The
        very first look reaches no further back than the overlap.
        """
        begun = now()
        told = await self._provider.since(await asyncio.to_thread(self._last, begun) - OVERLAP)
        if isinstance(told, CannotTell):
            log.warning("inbox_not_fetched", code=told.code)
            return 0
        answered = await asyncio.to_thread(self._deal_with, told, now)
        await asyncio.to_thread(self._note, begun)
        if answered:
            log.info("answered", notices=answered)
        return answered

    async def aclose(self) -> None:
        """Close the connections to the provider."""
        await self._provider.aclose()

    def _last(self, now: datetime) -> datetime:
        """Where to go on. While the clock was ahead every text seemed too old: set back, it is from before the leap."""
        with self._database.read() as connection:
            noted = reports.noted(connection, FETCHED)
        if noted is None:
            return now
        before_leap, last = noted
        if last <= now + OVERLAP:
            return last
        return min(now, datetime.fromisoformat(before_leap)) if before_leap else now

    def _note(self, moment: datetime) -> None:
        """Keep the moment, with that of the look before the last leap: a long rest, or a step of the clock."""
        with self._database.write() as connection:
            before_leap, last = reports.noted(connection, FETCHED) or ("", moment)
            leapt = moment - last > OVERLAP
            reports.note(connection, FETCHED, last.isoformat() if leapt else before_leap, moment)

    def _deal_with(self, texts: Sequence[Inbound], now: Callable[[], datetime]) -> int:
        answers = ((inbound, self._receiving.receive(inbound, now())) for inbound in texts)
        return sum(self._answer(inbound, words, now()) for inbound, words in answers if words is not None)

    def _answer(self, inbound: Inbound, words: str, now: datetime) -> bool:
        """Plan the answer to the number that asked, by whoever of those that have it is still in the files."""
        token = fingerprint(self._key, ANSWER, inbound.provider, inbound.provider_id)
        with self._database.write() as connection:
            people = sorted(inbox.correspondents(connection, inbound.sender), key=lambda one: one.gone)
            if people:
                plan_notice(connection, people[0].contact_id, ANSWER, words, token=token, due_at=now)
        return bool(people)
