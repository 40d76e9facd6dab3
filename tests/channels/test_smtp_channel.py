"""SMTP: how a mail server's replies are read, phase by phase, and how the connection is kept."""

import asyncio
from email import message_from_string
from pathlib import Path
from typing import Self

import pytest
from parts.certificates import self_signed
from parts.fake_smtp import FakeSmtp
from parts.letters import HEADERS, an_email, noon, outgoing
from parts.loops import in_loop
from parts.stands import smtp_config

from nudger.channels.contract import Accepted, Refusal, Refused, Unclear
from nudger.channels.mime import Sender
from nudger.channels.smtp import SmtpConfig, SmtpEmail
from nudger.channels.smtp_server import MailServer, Tls, mail_server, tls_with
from nudger.domain.messages import EmailContent
from nudger.errors import ConfigurationError


class Line:
    """A channel to a mail server, opened and closed together."""

    def __init__(self, smtp: FakeSmtp | None = None, **wishes: object) -> None:
        """`wishes` change the configuration."""
        self._wishes = wishes
        self.smtp = smtp or FakeSmtp(clock=noon)

    async def __aenter__(self) -> Self:
        await self.smtp.start()
        self.channel = SmtpEmail(smtp_config(self.smtp.url, **self._wishes), noon)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.channel.aclose()
        await self.smtp.stop()


@in_loop
async def test_the_message_is_whole() -> None:
    """Sender, date, both bodies and every header of ours arrive as they were, the long link unbroken."""
    async with Line() as line:
        assert await line.channel.send(outgoing(an_email())) == Accepted()
        [entry] = line.smtp.accepted
        assert (entry["from"], entry["recipients"]) == ("nudger@example.com", 1)
        assert entry["html"].strip() == "<p>Three words are enough for Ben … schön!</p>"
        headers = entry["headers"]
        assert headers["From"] == "Nudger <nudger@example.com>"
        assert headers["Date"] == "Mon, 23 Nov 2026 12:00:00 +0000"
        assert {name: headers[name] for name in HEADERS} == HEADERS
        assert f"List-Unsubscribe: {HEADERS['List-Unsubscribe']}\r\n" in entry["raw"]
        assert message_from_string(entry["raw"]).get_content_type() == "multipart/alternative"


@in_loop
async def test_a_line_of_one_dot_is_only_a_line() -> None:
    """Transparency (RFC 5321 section 4.5.2): a dot alone does not end the message."""
    async with Line() as line:
        await line.channel.send(outgoing(an_email("before\n.\nafter")))
        assert line.smtp.accepted[0]["text"] == "before\n.\nafter\n"


@pytest.mark.parametrize(
    ("command", "reply", "expected"),
    [
        ("RCPT", "550 5.1.1 <ana@example.com> unknown", Refused(Refusal.PERMANENT, "550 5.1.1")),
        ("RCPT", "551 not here", Refused(Refusal.PERMANENT, "551")),
        ("RCPT", "553 5.1.3 bad address", Refused(Refusal.PERMANENT, "553 5.1.3")),
        ("RCPT", "530 5.7.0 log in first", Refused(Refusal.CONFIGURATION, "530 5.7.0")),
        ("RCPT", "450 4.2.1 greylisted", Refused(Refusal.TRANSIENT, "450 4.2.1")),
        ("RCPT", "452 4.2.2 full", Refused(Refusal.TRANSIENT, "452 4.2.2")),
        ("MAIL", "530 5.7.0 log in first", Refused(Refusal.CONFIGURATION, "530 5.7.0")),
        ("MAIL", "550 5.7.1 not your address", Refused(Refusal.CONFIGURATION, "550 5.7.1")),
        ("MAIL", "451 4.3.0 later", Refused(Refusal.TRANSIENT, "451 4.3.0")),
        ("MAIL", "421 4.3.2 closing", Refused(Refusal.TRANSIENT, "421 4.3.2")),
        ("DATA", "554 5.7.1 looks like spam", Refused(Refusal.PERMANENT, "554 5.7.1")),
        ("DATA", "552 5.3.4 too big", Refused(Refusal.PERMANENT, "552 5.3.4")),
        ("DATA", "451 4.3.0 disk full", Refused(Refusal.TRANSIENT, "451 4.3.0")),
    ],
)
@in_loop
async def test_a_reply_is_read_by_its_phase(command: str, reply: str, expected: Refused) -> None:
    """4xx passes; 5xx is final for a recipient or a message, and for sender and login a matter of configuration."""
    async with Line() as line:
        line.smtp.reply(command, reply)
        assert await line.channel.send(outgoing(an_email())) == expected
        assert line.smtp.accepted == []
        line.smtp.relent()
        assert await line.channel.send(outgoing(an_email())) == Accepted()


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("535 5.7.8 wrong password", Refused(Refusal.CONFIGURATION, "535 5.7.8")),
        ("534 5.7.9 use an app password", Refused(Refusal.CONFIGURATION, "534 5.7.9")),
        ("454 4.7.0 later", Refused(Refusal.TRANSIENT, "454 4.7.0")),
    ],
)
@in_loop
async def test_a_login_refused_is_a_matter_of_configuration(reply: str, expected: Refused) -> None:
    """Unless the server says that it may work later."""
    async with Line(FakeSmtp(wants_login=True)) as line:
        line.smtp.reply("LOGIN", reply)
        assert await line.channel.send(outgoing(an_email())) == expected
        assert (await line.channel.check()).detail == f"the mail server does not let us in: {expected.code}"


@in_loop
async def test_silence_before_the_message_is_surely_not_sent() -> None:
    """A server that hangs at the recipient has nothing of the message yet: transient."""
    async with Line(timeout=0.4) as line:
        line.smtp.hang()
        result = await line.channel.send(outgoing(an_email()))
        assert result == Refused(Refusal.BUSY, "not_connected")
        assert line.smtp.accepted == []


@in_loop
async def test_silence_after_the_message_is_unclear() -> None:
    """Between the final dot and the reply nobody knows; the server here did take it."""
    async with Line(data_timeout=0.4) as line:
        line.smtp.accept_then_hang()
        assert await line.channel.send(outgoing(an_email())) == Unclear("no_reply")
        assert len(line.smtp.accepted) == 1


@in_loop
async def test_one_connection_carries_many_messages() -> None:
    """The connection is kept, also among sends at once, and renewed after a hundred."""
    async with Line(timeout=5.0) as line:
        letters = [outgoing(an_email(), f"t0ken-{n}") for n in range(101)]
        results = await asyncio.gather(*map(line.channel.send, letters))
        assert results == [Accepted()] * 101
        assert line.smtp.connections == 2
        assert len(line.smtp.accepted) == 101


@in_loop
async def test_a_connection_dropped_while_idle_is_made_anew() -> None:
    """The next message does not suffer for a server that hung up."""
    async with Line() as line:
        await line.channel.send(outgoing(an_email()))
        line.smtp.drop_connections()
        assert await line.channel.send(outgoing(an_email())) == Accepted()
        assert len(line.smtp.accepted) == 2
        assert line.smtp.connections == 2


@in_loop
async def test_a_server_that_closes_down_at_the_next_message_is_dialled_again() -> None:
    """421 at the first word of a message: nothing was handed over, so one new connection is tried at once."""
    async with Line() as line:
        await line.channel.send(outgoing(an_email()))
        line.smtp.close_down_once()
        assert await line.channel.send(outgoing(an_email())) == Accepted()
        assert line.smtp.connections == 2


@in_loop
async def test_a_send_cut_short_does_not_spoil_the_next() -> None:
    """A cancelled send leaves no half-spoken conversation behind."""
    async with Line(timeout=5.0) as line:
        line.smtp.hang()
        send = asyncio.create_task(line.channel.send(outgoing(an_email("first"))))
        await asyncio.sleep(0.1)
        send.cancel()
        await asyncio.gather(send, return_exceptions=True)
        assert await line.channel.send(outgoing(an_email("second"))) == Accepted()
        assert [entry["text"] for entry in line.smtp.accepted] == ["second\n"]


@pytest.mark.parametrize("subject", ["Three\nBcc: eve@example.com", "Three\r\nwords"])
@in_loop
async def test_no_header_can_be_slipped_in(subject: str) -> None:
    """A line break in a header is refused before anything leaves."""
    async with Line() as line:
        letter = outgoing(EmailContent(subject, "text", "<p></p>"))
        assert await line.channel.send(letter) == Refused(Refusal.PERMANENT, "unwritable")
        assert line.smtp.connections == 0


