"""Standing by: how fast the command answers, and what the daemon holds while it waits."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, Note, Unit, seconds_of
from benchmarks.invented import write_couples, write_schedules
from benchmarks.processes import environment, nudger_run

COUPLES = 10_000
ZONES = ("Europe/Berlin", "Europe/London", "America/New_York", "Asia/Tokyo", "Pacific/Auckland")
RULES = (
    ("surprises", "themes: [spontaneity], channel: email, audience: one, when: {random: 3, per: week, apart: 36h}"),
    ("check-in", 'check_in: {prompts: 4}, channel: email, audience: both, when: {weekly: sun, at: "18:00"}'),
)


def figures() -> Iterator[Figure | Note]:
    """`nudger --help`, then the daemon with ten thousand couples in YAML."""
    helped = seconds_of(lambda: _python("-m", "nudger", "--help"))
    yield Figure("nudger --help", helped, Unit.SECONDS, seconds_of(lambda: _python("-c", "")), "python alone", 0.5)
    with tempfile.TemporaryDirectory(prefix="nudger-bench-") as name:
        folder = Path(name)
        folder.joinpath("schedules").mkdir()
        write_couples(folder / "schedules", COUPLES, ZONES, phones=False)
        write_schedules(folder / "schedules", RULES)
        began = time.monotonic()
        with nudger_run(folder, environment(folder)) as daemon:
            assert daemon.is_up(240), "the daemon did not start"
            yield "start-up", f"{COUPLES:,} couples read from YAML and synced in {time.monotonic() - began:.0f} s"
            time.sleep(10)  # its first plan is done by then
            used, since = daemon.processor_time(), time.monotonic()
            time.sleep(5)
            share = (daemon.processor_time() - used) / (time.monotonic() - since)
            resident = daemon.resident() / 1e6
            code = daemon.end()
        yield "idle", f"{share:.1%} of a core; SIGTERM ends it with {code}"
    yield Figure(f"daemon idle with {COUPLES:,} couples", resident, Unit.MEGABYTES, target=200)


def _python(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, timeout=30)  # noqa: S603 (our own)
