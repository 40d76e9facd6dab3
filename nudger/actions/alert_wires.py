"""The two ways to the operator: the email channel, and an Apprise URL."""

from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

from markupsafe import Markup

from nudger.channels.contract import Accepted, Channel, Outgoing, SendResult
from nudger.domain.messages import EmailContent

#: Word of trouble that comes later than this is told anew.
USEFUL = timedelta(hours=12)


class ByEmail:
    """Tells by the channel that partners' emails take."""

    def __init__(self, channel: Channel, address: str, tokens: Callable[[], str]) -> None:
        """`tokens` makes the opaque name a provider learns."""
        self._channel = channel
        self._address = address
        self._tokens = tokens

    async def tell(self, subject: str, text: str) -> bool:
        """Whether the provider took it."""
        html = Markup("<!doctype html>\n<html><body>\n<pre>{}</pre>\n</body></html>\n").format(text)
        content = EmailContent(subject, text, str(html), {"Auto-Submitted": "auto-generated"})
        result = await self._channel.send(Outgoing(self._tokens(), self._address, content, USEFUL))
        return isinstance(result, Accepted)


class Carrier(Protocol):
    """What carries words to an Apprise URL."""

    def service(self, url: str) -> object | None:
        """The service a URL names."""
        ...

    async def push(self, service: object, title: str, text: str) -> SendResult:
        """Hand over a text."""
        ...


class ByApprise:
    """Tells by whatever service the operator's own URL names."""

    def __init__(self, carrier: Carrier, service: object) -> None:
        """The service is one of the carrier's."""
        self._carrier = carrier
        self._service = service

    async def tell(self, subject: str, text: str) -> bool:
        """Whether the service took it."""
        return isinstance(await self._carrier.push(self._service, subject, text), Accepted)
