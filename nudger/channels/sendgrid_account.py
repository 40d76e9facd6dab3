"""What a SendGrid account tells about who may send from it.

Sources: twilio.com/docs/sendgrid/api-reference: /domain-authentication and /sender-verification.
"""

from dataclasses import dataclass, field

from nudger.channels.account_questions import Told, ask

HOST = "https://api.sendgrid.com"


@dataclass(frozen=True, slots=True)
class SendGridQuestions:
    """Asks about the account of one key; `host` replaces SendGrid's."""

    api_key: str = field(repr=False)
    host: str | None = None

    async def domains(self, domain: str) -> Told:
        """The authenticated domains like this one: a list, each with `domain` and `valid`."""
        return await self._ask("/v3/whitelabel/domains", {"domain": domain, "limit": "50"})

    async def senders(self) -> Told:
        """`results`: the single addresses somebody has confirmed, each with `from_email` and `verified`."""
        return await self._ask("/v3/verified_senders", {"limit": "100"})

    async def _ask(self, path: str, params: dict[str, str]) -> Told:
        return await ask(f"{self.host or HOST}{path}", {"Authorization": f"Bearer {self.api_key}"}, params)
