"""Other faults than death: stopped processes, unclear answers, providers out of order, full disks, wrong clocks."""

import os
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import cycle
from pathlib import Path

from benchmarks.evidence.scene import FINISH, SLOW_SETTLE, Report, Scene, scene
from benchmarks.processes import Process, wait_until

#: Longer than the lease of these scenes.
LONGER_THAN_THE_LEASE = 11.0
#: Longer than a writer waits for its turn (10 s).
LOCKED = 12.0
OUTAGE = 8.0
FULL = 6.0
TMPFS_MEGABYTES = 24
#: Beyond what two machines' clocks usually differ by, and back in the end.
JUMPS = (120.0, -120.0, 100.0, 0.0)
#: A wait that was set while the clock was ahead lasts so much longer, and one set behind another as well.
CLOCK_FINISH = FINISH + 2 * max(JUMPS)

Fault = Callable[[Scene, Process], None]


def _play(  # noqa: PLR0917 (a scenario has so many parts)
    name: str, fault: Fault, times: int, count: int, house: Scene, daemon: Process, *, finish: float = FINISH
) -> tuple[float, dict[str, str]]:
    """Have the fault happen so often while texts are on their way, and then let all come to its end."""
    began = time.monotonic()
    for number in range(times):
        before = house.taken()
        house.release(count // (times + 1))
        wait_until(lambda: house.taken() > before, 45.0, every=0.003)  # noqa: B023 (called at once)
        fault(house, daemon)
        assert daemon.alive, f"the daemon ended by itself: {daemon.said().decode()[-2000:]}"
        print(f"{name}: {number + 1} of {times}, {house.taken():,} taken", flush=True)
    over = time.monotonic()
    house.finish(finish)
    settled = time.monotonic() - over
    code = daemon.end()
    assert code == 0, f"SIGTERM ended the daemon with {code}"
    return time.monotonic() - began, {"times": f"{times:,}", "from the last one to the end of all": f"{settled:.1f} s"}


def _report(
    name: str, command: str, seconds: float, house: Scene, figures: dict[str, str], *, one_clock: bool = True
) -> Report:
    return Report(name, f"--scenario {command}", seconds, house.verdict(one_clock=one_clock), figures)


def stopped(times: int, count: int, seed: int) -> Report:
    """SIGSTOP in the middle of sending, for longer than the lease."""

    def fault(_: Scene, daemon: Process) -> None:
        daemon.stop()
        time.sleep(LONGER_THAN_THE_LEASE)
        daemon.go_on()

    with scene(count, seed, NUDGER_SETTLE=SLOW_SETTLE) as house:
        seconds, figures = _play("stopped", fault, times, count, house, house.daemon())
        return _report(
            "SIGSTOP for longer than the lease",
            f"stopped --kills {times} --messages {count} --seed {seed}",
            seconds,
            house,
            figures,
        )


def unclear(times: int, count: int, seed: int) -> Report:
    """One send in ten is taken or not taken without a clear answer."""
    with scene(count, seed, "--moody", "0.1", "--moods", "unclear") as house:
        seconds, figures = _play("unclear", lambda *_: None, times, count, house, house.daemon())
        return _report(
            "One answer in ten unclear",
            f"unclear --kills {times} --messages {count} --seed {seed}",
            seconds,
            house,
            figures,
        )


def outage(times: int, count: int, seed: int) -> Report:
    """The provider refuses everything for seconds, and after that only drips."""

    def fault(house: Scene, _: Process) -> None:
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            os.kill(house.provider_pid, number)
            house.release(count // (times + 1) // 4)
            time.sleep(OUTAGE)
            os.kill(house.provider_pid, number)

    with scene(count, seed) as house:
        seconds, figures = _play("outage", fault, times, count, house, house.daemon())
        return _report(
            "Provider out of order, then dripping",
            f"outage --kills {times} --messages {count} --seed {seed}",
            seconds,
            house,
            figures,
        )


def locked(times: int, count: int, seed: int) -> Report:
    """Another process holds the SQLite file for longer than a writer waits."""

    def fault(house: Scene, _: Process) -> None:
        with closing(sqlite3.connect(house.database.path or "", timeout=30, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            time.sleep(LOCKED)
            other.execute("ROLLBACK")

    with scene(count, seed) as house:
        seconds, figures = _play("locked", fault, times, count, house, house.daemon())
        return _report(
            "SQLite locked by another process",
            f"locked --kills {times} --messages {count} --seed {seed}",
            seconds,
            house,
            figures,
        )


def full(times: int, count: int, seed: int) -> Report:
    """The disk under the database fills up while texts are on their way, and has room again later."""

    def fault(house: Scene, _: Process) -> None:
        assert house.database.path is not None
        filler = house.database.path.parent / "filler"
        _fill(filler)
        time.sleep(FULL)
        filler.unlink()

    with small_disk() as data, scene(count, seed, data=data) as house:
        seconds, figures = _play("full", fault, times, count, house, house.daemon())
        return _report(
            "Disk full under SQLite", f"full --kills {times} --messages {count} --seed {seed}", seconds, house, figures
        )


def _fill(filler: Path) -> None:
    """Write until there is no room for another byte."""
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                continue


@contextmanager
def small_disk() -> Iterator[Path]:
    """A disk in memory that is soon full; needs the right to mount."""
    with tempfile.TemporaryDirectory(prefix="nudger-disk-") as name:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={TMPFS_MEGABYTES}m", "tmpfs", name]
        subprocess.run(mount, check=True, timeout=10)  # noqa: S603 (our own command)
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", name], check=True, timeout=10)  # noqa: S603, S607 (the same)


def clock(times: int, count: int, seed: int) -> Report:
    """The machine's clock jumps by minutes either way while texts are on their way."""
    with scene(count, seed, "--moody", "0.06") as house:
        file = house.folder / "clock"
        file.write_text("0", encoding="ascii")

        jumps = cycle(JUMPS)

        def fault(house: Scene, _: Process) -> None:
            house.ahead = next(jumps)
            file.write_text(str(house.ahead), encoding="ascii")
            time.sleep(2.0)

        daemon = house.daemon("benchmarks.evidence.harness", EVIDENCE_CLOCK=str(file))
        seconds, figures = _play("clock", fault, times, count, house, daemon, finish=CLOCK_FINISH)
        figures["wrong by, in turns"] = ", ".join(f"{jump:+.0f} s" for jump in JUMPS)
        return _report(
            "Clock jumps either way",
            f"clock --kills {times} --messages {count} --seed {seed}",
            seconds,
            house,
            figures,
            one_clock=False,
        )
