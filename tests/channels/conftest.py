"""A stand for each channel."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from parts.stands import SERVERS, STANDS, OverNetwork, Stand

from nudger.channels.quiet import TALKATIVE, silence_sdk_loggers


@pytest.fixture
def talkative_libraries() -> Iterator[None]:
    """Loggers as the libraries leave them, whatever an earlier test silenced; silenced again afterwards."""
    for name in TALKATIVE:
        logger = logging.getLogger(name)
        logger.setLevel(logging.NOTSET)
        logger.propagate = True
        logger.handlers = []
    yield
    silence_sdk_loggers()


@pytest.fixture(params=STANDS)
def stand(request: pytest.FixtureRequest, tmp_path: Path) -> Stand:
    """Each channel in turn, not yet opened."""
    return STANDS[request.param](tmp_path)


@pytest.fixture(params=SERVERS)
def server_stand(request: pytest.FixtureRequest, tmp_path: Path) -> OverNetwork:
    """Each channel with a server behind it, not yet opened."""
    return SERVERS[request.param](tmp_path)
