"""What the libraries' own log lines tell."""

import asyncio
import gc
import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from parts.loops import in_loop

from nudger import observability


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Where everything is logged, until the end of the test."""
    handlers, stream = logging.root.handlers[:], io.StringIO()
    observability.configure(style="json", stream=stream)
    yield stream
    logging.root.handlers[:] = handlers
    structlog.reset_defaults()


@in_loop
async def test_a_task_that_nobody_waited_for_names_nobody(log: io.StringIO) -> None:
    """Of the exception it ended with the kind and the place are told, not the words."""

    async def fail() -> None:
        raise ValueError("Kanarienvogel")

    task = asyncio.create_task(fail())
    await asyncio.wait({task})
    del task
    gc.collect()
    (told,) = map(json.loads, log.getvalue().splitlines())
    assert (told["said"], told["error"]) == ("Task exception was never retrieved", "ValueError")
    assert "Kanarienvogel" not in log.getvalue()
