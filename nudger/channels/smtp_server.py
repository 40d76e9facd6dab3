"""Where a mail server is and how it is spoken to, read from one URL."""

import ipaddress
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from nudger.errors import ConfigurationError

#: RFC 8314 section 3.3 (submissions, TLS from the first byte) and RFC 6409 (submission, STARTTLS).
PORTS = {"smtps": 465, "smtp": 587}


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server; `user` and `password` are None where it wants none."""

    host: str
    port: int
    tls_from_start: bool
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @property
    def is_here(self) -> bool:
        """Whether it runs on this machine, so that nothing crosses a network."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


@dataclass(frozen=True, slots=True)
class Tls:
    """How to ask for TLS: `upgrade` None means that STARTTLS is taken where it is offered."""

    from_start: bool
    upgrade: bool | None
    verify: bool


def tls_with(server: MailServer, *, required: bool | None = None) -> Tls:
    """TLS as `required`; None means: unless the server runs on this machine.

    There it is taken where offered, and its certificate, mostly self-made, is not checked.
    """
    needed = not server.is_here if required is None else required
    upgrade = None if server.tls_from_start or not needed else True
    return Tls(server.tls_from_start, upgrade, verify=needed)


def mail_server(url: str) -> MailServer:
    """Read smtp://user:password@host:587 or smtps://…; ConfigurationError, without the URL, where it cannot be read."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.scheme not in PORTS or not parts.hostname or port == 0:
        raise ConfigurationError(
            "The address of the mail server cannot be read.", mend="Write smtp://user:password@host:587."
        )
    return MailServer(
        host=parts.hostname,
        port=port or PORTS[parts.scheme],
        tls_from_start=parts.scheme == "smtps",
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )
