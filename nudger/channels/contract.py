"""What every channel promises: send once, answer plainly, and say whether it can be asked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from nudger.domain.messages import Content
from nudger.domain.people import ChannelKind


class Refusal(StrEnum):
    """What kind of no the provider gave. In each case the provider surely did not take the message."""

    PERMANENT = "permanent"  # this recipient or this text, never again
    TRANSIENT = "transient"  # try later
    BUSY = "busy"  # out of reach, or asked to slow down: nobody looked at this message, so it has lost no try
    CONFIGURATION = "configuration"  # our account, sender or credentials: stop and tell the operator


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message on its way: `token` is the attempt's opaque id, the only name a provider learns.

    `useful_for` is the time left until it would be too late.
    """

    token: str
    to: str = field(repr=False)
    content: Content = field(repr=False)
    useful_for: timedelta


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has it. `provider_id` is None where the protocol gives none."""

    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider surely did not take it. `code` is the provider's, `suppress` says the recipient opted out."""

    kind: Refusal
    code: str
    retry_after: timedelta | None = None
    suppress: bool = False


@dataclass(frozen=True, slots=True)
class Unclear:
    """No clear answer: the provider may have it. Never send again without asking."""

    code: str


SendResult = Accepted | Refused | Unclear


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about an attempt in doubt. `started_at` is aware; `content` is what was sent."""

    token: str
    to: str = field(repr=False)
    content: Content = field(repr=False)
    started_at: datetime


@dataclass(frozen=True, slots=True)
class NotFound:
    """The provider answered in full and does not have it."""


@dataclass(frozen=True, slots=True)
class CannotTell:
    """The provider did not answer, or (`for_good`) cannot be asked at all; this is never a no."""

    code: str
    for_good: bool = False


LookUpResult = Accepted | NotFound | CannotTell


@dataclass(frozen=True, slots=True)
class Health:
    """What a harmless call to the provider told about our account."""

    ok: bool
    detail: str


class Channel(Protocol):
    """One provider. It never retries, never raises for what a provider does, and always times out.

    It does not decide who may be written to, nor what becomes of a message: that is dispatch's.
    """

    name: str  # twilio, sendgrid, smtp, outbox
    kind: ChannelKind
    can_look_up: bool
    batch_size: int  # how many messages one request may carry; 1 where there is no such request
    at_once: int  # how many requests may be under way; with more, the last would begin later than dispatch knows
    consents_as_demo: bool  # true for the outbox alone: nobody is reached
    carries_push: bool  # whether push addresses may be given to it, beside numbers or in their place

    async def send(self, outgoing: Outgoing) -> SendResult:
        """Hand one message over."""
        ...

    async def send_batch(self, batch: Sequence[Outgoing]) -> Sequence[SendResult]:
        """Hand over at most `batch_size` messages in one request; one result each, in order."""
        ...

    async def look_up(self, question: Question) -> LookUpResult:
        """Ask whether an attempt in doubt arrived."""
        ...

    async def check(self) -> Health:
        """Make a harmless call that shows whether the credentials work."""
        ...

    async def aclose(self) -> None:
        """Close connections."""
        ...
