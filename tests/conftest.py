"""What tests all over the tree share."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from parts.desks import Desk


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    """An operator's desk; logs that commands turned to its captured streams are turned back afterwards."""
    handlers = logging.root.handlers[:]
    yield Desk(tmp_path, monkeypatch, capsys)
    logging.root.handlers[:] = handlers
    structlog.reset_defaults()
