"""Push messages by Apprise, to ntfy, Signal, Telegram, Matrix or a hook of one's own: outbound only.

The address of such a contact is an Apprise URL. It goes to hosts that the operator has named and to no other; nobody
can answer it, and what became of a message without a clear answer will never be known.
"""

import asyncio
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from nudger.channels.apprise_wire import PATIENCE, AppriseWire
from nudger.channels.contents import sms_of
from nudger.channels.contract import (
    CannotTell,
    Health,
    LookUpResult,
    Outgoing,
    Question,
    Refusal,
    Refused,
    SendResult,
)
from nudger.domain.people import ChannelKind

HTTPS, HTTP = 443, 80
NTFY_CLOUD, TELEGRAM = "ntfy.sh", "api.telegram.org"


@dataclass(frozen=True, slots=True)
class PushConfig:
    """The hosts that may be reached, as `host` or `host:port`, and the seconds to wait for one."""

    hosts: Collection[str]
    timeout: float = PATIENCE


class Push:
    """Hands texts to whatever service an address names."""

    name = "apprise"
    kind = ChannelKind.SMS  # a text that travels another way
    can_look_up = False
    batch_size = 1
    at_once = 8
    consents_as_demo = False
    carries_push = True

    def __init__(self, config: PushConfig) -> None:
        """Nothing is opened yet."""
        self._config = config
        self._wire = AppriseWire(config.timeout)

    async def send(self, outgoing: Outgoing) -> SendResult:
        """Hand one text over."""
        text = sms_of(outgoing.content).text
        service = self._wire.service(outgoing.to)
        place = endpoint(service)
        if place is None:
            return Refused(Refusal.PERMANENT, "not_a_push_address")
        if not self._allows(*place):
            return Refused(Refusal.PERMANENT, "host_not_allowed")
        if not await self._somebody_there(*place):
            return Refused(Refusal.BUSY, "not_connected")
        return await self._wire.push(service, "", text)

    async def send_batch(self, batch: Sequence[Outgoing]) -> Sequence[SendResult]:
        """Hand over one after the other."""
        return [await self.send(outgoing) for outgoing in batch]

    async def look_up(self, question: Question) -> LookUpResult:  # noqa: ARG002 (as every channel has it)
        """No service tells what it has."""
        return CannotTell("apprise_cannot_be_asked", for_good=True)

    async def check(self) -> Health:
        """Try whether each host allowed can be reached."""
        places = [_place(host) for host in sorted(self._config.hosts)]
        there = await asyncio.gather(*(self._somebody_there(host, port) for host, port in places))
        away = [host for (host, _), here in zip(places, there, strict=True) if not here]
        return Health(ok=not away, detail=f"out of reach: {', '.join(away)}" if away else "every host can be reached")

    async def aclose(self) -> None:
        """Take nothing more."""
        self._wire.close()

    def _allows(self, host: str, port: int) -> bool:
        return host in self._config.hosts or f"{host}:{port}" in self._config.hosts

    async def _somebody_there(self, host: str, port: int) -> bool:
        """Whether a connection comes to be: where none does, a message has surely not been sent."""
        try:
            async with asyncio.timeout(self._config.timeout):
                _, writer = await asyncio.open_connection(host, port)
        except (OSError, TimeoutError):
            return False
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return True


def endpoint(service: Any) -> tuple[str, int] | None:  # noqa: ANN401 (one of Apprise's plugins)
    """Host and port that a service really connects to; None for a service whose destination we cannot tell.

    For some the host in the URL is none: a topic at ntfy's own server, a bot's token at Telegram. Matrix may be sent
    elsewhere by its server's discovery document, and by its modes: both are switched off, or refused.
    """
    match getattr(service, "secure_protocol", None):
        case "ntfys" if service.mode == "cloud":
            return NTFY_CLOUD, HTTPS
        case "tgram":
            return TELEGRAM, HTTPS
        case "matrixs" if service.mode != "off":
            return None
        case "ntfys" | "signals" | "matrixs" | "jsons":
            service.discovery = False
            return service.host.lower(), service.port or (HTTPS if service.secure else HTTP)
    return None


def _place(host: str) -> tuple[str, int]:
    name, colon, port = host.rpartition(":")
    return (name, int(port)) if colon and port.isdecimal() else (host, HTTPS)
