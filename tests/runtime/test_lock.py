"""One daemon per SQLite file."""

from pathlib import Path

import pytest

from nudger.errors import AlreadyRunning
from nudger.runtime.lock import only_daemon, running


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
