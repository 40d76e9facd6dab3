"""Reconcile: take messages from workers that died, and ask providers about those in doubt."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from nudger.actions.surroundings import Surroundings
from nudger.channels.contract import Accepted, CannotTell, Channel, LookUpResult, NotFound, Question
from nudger.domain import life
from nudger.domain.life import Message, Patience
from nudger.domain.messages import Reason
from nudger.domain.people import ChannelKind
from nudger.observability import logger
from nudger.storage import attempts, history, messages, recipients
from nudger.storage.attempts import Attempt
from nudger.storage.database import Database
from nudger.storage.history import Composed

log = logger(__name__)

#: Questions asked of providers at the same time; their look-ups are rarer goods than their sends.
ASK_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Doubt:
    """A message in doubt; `question` is None where what one would ask with is no longer kept."""

    message: Message
    provider: str | None
    started_at: datetime
    question: Question | None


class Reconciler:
    """Clears up after crashes and silences. It never sends."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[ChannelKind, Channel],
        patience: Patience,
        surroundings: Surroundings,
    ) -> None:
        """Work on this database with these providers."""
        self._database = database
        self._channels = channels
        self._patience = patience
        self._around = surroundings

    def take_back(self, *, all_of_them: bool = False) -> Counter[str]:
        """Take messages from holders whose lease ran out; `all_of_them` where every holder is known to be dead."""
        total: Counter[str] = Counter()
        while True:
            now = self._around.now()
            with self._database.write() as connection:
                held = messages.leases_ended(connection, None if all_of_them else now)
                changes = [(message, life.lease_ran_out(message, now, self._patience)) for message in held]
                messages.save(connection, changes, now)
            if not changes:
                return total
            taken = Counter(str(after.state) for _, after in changes)
            total.update(taken)
            log.warning("leases_ran_out", **taken)

    async def ask(self) -> Counter[str]:
        """Ask about each message in doubt that is due to be asked about; how many came to which state."""
        doubts = await asyncio.to_thread(self._doubts)
        if not doubts:
            return Counter()
        slots = asyncio.Semaphore(ASK_AT_ONCE)
        answers = await asyncio.gather(*(self._ask(doubt, slots) for doubt in doubts))
        outcomes = await asyncio.to_thread(self._record, doubts, answers)
        log.info("reconciled", **outcomes)
        return outcomes

    def _doubts(self) -> list[Doubt]:
        with self._database.read() as connection:
            doubtful = attempts.in_doubt(connection, self._around.now())
            if not doubtful:
                return []
            words = history.words_of(connection, [message.id for message, _ in doubtful])
            addresses = recipients.addresses_of(connection, [message.contact_id for message, _ in doubtful])
        return [
            _doubt(message, attempt, words.get(message.id), addresses.get(message.contact_id))
            for message, attempt in doubtful
        ]

    async def _ask(self, doubt: Doubt, slots: asyncio.Semaphore) -> LookUpResult:
        channel = self._channels.get(doubt.message.channel)
        if channel is None or channel.name != doubt.provider:
            return CannotTell("provider_changed", for_good=True)
        if not channel.can_look_up or doubt.question is None:
            return CannotTell("cannot_be_asked", for_good=True)
        async with slots:
            return await channel.look_up(doubt.question)

    def _record(self, doubts: Sequence[Doubt], answers: Sequence[LookUpResult]) -> Counter[str]:
        now = self._around.now()
        changes = [
            (doubt.message, self._after(doubt, answer, now)) for doubt, answer in zip(doubts, answers, strict=True)
        ]
        with self._database.write() as connection:
            saved = messages.save(connection, changes, now)
        return Counter(str(after.state) for after in saved)

    def _after(self, doubt: Doubt, answer: LookUpResult, now: datetime) -> Message:
        match answer:
            case Accepted(provider_id):
                return life.accepted(doubt.message, provider_id, Reason.FOUND_AT_PROVIDER)
            case NotFound():
                return life.not_found(doubt.message, now, doubt.started_at, self._patience)
            case CannotTell(for_good=for_good):
                return life.cannot_tell(doubt.message, now, doubt.started_at, self._patience, for_good=for_good)


def _doubt(message: Message, attempt: Attempt | None, words: Composed | None, address: str | None) -> Doubt:
    if attempt is None:
        return Doubt(message, message.provider, message.sent_at or message.due_at, None)
    question = None
    if words is not None and words.content is not None and address is not None:
        question = Question(attempt.token, address, words.content, attempt.started_at)
    return Doubt(message, attempt.provider, attempt.started_at, question)
