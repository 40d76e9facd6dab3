"""What tests all over the tree share."""

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import structlog
from parts.databases import (
    database,
    empty_database,
    lasting_postgres,
    lasting_sqlite,
    postgres,
    postgres_database,
    sqlite_database,
    sqlite_url,
    template,
)
from parts.desks import Desk

__all__ = [
    "database",
    "empty_database",
    "lasting_postgres",
    "lasting_sqlite",
    "postgres",
    "postgres_database",
    "sqlite_database",
    "sqlite_url",
    "template",
]

# Speed is no test's business here: `make bench` looks after it, and a busy machine proves nothing.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")

#: Where there is a roomy disk in memory, tests work on it: what they write need not outlive the power.
MEMORY_DISK = Path("/dev/shm")  # noqa: S108 (pytest makes folders of its own in it)
if MEMORY_DISK.is_dir() and shutil.disk_usage(MEMORY_DISK).free > 2 * 2**30:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY_DISK))
    tempfile.tempdir = str(MEMORY_DISK)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    """An operator's desk; logs that commands turned to its captured streams are turned back afterwards."""
    handlers = logging.root.handlers[:]
    yield Desk(tmp_path, monkeypatch, capsys)
    logging.root.handlers[:] = handlers
    structlog.reset_defaults()
