"""What all fake providers share: a true log of what they took, orders for how to misbehave, and a loop to live in."""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any, Self, TypedDict, TypeVar, Unpack

from aiohttp import web

Entry = dict[str, Any]
F = TypeVar("F", bound="FakeProvider")
#: Seconds a fake may take to start or stop, on a machine that is busy with other tests.
PATIENCE = 60


def real_time() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)  # noqa: TID251 (a server has a clock of its own)


class Manner(Enum):
    """How a provider may treat one request."""

    REFUSE = "refuse"
    ACCEPT_THEN_500 = "accept_then_500"
    ACCEPT_THEN_RESET = "accept_then_reset"
    ACCEPT_THEN_HANG = "accept_then_hang"
    HANG = "hang"
    GARBAGE = "garbage"


@dataclass(frozen=True, slots=True)
class Order:
    """One request to treat in a manner of its own; `status` and `code` belong to refusals."""

    manner: Manner
    status: int = 400
    code: int = 0
    retry_after: int | None = None


class Wishes(TypedDict, total=False):
    """How a fake may be set up: `latency` in seconds before every answer; port 0 takes any free one."""

    port: int
    log: Path | None
    latency: float
    clock: Callable[[], datetime]


class FakeProvider:
    """A provider that writes down exactly what it accepted, in memory and, if asked, in a JSONL file."""

    def __init__(self, **wishes: Unpack[Wishes]) -> None:
        """Nothing listens yet."""
        self.port = wishes.get("port", 0)
        self.latency = wishes.get("latency", 0.0)
        self.clock = wishes.get("clock", real_time)
        self.accepted: list[Entry] = []
        self.requests = 0
        self._log = wishes.get("log")
        self._orders: deque[Order] = deque()
        self._standing_order: Order | None = None
        self._held = False
        self._over = asyncio.Event()

    # Verbs: what the next sends will meet.

    def refuse(self, code: int, status: int = 400) -> None:
        """Refuse every send from now on."""
        self._standing_order = Order(Manner.REFUSE, status, code)

    def relent(self) -> None:
        """Take messages again."""
        self._standing_order = None
        self._orders.clear()

    def refuse_next(self, times: int, code: int, status: int = 400) -> None:
        """Refuse the next sends."""
        self._orders.extend([Order(Manner.REFUSE, status, code)] * times)

    def rate_limit(self, times: int, retry_after: int | None = None) -> None:
        """Answer 429, perhaps with a wait in seconds."""
        self._orders.extend([Order(Manner.REFUSE, 429, 20429, retry_after)] * times)

    def accept_then_500(self, times: int = 1) -> None:
        """Take the message and say that something went wrong."""
        self._orders.extend([Order(Manner.ACCEPT_THEN_500)] * times)

    def accept_then_reset(self, times: int = 1) -> None:
        """Take the message and break the connection."""
        self._orders.extend([Order(Manner.ACCEPT_THEN_RESET)] * times)

    def accept_then_hang(self, times: int = 1) -> None:
        """Take the message and never answer."""
        self._orders.extend([Order(Manner.ACCEPT_THEN_HANG)] * times)

    def hang(self, times: int = 1) -> None:
        """Neither take the message nor answer."""
        self._orders.extend([Order(Manner.HANG)] * times)

    def answer_garbage(self, times: int = 1) -> None:
        """Take nothing and answer with success that cannot be read."""
        self._orders.extend([Order(Manner.GARBAGE)] * times)

    def hold(self) -> None:
        """Neither take nor answer what comes in until told to let go: what is in flight then stays in flight."""
        self._held = True

    def let_go(self) -> None:
        """Treat what was held, and what comes in from now on, as usual."""
        self._held = False

    # Life.

    async def start(self) -> None:
        """Listen on 127.0.0.1."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Let go of everyone who hangs, and close."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def next_order(self) -> Order | None:
        """How to treat the send that has just come in."""
        self.requests += 1
        return self._orders.popleft() if self._orders else self._standing_order

    def accept(self, entry: Entry) -> None:
        """Write down a message as taken; with a log file it survives this process."""
        self.accepted.append(entry)
        if self._log is not None:
            with self._log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")
                file.flush()
                os.fsync(file.fileno())

    async def take_time(self) -> None:
        """Wait as long as an answer takes, and while everything is held; told from any thread."""
        await asyncio.sleep(self.latency)
        while self._held and not self._over.is_set():  # noqa: ASYNC110 (no Event may be set from another thread)
            await asyncio.sleep(0.01)

    async def hang_on(self) -> None:
        """Wait until the fake stops."""
        await self._over.wait()


class FakeHttpProvider(FakeProvider):
    """A provider that speaks HTTP."""

    def __init__(self, **wishes: Unpack[Wishes]) -> None:
        """As FakeProvider."""
        super().__init__(**wishes)
        self._runner: web.AppRunner | None = None

    def routes(self) -> list[web.RouteDef]:
        """What can be asked."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listen on 127.0.0.1."""
        app = web.Application(client_max_size=40_000_000)
        app.add_routes(self.routes())
        self._runner = web.AppRunner(app, shutdown_timeout=0.2, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, backlog=1024)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Let go of everyone who hangs, and close."""
        self._over.set()
        if self._runner is not None:
            await self._runner.cleanup()

    async def misbehave_after(self, order: Order, request: web.Request) -> web.Response:
        """Treat a request whose message has been taken."""
        if order.manner is Manner.ACCEPT_THEN_RESET and request.transport is not None:
            request.transport.abort()
        if order.manner is Manner.ACCEPT_THEN_HANG:
            await self.hang_on()
        return web.json_response({"code": 20500, "message": "an error happened"}, status=500)


@contextlib.contextmanager
def running(fake: F) -> Iterator[F]:
    """A fake in a thread of its own, for tests that do not run in an event loop."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(fake.start(), loop).result(PATIENCE)
        yield fake
    finally:  # also where a test fails, or its listening socket would fail whichever test comes later
        asyncio.run_coroutine_threadsafe(fake.stop(), loop).result(PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)
        loop.close()


def serve_from_command_line(kind: type[FakeProvider]) -> None:
    """Run a fake as a process until SIGTERM; its first line of output says that it listens."""
    parser = argparse.ArgumentParser(description=kind.__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--latency", type=float, default=0.0)
    wishes = parser.parse_args()
    asyncio.run(_serve(kind(port=wishes.port, log=wishes.log, latency=wishes.latency)))


async def _serve(fake: FakeProvider) -> None:
    enough = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, enough.set)
    async with fake:
        print(f"listening on 127.0.0.1:{fake.port}", flush=True)  # noqa: T201 (whoever started us waits for it)
        await enough.wait()
