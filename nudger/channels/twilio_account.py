"""What a Twilio account tells about itself: its balance, its number, its messaging service.

Sources: twilio.com/docs/usage/api (Balance), /docs/phone-numbers/api/incomingphonenumber-resource and
/docs/messaging/api/service-resource.
"""

from base64 import b64encode
from dataclasses import dataclass, field

from nudger.channels.account_questions import Told, ask

API, MESSAGING = "https://api.twilio.com", "https://messaging.twilio.com"


@dataclass(frozen=True, slots=True)
class TwilioQuestions:
    """Asks about one account; `base` replaces the hosts of both APIs."""

    account_sid: str
    auth_token: str = field(repr=False)
    base: str | None = None

    async def balance(self) -> Told:
        """`balance`, a decimal as text, and `currency`."""
        return await self._ask(API, f"/2010-04-01/Accounts/{self.account_sid}/Balance.json")

    async def number(self, number: str) -> Told:
        """`incoming_phone_numbers`: the number where it is the account's, with `capabilities` and `sms_url`."""
        path = f"/2010-04-01/Accounts/{self.account_sid}/IncomingPhoneNumbers.json"
        return await self._ask(API, path, {"PhoneNumber": number})

    async def service(self, sid: str) -> Told:
        """A messaging service, with `inbound_request_url` and `use_inbound_webhook_on_number`."""
        return await self._ask(MESSAGING, f"/v1/Services/{sid}")

    async def senders(self, sid: str) -> Told:
        """`phone_numbers` of a messaging service; one is enough to know."""
        return await self._ask(MESSAGING, f"/v1/Services/{sid}/PhoneNumbers", {"PageSize": "1"})

    async def _ask(self, host: str, path: str, params: dict[str, str] | None = None) -> Told:
        credentials = b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        return await ask(f"{self.base or host}{path}", {"Authorization": f"Basic {credentials}"}, params)
