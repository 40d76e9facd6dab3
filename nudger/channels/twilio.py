"""Texts by Twilio's Messages API.

Twilio has no idempotency key, so an unclear answer stays unclear until Twilio is asked with `look_up`.
The environment has no say here: TWILIO_REGION, TWILIO_EDGE, proxies and .netrc are not read.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from aiohttp import ClientConnectorError, ClientError, ConnectionTimeoutError, InvalidURL
from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from nudger.channels.contents import sms_of
from nudger.channels.contract import (
    Accepted,
    CannotTell,
    Health,
    LookUpResult,
    NotFound,
    Outgoing,
    Question,
    Refusal,
    Refused,
    SendResult,
    Unclear,
)
from nudger.channels.quiet import silence_sdk_loggers
from nudger.channels.twilio_codes import result_of_answer
from nudger.channels.twilio_http import Answered, TwilioWire
from nudger.domain.people import ChannelKind

#: Body up to 1,600 characters, ValidityPeriod 1 to 36,000 s, 5 at least advised:
#: twilio.com/docs/messaging/api/message-resource.
LONGEST_BODY = 1600
SHORTEST_VALIDITY, LONGEST_VALIDITY = 5, 36_000
PAGE_SIZE, MOST_PAGES = 50, 20
#: Twilio's clock and ours may differ a little, and it names full seconds only.
CLOCK_SLACK = timedelta(seconds=30)
#: A page wholly older than this ends the search.
FAR_BACK = timedelta(minutes=2)
#: Trial accounts get these words put before every text.
TRIAL_WORDS = "Sent from your Twilio trial account - "

NOT_CONNECTED = (ClientConnectorError, ConnectionTimeoutError)
#: What the SDK raises when a 2xx answer is not what it should be: it reads the fields without looking.
UNREADABLE = (ValueError, TypeError, AttributeError, KeyError, TwilioException)
FAULTS = (Answered, ClientError, OSError, *UNREADABLE)


@dataclass(frozen=True, slots=True)
class TwilioConfig:
    """The account and the sender: a messaging service or a number. Times in seconds.

    `api_base` replaces https://api.twilio.com; `status_callback_base` is our own public address.
    """

    account_sid: str
    auth_token: str = field(repr=False)
    messaging_service_sid: str | None = None
    sender: str | None = field(default=None, repr=False)
    api_base: str | None = None
    status_callback_base: str | None = None
    timeout: float = 15.0
    max_connections: int = 256


class TwilioSms:
    """One Twilio account; any number of sends may be under way at once, in one event loop."""

    name = "twilio"
    kind = ChannelKind.SMS
    can_look_up = True
    batch_size = 1
    consents_as_demo = False

    def __init__(self, config: TwilioConfig) -> None:
        """Nothing is opened before the first call."""
        silence_sdk_loggers()
        self._config = config
        self._wire: TwilioWire | None = None
        self._client: Any = None

    async def send(self, outgoing: Outgoing) -> SendResult:
        """Create one message; refused before any byte leaves where the text is too long."""
        text = sms_of(outgoing.content).text
        if len(text) > LONGEST_BODY:
            return Refused(Refusal.PERMANENT, "too_long")
        account = self._account()
        try:
            async with asyncio.timeout(self._config.timeout):
                message = await account.messages.create_async(**self._form(outgoing, text))
        except FAULTS as fault:
            return result_of(fault)
        return Accepted(message.sid) if isinstance(message.sid, str) and message.sid else Unclear("no_sid")

    async def send_batch(self, batch: Sequence[Outgoing]) -> Sequence[SendResult]:
        """Send side by side: Twilio has no request for many."""
        return await asyncio.gather(*map(self.send, batch))

    async def look_up(self, question: Question) -> LookUpResult:
        """Search what went to this number since the attempt began for the same text.

        Without a date filter, because Twilio's looks at the time of sending, which is empty until then.
        """
        account = self._account()
        try:
            async with asyncio.timeout(self._config.timeout):
                return await self._search(account, question)
        except FAULTS as fault:
            return CannotTell(code_of(fault))

    async def check(self) -> Health:
        """Fetch the account."""
        account = self._account()
        try:
            async with asyncio.timeout(self._config.timeout):
                shown = await account.fetch_async()
        except FAULTS as fault:
            return Health(ok=False, detail=f"Twilio did not show the account: {code_of(fault)}")
        return Health(ok=shown.status == "active", detail=f"the account is {shown.status}")

    async def aclose(self) -> None:
        """Close the connections; a later call would open new ones."""
        wire, self._wire, self._client = self._wire, None, None
        if wire is not None:
            await wire.close()

    def _account(self) -> Any:  # noqa: ANN401 (the SDK has no types)
        """The SDK's account, made at the first call because its session belongs to the running event loop.

        Asked for outside of time limits: the first time, the SDK imports most of itself.
        """
        config = self._config
        if self._client is None:
            self._wire = TwilioWire(
                api_base=config.api_base, connect_within=config.timeout / 2, max_connections=config.max_connections
            )
            # An empty mapping would make the SDK read os.environ.
            closed_world = {"TWILIO_ACCOUNT_SID": config.account_sid}
            self._client = Client(
                config.account_sid, config.auth_token, http_client=self._wire, environment=closed_world
            )
        return self._client.api.v2010.accounts(config.account_sid)

    def _form(self, outgoing: Outgoing, text: str) -> dict[str, str | int]:
        config = self._config
        left = int(outgoing.useful_for.total_seconds())
        form: dict[str, str | int] = {
            "to": outgoing.to,
            "body": text,
            "validity_period": max(SHORTEST_VALIDITY, min(LONGEST_VALIDITY, left)),
        }
        if config.messaging_service_sid:
            form["messaging_service_sid"] = config.messaging_service_sid
        if config.sender:
            form["from_"] = config.sender
        if config.status_callback_base:
            form["status_callback"] = callback_url(config.status_callback_base, outgoing.token)
        return form

    async def _search(self, account: Any, question: Question) -> LookUpResult:  # noqa: ANN401 (the SDK has no types)
        wanted = plain(sms_of(question.content).text)
        page = await account.messages.page_async(to=question.to, page_size=PAGE_SIZE)
        for _ in range(MOST_PAGES):
            messages = list(page)
            for message in messages:
                if is_ours(message, wanted, question.started_at - CLOCK_SLACK):
                    return Accepted(message.sid)
            if all_before(messages, question.started_at - FAR_BACK) or not page.next_page_url:
                return NotFound()
            page = await page.next_page_async()
        return CannotTell("too_many")


def callback_url(base: str, token: str) -> str:
    """Where Twilio reports on an attempt; the token makes a report bind itself, even before `send` returns."""
    return f"{base.rstrip('/')}/webhooks/twilio/status?attempt={quote(token, safe='')}"


def plain(text: str) -> str:
    """A text as it compares: single spaces, none at the ends, without the words of a trial account."""
    return " ".join(text.split()).removeprefix(TRIAL_WORDS)


def is_ours(message: Any, wanted: str, since: datetime) -> bool:  # noqa: ANN401 (the SDK has no types)
    """Whether a listed message is the one in doubt."""
    outbound = str(message.direction).startswith("outbound-api")
    return outbound and created(message) >= since and plain(message.body) == wanted


def all_before(messages: Iterable[Any], moment: datetime) -> bool:
    """Whether every message of a page is older than a moment; one page in disorder must not end the search."""
    return all(created(message) < moment for message in messages)


def created(message: Any) -> datetime:  # noqa: ANN401 (the SDK has no types)
    """When Twilio made a message; ValueError where it does not say, for then nothing can be concluded."""
    if not isinstance(message.date_created, datetime):
        raise ValueError("A message without date_created.")  # noqa: TRY004 (an answer we cannot read, like the others)
    return message.date_created


def result_of(fault: Exception) -> SendResult:
    """What a fault says about the message: surely not sent, or unclear."""
    if isinstance(fault, Answered):
        return result_of_answer(fault.status, fault.code, fault.retry_after)
    if isinstance(fault, NOT_CONNECTED):
        return Refused(Refusal.TRANSIENT, "not_connected")
    if isinstance(fault, InvalidURL):
        return Refused(Refusal.CONFIGURATION, "bad_api_base")
    return Unclear(code_of(fault))


def code_of(fault: Exception) -> str:
    """A fault in a word that names nobody."""
    if isinstance(fault, Answered):
        return str(fault.code or fault.status)
    if isinstance(fault, NOT_CONNECTED):
        return "not_connected"
    if isinstance(fault, TimeoutError):
        return "timeout"
    return "connection_lost" if isinstance(fault, ClientError | OSError) else "unreadable"
