"""Standing by: how fast the command answers, and what the daemon holds while it waits."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, Note, Unit, seconds_of
from benchmarks.invented import write_couples, write_schedules
from benchmarks.processes import Process, environment, nudger_run, wait_until

#: Couples, and the megabytes the daemon may hold while nothing is due. NUDGER_BENCH_COUPLES names other numbers.
SIZES = {1_000: None, 10_000: 200, 100_000: 250}
WISHED = [int(number) for number in os.environ.get("NUDGER_BENCH_COUPLES", "").split()] or list(SIZES)
#: Seconds a couple may take to be read from YAML and synced, on a slow machine.
SLOWEST = 0.02
ZONES = ("Europe/Berlin", "Europe/London", "America/New_York", "Asia/Tokyo", "Pacific/Auckland")
RULES = (
    ("surprises", "themes: [spontaneity], channel: email, audience: one, when: {random: 3, per: week, apart: 36h}"),
    ("check-in", 'check_in: {prompts: 4}, channel: email, audience: both, when: {weekly: sun, at: "18:00"}'),
)


def figures() -> Iterator[Figure | Note]:
    """`nudger --help`, then the daemon with more and more couples in YAML."""
    helped = seconds_of(lambda: _python("-m", "nudger", "--help"))
    yield Figure("nudger --help", helped, Unit.SECONDS, seconds_of(lambda: _python("-c", "")), "python alone", 0.5)
    for couples in WISHED:
        yield from _daemon(couples, SIZES.get(couples))


def _daemon(couples: int, target: float | None) -> Iterator[Figure | Note]:
    """What the daemon takes to start, does, and holds."""
    with tempfile.TemporaryDirectory(prefix="nudger-bench-") as name:
        folder = Path(name)
        folder.joinpath("schedules").mkdir()
        write_couples(folder / "schedules", couples, ZONES, phones=False)
        write_schedules(folder / "schedules", RULES)
        began = time.monotonic()
        with nudger_run(folder, environment(folder)) as daemon:
            assert daemon.is_up(240 + couples * SLOWEST), "the daemon did not start"
            yield "start-up", f"{couples:,} couples read from YAML and synced in {time.monotonic() - began:.0f} s"
            _at_rest(daemon)
            used, since = daemon.processor_time(), time.monotonic()
            time.sleep(5)
            share = (daemon.processor_time() - used) / (time.monotonic() - since)
            resident = daemon.resident() / 1e6
            code = daemon.end()
        yield "idle", f"{couples:,} couples: {share:.1%} of a core; SIGTERM ends it with {code}"
    yield Figure(f"daemon idle with {couples:,} couples", resident, Unit.MEGABYTES, target=target)


def _at_rest(daemon: Process) -> None:
    """Wait until its first plan is done: until it uses a tenth of a core at most for two seconds."""

    def rests() -> bool:
        used = daemon.processor_time()
        time.sleep(2)
        return daemon.processor_time() - used <= 0.2

    assert wait_until(rests, 600), "the daemon never came to rest"


def _python(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, timeout=30)  # noqa: S603 (our own)
