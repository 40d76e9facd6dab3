"""A provider in memory that does as it is told, and remembers what truly arrived."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import repeat

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
from nudger.domain.people import ChannelKind

FOREVER = 10_000
Answer = Callable[[Outgoing], SendResult]


class Crash(Exception):
    """The process dies here."""


class FakeChannel:
    """Takes every message unless told otherwise; each verb is about the next message, or the next `times` of them."""

    name = "fake"
    at_once = 1000
    consents_as_demo = False
    carries_push = False

    def __init__(self, kind: ChannelKind, batch_size: int = 1) -> None:
        """Willing, and nothing has arrived yet."""
        self.kind = kind
        self.batch_size = batch_size
        self.can_look_up = True
        self.arrived: list[Outgoing] = []
        self.asked: list[Question] = []
        self.requests = 0
        self._silent = False
        self._script: Iterator[Answer] = iter(())

    # What it is told

    def refuse(self, times: int = 1, retry_after: timedelta | None = None) -> None:
        """Say that it should be tried later."""
        self._next(lambda _: Refused(Refusal.TRANSIENT, "busy", retry_after), times)

    def be_busy(self, times: int = 1) -> None:
        """Be out of reach: no message is looked at."""
        self._next(lambda _: Refused(Refusal.BUSY, "not_connected"), times)

    def refuse_for_good(self, times: int = 1) -> None:
        """Say that this message will never be taken."""
        self._next(lambda _: Refused(Refusal.PERMANENT, "no_such_number"), times)

    def misconfigure(self, times: int = FOREVER) -> None:
        """Refuse our account."""
        self._next(lambda _: Refused(Refusal.CONFIGURATION, "wrong_key"), times)

    def opt_out(self) -> None:
        """Say that the recipient wants no more."""
        self._next(lambda _: Refused(Refusal.PERMANENT, "opted_out", suppress=True))

    def accept_then_hang(self, times: int = 1) -> None:
        """Take it, but never say so."""
        self._next(lambda outgoing: self._taken(outgoing, Unclear("timeout")), times)

    def lose(self, times: int = 1) -> None:
        """Neither take it nor say so."""
        self._next(lambda _: Unclear("timeout"), times)

    def crash(self) -> None:
        """Have our process die before it reaches the provider."""
        self._next(_die)

    def crash_after(self) -> None:
        """Have our process die when the provider has it."""
        self._next(lambda outgoing: _die(self._taken(outgoing, Accepted())))

    def cannot_be_asked(self) -> None:
        """Offer no way to look anything up."""
        self.can_look_up = False

    def fall_silent(self) -> None:
        """Answer no questions for now."""
        self._silent = True

    def recover(self) -> None:
        """Be willing again."""
        self._silent = False
        self._script = iter(())

    # What it does

    async def send(self, outgoing: Outgoing) -> SendResult:
        """Take it, or do as told."""
        self.requests += 1
        return next(self._script, self._take)(outgoing)

    async def send_batch(self, batch: Sequence[Outgoing]) -> Sequence[SendResult]:
        """Take them in one request, or do as told with each."""
        self.requests += 1
        return [next(self._script, self._take)(outgoing) for outgoing in batch]

    async def look_up(self, question: Question) -> LookUpResult:
        """Tell the truth, unless silent."""
        self.asked.append(question)
        if self._silent:
            return CannotTell("no_answer")
        taken = question.token in {outgoing.token for outgoing in self.arrived}
        return Accepted(f"id-of-{question.token}") if taken else NotFound()

    async def check(self) -> Health:
        """All is well."""
        return Health(ok=True, detail="fake")

    async def aclose(self) -> None:
        """Nothing is open."""

    @property
    def reached(self) -> list[str]:
        """The address of everything that arrived."""
        return [outgoing.to for outgoing in self.arrived]

    def _next(self, answer: Answer, times: int = 1) -> None:
        self._script = repeat(answer, times)

    def _take(self, outgoing: Outgoing) -> SendResult:
        return self._taken(outgoing, Accepted(f"id-of-{outgoing.token}"))

    def _taken(self, outgoing: Outgoing, answer: SendResult) -> SendResult:
        self.arrived.append(outgoing)
        return answer


def _die(_: object) -> SendResult:
    raise Crash
