"""What providers post to us, signed by the letter of their specifications and not by their libraries.

Twilio: twilio.com/docs/usage/webhooks/webhooks-security. SendGrid: ECDSA on P-256 with SHA-256 over the moment of
posting and the body, DER in base64: twilio.com/docs/sendgrid/for-developers/tracking-events.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from yarl import URL

#: Our address as providers know it.
PUBLIC = "https://nudger.example.com"
FORM = "application/x-www-form-urlencoded"
LONGEST_WAIT = aiohttp.ClientTimeout(total=10)


@dataclass(frozen=True, slots=True)
class Posting:
    """One request of a provider's, ready to be sent to `url`."""

    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def target(self) -> str:
        """Path and query, as a server sees them."""
        parts = urlsplit(self.url)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    async def deliver(self, origin: str | None = None) -> tuple[int, str]:
        """Send it, and what was answered. `origin` is where we really listen, behind the public address of `url`."""
        host = {"Host": urlsplit(self.url).netloc} if origin else {}
        url = f"{origin}{self.target}" if origin else self.url
        async with (
            aiohttp.ClientSession(timeout=LONGEST_WAIT) as session,
            session.post(
                URL(url, encoded=True), data=self.body, headers={**self.headers, **host}, allow_redirects=False
            ) as answer,
        ):
            return answer.status, await answer.text()


class Repeating(dict[str, str]):
    """Headers as a web framework holds them: a name may stand more than once."""

    def __init__(self, *pairs: tuple[str, str]) -> None:
        """All of them, in their order."""
        super().__init__(pairs)
        self._pairs = pairs

    def items(self) -> list[tuple[str, str]]:  # type: ignore[override]
        """Every pair."""
        return list(self._pairs)


def twilio_signature(auth_token: str, url: str, form: Mapping[str, str]) -> str:
    """HMAC-SHA1 over the address and each name and value, sorted by name."""
    words = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(auth_token.encode(), words.encode(), hashlib.sha1).digest()).decode()


def twilio_posting(auth_token: str, url: str, form: Mapping[str, str]) -> Posting:
    """A form as Twilio posts it."""
    headers = {"Content-Type": f"{FORM}; charset=UTF-8", "X-Twilio-Signature": twilio_signature(auth_token, url, form)}
    return Posting(url, headers, urlencode(form).encode())


def sendgrid_key(secret: int = 0x5EED) -> ec.EllipticCurvePrivateKey:
    """A signing key, the same for the same secret."""
    return ec.derive_private_key(secret, ec.SECP256R1())


def shown(key: ec.EllipticCurvePrivateKey) -> str:
    """The verification key as SendGrid's settings show it."""
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def sendgrid_posting(
    key: ec.EllipticCurvePrivateKey, url: str, events: Sequence[Mapping[str, Any]], moment: int
) -> Posting:
    """Events as SendGrid posts them; the body ends with a line break, which is signed too."""
    return sendgrid_raw_posting(key, url, (json.dumps(events) + "\r\n").encode(), str(moment))


def sendgrid_raw_posting(key: ec.EllipticCurvePrivateKey, url: str, body: bytes, moment: str) -> Posting:
    """Any body and moment, rightly signed."""
    # The same signature each time (RFC 6979), so that a failing test fails again.
    signature = key.sign(moment.encode() + body, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    headers = {
        "Content-Type": "application/json",
        "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
        "X-Twilio-Email-Event-Webhook-Timestamp": moment,
    }
    return Posting(url, headers, body)