@in_loop
async def test_an_address_beyond_ascii_is_refused() -> None:
    """Without SMTPUTF8 such an address cannot be written on an envelope."""
    async with Line() as line:
        result = await line.channel.send(outgoing(an_email(), to="änne@example.com"))
        assert isinstance(result, Refused)
        assert result.kind is Refusal.PERMANENT
        assert line.smtp.connections == 0


@in_loop
async def test_tls_required_and_not_offered_stops_before_the_login() -> None:
    """Neither password nor message goes over a plain line."""
    async with Line(FakeSmtp(wants_login=True), tls_required=True) as line:
        assert await line.channel.send(outgoing(an_email())) == Refused(Refusal.CONFIGURATION, "not_offered")
        assert line.smtp.accepted == []


@in_loop
async def test_a_certificate_nobody_vouches_for_is_not_trusted(tmp_path: Path) -> None:
    """Where TLS is required, so is a certificate that can be verified."""
    async with Line(FakeSmtp(tls=self_signed(tmp_path)), tls_required=True, timeout=5.0) as line:
        result = await line.channel.send(outgoing(an_email()))
        assert isinstance(result, Refused)
        assert line.smtp.accepted == []


@in_loop
async def test_on_this_machine_tls_is_taken_where_offered(tmp_path: Path) -> None:
    """A local relay with a certificate of its own making works, and is spoken to in TLS."""
    smtp = FakeSmtp(tls=self_signed(tmp_path), wants_login=True)
    async with Line(smtp, timeout=5.0) as line:
        assert await line.channel.send(outgoing(an_email())) == Accepted()
        assert line.smtp.spoke_tls == [True]


@in_loop
async def test_answers_may_go_elsewhere() -> None:
    """Reply-To is set where the sender names one."""
    async with Line(sender=Sender("nudger@example.com", "Nudger", reply_to="hello@example.com")) as line:
        await line.channel.send(outgoing(an_email()))
        assert line.smtp.accepted[0]["headers"]["Reply-To"] == "hello@example.com"


def test_the_patience_after_a_message_is_ten_minutes() -> None:
    """RFC 5321 section 4.5.3.2.6."""
    assert SmtpConfig("smtp://127.0.0.1", Sender("nudger@example.com", "Nudger")).data_timeout == 600


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.com", MailServer("mail.example.com", 587, tls_from_start=False)),
        ("smtps://mail.example.com", MailServer("mail.example.com", 465, tls_from_start=True)),
        (
            "smtp://ana%40example.com:p%3A%2Fw@mail.example.com:2525",
            MailServer("mail.example.com", 2525, tls_from_start=False, user="ana@example.com", password="p:/w"),
        ),
        ("smtp://[::1]:1025", MailServer("::1", 1025, tls_from_start=False)),
    ],
)
def test_one_url_says_it_all(url: str, server: MailServer) -> None:
    """Scheme, host, port, user and password, the latter two percent-encoded."""
    assert mail_server(url) == server


@pytest.mark.parametrize(
    "url", ["", "mail.example.com", "http://mail.example.com", "smtp://", "smtp://u:secret@h:port"]
)
def test_an_unreadable_url_is_a_configuration_error_without_the_password(url: str) -> None:
    """The error names the way out and not the URL."""
    with pytest.raises(ConfigurationError) as caught:
        mail_server(url)
    assert "secret" not in f"{caught.value} {caught.value.mend}"


@pytest.mark.parametrize(
    ("url", "tls"),
    [
        ("smtp://mail.example.com", Tls(from_start=False, upgrade=True, verify=True)),
        ("smtps://mail.example.com", Tls(from_start=True, upgrade=None, verify=True)),
        ("smtp://192.0.2.7", Tls(from_start=False, upgrade=True, verify=True)),
        ("smtp://localhost", Tls(from_start=False, upgrade=None, verify=False)),
        ("smtp://127.0.0.1", Tls(from_start=False, upgrade=None, verify=False)),
        ("smtp://[::1]", Tls(from_start=False, upgrade=None, verify=False)),
    ],
)
def test_a_plain_line_is_possible_on_this_machine_alone(url: str, tls: Tls) -> None:
    """Every other server must speak TLS with a certificate that verifies."""
    assert tls_with(mail_server(url)) == tls
