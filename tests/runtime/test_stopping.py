"""How a daemon ends."""

import asyncio
import errno
import io
import logging
import os
import signal
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from parts.loops import in_loop

from nudger import observability
from nudger.errors import StorageError
from nudger.runtime.clock import surroundings
from nudger.runtime.daemon import Daemon


class FullDisk(io.StringIO):
    """A log on a disk that has no room, or down a pipe whose reader has gone."""

    def write(self, _text: str) -> int:
        """Take nothing."""
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def log_takes_nothing() -> Iterator[None]:
    """Nothing can be logged, until the end of the test."""
    handlers = logging.root.handlers[:]
    observability.configure(stream=FullDisk())
    yield
    logging.root.handlers[:] = handlers
    structlog.reset_defaults()


def daemon() -> Daemon:
    """One that gives what is in flight no time to finish."""
    settings = SimpleNamespace(heartbeat_url=None, shutdown=0.01)
    service: Any = SimpleNamespace(around=surroundings(), settings=settings, database=SimpleNamespace(is_sqlite=False))
    return Daemon(service, lambda *_: [])


@in_loop
@pytest.mark.usefixtures("log_takes_nothing")
async def test_a_log_that_takes_nothing_keeps_no_daemon_from_stopping() -> None:
    """What is logged about the signal is lost, and the signal is not."""
    one = daemon()
    one.listen()
    os.kill(os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(10):
        await one._stopping.wait()


@in_loop
async def test_what_fails_when_cut_off_keeps_nothing_else_in_flight() -> None:
    """A tick that ends badly in the very moment of the stop does not leave the others running into a closed house."""

    async def ends_badly() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            raise StorageError from None

    one = daemon()
    one._at_work = {asyncio.ensure_future(work) for work in (ends_badly(), asyncio.sleep(60), asyncio.sleep(60))}
    await asyncio.sleep(0)
    await one._finish()
    assert all(task.done() for task in one._at_work)
