"""The Twilio SDK's asyncio client, made to keep time and to tell all that the provider said."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from aiohttp import ClientResponse, ClientSession, ClientTimeout, TCPConnector, encode_basic_auth
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response

from nudger.channels.twilio_codes import wait_named_by

FIRST_NOT_GOOD = 300


class Answered(Exception):
    """Twilio answered with something other than success; it carries no text, for that may name a person."""

    def __init__(self, status: int, code: int | None, retry_after: timedelta | None) -> None:
        """`code` is Twilio's own, where the body named one."""
        super().__init__(status, code)
        self.status = status
        self.code = code
        self.retry_after = retry_after


class TimedSession:
    """An aiohttp session that gives every request our limits.

    The SDK passes `timeout=None` on, which to aiohttp means no limit at all. A limit of its own for the connection
    tells "never connected" from "no answer": the first is surely not sent.
    """

    def __init__(self, session: ClientSession, timeout: ClientTimeout) -> None:
        """Wrap `session`; `timeout` holds for each request."""
        self._session = session
        self._timeout = timeout

    async def request(self, **wishes: Any) -> ClientResponse:  # noqa: ANN401 (the SDK's own keywords, passed on)
        """The session's request, within our limits."""
        return await self._session.request(**{**wishes, "timeout": self._timeout})

    async def close(self) -> None:
        """Close the session."""
        await self._session.close()


class TwilioWire(AsyncTwilioHttpClient):  # type: ignore[misc] # the SDK has no types
    """One pooled session per channel, every answer other than success raised as `Answered`.

    The SDK's three families of errors drop Retry-After, and for lists even the code. Its own pool stops at 100
    connections; its retries would send a text again after a 500; both are stood clear of here.
    """

    def __init__(self, *, api_base: str | None, connect_within: float, max_connections: int) -> None:
        """Needs a running event loop. `api_base` replaces scheme and host of all calls; `connect_within` in seconds."""
        super().__init__(pool_connections=False)  # no session of its own: ours follows, and it is pooled
        self._base = urlsplit(api_base) if api_base else None
        self.session = TimedSession(
            ClientSession(connector=TCPConnector(limit=max_connections), trust_env=False),
            ClientTimeout(total=None, connect=connect_within),
        )

    async def request(self, method: str, url: str, *args: Any, **wishes: Any) -> Response:  # noqa: ANN401 (the SDK's)
        """One call; `Answered` for everything from 300 up."""
        response = await super().request(method, self._rebased(url), *args, **signed(wishes))
        if response.status_code >= FIRST_NOT_GOOD:
            named = wait_named_by(response.headers.get("Retry-After"))
            raise Answered(response.status_code, code_in(response.text), named)
        return response

    def _rebased(self, url: str) -> str:
        if self._base is None:
            return url
        asked = urlsplit(url)
        path = self._base.path.rstrip("/") + asked.path
        return urlunsplit((self._base.scheme, self._base.netloc, path, asked.query, ""))


def signed(wishes: dict[str, Any]) -> dict[str, Any]:
    """A request's keywords with the credentials as a header: the SDK's way to pass them ends with aiohttp 4."""
    user, password = wishes["auth"]
    headers = {**wishes["headers"], "Authorization": encode_basic_auth(user, password)}
    return {**wishes, "headers": headers, "auth": None}


def code_in(body: str) -> int | None:
    """The error code in the body of an answer; None where there is none or the body is not Twilio's."""
    try:
        said = json.loads(body)
    except ValueError:
        return None
    code = said.get("code") if isinstance(said, dict) else None
    return code if isinstance(code, int) else None
