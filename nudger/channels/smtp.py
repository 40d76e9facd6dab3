"""Email by any mail server (RFC 5321), over one kept connection.

A mail server cannot be asked what became of a message: where the connection breaks between the message and the
server's answer, nobody will ever know for certain, and the result is unclear.
"""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from nudger.channels.contents import email_of
from nudger.channels.contract import (
    Accepted,
    CannotTell,
    Health,
    LookUpResult,
    Outgoing,
    Question,
    Refusal,
    Refused,
    SendResult,
    Unclear,
)
from nudger.channels.mime import SEVEN_BIT, Sender, letter
from nudger.channels.quiet import silence_sdk_loggers
from nudger.channels.smtp_server import mail_server, tls_with
from nudger.domain.people import ChannelKind

#: Some servers drop a connection after so many; a fresh one now and then costs little.
MOST_PER_CONNECTION = 100
#: What we call ourselves in EHLO: an address literal (RFC 5321 section 4.1.3); the machine's name is nobody's business.
OUR_NAME = "[127.0.0.1]"
CLOSING_DOWN = 421
NOT_LOGGED_IN = 530  # RFC 4954 section 6; here also from servers that insist on TLS
FIRST_TRANSIENT, FIRST_PERMANENT, AFTER_LAST = 400, 500, 600
#: RFC 3463: 5.1.1 and the like, at the head of a reply.
ENHANCED_CODE = re.compile(r"\A[245]\.\d{1,3}\.\d{1,3}\b")
FAULTS = (SMTPException, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class SmtpConfig:
    """The server (smtp://user:password@host:port, or smtps://) and the sender. Times in seconds.

    `data_timeout` is how long to wait for the answer after the message: ten minutes by RFC 5321 section 4.5.3.2.6.
    `tls_required` None means: required unless the server runs on this machine.
    """

    url: str = field(repr=False)
    sender: Sender
    timeout: float = 30.0
    data_timeout: float = 600.0
    tls_required: bool | None = None


class SmtpEmail:
    """One mail server, one connection, one message at a time."""

    name = "smtp"
    kind = ChannelKind.EMAIL
    can_look_up = False
    batch_size = 1
    at_once = 1
    consents_as_demo = False
    carries_push = False

    def __init__(self, config: SmtpConfig, clock: Callable[[], datetime]) -> None:
        """`clock` gives the present moment, aware. ConfigurationError where the URL cannot be read."""
        silence_sdk_loggers()
        self._config = config
        self._clock = clock
        self._server = mail_server(config.url)
        self._line: SMTP | None = None
        self._carried = 0
        self._turn = asyncio.Lock()

    async def send(self, outgoing: Outgoing) -> SendResult:
        """Hand over one message, to one recipient."""
        try:
            page = letter(email_of(outgoing.content), outgoing.to, self._config.sender, self._clock(), SEVEN_BIT)
        except ValueError:
            return Refused(Refusal.PERMANENT, "unwritable")
        if not outgoing.to.isascii():
            return Refused(Refusal.PERMANENT, "address_not_ascii")
        async with self._turn:
            return await self._transact(outgoing.to, page)

    async def send_batch(self, batch: Sequence[Outgoing]) -> Sequence[SendResult]:
        """Hand over one after the other."""
        return [await self.send(outgoing) for outgoing in batch]

    async def look_up(self, question: Question) -> LookUpResult:  # noqa: ARG002 (the contract's)
        """SMTP has no such question."""
        return CannotTell("smtp_cannot_be_asked", for_good=True)

    async def check(self) -> Health:
        """Connect, log in, and leave again."""
        try:
            line = await self._connected()
            try:
                await line.noop()
                await line.quit()
            finally:
                line.close()
        except FAULTS as fault:
            return Health(ok=False, detail=f"the mail server does not let us in: {refused_before(fault).code}")
        return Health(ok=True, detail="the mail server lets us in")

    async def aclose(self) -> None:
        """Say goodbye and hang up."""
        async with self._turn:
            await self._say_goodbye()

    async def _transact(self, to: str, page: bytes) -> SendResult:
        whole = False
        try:
            result = await self._converse(to, page)
            whole = isinstance(result, Accepted)
        finally:  # also when this task is cancelled: a conversation broken off must not be taken up by the next message
            if not whole:
                self._hang_up()
        return result

    async def _converse(self, to: str, page: bytes) -> SendResult:
        try:
            line = await self._line_with_sender()
            await line.rcpt(to)
        except FAULTS as fault:
            return refused_before(fault)
        try:
            await line.data(page, timeout=self._config.data_timeout)
        except FAULTS as fault:
            return result_after(fault)
        self._carried += 1
        return Accepted()

    async def _line_with_sender(self) -> SMTP:
        """A connection that has taken MAIL FROM: the kept one, or a new one where that went away while idle."""
        if self._line is not None and self._line.is_connected and self._carried < MOST_PER_CONNECTION:
            try:
                await self._line.mail(self._config.sender.address)
            except FAULTS as fault:
                if not went_away(fault):
                    raise
            else:
                return self._line
        await self._say_goodbye()
        self._line = await self._connected()
        await self._line.mail(self._config.sender.address)
        return self._line

    async def _connected(self) -> SMTP:
        tls = tls_with(self._server, required=self._config.tls_required)
        line = SMTP(
            hostname=self._server.host,
            port=self._server.port,
            username=self._server.user,
            password=self._server.password,
            local_hostname=OUR_NAME,
            timeout=self._config.timeout,
            use_tls=tls.from_start,
            start_tls=tls.upgrade,
            validate_certs=tls.verify,
        )
        await line.connect()
        return line

    async def _say_goodbye(self) -> None:
        line = self._line
        if line is not None and line.is_connected:
            try:
                await line.quit()
            except FAULTS:  # it is leaving either way, and every message has had its answer
                line.close()
        self._hang_up()

    def _hang_up(self) -> None:
        line, self._line, self._carried = self._line, None, 0
        if line is not None:
            line.close()


def refused_before(fault: Exception) -> Refused:
    """What a fault before the message itself means: nothing was handed over."""
    if isinstance(fault, SMTPResponseException):
        return Refused(kind_of_refusal(fault), code_in(fault))
    if isinstance(fault, OSError | SMTPServerDisconnected | SMTPTimeoutError):
        return Refused(Refusal.BUSY, "not_connected")
    return Refused(Refusal.CONFIGURATION, "not_offered")  # no TLS, or no way to log in


def kind_of_refusal(reply: SMTPResponseException) -> Refusal:
    """A 4xx passes; a 5xx is final for a recipient, and for anything else a matter of our account or our sender."""
    if reply.code < FIRST_PERMANENT:
        return Refusal.TRANSIENT
    if isinstance(reply, SMTPRecipientRefused) and reply.code != NOT_LOGGED_IN:
        return Refusal.PERMANENT
    return Refusal.CONFIGURATION


def result_after(fault: Exception) -> SendResult:
    """What a fault at or after the message means: a refusal only where the server said so."""
    if not isinstance(fault, SMTPResponseException) or not FIRST_TRANSIENT <= fault.code < AFTER_LAST:
        return Unclear("no_reply")
    kind = Refusal.TRANSIENT if fault.code < FIRST_PERMANENT else Refusal.PERMANENT
    return Refused(kind, code_in(fault))


def code_in(reply: SMTPResponseException) -> str:
    """The reply's code and, where it has one, its enhanced code; never its words, which may name the recipient."""
    enhanced = ENHANCED_CODE.match(reply.message)
    return f"{reply.code} {enhanced[0]}" if enhanced else str(reply.code)


def went_away(fault: Exception) -> bool:
    """Whether a kept connection turned out to be gone at the first word of a new message."""
    if isinstance(fault, SMTPSenderRefused):
        return bool(fault.code == CLOSING_DOWN)
    return isinstance(fault, SMTPServerDisconnected | SMTPTimeoutError)
