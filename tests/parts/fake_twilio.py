"""Twilio's Messages API as far as Nudger speaks it, strict about what it is sent.

As a process: python tests/parts/fake_twilio.py --port 4010 --log accepted.jsonl --latency 0.05
"""

import base64
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from itertools import count
from pathlib import Path
from typing import Unpack
from urllib.parse import parse_qs, urlencode, urlsplit

from aiohttp import web

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from parts.fake_provider import (
    Entry,
    FakeHttpProvider,
    Manner,
    Order,
    Wishes,
    running,
    serve_from_command_line,
)
from parts.postings import PUBLIC, Posting, twilio_posting

ACCOUNT_SID = "AC" + "0" * 31 + "1"
AUTH_TOKEN = "a-token-of-the-fake"
SERVICE_SID = "MG" + "0" * 31 + "2"
SENDER = "+447700900001"

KNOWN_FIELDS = {"To", "From", "MessagingServiceSid", "Body", "StatusCallback", "ValidityPeriod"}
NUMBER = re.compile(r"\A\+[1-9]\d{6,14}\Z")
BAD_REQUEST = 400


class FakeTwilio(FakeHttpProvider):
    """A Twilio account on this machine that reaches nobody."""

    def __init__(self, **wishes: Unpack[Wishes]) -> None:
        """As FakeProvider."""
        super().__init__(**wishes)
        self.listed: list[Entry] = []
        self._listed_to: dict[str, list[Entry]] = defaultdict(list)
        self.status = "active"
        self.questions = 0
        self.inquiries = 0
        self._opted_out: set[str] = set()
        self._list_orders: list[Order] = []
        self.deletions = 0
        self._deletion_orders: list[Order] = []
        self._numbers = count(1)

    def unsubscribe(self, number: str) -> None:
        """Have a number say STOP: sends to it are refused with 21610."""
        self._opted_out.add(number)

    def plant(self, to: str, body: str, created: datetime, direction: str = "outbound-api") -> str:
        """Put a message into the account that did not come through here."""
        return str(self._list(to, body, created, direction)["sid"])

    def text_in(self, sender: str, words: str, *, base_url: str = PUBLIC, to: str = SENDER) -> Posting:
        """Have somebody write to us: it is listed, and here is what Twilio posts about it."""
        message = self._list(to, words, self.clock(), "inbound", sender)
        message["status"] = "received"
        form = {
            "MessageSid": message["sid"], "SmsSid": message["sid"], "AccountSid": ACCOUNT_SID, "From": sender, "To": to,
            "Body": words, "NumMedia": "0", "NumSegments": "1", "SmsStatus": "received", "FromCity": "",
            "ApiVersion": "2010-04-01",
        }  # fmt: skip
        return twilio_posting(AUTH_TOKEN, f"{base_url}/webhooks/twilio/inbound", form)

    def report(self, sid: str, word: str, code: int | None = None) -> Posting:
        """Have one of our messages come to a state: it is listed so, and here is what Twilio calls back with."""
        [message] = (entry for entry in self.listed if entry["sid"] == sid)
        [taken] = (entry for entry in self.accepted if entry["sid"] == sid)
        message |= {"status": word, "error_code": code, "date_updated": format_datetime(self.clock())}
        form = {
            "MessageSid": sid, "SmsSid": sid, "AccountSid": ACCOUNT_SID, "From": SENDER, "To": message["to"],
            "MessageStatus": word, "SmsStatus": word, "ApiVersion": "2010-04-01",
        }  # fmt: skip
        reason = {} if code is None else {"ErrorCode": str(code)}
        return twilio_posting(AUTH_TOKEN, taken["form"]["StatusCallback"], form | reason)

    def refuse_lists(self, status: int, code: int) -> None:
        """Refuse the next question for the list of messages."""
        self._list_orders.append(Order(Manner.REFUSE, status, code))

    def refuse_deletions(self, times: int, status: int = 503) -> None:
        """Refuse the next deletions."""
        self._deletion_orders += [Order(Manner.REFUSE, status, 20503)] * times

    def hang_lists(self) -> None:
        """Leave the next question for the list without an answer."""
        self._list_orders.append(Order(Manner.HANG))

    def garble_lists(self) -> None:
        """Answer the next question for the list with something unreadable."""
        self._list_orders.append(Order(Manner.GARBAGE))

    def routes(self) -> list[web.RouteDef]:
        """Create, list and delete messages, show the account."""
        account = f"/2010-04-01/Accounts/{ACCOUNT_SID}"
        return [
            web.post(f"{account}/Messages.json", self._create),
            web.get(f"{account}/Messages.json", self._show_list),
            web.get(f"{account}/Messages/{{sid}}.json", self._show_message),
            web.delete(f"{account}/Messages/{{sid}}.json", self._delete),
            web.get(f"{account}.json", self._show_account),
        ]

    async def _create(self, request: web.Request) -> web.Response:
        order = self.next_order()
        await self.take_time()
        if not allowed(request):
            return refusal(401, 20003)
        form = {name: str(value) for name, value in (await request.post()).items()}
        if order and order.manner is Manner.REFUSE:
            return refusal(order.status, order.code, order.retry_after)
        if order and order.manner is Manner.HANG:
            await self.hang_on()
        if order and order.manner is Manner.GARBAGE:
            return web.Response(text='{"sid": "SM', status=201, content_type="application/json")
        fault = fault_in(form) or (21610 if form["To"] in self._opted_out else None)
        if fault:
            return refusal(BAD_REQUEST, fault)
        message = self._take(form)
        return await self.misbehave_after(order, request) if order else web.json_response(message, status=201)

    def _take(self, form: Mapping[str, str]) -> Entry:
        now = self.clock()
        message = self._list(form["To"], form["Body"], now, "outbound-api")
        token = parse_qs(urlsplit(form.get("StatusCallback", "")).query).get("attempt", [None])[0]
        self.accept(
            {"sid": message["sid"], "to": form["To"], "body": form["Body"], "token": token, "at": now.isoformat()}
            | {"form": dict(form)}
        )
        return message

    def _list(self, to: str, body: str, created: datetime, direction: str, sender: str = SENDER) -> Entry:
        message = {
            "account_sid": ACCOUNT_SID,
            "body": body,
            "date_created": format_datetime(created),
            "date_sent": None,
            "date_updated": format_datetime(created),
            "direction": direction,
            "error_code": None,
            "from": sender,
            "num_segments": "0",
            "sid": f"SM{next(self._numbers):032x}",
            "status": "accepted",
            "to": to,
        }
        self.listed.append(message)
        self._listed_to[to].append(message)
        return message

    async def _show_list(self, request: web.Request) -> web.Response:
        if not allowed(request):
            return refusal(401, 20003)
        if self._list_orders:
            return await self._misbehave_in_list(self._list_orders.pop(0))
        self.questions += 1
        size, page = int(request.query.get("PageSize", "50")), int(request.query.get("Page", "0"))
        asked = {name: value for name, value in request.query.items() if name in {"To", "DateSent>"}}
        listed = self._listed_to[asked["To"]] if "To" in asked else self.listed
        newest_first = [entry for entry in reversed(listed) if is_asked_for(entry, asked.get("DateSent>"))]
        more = len(newest_first) > (page + 1) * size
        following = urlencode({**asked, "PageSize": size, "Page": page + 1, "PageToken": "PASM"})
        return web.json_response(
            {
                "messages": newest_first[page * size : (page + 1) * size],
                "next_page_uri": f"{request.path}?{following}" if more else None,
                "page": page,
                "page_size": size,
            }
        )

    async def _show_message(self, request: web.Request) -> web.Response:
        if not allowed(request):
            return refusal(401, 20003)
        if self._list_orders:
            return await self._misbehave_in_list(self._list_orders.pop(0))
        self.inquiries += 1
        found = [entry for entry in self.listed if entry["sid"] == request.match_info["sid"]]
        return web.json_response(found[0]) if found else refusal(404, 20404)

    async def _delete(self, request: web.Request) -> web.Response:
        """Forget a message for good; one that has not come to its end is refused (20009, as Twilio's)."""
        if not allowed(request):
            return refusal(401, 20003)
        self.deletions += 1
        if self._deletion_orders:
            return await self._misbehave_in_list(self._deletion_orders.pop(0))
        found = [entry for entry in self.listed if entry["sid"] == request.match_info["sid"]]
        if not found:
            return refusal(404, 20404)
        if found[0]["status"] in {"queued", "sending"}:
            return refusal(409, 20009)
        self.listed.remove(found[0])
        self._listed_to[found[0]["to"]].remove(found[0])
        return web.Response(status=204)

    async def _misbehave_in_list(self, order: Order) -> web.Response:
        if order.manner is Manner.HANG:
            await self.hang_on()
        if order.manner is Manner.GARBAGE:
            return web.json_response({"messages": "none", "more": 1})
        return refusal(order.status, order.code)

    async def _show_account(self, request: web.Request) -> web.Response:
        if not allowed(request):
            return refusal(401, 20003)
        return web.json_response({"sid": ACCOUNT_SID, "status": self.status, "friendly_name": "Ana's account"})


