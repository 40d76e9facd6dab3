"""The documentation as pages, built once for all tests of a run."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of pages; of several test processes the first one builds, and a warning is an error."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    pages = shared / "docs-as-pages"
    with (shared / "docs.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (pages / "index.html").exists():
            build = (sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-q", ROOT / "docs", pages)
            done = subprocess.run(build, capture_output=True, text=True, timeout=100, check=False)
            assert (done.returncode, done.stderr) == (0, "")
    return pages
