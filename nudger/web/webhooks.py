"""What providers tell us: replies to texts, and what became of messages. Signed, or refused with 403."""

from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nudger.actions.receipts import apply_receipts
from nudger.channels.events import Forged
from nudger.channels.sendgrid_webhooks import SendGridWebhooks
from nudger.channels.twilio_webhooks import TwilioWebhooks, twiml
from nudger.doors import Doors
from nudger.observability import logger
from nudger.web.bodies import body_of
from nudger.web.gathering import Gathering

log = logger(__name__)

XML = "text/xml; charset=utf-8"
Handler = Callable[[Request], Awaitable[Response]]


class Webhooks:
    """One door for each kind of report; a provider that is not set up has none."""

    def __init__(self, doors: Doors) -> None:
        """Receipts of both providers are gathered together."""
        self._doors = doors
        self._gathering = Gathering(lambda receipts: apply_receipts(doors.database, receipts, doors.now()))

    def routes(self) -> list[Route]:
        """The doors of those providers that are set up."""
        doors: dict[str, Handler] = {}
        if self._doors.twilio is not None:
            doors["twilio/inbound"] = self._inbound(self._doors.twilio)
            doors["twilio/status"] = self._status(self._doors.twilio)
        if self._doors.sendgrid is not None:
            doors["sendgrid/events"] = self._events(self._doors.sendgrid)
        return [Route(f"/webhooks/{path}", _signed(door), methods=["POST"]) for path, door in doors.items()]

    def _inbound(self, twilio: TwilioWebhooks) -> Handler:
        async def door(request: Request) -> Response:
            now = self._doors.now()
            inbound = twilio.inbound(_target(request), request.headers, await body_of(request), now)
            reply = await run_in_threadpool(self._doors.receiving.receive, inbound, now)
            return Response(twiml(reply), media_type=XML)

        return door

    def _status(self, twilio: TwilioWebhooks) -> Handler:
        async def door(request: Request) -> Response:
            receipt = twilio.status(_target(request), request.headers, await body_of(request), self._doors.now())
            await self._gathering.bring([receipt])
            return Response(status_code=204)

        return door

    def _events(self, sendgrid: SendGridWebhooks) -> Handler:
        async def door(request: Request) -> Response:
            await self._gathering.bring(sendgrid.events(request.headers, await body_of(request)))
            return Response(status_code=204)

        return door


def _signed(door: Handler) -> Handler:
    """The door, shut to whoever cannot sign."""

    async def guarded(request: Request) -> Response:
        try:
            return await door(request)
        except Forged:
            log.warning("webhook_refused", route=request.scope["route"].path)
            raise HTTPException(403) from None

    return guarded


def _target(request: Request) -> str:
    """Path and query exactly as they were sent: the signature covers every letter of them."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    query: bytes = request.scope.get("query_string", b"")
    return (raw.partition(b"?")[0] + (b"?" + query if query else b"")).decode("latin-1")
