"""One test message to the operator, by the channel that partners will hear from."""

from datetime import timedelta

from nudger.channels.contract import Accepted, Outgoing, Refused
from nudger.cli.session import wait_for
from nudger.cli.terminal import say
from nudger.cli.wizard_answers import email_of, phone_of, understood
from nudger.domain.messages import Content, EmailContent, SmsContent
from nudger.domain.people import ChannelKind
from nudger.errors import NudgerError, WrongUsage
from nudger.rendering.gsm import measure
from nudger.runtime.clock import surroundings, token
from nudger.settings import Settings
from nudger.wires import build_channels

TEXT = "A test of Nudger: if you can read this, it can reach you."
#: A test that comes later than this has told nothing.
USEFUL = timedelta(minutes=10)


def send_test_message(settings: Settings, to: str) -> None:
    """Send one message to an address or number. WrongUsage where it is neither, NudgerError where nothing takes it."""
    kind = ChannelKind.EMAIL if "@" in to else ChannelKind.SMS
    address = understood("--test-message-to", email_of if kind is ChannelKind.EMAIL else phone_of, to)
    if not address:
        raise WrongUsage("--test-message-to needs an address or a number")
    wait_for(_send(settings, kind, address))


async def _send(settings: Settings, kind: ChannelKind, to: str) -> None:
    channels = build_channels(settings, surroundings())
    try:
        channel = channels.get(kind)
        if channel is None:
            raise NudgerError(f"nothing carries {kind}", mend=f"choose a provider with NUDGER_{kind.upper()} in .env")
        result = await channel.send(Outgoing(token(), to, _content(kind), USEFUL))
    finally:
        for opened in channels.values():
            await opened.aclose()
    if isinstance(result, Accepted):
        where = (
            f"is a file under {(settings.data / 'outbox').absolute()}" if channel.consents_as_demo else "is on its way"
        )
        say(f"The test message {where} ({channel.name}).")
        return
    word = "refused it" if isinstance(result, Refused) else "gave no clear answer"
    raise NudgerError(f"the test message: {channel.name} {word}: {result.code}", mend="nudger doctor")


def _content(kind: ChannelKind) -> Content:
    if kind is ChannelKind.EMAIL:
        return EmailContent("A test of Nudger", f"{TEXT}\n", f"<p>{TEXT}</p>")
    return SmsContent(TEXT, *measure(TEXT))
