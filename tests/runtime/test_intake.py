"""Files that are read in a process of its own, and what becomes of the one process when the other ends."""

import asyncio
import os
import signal
import time
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from parts.daemon import wait_for
from parts.loops import in_loop

from nudger.errors import StorageError
from nudger.runtime import intake
from nudger.runtime.intake import Edit
from nudger.runtime.reloading import Reloader

NOWHERE: Any = SimpleNamespace(schedules=Path("nowhere"), templates=Path("nowhere"))


def read_for_long(note: Path) -> None:
    """Note which process this is, and go on for a minute."""
    draft = note.with_suffix(".draft")
    draft.write_text(str(os.getpid()), encoding="ascii")
    draft.rename(note)
    time.sleep(60)


def read_elsewhere(note: Path) -> None:
    """Have that done in a process of its own, however little there is to read."""
    intake.LITTLE = -1
    intake._elsewhere(NOWHERE, read_for_long, note)


def reader(note: Path) -> int:
    """The number of the process that reads, once it does."""
    wait_for(note.exists, "the reader")
    return int(note.read_text(encoding="ascii"))


def gone(process: int) -> bool:
    """Whether a process has ended."""
    stat = Path(f"/proc/{process}/stat")
    return not stat.exists() or stat.read_text(encoding="ascii").rpartition(")")[2].split()[0] == "Z"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's list of processes")
def test_a_reader_ends_with_who_asked(tmp_path: Path) -> None:
    """Killed at its start, a daemon leaves nobody behind who waits for ever."""
    note = tmp_path / "reader"
    asking = get_context("spawn").Process(target=read_elsewhere, args=(note,))
    asking.start()
    reading = reader(note)
    asking.kill()
    asking.join()
    wait_for(lambda: gone(reading), "the end of the reader")


@pytest.mark.long
@in_loop
async def test_a_reader_that_is_killed_is_told_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a system that is short of memory, or by a Ctrl-C that comes to every process of the terminal."""
    monkeypatch.setattr(intake, "LITTLE", -1)
    for number in (signal.SIGKILL, signal.SIGINT):
        note = tmp_path / number.name
        reading = asyncio.create_task(asyncio.to_thread(intake._elsewhere, NOWHERE, read_for_long, note))
        os.kill(await asyncio.to_thread(reader, note), number)
        with pytest.raises(StorageError, match="ended before"):
            await reading


@in_loop
async def test_no_fault_ends_the_readings() -> None:
    """What fails as nobody thought it could is read again at the next edit, and not before."""
    readings: list[str] = []

    def read() -> Edit:
        readings.append("once more")
        raise RuntimeError

    service: Any = SimpleNamespace()
    reloader = Reloader(service, read)
    running = asyncio.create_task(reloader.run())
    for count in (1, 2):
        reloader.ask()
        await asyncio.to_thread(wait_for, lambda count=count: len(readings) == count, "a reading")
    reloader.stop()
    await running
    assert len(readings) == 2
