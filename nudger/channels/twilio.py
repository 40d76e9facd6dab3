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
from nudger.channels.events import Receipt
from nudger.channels.quiet import silence_sdk_loggers
from nudger.channels.twilio_codes import event_id, receipt_status, result_of_answer
from nudger.channels.twilio_http import Answered, TwilioAccount
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
#: Our clock may have been far ahead when we sent, and a no for that reason alone would send a text twice. Nobody gets
#: the same words twice within so short a time, so what is found is ours.
CLOCK_AHEAD = timedelta(minutes=15)
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
    carries_push = False

    def __init__(self, config: TwilioConfig) -> None:
        """Nothing is opened before the first call."""
        silence_sdk_loggers()
        self.at_once = config.max_connections
        self._config = config
        self._account = account_of(config)

    async def send(self, outgoing: Outgoing) -> SendResult:
        """Create one message; refused before any byte leaves where the text is too long."""
        text = sms_of(outgoing.content).text
        if len(text) > LONGEST_BODY:
            return Refused(Refusal.PERMANENT, "too_long")
        self._account.opened()
        try:
            async with asyncio.timeout(self._config.timeout):
                said = await self._account.create("Messages", self._form(outgoing, text))
            sid = said.get("sid")
        except FAULTS as fault:
            return result_of(fault)
        return Accepted(sid) if isinstance(sid, str) and sid else Unclear("no_sid")

    async def send_batch(self, batch: Sequence[Outgoing]) -> Sequence[SendResult]:
        """Send side by side: Twilio has no request for many."""
        return await asyncio.gather(*map(self.send, batch))

    async def look_up(self, question: Question) -> LookUpResult:
        """Search what went to this number since the attempt began for the same text.

        Without a date filter, because Twilio's looks at the time of sending, which is empty until then.
        """
        account = self._account.opened()
        try:
            async with asyncio.timeout(self._config.timeout):
                return await self._search(account, question)
        except FAULTS as fault:
            return CannotTell(code_of(fault))

    async def status_of(self, provider_id: str) -> Receipt | CannotTell:
        """Ask what became of a message whose receipt never came: the same receipt that a callback would bring."""
        account = self._account.opened()
        try:
            async with asyncio.timeout(self._config.timeout):
                return receipt_of(await account.messages(provider_id).fetch_async())
        except FAULTS as fault:
            return CannotTell(code_of(fault))

    async def check(self) -> Health:
        """Fetch the account."""
        account = self._account.opened()
        try:
            async with asyncio.timeout(self._config.timeout):
                shown = await account.fetch_async()
        except FAULTS as fault:
            return Health(ok=False, detail=f"Twilio did not show the account: {code_of(fault)}")
        return Health(ok=shown.status == "active", detail=f"the account is {shown.status}")

    async def aclose(self) -> None:
        """Close the connections; a later call would open new ones."""
        await self._account.aclose()

    def _form(self, outgoing: Outgoing, text: str) -> dict[str, str | int]:
        config = self._config
        left = int(outgoing.useful_for.total_seconds())
        form: dict[str, str | int] = {
            "To": outgoing.to,
            "Body": text,
            "ValidityPeriod": max(SHORTEST_VALIDITY, min(LONGEST_VALIDITY, left)),
        }
        if config.messaging_service_sid:
            form["MessagingServiceSid"] = config.messaging_service_sid
        if config.sender:
            form["From"] = config.sender
        if config.status_callback_base:
            form["StatusCallback"] = callback_url(config.status_callback_base, outgoing.token)
        return form

    async def _search(self, account: Any, question: Question) -> LookUpResult:  # noqa: ANN401 (the SDK has no types)
        wanted = plain(sms_of(question.content).text)
        since = question.started_at - CLOCK_AHEAD
        page = await account.messages.page_async(to=question.to, page_size=PAGE_SIZE)
        for _ in range(MOST_PAGES):
            messages = list(page)
            for message in messages:
                if is_ours(message, wanted, since):
                    return Accepted(message.sid)
            if all_before(messages, since - FAR_BACK) or not page.next_page_url:
                return NotFound()
            page = await page.next_page_async()
        return CannotTell("too_many")


def account_of(config: TwilioConfig) -> TwilioAccount:
    """The account that the configuration names, with connections of its own."""
    return TwilioAccount(
        config.account_sid,
        config.auth_token,
        api_base=config.api_base,
        timeout=config.timeout,
        max_connections=config.max_connections,
    )


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


def receipt_of(message: Any) -> Receipt:  # noqa: ANN401 (the SDK has no types)
    """What a message that Twilio shows says about itself; ValueError where it says nothing that can be read."""
    sid, word, code, at = message.sid, message.status, message.error_code, message.date_updated
    readable = isinstance(sid, str) and isinstance(word, str) and isinstance(at, datetime)
    if not readable or not isinstance(code, int | None):
        raise ValueError("A message that does not say where it stands.")
    status = receipt_status(word, code)
    return Receipt(TwilioSms.name, event_id(sid, word, code), None, sid, status, str(code) if code else None, at)


def result_of(fault: Exception) -> SendResult:
    """What a fault says about the message: surely not sent, or unclear."""
    if isinstance(fault, Answered):
        return result_of_answer(fault.status, fault.code, fault.retry_after)
    if isinstance(fault, NOT_CONNECTED):
        return Refused(Refusal.BUSY, "not_connected")
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
