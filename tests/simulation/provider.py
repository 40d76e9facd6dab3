"""A provider outside of all processes: what it truly took, what it says of it, and what it reports later."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from parts.truth import Taken

from nudger.channels.contract import (
    Accepted,
    CannotTell,
    Health,
    LookUpResult,
    NotFound,
    Outgoing,
    Question,
    Refusal,
    Refused,
    SendResult,
    Unclear,
)
from nudger.channels.events import Receipt, ReceiptStatus
from nudger.domain.people import ChannelKind

if TYPE_CHECKING:
    from simulation.process import Process
    from simulation.world import World

#: A request that has left may come to the provider so much later, and be shown in its lists later still: seconds.
#: Together they stay below the 75 s after which a second no is believed at the earliest.
SLOWEST_ARRIVAL, SLOWEST_LIST = 40.0, 20.0


@dataclass(frozen=True, slots=True)
class Treatment:
    """What becomes of one request: when it is taken, if so, and what is answered when; seconds from its leaving."""

    arrives: float | None
    answer: SendResult | None
    answered: float


class Provider:
    """One provider; `askable` ones can be asked what became of a message."""

    def __init__(self, world: "World", kind: ChannelKind, *, askable: bool) -> None:
        """Nothing has come in yet."""
        self.world = world
        self.kind = kind
        self.askable = askable
        self.name = f"provider-{kind}"
        self.taken: dict[str, tuple[float, Taken]] = {}
        self.log: list[Taken] = []
        self.refused_for_good: set[str] = set()
        self._moods = world.weather.share("moods", 0.6)
        self._outages = world.weather.outages()

    def treat(self, token: str) -> Treatment:
        """How the request with this token fares; the same whenever it is asked."""
        draw, now = self.world.chance.draw, self.world.loop.time()
        quick = 0.05 + 2 * draw(token, "quick")
        if any(begin <= now < end for begin, end in self._outages) and draw(token, "outage") < 0.9:
            return self._out_of_reach(token, quick)
        if now < self.world.faults_end and draw(token, "mood") < self._moods:
            return self._in_a_mood(token, quick)
        return Treatment(quick / 2, None, quick)

    def _out_of_reach(self, token: str, quick: float) -> Treatment:
        if self.world.chance.draw(token, "connected") < 0.5:
            return Treatment(None, Refused(Refusal.BUSY, "not_connected"), quick)
        return Treatment(None, Unclear("timeout"), 30.0)

    def _in_a_mood(self, token: str, quick: float) -> Treatment:
        draw = self.world.chance.draw
        slow = self.world.chance.scaled(1, SLOWEST_ARRIVAL, token, "slow")
        late = self.world.chance.scaled(61, 400, token, "late")
        wait = timedelta(seconds=30 * draw(token, "wait"))
        moods = (
            Treatment(slow, Unclear("timeout"), 30.0),
            Treatment(quick / 2, Unclear("cut"), quick),
            Treatment(None, Unclear("timeout"), 30.0),
            Treatment(None, Refused(Refusal.TRANSIENT, "503"), quick),
            Treatment(None, Refused(Refusal.BUSY, "429", wait), quick),
            Treatment(slow, None, late),
            Treatment(None, Refused(Refusal.TRANSIENT, "503"), late),
            Treatment(None, Refused(Refusal.PERMANENT, "bad_number"), quick),
            Treatment(None, Refused(Refusal.CONFIGURATION, "wrong_key"), quick),
        )
        weights = (3, 3, 3, 2, 2, 3, 3, 0.4, 0.2)
        place, left = 0, draw(token, "which") * sum(weights)
        while left > weights[place]:
            left -= weights[place]
            place += 1
        return moods[place]

    def request(self, outgoing: Outgoing) -> tuple[float, SendResult]:
        """A request leaves: the seconds until it is answered, and the answer."""
        treatment = self.treat(outgoing.token)
        if treatment.arrives is not None:
            self.world.loop.call_later(treatment.arrives, self._take, outgoing)
        if isinstance(treatment.answer, Refused) and treatment.answer.kind is Refusal.PERMANENT:
            self.refused_for_good.add(outgoing.token)
        answer = treatment.answer or Accepted(self._id(outgoing.token))
        return max(treatment.answered, treatment.arrives or 0.0), answer

    def look_up(self, question: Question) -> LookUpResult:
        """The truth, as far as its lists have it by now."""
        now, draw = self.world.loop.time(), self.world.chance.draw
        if now < self.world.faults_end and draw(question.token, "asked", now) < 0.1:
            return CannotTell("no_answer")
        at, _ = self.taken.get(question.token, (None, None))
        lag = SLOWEST_LIST * draw(question.token, "lag")
        return NotFound() if at is None or at + lag > now else Accepted(self._id(question.token))

    def _id(self, token: str) -> str:
        return f"id-of-{token}"

    def _take(self, outgoing: Outgoing) -> None:
        entry = Taken(outgoing.token, outgoing.to, outgoing.content.text, self._id(outgoing.token))
        self.log.append(entry)
        self.taken[outgoing.token] = self.world.loop.time(), entry
        self.world.note("provider", f"takes {outgoing.token}")
        self._report_later(outgoing.token)

    def _report_later(self, token: str) -> None:
        """Reports come early, late, twice, and in any order; some never."""
        draw, one_of = self.world.chance.draw, self.world.chance.one_of
        fates = (ReceiptStatus.DELIVERED,) * 6 + (ReceiptStatus.UNDELIVERED,) * 2 + (None,) * 2
        fate = ReceiptStatus.BOUNCED if draw(token, "bounce") < 0.01 else one_of(fates, token, "fate")
        told = [one_of((ReceiptStatus.ACCEPTED, ReceiptStatus.DEFERRED), token, "first"), fate]
        if fate is ReceiptStatus.UNDELIVERED and draw(token, "after all") < 0.3:
            told.append(ReceiptStatus.DELIVERED)
        for place, status in enumerate(told):
            if status is None or (status is not fate and draw(token, place, "told") < 0.5):
                continue
            for time in range(one_of((1, 1, 1, 2), token, place, "times")):
                delay = self.world.chance.scaled(0.01, 1200, token, place, time, "delay")
                self.world.loop.call_later(delay, self._report, token, status)

    def _report(self, token: str, status: ReceiptStatus) -> None:
        named = self.world.chance.draw(token, status, "named") < 0.8
        receipt = Receipt(
            self.name,
            f"{status} {token}",
            token if named else None,
            self._id(token),
            status,
            None,
            self.world.wall,
        )
        self.world.reported(receipt)


class Wire:
    """A process's own line to a provider."""

    at_once = 64
    consents_as_demo = False
    carries_push = False

    def __init__(self, provider: Provider, process: "Process", batch_size: int) -> None:
        """Up."""
        self._provider = provider
        self._process = process
        self.name = provider.name
        self.kind = provider.kind
        self.can_look_up = provider.askable
        self.batch_size = batch_size

    async def send(self, outgoing: Outgoing) -> SendResult:
        """Hand one over."""
        return (await self.send_batch([outgoing]))[0]

    async def send_batch(self, batch: Sequence[Outgoing]) -> Sequence[SendResult]:
        """Hand some over; the process may die before, while it waits, and when it has the answer."""
        self._process.may_die("hand over")
        for outgoing in batch:
            self._process.hands_over(outgoing.token)
        answers = [self._provider.request(outgoing) for outgoing in batch]
        self._process.may_die("request left")
        await self._process.sleep(max(seconds for seconds, _ in answers))
        await self._process.step("answered")
        return [answer for _, answer in answers]

    async def look_up(self, question: Question) -> LookUpResult:
        """Ask."""
        await self._process.sleep(0.3)
        answer = self._provider.look_up(question)
        await self._process.step("told")
        return answer

    async def check(self) -> Health:
        """All is well."""
        return Health(ok=True, detail="simulated")

    async def aclose(self) -> None:
        """Nothing is open."""
