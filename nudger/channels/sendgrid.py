"""Email by SendGrid's v3 API.

202 means that SendGrid has the message, not that it was delivered. The API knows no idempotency key, so an unclear
answer stays unclear until the Email Activity feed is asked, which only accounts with that add-on may do.
The SDK goes through urllib: the proxies named in the environment are honoured, and nothing else of it is read.
"""

import asyncio
import json
import socket
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPException, InvalidURL
from typing import Any
from urllib.error import URLError

from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail.exceptions import ApiKeyIncludedException

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
from nudger.channels.mime import Sender
from nudger.channels.quiet import silence_sdk_loggers
from nudger.channels.sendgrid_request import ATTEMPT, MOST_PERSONALIZATIONS, Json, pack, parcel_body, single_body
from nudger.domain.people import ChannelKind
from nudger.errors import ConfigurationError

ACCEPTED = 202
FIRST_SERVER_FAULT = 500
LONGEST_WAIT = timedelta(hours=1)
FEED_NOT_BOUGHT = (403, 404)
BY_STATUS = {
    401: Refusal.CONFIGURATION,
    403: Refusal.CONFIGURATION,
    404: Refusal.CONFIGURATION,
    405: Refusal.CONFIGURATION,
    415: Refusal.CONFIGURATION,
    429: Refusal.BUSY,
}
#: Why a connection never came to be; urllib wraps these in URLError before the request is out in full.
NOT_CONNECTED = (ConnectionRefusedError, socket.gaierror, ssl.SSLError, TimeoutError)
FAULTS = (HTTPError, OSError, HTTPException, ValueError, ApiKeyIncludedException)


@dataclass(frozen=True, slots=True)
class SendGridConfig:
    """The account and the sender; ConfigurationError without a key.

    `timeout` in seconds holds for each wait on the network. `host` replaces https://api.sendgrid.com, for instance by https://api.eu.sendgrid.com.
    """

    api_key: str = field(repr=False)
    sender: Sender
    host: str | None = None
    timeout: float = 15.0
    workers: int = 16

    def __post_init__(self) -> None:
        """Without this the SDK would take a key from the environment."""
        if not self.api_key:
            raise ConfigurationError("SendGrid needs an API key.")


