"""The fakes of Twilio and SendGrid with what their accounts tell about themselves."""

from email.utils import format_datetime
from typing import Unpack

from aiohttp import web
from parts import fake_sendgrid, fake_twilio
from parts.fake_provider import Wishes
from parts.fake_sendgrid import FakeSendGrid
from parts.fake_twilio import ACCOUNT_SID, SENDER, SERVICE_SID, FakeTwilio


class TwilioWithAccount(FakeTwilio):
    """A Twilio account with money, a number and a messaging service."""

    def __init__(self, **wishes: Unpack[Wishes]) -> None:
        """A sound one."""
        super().__init__(**wishes)
        self.money = "12.3456"
        self.numbers = {SENDER: {"phone_number": SENDER, "capabilities": {"sms": True}, "sms_url": ""}}
        self.pool = [{"phone_number": SENDER}]
        self.inbound_url: str | None = None

    def routes(self) -> list[web.RouteDef]:
        """Those of messages, and the account's own."""
        account = f"/2010-04-01/Accounts/{ACCOUNT_SID}"
        return [
            *super().routes(),
            web.get(f"{account}/Balance.json", self._show_balance),
            web.get(f"{account}/IncomingPhoneNumbers.json", self._show_numbers),
            web.get(f"/v1/Services/{SERVICE_SID}", self._show_service),
            web.get(f"/v1/Services/{SERVICE_SID}/PhoneNumbers", self._show_pool),
        ]

    def _answer(self, request: web.Request, body: object) -> web.Response:
        if not fake_twilio.allowed(request):
            return fake_twilio.refusal(401, 20003)
        return web.json_response(body, headers={"Date": format_datetime(self.clock())})

    async def _show_balance(self, request: web.Request) -> web.Response:
        return self._answer(request, {"balance": self.money, "currency": "GBP"})

    async def _show_numbers(self, request: web.Request) -> web.Response:
        found = self.numbers.get(request.query["PhoneNumber"])
        return self._answer(request, {"incoming_phone_numbers": [found] if found else []})

    async def _show_service(self, request: web.Request) -> web.Response:
        told = {"sid": SERVICE_SID, "inbound_request_url": self.inbound_url, "use_inbound_webhook_on_number": False}
        return self._answer(request, told)

    async def _show_pool(self, request: web.Request) -> web.Response:
        return self._answer(request, {"phone_numbers": self.pool})


class SendGridWithAccount(FakeSendGrid):
    """A SendGrid account with its confirmed domains and addresses."""

    def __init__(self, **wishes: Unpack[Wishes]) -> None:
        """Nothing is confirmed yet."""
        super().__init__(**wishes)
        self.domains: list[dict[str, object]] = []
        self.senders: list[dict[str, object]] = []
        self.shows_senders = True

    def routes(self) -> list[web.RouteDef]:
        """Those of mail, and the account's own."""
        return [
            *super().routes(),
            web.get("/v3/whitelabel/domains", self._show_domains),
            web.get("/v3/verified_senders", self._show_senders),
        ]

    async def _show_domains(self, request: web.Request) -> web.Response:
        return self._answer(request, self.domains)

    async def _show_senders(self, request: web.Request) -> web.Response:
        return self._answer(request, {"results": self.senders})

    def _answer(self, request: web.Request, body: object) -> web.Response:
        if not self.shows_senders or not fake_sendgrid.allowed(request):
            return fake_sendgrid.refusal(403, "authorization")
        return web.json_response(body)