def allowed(request: web.Request) -> bool:
    """Whether a request carries the account's credentials."""
    credentials = base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
    return request.headers.get("Authorization") == f"Basic {credentials}"


def is_asked_for(entry: Entry, since: str | None) -> bool:
    """Whether a message belongs to a list by its day in UTC; the hour asked for is not looked at."""
    return since is None or parsedate_to_datetime(entry["date_created"]).date() >= datetime.fromisoformat(since).date()


def fault_in(form: Mapping[str, str]) -> int | None:
    """Twilio's code for what is wrong with a request; None where nothing is."""
    faults = (
        (not form.keys() <= KNOWN_FIELDS, 20001),
        (not NUMBER.match(form.get("To", "")), 21211),
        (not form.get("Body"), 21602),
        (len(form.get("Body", "")) > 1600, 21617),
        (not (form.get("From") or form.get("MessagingServiceSid")), 21603),
        (not 1 <= int(form.get("ValidityPeriod", "36000")) <= 36000, 20001),
        (not callback_is_well_formed(form.get("StatusCallback")), 21609),
    )
    return next((code for wrong, code in faults if wrong), None)


def callback_is_well_formed(url: str | None) -> bool:
    """Whether Twilio would take this address: a host without underscores, by HTTP."""
    if url is None:
        return True
    parts = urlsplit(url)
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and "_" not in (parts.hostname or "")


def refusal(status: int, code: int, retry_after: int | None = None) -> web.Response:
    """An error as Twilio words it, with the recipient's number in it, as Twilio does."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    said = {"code": code, "message": "The 'To' number +447700900123 is not right", "status": status}
    return web.json_response(said, status=status, headers=headers)


@contextmanager
def running_fake_twilio(**wishes: Unpack[Wishes]) -> Iterator[FakeTwilio]:
    """A fake in a thread of its own."""
    with running(FakeTwilio(**wishes)) as twilio:
        yield twilio


if __name__ == "__main__":
    serve_from_command_line(FakeTwilio)
