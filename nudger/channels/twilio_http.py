"""The wire under the Twilio SDK's asyncio client: it keeps time, and tells all that the provider said.

The SDK takes any `AsyncHttpClient`. Its own ignores its timeout, stops at 100 connections, may send a text again after
a 500, mixes up answers when it is not pooled, and drops Retry-After; so here is ours.
"""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from logging import getLogger
from typing import Any
from urllib.parse import quote_plus

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, encode_basic_auth
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from nudger.channels.twilio_codes import wait_named_by

FIRST_NOT_GOOD = 300
#: What a form cannot hold as it is, blanks aside.
SPECIAL = re.compile(r"[^0-9A-Za-z_.~ -]")
PERCENT = {chr(number): f"%{number:02X}" for number in range(128)}


class Answered(Exception):
    """Twilio answered with something other than success; it carries no text, for that may name a person."""

    def __init__(self, status: int, code: int | None, retry_after: timedelta | None) -> None:
        """`code` is Twilio's own, where the body named one."""
        super().__init__(status, code)
        self.status = status
        self.code = code
        self.retry_after = retry_after


class TwilioWire(AsyncHttpClient):  # type: ignore[misc] # the SDK has no types
    """One pooled session per channel, every answer other than success raised as `Answered`; it never tries again."""

    def __init__(self, *, api_base: str | None, connect_within: float, max_connections: int) -> None:
        """Needs a running event loop. `api_base` replaces scheme and host of all calls; `connect_within` in seconds.

        A limit of its own for the connection tells "never connected" from "no answer": the first is surely not sent.
        The limit for the whole call is the caller's.
        """
        super().__init__(getLogger(__name__), is_async=True)
        self._base = api_base.rstrip("/") if api_base else None
        self._session = ClientSession(
            connector=TCPConnector(limit=max_connections),
            cookie_jar=DummyCookieJar(),
            timeout=ClientTimeout(total=None, connect=connect_within),
            trust_env=False,
        )

    async def request(  # noqa: PLR0917 (the SDK's own)
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 (never given: see above)
        allow_redirects: bool = False,  # noqa: FBT001, FBT002 (the SDK's own)
    ) -> Response:
        """One call; `Answered` for everything from 300 up."""
        heads = {**(headers or {}), **({"Authorization": encode_basic_auth(*auth)} if auth else {})}
        body = form(data) if data else None
        where = self._rebased(url)
        async with self._session.request(
            method, where, params=params, data=body, headers=heads, allow_redirects=allow_redirects
        ) as answer:
            text = (await answer.read()).decode()  # whatever it says of itself: JSON is UTF-8 (RFC 8259, section 8.1)
        if answer.status >= FIRST_NOT_GOOD:
            raise Answered(answer.status, code_in(text), wait_named_by(answer.headers.get("Retry-After")))
        return Response(answer.status, text, answer.headers)

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    def _rebased(self, url: str) -> str:
        if self._base is None:
            return url
        _, slash, path = url.partition("://")[2].partition("/")
        return f"{self._base}{slash}{path}"


class TwilioAccount:
    """One account by the SDK's asyncio client, in the event loop that first asks for it."""

    def __init__(
        self, sid: str, auth_token: str, *, api_base: str | None, timeout: float, max_connections: int
    ) -> None:
        """Nothing is opened yet. `timeout` in seconds: half of it is for the connection."""
        self._sid = sid
        self._auth_token = auth_token
        self._api_base = api_base
        self._connect_within = timeout / 2
        self._max_connections = max_connections
        self._wire: TwilioWire | None = None
        self._account: Any = None
        self._api: Any = None

    def opened(self) -> Any:  # noqa: ANN401 (the SDK has no types)
        """The SDK's account, made at the first call because its session belongs to the running event loop.

        Asked for outside of time limits: the first time, the SDK imports most of itself.
        """
        if self._account is None:
            self._wire = TwilioWire(
                api_base=self._api_base, connect_within=self._connect_within, max_connections=self._max_connections
            )
            # An empty mapping would make the SDK read os.environ.
            closed_world = {"TWILIO_ACCOUNT_SID": self._sid}
            client: Any = Client(self._sid, self._auth_token, http_client=self._wire, environment=closed_world)
            self._api = client.api.v2010
            self._account = self._api.accounts(self._sid)
        return self._account

    async def create(self, resource: str, fields: Mapping[str, str | int]) -> Any:  # noqa: ANN401 (whatever was said)
        """Make a resource of the account, as `Messages`; what Twilio says of it. The account has been opened before.

        By the call that all of the SDK's own end in: `messages.create_async` looks at every field that a message might
        have, and reads three dates in the answer. (Measured: a fifth of a send.)
        """
        return await self._api.create_async("POST", f"/Accounts/{self._sid}/{resource}.json", data=fields)

    async def aclose(self) -> None:
        """Close the connections; a later call would open new ones."""
        wire, self._wire, self._account, self._api = self._wire, None, None, None
        if wire is not None:
            await wire.close()


def form(values: Mapping[str, object]) -> bytes:
    """A form as it goes over the wire: most values need no quoting, which halves the time that aiohttp takes."""
    return "&".join([f"{quoted(name)}={quoted(str(value))}" for name, value in values.items()]).encode("ascii")


def quoted(text: str) -> str:
    """A text as forms hold it, just as `quote_plus` writes it, which takes twice as long."""
    if not text.isascii():
        return quote_plus(text)
    return text if text.isalnum() else SPECIAL.sub(_percent, text).replace(" ", "+")


def _percent(found: re.Match[str]) -> str:
    return PERCENT[found[0]]


def code_in(body: str) -> int | None:
    """The error code in the body of an answer; None where there is none or the body is not Twilio's."""
    try:
        said = json.loads(body)
    except ValueError:
        return None
    code = said.get("code") if isinstance(said, dict) else None
    return code if isinstance(code, int) else None
