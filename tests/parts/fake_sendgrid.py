"""SendGrid's v3 API as far as Nudger speaks it, strict about what it is sent.

As a process: python tests/parts/fake_sendgrid.py --port 4011 --log accepted.jsonl --latency 0.05
"""

import asyncio
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Unpack

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
from parts.postings import PUBLIC, Posting, sendgrid_key, sendgrid_posting, shown

API_KEY = "SG.fake.key"
SIGNING_KEY = sendgrid_key()
#: As the account's settings show it: SENDGRID_WEBHOOK_KEY.
WEBHOOK_KEY = shown(SIGNING_KEY)
KNOWN_FIELDS = {"personalizations", "from", "reply_to", "subject", "content", "tracking_settings"}
KNOWN_PLACE_FIELDS = {"to", "subject", "headers", "custom_args", "substitutions"}
RESERVED_HEADERS = {
    "x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding",
    "to", "from", "subject", "reply-to", "cc", "bcc",
}  # fmt: skip
ADDRESS = re.compile(r"\A[^@\s]+@[^@\s]+\.[^@\s]+\Z")
QUERY = re.compile(r"\Aunique_args\['nudger_attempt'\]=\"([^\"]+)\"\Z")


class FakeSendGrid(FakeHttpProvider):
    """A SendGrid account on this machine that reaches nobody."""

    def __init__(self, **wishes: Unpack[Wishes]) -> None:
        """As FakeProvider."""
        super().__init__(**wishes)
        self.scopes = ["mail.send", "messages.read"]
        self.sizes: list[int] = []
        self._batch_status: int | None = None
        self._activity_status = 200
        self._sandbox = False
        self._drips = False
        self._activity_lags = False
        self._events = 0

    def refuse_batches(self, status: int = 400) -> None:
        """Refuse every request with more than one message in it."""
        self._batch_status = status

    def be_a_sandbox(self) -> None:
        """Say 200 to every send and take none, as SendGrid does where sandbox mode is on."""
        self._sandbox = True

    def drip(self) -> None:
        """Answer every send one byte at a time, without end, and take none."""
        self._drips = True

    def drop_addon(self, status: int = 403) -> None:
        """Be an account that may not read the Email Activity feed."""
        self._activity_status = status

    def lag(self) -> None:
        """Let the feed know of nothing yet."""
        self._activity_lags = True

    def event(self, token: str, name: str, **more: object) -> Entry:
        """Something that became of the message with this token, or of none that we sent; `more` replaces fields."""
        taken = next((entry for entry in self.accepted if entry["token"] == token), {"message_id": "none", "to": ""})
        self._events += 1
        usual = {
            "email": taken["to"],
            "event": name,
            "sg_event_id": f"event-{self._events:06}",
            "sg_message_id": f"{taken['message_id']}.recvd-5d8c-1-0.0",
            "timestamp": int(self.clock().timestamp()),
            "nudger_attempt": token,
        }
        return usual | more

    def post(self, *events: Entry, base_url: str = PUBLIC) -> Posting:
        """What SendGrid posts about some events, in one request."""
        moment = int(self.clock().timestamp())
        return sendgrid_posting(SIGNING_KEY, f"{base_url}/webhooks/sendgrid/events", events, moment)

    def report(self, token: str, name: str, *, base_url: str = PUBLIC, **more: object) -> Posting:
        """What SendGrid posts about one event of the message with this token."""
        return self.post(self.event(token, name, **more), base_url=base_url)

    def routes(self) -> list[web.RouteDef]:
        """Send, look into the activity feed, show the key's rights."""
        return [
            web.post("/v3/mail/send", self._send),
            web.get("/v3/messages", self._show_activity),
            web.get("/v3/scopes", self._show_scopes),
        ]

    async def _send(self, request: web.Request) -> web.StreamResponse:
        order = self.next_order()
        await self.take_time()
        if self._drips:
            return await self._drip_answer(request)
        if not allowed(request):
            return refusal(401, "authorization")
        body = json.loads(await request.text())
        self.sizes.append(len(body["personalizations"]))
        answer = await self._misbehave_before(order) or self._dislike(body)
        if answer is not None:
            return answer
        message_id = self._take(body)
        if order:
            return await self.misbehave_after(order, request)
        return web.Response(status=202, headers={"X-Message-Id": message_id})

    async def _drip_answer(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(status=202, headers={"Content-Length": "1000000"})
        await answer.prepare(request)
        while not self._over.is_set():
            await answer.write(b".")
            await asyncio.sleep(0.05)
        return answer

    async def _misbehave_before(self, order: Order | None) -> web.Response | None:
        """Treat a request as ordered, without taking anything."""
        if order and order.manner is Manner.REFUSE:
            return self._refuse(order)
        if order and order.manner is Manner.HANG:
            await self.hang_on()
        if order and order.manner is Manner.GARBAGE:
            return web.Response(text="<html>", status=202)
        return None

    def _dislike(self, body: Entry) -> web.Response | None:
        """Answer what this account does not take."""
        if self._batch_status and len(body["personalizations"]) > 1:
            return refusal(self._batch_status, "personalizations")
        fault = fault_in(body)
        if fault:
            return refusal(400, fault)
        return web.Response(status=200, headers={"X-Message-Id": "sandbox"}) if self._sandbox else None

    def _refuse(self, order: Order) -> web.Response:
        answer = refusal(order.status, "to")
        if order.retry_after is not None:
            reset = self.clock() + timedelta(seconds=order.retry_after)
            answer.headers["X-RateLimit-Reset"] = str(int(reset.timestamp()))
        return answer

    def _take(self, body: Entry) -> str:
        message_id = f"fake-{self.requests:06d}"
        text, html = (part["value"] for part in body["content"])
        for place in body["personalizations"]:
            self.accept(
                {
                    "to": place["to"][0]["email"],
                    "subject": place.get("subject", body.get("subject")),
                    "text": substituted(text, place),
                    "html": substituted(html, place),
                    "headers": place.get("headers", {}),
                    "custom_args": place.get("custom_args", {}),
                    "token": place.get("custom_args", {}).get("nudger_attempt"),
                    "from": body["from"],
                    "reply_to": body.get("reply_to"),
                    "tracking": body["tracking_settings"],
                    "message_id": message_id,
                    "at": self.clock().isoformat(),
                }
            )
        return message_id

    async def _show_activity(self, request: web.Request) -> web.Response:
        if not allowed(request):
            return refusal(401, "authorization")
        if self._activity_status != 200:
            return refusal(self._activity_status, "authorization")
        asked = QUERY.match(request.query["query"])
        if asked is None or request.query.get("limit") != "1":
            return refusal(400, "query")
        known = [] if self._activity_lags else [entry for entry in self.accepted if entry["token"] == asked[1]]
        return web.json_response({"messages": [{"msg_id": entry["message_id"] + ".filter"} for entry in known[:1]]})

    async def _show_scopes(self, request: web.Request) -> web.Response:
        if not allowed(request):
            return refusal(401, "authorization")
        return web.json_response({"scopes": self.scopes})


def allowed(request: web.Request) -> bool:
    """Whether a request carries the API key."""
    return request.headers.get("Authorization") == f"Bearer {API_KEY}"


def substituted(text: str, place: Entry) -> str:
    """A text with one personalization's substitutions put in, each as it stands."""
    for tag, words in place.get("substitutions", {}).items():
        text = text.replace(tag, words)
    return text


def fault_in(body: Entry) -> str | None:
    """The field that is wrong in a request; None where nothing is."""
    content = body.get("content") or []
    faults = (
        (not body.keys() <= KNOWN_FIELDS, "unknown"),
        (not 1 <= len(body["personalizations"]) <= 1000, "personalizations"),
        ([part.get("type") for part in content] != ["text/plain", "text/html"], "content"),
        (not all(part.get("value") for part in content), "content"),
        (not ADDRESS.match(body["from"]["email"]), "from"),
        (len(json.dumps(body)) > 30_000_000, "size"),
    )
    in_whole = next((name for wrong, name in faults if wrong), None)
    return in_whole or next(filter(None, map(fault_in_place, body["personalizations"])), None)


def fault_in_place(place: Entry) -> str | None:
    """The field that is wrong in a personalization; None where nothing is."""
    faults = (
        (not place.keys() <= KNOWN_PLACE_FIELDS, "unknown"),
        (not all(ADDRESS.match(to["email"]) for to in place["to"]), "to"),
        (not place.get("subject"), "subject"),
        (size_of(place.get("substitutions", {})) >= 10_000, "substitutions"),
        (size_of(place.get("custom_args", {})) >= 10_000, "custom_args"),
        (any(name.lower() in RESERVED_HEADERS for name in place.get("headers", {})), "headers"),
        ("bad" in place["to"][0]["email"], "to"),
    )
    return next((name for wrong, name in faults if wrong), None)


def size_of(part: Entry) -> int:
    """Bytes of a part, by the strictest way to count."""
    return len(json.dumps(part))


def refusal(status: int, field: str) -> web.Response:
    """An error as SendGrid words it, with an address in it."""
    said = {"errors": [{"message": "ana@example.com is not right", "field": field, "help": None}]}
    return web.json_response(said, status=status)


@contextmanager
def running_fake_sendgrid(**wishes: Unpack[Wishes]) -> Iterator[FakeSendGrid]:
    """A fake in a thread of its own."""
    with running(FakeSendGrid(**wishes)) as sendgrid:
        yield sendgrid


if __name__ == "__main__":
    serve_from_command_line(FakeSendGrid)
