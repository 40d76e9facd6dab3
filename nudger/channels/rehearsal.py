"""Rehearsal: stands in for a provider while a preview or forecast is played. Nothing leaves, nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass

from nudger.channels.contract import Accepted, Channel, Health, LookUpResult, Outgoing, Question, SendResult
from nudger.domain.people import ChannelKind


@dataclass(slots=True)
class Rehearsal:
    """Takes everything, under the name and with the consent rule of the provider it stands in for."""

    kind: ChannelKind
    name: str
    consents_as_demo: bool
    can_look_up: bool = True
    batch_size: int = 1
    carries_push: bool = True
    at_once: int = 64

    async def send(self, outgoing: Outgoing) -> SendResult:
        """Take it; the attempt's token serves as the provider's id."""
        return Accepted(outgoing.token)

    async def send_batch(self, batch: Sequence[Outgoing]) -> Sequence[SendResult]:
        """Take them all."""
        return [Accepted(outgoing.token) for outgoing in batch]

    async def look_up(self, question: Question) -> LookUpResult:
        """Whatever was asked about has been taken."""
        return Accepted(question.token)

    async def check(self) -> Health:
        """There is nothing to check."""
        return Health(ok=True, detail="rehearsal")

    async def aclose(self) -> None:
        """There is nothing to close."""


def rehearse(channel: Channel) -> Rehearsal:
    """The stand-in for a channel."""
    return Rehearsal(channel.kind, channel.name, channel.consents_as_demo, carries_push=channel.carries_push)
