"""One stand per channel: the channel, the fake behind it, and the same verbs for all, so that one suite tests them."""

from abc import ABC, abstractmethod
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from parts.fake_hook import FakeHook
from parts.fake_provider import FakeProvider
from parts.fake_sendgrid import API_KEY, FakeSendGrid
from parts.fake_smtp import PASSWORD, FakeSmtp
from parts.fake_twilio import ACCOUNT_SID, AUTH_TOKEN, SERVICE_SID, FakeTwilio
from parts.letters import FIRST_ATTEMPT, a_text, an_email, noon, outgoing

from nudger.channels.contract import Channel, Outgoing
from nudger.channels.mime import Sender
from nudger.channels.outbox import Outbox, OutboxConfig
from nudger.channels.push import Push, PushConfig
from nudger.channels.sendgrid import SendGridConfig, SendGridEmail
from nudger.channels.smtp import SmtpConfig, SmtpEmail
from nudger.channels.twilio import TwilioConfig, TwilioSms
from nudger.domain.messages import SmsContent
from nudger.domain.people import ChannelKind

NUDGER = Sender("nudger@example.com", "Nudger")
#: Long enough for a busy machine; tests about silence are shorter of patience.
PATIENT, IMPATIENT = 5.0, 0.4
#: Port 9 of loopback is "discard", which nobody serves here: connections are refused.
DOWN = "http://127.0.0.1:9"


def twilio_config(base: str, **wishes: Any) -> TwilioConfig:  # noqa: ANN401 (whatever the dataclass holds)
    """The fake's account, with limits fit for tests."""
    usual = TwilioConfig(
        ACCOUNT_SID,
        AUTH_TOKEN,
        messaging_service_sid=SERVICE_SID,
        api_base=base,
        status_callback_base="https://nudger.example.com",
        timeout=PATIENT,
    )
    return replace(usual, **wishes)


def sendgrid_config(host: str, **wishes: Any) -> SendGridConfig:  # noqa: ANN401 (whatever the dataclass holds)
    """The fake's account, with limits fit for tests."""
    return replace(SendGridConfig(API_KEY, NUDGER, host=host, timeout=PATIENT), **wishes)


def smtp_config(url: str, **wishes: Any) -> SmtpConfig:  # noqa: ANN401 (whatever the dataclass holds)
    """The fake's address, with limits fit for tests."""
    return replace(SmtpConfig(url, NUDGER, timeout=PATIENT, data_timeout=PATIENT), **wishes)