class SendGridEmail:
    """One SendGrid account; the SDK blocks, so `workers` threads do the talking."""

    name = "sendgrid"
    kind = ChannelKind.EMAIL
    can_look_up = True
    batch_size = MOST_PERSONALIZATIONS
    consents_as_demo = False
    carries_push = False

    def __init__(self, config: SendGridConfig, clock: Callable[[], datetime]) -> None:
        """`clock` gives the present moment, aware: SendGrid names the end of a rate limit as a moment."""
        silence_sdk_loggers()
        self.at_once = config.workers
        self._config = config
        self._clock = clock
        self._api: Any = SendGridAPIClient(config.api_key, host=config.host or "https://api.sendgrid.com")
        self._api.client.timeout = config.timeout
        self._threads = ThreadPoolExecutor(config.workers, thread_name_prefix="sendgrid")
        self._free_threads = asyncio.Semaphore(config.workers)

    async def send(self, outgoing: Outgoing) -> SendResult:
        """Hand over one message in one request."""
        try:
            body = single_body(self._config.sender, outgoing)
        except ApiKeyIncludedException:
            return Refused(Refusal.PERMANENT, "refused_by_sdk")
        return await self._post(body)

    async def send_batch(self, batch: Sequence[Outgoing]) -> Sequence[SendResult]:
        """Hand over many in as few requests as the limits allow.

        A request refused as a whole for its content is taken apart and each message is sent alone, so that one bad
        address costs only itself.
        """
        packed = pack(batch)
        answers = await asyncio.gather(
            *map(self._send_parcel, packed.parcels), *(self._send_each([outgoing]) for outgoing in packed.singles)
        )
        results = {token: result for answer in answers for token, result in answer.items()}
        return [results[outgoing.token] for outgoing in batch]

    async def look_up(self, question: Question) -> LookUpResult:
        """Ask the Email Activity feed for the attempt's token. The feed lags, so one no is not yet a no."""
        query = {"limit": 1, "query": f"unique_args['{ATTEMPT}']=\"{question.token}\""}
        try:
            response = await self._call(partial(self._api.client.messages.get, query_params=query))
            found = json.loads(response.body)["messages"]
            return Accepted(str(found[0]["msg_id"])) if found else NotFound()
        except FAULTS as fault:
            return CannotTell(code_of(fault), for_good=is_without_feed(fault))
        except (KeyError, TypeError):
            return CannotTell("unreadable")

    async def check(self) -> Health:
        """Ask what the key may do."""
        try:
            response = await self._call(self._api.client.scopes.get)
            may_send = "mail.send" in json.loads(response.body)["scopes"]
        except FAULTS as fault:
            return Health(ok=False, detail=f"SendGrid did not show the key's rights: {code_of(fault)}")
        except (KeyError, TypeError):
            return Health(ok=False, detail="SendGrid did not show the key's rights: unreadable")
        return Health(ok=may_send, detail="the key may send mail" if may_send else "the key lacks mail.send")

    async def aclose(self) -> None:
        """Let the threads go; a request under way ends by its own time limit."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _send_parcel(self, parcel: Sequence[Outgoing]) -> dict[str, SendResult]:
        result = await self._post(parcel_body(self._config.sender, parcel))
        if isinstance(result, Refused) and result.kind is Refusal.PERMANENT:
            return await self._send_each(parcel)
        return {outgoing.token: result for outgoing in parcel}

    async def _send_each(self, batch: Sequence[Outgoing]) -> dict[str, SendResult]:
        results = await asyncio.gather(*map(self.send, batch))
        return {outgoing.token: result for outgoing, result in zip(batch, results, strict=True)}

    async def _post(self, body: Json) -> SendResult:
        try:
            response = await self._call(partial(self._api.client.mail.send.post, request_body=body))
        except FAULTS as fault:
            return self._result_of(fault)
        if response.status_code != ACCEPTED:
            return Unclear(str(response.status_code))
        message_id = response.headers.get("X-Message-Id")
        return Accepted(message_id) if message_id else Unclear("no_message_id")

    async def _call(self, request: Callable[[], Any]) -> Any:  # noqa: ANN401 (the SDK has no types)
        """Run a blocking call in a thread.

        The SDK's limit holds for each wait on the socket; twice that is the limit for the whole, against an
        answer that drips. Waiting for a free thread is outside of it: nothing has been sent by then.
        """
        loop = asyncio.get_running_loop()
        async with self._free_threads, asyncio.timeout(2 * self._config.timeout):
            return await loop.run_in_executor(self._threads, request)

    def _result_of(self, fault: Exception) -> SendResult:
        if isinstance(fault, HTTPError):
            return self._result_of_answer(fault)
        if isinstance(fault, URLError) and isinstance(fault.reason, NOT_CONNECTED):
            return Refused(Refusal.BUSY, "not_connected")
        # A key or a host that cannot be written into a request: nothing has been sent.
        if isinstance(fault, ValueError | InvalidURL):
            return Refused(Refusal.CONFIGURATION, "refused_by_sdk")
        return Unclear(code_of(fault))

    def _result_of_answer(self, answer: HTTPError) -> SendResult:
        status = int(answer.status_code)
        if status >= FIRST_SERVER_FAULT:
            return Unclear(str(status))
        kind = BY_STATUS.get(status, Refusal.PERMANENT)
        return Refused(kind, str(status), retry_after=self._wait_named_by(answer.headers))

    def _wait_named_by(self, headers: Any) -> timedelta | None:  # noqa: ANN401 (the SDK has no types)
        """The wait until X-RateLimit-Reset, which is in Unix time; an hour at most."""
        reset = headers.get("X-RateLimit-Reset")
        if reset is None or not reset.isdecimal():
            return None
        seconds = int(reset) - self._clock().astimezone(UTC).timestamp()
        return timedelta(seconds=min(max(0.0, seconds), LONGEST_WAIT.total_seconds()))


def is_without_feed(fault: Exception) -> bool:
    """Whether the account may not read the Email Activity feed, which is an add-on."""
    return isinstance(fault, HTTPError) and fault.status_code in FEED_NOT_BOUGHT


def code_of(fault: Exception) -> str:
    """A fault in a word that names nobody."""
    if isinstance(fault, HTTPError):
        return str(fault.status_code)
    if isinstance(fault, URLError) and isinstance(fault.reason, NOT_CONNECTED):
        return "not_connected"
    if isinstance(fault, TimeoutError):
        return "timeout"
    return "connection_lost" if isinstance(fault, OSError | HTTPException) else "unreadable"
