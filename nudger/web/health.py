"""`/healthz`: the process answers. `/readyz`: and so does its work. `/metrics`: figures for Prometheus."""

from hmac import compare_digest

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from nudger.actions.watch import feel_pulse
from nudger.doors import Doors
from nudger.errors import StorageError
from nudger.web.guards import only
from nudger.web.metrics import CONTENT_TYPE, exposition
from nudger.web.visitors import from_here


class Health:
    """Doors for those who watch over the service. Details are for this machine, or for holders of the token."""

    def __init__(self, doors: Doors) -> None:
        """Nothing is kept between two requests."""
        self._doors = doors

    def routes(self) -> list[Route]:
        """The three."""
        return [
            Route("/healthz", self._alive),
            Route("/readyz", self._ready),
            Route("/metrics", self._metrics),
        ]

    async def _alive(self, _request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def _ready(self, request: Request) -> Response:
        ready, details = await run_in_threadpool(self._look)
        told = {"ready": ready, **(details if self._trusted(request) else {})}
        return JSONResponse(told, 200 if ready else 503)

    def _look(self) -> tuple[bool, dict[str, object]]:
        now = self._doors.now()
        try:
            pulse = feel_pulse(self._doors.database, now)
        except StorageError:
            return False, {"database": False}
        last_tick = pulse.last_tick.isoformat() if pulse.last_tick else None
        details: dict[str, object] = {
            "database": True,
            "last_tick": last_tick,
            "backlog": pulse.backlog,
            "held": pulse.held,
        }
        return pulse.beats(now), details

    async def _metrics(self, request: Request) -> Response:
        only(self._trusted(request))
        text = await run_in_threadpool(exposition, self._doors.database, self._doors.now())
        return Response(text, headers={"Content-Type": CONTENT_TYPE})

    def _trusted(self, request: Request) -> bool:
        """Whether this machine asks; where a token is set, whoever has it, and then this machine needs it too."""
        token = self._doors.metrics_token
        if token is None:
            return from_here(request)
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and compare_digest(given.strip().encode(), token.encode())