class Stand(ABC):
    """A channel with its fake. `secrets` are words that must never show outside."""

    channel: Channel
    secrets: tuple[str, ...]

    @property
    def channel_kind(self) -> ChannelKind:
        """Texts or emails."""
        return ChannelKind.SMS if isinstance(self.letter().content, SmsContent) else ChannelKind.EMAIL

    @abstractmethod
    def __init__(self, folder: Path) -> None:
        """`folder` is there for whoever needs files."""

    @abstractmethod
    def letter(self, token: str = FIRST_ATTEMPT) -> Outgoing:
        """A message of the channel's kind."""

    @abstractmethod
    def log(self) -> list[tuple[str, str]]:
        """What the provider took: recipient and text."""

    @abstractmethod
    def refuse(self) -> None:
        """Have the provider refuse this message for good, or the operator's set-up."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.channel.aclose()


class OverNetwork(Stand):
    """What the stands with a server behind them share."""

    fake: FakeProvider
    patience = PATIENT

    async def __aenter__(self) -> Self:
        await self.fake.start()
        self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.channel.aclose()
        await self.fake.stop()

    @abstractmethod
    def down(self) -> Channel:
        """The same channel with nobody at the other end."""

    @abstractmethod
    def config(self) -> object:
        """What the channel was made from."""

    @abstractmethod
    def open(self) -> None:
        """Make the channel, now that the fake has a port."""


class TwilioStand(OverNetwork):
    """Texts by a fake Twilio."""

    secrets = ("+447700900123", "7700900123", AUTH_TOKEN, "coat pocket", "Ben")

    def __init__(self, _folder: Path) -> None:
        """Nothing is opened yet."""
        self.fake = self.twilio = FakeTwilio(clock=noon)

    def config(self) -> object:
        """What the channel was made from."""
        return twilio_config(self.twilio.url, timeout=self.patience)

    def open(self) -> None:
        """Make the channel, now that the fake has a port."""
        self.channel = TwilioSms(twilio_config(self.twilio.url, timeout=self.patience))

    def letter(self, token: str = FIRST_ATTEMPT) -> Outgoing:
        """A text."""
        return outgoing(a_text(), token)

    def log(self) -> list[tuple[str, str]]:
        """What Twilio took."""
        return [(entry["to"], entry["body"]) for entry in self.fake.accepted]

    def refuse(self) -> None:
        """Not a phone number."""
        self.fake.refuse(21211)

    def down(self) -> Channel:
        """Nobody listens there."""
        return TwilioSms(twilio_config(DOWN))


class SendGridStand(OverNetwork):
    """Emails by a fake SendGrid."""

    secrets = ("ana@example.com", API_KEY, "Three words", "Ben")

    def __init__(self, _folder: Path) -> None:
        """Nothing is opened yet."""
        self.fake = FakeSendGrid(clock=noon)

    def config(self) -> object:
        """What the channel was made from."""
        return sendgrid_config(f"http://127.0.0.1:{self.fake.port}", timeout=self.patience)

    def open(self) -> None:
        """Make the channel, now that the fake has a port."""
        self.channel = SendGridEmail(sendgrid_config(f"http://127.0.0.1:{self.fake.port}", timeout=self.patience), noon)

    def letter(self, token: str = FIRST_ATTEMPT) -> Outgoing:
        """An email."""
        return outgoing(an_email(), token)

    def log(self) -> list[tuple[str, str]]:
        """What SendGrid took."""
        return [(entry["to"], entry["text"]) for entry in self.fake.accepted]

    def refuse(self) -> None:
        """Something is wrong with the request."""
        self.fake.refuse(0, status=400)

    def down(self) -> Channel:
        """Nobody listens there."""
        return SendGridEmail(sendgrid_config(DOWN), noon)


class SmtpStand(OverNetwork):
    """Emails by a mail server."""

    secrets = ("ana@example.com", PASSWORD, "Three words", "Ben")

    def __init__(self, _folder: Path) -> None:
        """Nothing is opened yet."""
        self.fake = self.smtp = FakeSmtp(clock=noon, wants_login=True)

    def config(self) -> object:
        """What the channel was made from."""
        return smtp_config(self.smtp.url, timeout=PATIENT, data_timeout=self.patience)

    def open(self) -> None:
        """Make the channel, now that the fake has a port."""
        self.channel = SmtpEmail(smtp_config(self.smtp.url, timeout=PATIENT, data_timeout=self.patience), noon)

    def letter(self, token: str = FIRST_ATTEMPT) -> Outgoing:
        """An email."""
        return outgoing(an_email(), token)

    def log(self) -> list[tuple[str, str]]:
        """What the mail server took."""
        return [(entry["to"], entry["text"].rstrip("\n")) for entry in self.fake.accepted]

    def refuse(self) -> None:
        """No such mailbox."""
        self.smtp.reply("RCPT", "550 5.1.1 <ana@example.com> unknown")

    def down(self) -> Channel:
        """Nobody listens there."""
        return SmtpEmail(smtp_config("smtp://nudger:secret@127.0.0.1:9"), noon)


class PushStand(OverNetwork):
    """Texts by Apprise, to a hook of one's own."""

    secrets = ("json://", "anas-s3cret", "coat pocket", "Ben")

    def __init__(self, _folder: Path) -> None:
        """Nothing is opened yet."""
        self.fake = FakeHook(clock=noon)
        self._is_down = False

    @property
    def _place(self) -> str:
        return "127.0.0.1:9" if self._is_down else f"127.0.0.1:{self.fake.port}"

    def config(self) -> PushConfig:
        """What the channel was made from."""
        return PushConfig({self._place}, timeout=self.patience)

    def open(self) -> None:
        """Make the channel, now that the fake has a port."""
        self.channel = Push(self.config())

    def letter(self, token: str = FIRST_ATTEMPT) -> Outgoing:
        """A text."""
        return outgoing(a_text(), token, to=f"json://{self._place}/anas-s3cret")

    def log(self) -> list[tuple[str, str]]:
        """What the hook took."""
        return [(f"json://{self._place}/{entry['to']}", entry["text"]) for entry in self.fake.accepted]

    def refuse(self) -> None:
        """No such topic."""
        self.fake.refuse(0, status=404)

    def down(self) -> Channel:
        """The address decides where it goes: from now on letters are to a port that nobody serves."""
        self._is_down = True
        return Push(self.config())


class OutboxStand(Stand):
    """Texts into a folder."""

    secrets = ("+447700900123", "7700900123", "coat pocket", "Ben")

    def __init__(self, folder: Path) -> None:
        """Files go below `folder`."""
        self.folder = folder / "outbox"
        self.channel = Outbox(OutboxConfig(self.folder), ChannelKind.SMS, noon)

    def letter(self, token: str = FIRST_ATTEMPT) -> Outgoing:
        """A text."""
        return outgoing(a_text(), token)

    def log(self) -> list[tuple[str, str]]:
        """What lies in the folder."""
        if not self.folder.is_dir():
            return []
        pages = [path.read_text("utf-8") for path in sorted(self.folder.glob("*.txt"))]
        return [(page.split("\n", 1)[0].removeprefix("To: "), page.split("\n\n", 1)[1].rstrip("\n")) for page in pages]

    def refuse(self) -> None:
        """A file stands where the folder should be."""
        self.folder.write_text("in the way", "utf-8")


SERVERS: dict[str, type[OverNetwork]] = {
    "twilio": TwilioStand,
    "sendgrid": SendGridStand,
    "smtp": SmtpStand,
    "push": PushStand,
}
STANDS: dict[str, type[Stand]] = {"outbox": OutboxStand, **SERVERS}
