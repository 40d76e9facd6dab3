"""What the README and the tutorial tell people to type is typed here, in an empty folder, and works."""

import os
import re
import shlex
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from parts.daemon import PATIENCE, Daemon
from parts.desks import Desk

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```console\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)


def commands(page: str) -> Iterator[list[str]]:
    """Each command of a page's console blocks, in order, as words; what stands without a prompt is output."""
    for block in BLOCK.findall((ROOT / page).read_text(encoding="utf-8")):
        for line in block.splitlines():
            if line.startswith("$ "):
                yield shlex.split(line[2:], comments=True)


@pytest.mark.long
@pytest.mark.timeout(300)  # a whole evening, typed while other tests keep the machine busy
@pytest.mark.parametrize("page", ["README.md", "docs/tutorial.md"])
def test_what_a_page_says_works(desk: Desk, page: str) -> None:
    """All commands of a page one after the other, as a reader types them."""
    typed = list(commands(page))
    assert typed
    for words in typed:
        type_in(desk, words)


def type_in(desk: Desk, words: list[str]) -> None:
    """One command. `make` only says what it would do: what that is is typed elsewhere on the page, or is this run."""
    if words[0] == "make":
        dry = ("make", "--dry-run", "--directory", str(ROOT), *words[1:])
        subprocess.run(dry, check=True, capture_output=True, timeout=20)
    elif words[0] == "cd":
        os.chdir(words[1])
    elif words[0] == "ls":
        assert list(Path(words[1]).iterdir())
    elif words == ["nudger", "run"]:
        run_and_stop()
    else:
        assert words[0] == "nudger", words
        said = desk.nudger(*words[1:])
        assert (words, said.code, said.err) == (words, 0, said.err)


def run_and_stop() -> None:
    """The daemon comes up, and leaves with 0 when it is told to."""
    with Daemon(Path.cwd()) as daemon:
        daemon.wait_for("running")
        daemon.process.send_signal(signal.SIGTERM)
        assert daemon.process.wait(PATIENCE) == 0


def test_commands_are_found() -> None:
    """A block that is not read would be a block that is not tried."""
    for page in ("README.md", "docs/tutorial.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        assert len(re.findall(r"^\$ ", text, flags=re.MULTILINE)) == len(list(commands(page)))
