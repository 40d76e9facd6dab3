"""Somebody at the web app's doors: a phone's browser, a mail scanner, a provider, from any address there is."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import Headers

#: An address on the internet, reserved for examples (RFC 5737).
ABROAD = "203.0.113.9"
#: A browser that fills in a form of ours.
OUR_PAGE = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}
#: Seconds an answer may take, on a machine that is busy with other tests.
PATIENCE = 60


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Headers
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


class Visitor:
    """Speaks ASGI to an app in this process, so that a test chooses the address it comes from."""

    def __init__(self, app: Any, address: str = ABROAD, host: str = "nudger.example.com") -> None:  # noqa: ANN401
        """`host` is the name the visitor knows us by."""
        self._app = app
        self._address = address
        self._host = host

    def get(self, path: str, **headers: str) -> Answer:
        """Open a page."""
        return self.ask("GET", path, headers=headers)

    def send(self, path: str, fields: Mapping[str, object] | None = None, **headers: str) -> Answer:
        """Send a form from a page of ours; a field with a list is sent once for each of its values."""
        body = urlencode(fields or {}, doseq=True).encode()
        return self.ask(
            "POST", path, body, {"Content-Type": "application/x-www-form-urlencoded", **OUR_PAGE, **headers}
        )

    def ask(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """Any request at all. Underscores in the names of headers stand for hyphens."""
        return asyncio.run(asyncio.wait_for(self._ask(method, path, body, headers or {}), PATIENCE))

    async def _ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        raw, _, query = path.partition("?")
        given = {"host": self._host} | {name.replace("_", "-").lower(): value for name, value in headers.items()}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": raw,
            "raw_path": raw.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in given.items()],
            "client": (self._address, 40000),
            "server": ("127.0.0.1", 8080),
        }
        sent: list[dict[str, Any]] = []
        incoming = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            return incoming.pop() if incoming else {"type": "http.disconnect"}

        async def send(message: Any) -> None:  # noqa: ANN401
            sent.append(message)

        await self._app(scope, receive, send)
        start = next(one for one in sent if one["type"] == "http.response.start")
        pieces = [one.get("body", b"") for one in sent if one["type"] == "http.response.body"]
        return Answer(start["status"], Headers(raw=start["headers"]), b"".join(pieces))
