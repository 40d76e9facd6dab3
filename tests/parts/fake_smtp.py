"""A mail server on this machine: real SMTP, real STARTTLS and AUTH where asked for.

As a process: python tests/parts/fake_smtp.py --port 4012 --log accepted.jsonl --latency 0.05
"""

import asyncio
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path
from typing import Unpack

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from parts.fake_provider import (
    FakeProvider,
    Manner,
    Wishes,
    running,
    serve_from_command_line,
)

USER, PASSWORD = "nudger", "a-password-of-the-fake"
TAKEN = "250 2.0.0 taken"


class FakeSmtp(FakeProvider):
    """A mail server that keeps what it takes."""

    def __init__(
        self, *, tls: ssl.SSLContext | None = None, wants_login: bool = False, **wishes: Unpack[Wishes]
    ) -> None:
        """`tls` offers STARTTLS; `wants_login` offers and requires AUTH. The rest as FakeProvider."""
        super().__init__(**wishes)
        self.connections = 0
        self.spoke_tls: list[bool] = []
        self._closes_down = False
        self._tls = tls
        self._wants_login = wants_login
        self._replies: dict[str, str] = {}
        self._lines: list[_Line] = []
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """Scheme, host and port, with user and password where they are wanted."""
        login = f"{USER}:{PASSWORD}@" if self._wants_login else ""
        return f"smtp://{login}127.0.0.1:{self.port}"

    def reply(self, command: str, reply: str) -> None:
        """Answer MAIL, RCPT, DATA, EHLO or LOGIN with this line from now on."""
        self._replies[command] = reply

    def relent(self) -> None:
        """Answer as a friendly server again."""
        super().relent()
        self._replies.clear()

    def close_down_once(self) -> None:
        """Answer the next MAIL with 421, as a server that is about to hang up."""
        self._closes_down = True

    def drop_connections(self) -> None:
        """Hang up on everyone, as servers do with those who are idle."""
        for line in self._lines:
            line.abort()

    async def start(self) -> None:
        """Listen on 127.0.0.1."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._line, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Let go of everyone who hangs, and close."""
        self._over.set()
        self.drop_connections()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        await asyncio.sleep(0)

    def _line(self) -> SMTP:
        self.connections += 1
        line = _Line(
            self,
            hostname="mail.example.com",
            loop=asyncio.get_running_loop(),
            tls_context=self._tls,
            authenticator=self._login,
            auth_require_tls=self._tls is not None,
            auth_exclude_mechanism=None if self._wants_login else ["LOGIN", "PLAIN"],
        )
        self._lines.append(line)
        return line

    def _login(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, who: object) -> AuthResult:
        if "LOGIN" in self._replies:
            return AuthResult(success=False, handled=False, message=self._replies["LOGIN"])
        known = LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=who == known, handled=False)

    # What aiosmtpd calls, each named for its command.

    async def handle_MAIL(  # noqa: N802 (aiosmtpd's)
        self, _server: SMTP, _session: Session, envelope: Envelope, sender: str, _options: object
    ) -> str:
        """Take the sender, or answer as ordered."""
        if self._closes_down:
            self._closes_down = False
            return "421 4.3.2 closing down"
        if "MAIL" in self._replies:
            return self._replies["MAIL"]
        envelope.mail_from = sender
        return "250 OK"

    async def handle_RCPT(self, _server: SMTP, _session: Session, envelope: Envelope, to: str, _options: object) -> str:  # noqa: N802 (aiosmtpd's)
        """Take the recipient, or answer as ordered."""
        if self._orders and self._orders[0].manner is Manner.HANG:
            self._orders.popleft()
            await self.hang_on()
        if "RCPT" in self._replies:
            return self._replies["RCPT"]
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's)
        """Take the message, or answer as ordered."""
        order = self.next_order()
        await self.take_time()
        if "DATA" in self._replies:
            return self._replies["DATA"]
        if order and order.manner is Manner.GARBAGE:
            return "Hello there"
        self.spoke_tls.append(session.ssl is not None)
        self._take(envelope)
        if order and order.manner is Manner.ACCEPT_THEN_RESET:
            hang_up(server)
        if order and order.manner is Manner.ACCEPT_THEN_HANG:
            await self.hang_on()
        return TAKEN

    def _take(self, envelope: Envelope) -> None:
        raw = envelope.original_content or b""
        message = message_from_bytes(raw, policy=SMTP_POLICY)
        text, html = message.get_body(("plain",)), message.get_body(("html",))
        self.accept(
            {
                "to": envelope.rcpt_tos[0],
                "recipients": len(envelope.rcpt_tos),
                "from": envelope.mail_from,
                "subject": str(message["Subject"]),
                "text": text.get_content().replace("\r\n", "\n") if text else None,
                "html": html.get_content().replace("\r\n", "\n") if html else None,
                "headers": {name: str(value) for name, value in message.items()},
                "raw": raw.decode("ascii"),
                "at": self.clock().isoformat(),
            }
        )


class _Line(SMTP):
    """One connection, so that the server can hang up on it."""

    def abort(self) -> None:
        """Break the connection."""
        hang_up(self)


def hang_up(server: SMTP) -> None:
    """Break a connection without a word."""
    if isinstance(server.transport, asyncio.WriteTransport):
        server.transport.abort()


@contextmanager
def running_fake_smtp(**wishes: Unpack[Wishes]) -> Iterator[FakeSmtp]:
    """A fake in a thread of its own."""
    with running(FakeSmtp(**wishes)) as smtp:
        yield smtp


if __name__ == "__main__":
    serve_from_command_line(FakeSmtp)
