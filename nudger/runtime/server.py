"""The web server, in the daemon's own event loop: it opens before the daemon works and closes after it."""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn

from nudger.errors import ConfigurationError
from nudger.observability import logger

log = logger(__name__)

#: Seconds given to requests under way when the server closes.
LAST_WORDS = 5
#: A page and a webhook take milliseconds; more than this at once is an attack, and is turned away.
AT_ONCE = 512


class _Server(uvicorn.Server):
    """Uvicorn without its own handling of signals: those are the daemon's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises ConfigurationError where that is not possible, with the way out."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as fault:
        raise ConfigurationError(
            f"The web pages cannot listen on {host}:{port}: {_reason(fault)}.",
            mend="stop what listens there, choose another NUDGER_HOST or NUDGER_PORT, or `nudger run --no-web`",
        ) from fault


def _reason(fault: OSError) -> str:
    if fault.errno == errno.EADDRINUSE:
        return "another program has that port"
    return (fault.strerror or "no such address").lower()


@asynccontextmanager
async def serving(app: Any, host: str, port: int) -> AsyncIterator[None]:  # noqa: ANN401 (any ASGI app)
    """Serve the app while the block runs; then let requests under way finish. ConfigurationError as for `listen`."""
    listener = listen(host, port)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,  # paths hold tokens
        lifespan="off",
        ws="none",
        proxy_headers=False,  # the guards read them, and trust only whom the settings name
        server_header=False,
        limit_concurrency=AT_ONCE,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=LAST_WORDS,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    log.info("serving", host=host, port=listener.getsockname()[1])
    try:
        yield
    finally:
        server.should_exit = True
        await task
