"""What systemd is told: ready, alive, reloading, stopping; a datagram each, as sd_notify(3) describes.

Outside of systemd there is no NOTIFY_SOCKET, and nothing is told. These two variables are systemd's word to any
service, not settings of ours, and so they are read here.
"""

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from nudger.observability import logger

log = logger(__name__)

#: Seconds a full socket may hold us up; systemd reads at once, or something is very wrong with it.
PATIENCE = 1.0


@dataclass(frozen=True, slots=True)
class Supervisor:
    """Who watches over this process: `address` of the socket, and the seconds within which it wants a sign of life."""

    address: str | None = None
    watchdog: float | None = None

    def ready(self) -> None:
        """Everything is open, and work begins; also the end of a reload."""
        self._tell("READY=1")

    def reloading(self) -> None:
        """A reload begins; `ready` ends it. The moment tells it from an older one (sd_notify(3), systemd 253)."""
        moment = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={moment}")

    def stopping(self) -> None:
        """Nothing new is begun; what is in flight is being finished."""
        self._tell("STOPPING=1")

    def alive(self) -> None:
        """A sign of life."""
        self._tell("WATCHDOG=1")

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Give signs of life from this event loop while the block runs: a loop that hangs gives none."""
        task = asyncio.create_task(self._keep_alive())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _keep_alive(self) -> None:
        while self.watchdog:
            self.alive()
            await asyncio.sleep(self.watchdog / 2)  # as sd_watchdog_enabled(3) advises

    def _tell(self, state: str) -> None:
        if self.address is None:
            return
        # A name in the abstract space begins with @ here, and with a zero byte on the socket (unix(7)).
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as wire:
                wire.settimeout(PATIENCE)
                wire.sendto(state.encode(), address)
        except OSError as error:
            log.warning("systemd_not_told", error=type(error).__name__)


def supervisor(environment: Mapping[str, str] = os.environ) -> Supervisor:
    """The one that systemd's variables name; a silent one where there is none, or where they mean another process."""
    address = environment.get("NOTIFY_SOCKET")
    mine = environment.get("WATCHDOG_PID") in {None, str(os.getpid())}
    span = environment.get("WATCHDOG_USEC", "")
    return Supervisor(address, int(span) / 1_000_000 if address and mine and span.isdecimal() else None)
