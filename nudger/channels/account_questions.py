"""Harmless questions to a provider or to our own pages: one GET each, with a limit of time, and no exception."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from aiohttp import ClientError, ClientSession, ClientSSLError, ClientTimeout, InvalidURL

#: Seconds for one question, the connection included.
PATIENCE = 10.0
#: No answer that we read is longer; the rest is left where it is.
LONGEST = 1_000_000
OK = 200


@dataclass(frozen=True, slots=True)
class Told:
    """What came back: `status` is 0 and `fault` a word where nothing did; `date` is the other side's clock, aware."""

    status: int
    fault: str | None = None
    date: datetime | None = None
    text: str = field(default="", repr=False)
    body: Any = field(default=None, repr=False)

    @property
    def good(self) -> bool:
        """Whether it is an answer to the question."""
        return self.fault is None

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 (any JSON)
        """A field of the JSON object that came; None where there is none."""
        return self.body.get(name) if isinstance(self.body, dict) else None

    def rows(self, name: str | None = None) -> list[dict[str, Any]]:
        """The objects of a list: under a name, or the whole answer."""
        found = self.body if name is None else self[name]
        return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


async def ask(
    url: str,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    within: float = PATIENCE,
) -> Told:
    """GET, and follow no redirect; nothing of the machine's own settings (proxies, .netrc) has a say."""
    try:
        async with (
            asyncio.timeout(within),
            ClientSession(timeout=ClientTimeout(total=within), trust_env=False) as session,
            session.get(url, headers=headers, params=params, allow_redirects=False) as response,
        ):
            text = (await response.content.read(LONGEST)).decode("utf-8", "replace")
            return _told(response.status, text, response.headers.get("Date"))
    except TimeoutError:
        return Told(0, "timeout")
    except ClientSSLError:
        return Told(0, "no_trusted_certificate")
    except (InvalidURL, ValueError):
        return Told(0, "not_an_address")
    except (ClientError, OSError):
        return Told(0, "not_connected")


def _told(status: int, text: str, date: str | None) -> Told:
    fault = None if status == OK else str(status)
    return Told(status, fault, _moment(date), text, _json(text))


def _moment(date: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(date).astimezone(UTC) if date else None
    except ValueError:
        return None


def _json(text: str) -> Any:  # noqa: ANN401 (any JSON)
    try:
        return json.loads(text)
    except ValueError:
        return None
