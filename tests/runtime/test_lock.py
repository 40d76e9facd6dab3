"""One daemon per SQLite file."""

import errno
import os
from pathlib import Path

import pytest
from parts.desks import Desk

from nudger.errors import AlreadyRunning
from nudger.runtime.lock import only_daemon, running
from nudger.settings import read_settings
from nudger.stores import sqlite_file


def test_a_link_is_no_second_database(tmp_path: Path) -> None:
    """Whatever name it goes by, a file has one daemon at most."""
    file, link = tmp_path / "nudger.db", tmp_path / "elsewhere.db"
    file.touch()
    link.symlink_to(file)
    with only_daemon(file):
        assert running(link)
        with pytest.raises(AlreadyRunning), only_daemon(link):
            pass
    assert running(link) is None


def test_a_daemon_of_another_user_cannot_be_told_to_reload(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor one in a container, whose process number means nothing here: it is said in words, with the way out."""

    def refuse(_process: int, _number: int) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    desk.furnish()
    desk.nudger("db", "upgrade")
    monkeypatch.setattr("os.kill", refuse)
    with only_daemon(sqlite_file(read_settings())):
        said = desk.nudger("reload")
    assert (said.code, said.out) == (1, "")
    assert "cannot be told (Operation not permitted)" in said.err
