"""Before a door opens: is this our host, did the request come from our own page, has this visitor had enough."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from nudger.observability import logger
from nudger.web.pages import Pages
from nudger.web.rates import Rate
from nudger.web.visitors import Network, household, visitor

log = logger(__name__)

READING = frozenset({"GET", "HEAD", "OPTIONS"})
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
#: Doors that hold a token, by the first part of their path.
TOKENS = frozenset({"i", "p", "n", "u"})
#: Doors at which watchers ask how we are; counted apart from visitors.
PROBES = frozenset({"healthz", "readyz"})
#: A person at a form is far below these; see tests/web/test_rates.py.
PER_ADDRESS, ADDRESS_BURST = 120, 60
PER_TOKEN, TOKEN_BURST = 30, 30


@dataclass(frozen=True, slots=True)
class Rules:
    """Which hosts are ours, and whose word about a visitor's address counts. Hosts are lower case, without port."""

    hosts: frozenset[str]
    trusted: Sequence[Network] = field(default=())

    @classmethod
    def made_of(cls, base_url: str | None, hosts: Sequence[str], trusted: Sequence[Network]) -> "Rules":
        """The public address's host, those allowed beside it, and this machine's own names."""
        public = urlsplit(base_url).hostname if base_url else None
        named = {host.strip().lower() for host in hosts if host.strip()} | ({public} if public else set())
        return cls(LOOPBACK | named, tuple(trusted))


class Guards:
    """Stands around the whole app, and answers in its place where a request may not pass, or where the app fails."""

    def __init__(self, app: ASGIApp, *, rules: Rules, pages: Pages, uptime: Callable[[], float]) -> None:
        """`uptime` gives seconds on a clock that never steps back."""
        self._app = app
        self._rules = rules
        self._pages = pages
        self._addresses = Rate(ADDRESS_BURST, PER_ADDRESS, uptime)
        self._tokens = Rate(TOKEN_BURST, PER_TOKEN, uptime)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        refusal = self._refusal(request)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        await self._with_last_resort(scope, receive, send)

    async def _with_last_resort(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Whatever fails inside ends here, in a page that says nothing about it; the log learns its kind alone."""
        try:
            await self._app(scope, receive, send)
        except Exception as error:  # noqa: BLE001 (the last resort of a server: one visitor's fault is nobody else's)
            route = getattr(scope.get("route"), "path", "")
            log.error("request_failed", route=route, error=type(error).__name__)  # noqa: TRY400 (a trace may hold words)
            await self._pages.fault(500)(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        if host_of(request) not in self._rules.hosts:
            return self._pages.fault(400)
        if request.method not in READING and not _from_a_program(request) and _from_elsewhere(request):
            return self._pages.fault(403)
        wait = self._wait(request)
        if wait:
            answer = self._pages.fault(429)
            answer.headers["Retry-After"] = str(ceil(wait))
            return answer
        return None

    def _wait(self, request: Request) -> float:
        """Seconds to wait, by token and by address.

        Programs are not counted by address: a mail provider's few addresses stand for millions of readers, and a text
        provider calls hundreds of times a second. A forged call costs one hash.
        """
        door, token = _parts(request)
        waits = [self._tokens.wait(f"{door}/{token}")] if door in TOKENS else []
        if not _from_a_program(request) and not self._pages.assets.serves(request.url.path):
            # Behind a proxy that nobody named, all come from one address: a busy hour must not look like an illness.
            who = household(visitor(request, self._rules.trusted))
            waits.append(self._addresses.wait(f"{who} {door}" if door in PROBES else who))
        return max(waits, default=0.0)


def host_of(request: Request) -> str:
    """The host a request names, lower case and without its port."""
    host = request.headers.get("host", "").lower()
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host


def _parts(request: Request) -> tuple[str, str]:
    door, _, rest = request.url.path.lstrip("/").partition("/")
    return door, rest.partition("/")[0]


def _from_a_program(request: Request) -> bool:
    """Whether this door is for programs: webhooks, which are signed, and one-click unsubscribes (RFC 8058)."""
    door, _ = _parts(request)
    return request.method == "POST" and door in {"webhooks", "u"}


def _from_elsewhere(request: Request) -> bool:
    """Whether a browser says that another site's page sent this.

    Every browser since 2023 says so by Sec-Fetch-Site. Older ones send Origin, which is `null` from our own pages,
    for they ask to have no referrer. There is no cookie to abuse: whoever can write the address holds its token.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("origin")
    if origin is None or origin == "null":
        return False
    return urlsplit(origin).netloc != request.headers.get("host", "").lower()


def only(allowed: bool) -> None:  # noqa: FBT001 (reads as a sentence: only(from_here(request)))
    """Hide a door: HTTPException 404 unless allowed."""
    if not allowed:
        raise HTTPException(404)
