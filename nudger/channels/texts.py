"""Texts by two ways: to numbers by one provider, to push addresses by Apprise."""

from collections.abc import Sequence

from nudger.channels.contract import (
    CannotTell,
    Channel,
    Health,
    LookUpResult,
    Outgoing,
    Question,
    Refusal,
    Refused,
    SendResult,
)
from nudger.domain.people import ChannelKind, is_push


class TextsByAddress:
    """Chooses by the address alone. A mix of both never consents by itself: somebody is reached."""

    kind = ChannelKind.SMS
    batch_size = 1
    consents_as_demo = False
    carries_push = True

    def __init__(self, numbers: Channel | None, push: Channel) -> None:
        """`numbers` carries to phones, None where nothing does."""
        self._numbers = numbers
        self._push = push
        self.name = (numbers or push).name
        self.can_look_up = (numbers or push).can_look_up
        # The smaller: dispatch counts sends without their addresses, and what waits in here would begin too late.
        self.at_once = min(channel.at_once for channel in (numbers, push) if channel is not None)

    def _for(self, address: str) -> Channel | None:
        return self._push if is_push(address) else self._numbers

    async def send(self, outgoing: Outgoing) -> SendResult:
        """Hand one message over."""
        channel = self._for(outgoing.to)
        if channel is None:
            return Refused(Refusal.PERMANENT, "no_provider_for_numbers")
        return await channel.send(outgoing)

    async def send_batch(self, batch: Sequence[Outgoing]) -> Sequence[SendResult]:
        """Hand over one after the other."""
        return [await self.send(outgoing) for outgoing in batch]

    async def look_up(self, question: Question) -> LookUpResult:
        """Ask the provider that was given the message."""
        channel = self._for(question.to)
        return CannotTell("provider_changed", for_good=True) if channel is None else await channel.look_up(question)

    async def check(self) -> Health:
        """Both are well."""
        told = [await channel.check() for channel in (self._numbers, self._push) if channel is not None]
        return Health(ok=all(one.ok for one in told), detail="; ".join(one.detail for one in told))

    async def aclose(self) -> None:
        """Close both."""
        for channel in (self._numbers, self._push):
            if channel is not None:
                await channel.aclose()
