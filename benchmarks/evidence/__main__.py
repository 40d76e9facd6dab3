"""Crash and fault evidence, scenario by scenario.

    python -m benchmarks.evidence                                   # each in its short form, some minutes
    python -m benchmarks.evidence --scenario kills --kills 1000 --messages 50000 --write
    python -m benchmarks.evidence --scenario steps

With --write the figures of each scenario that was run take their place in docs/evidence.md. Ends with 1 where one did
not come out as promised.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from benchmarks.evidence import faults, kills
from benchmarks.evidence.harness import MARK_FIRST, SEND_FIRST
from benchmarks.evidence.page import write
from benchmarks.evidence.scene import Report
from benchmarks.evidence.steps import steps

Play = Callable[..., Report]
#: What ends earlier where it is given so many minutes.
LOOPS = ("kills", "cluster")


@dataclass(frozen=True, slots=True)
class Scenario:
    """How to play it, and with how many kills (or other faults) and messages where nothing else is said."""

    title: str
    play: Play
    kills: int
    messages: int


SCENARIOS: Mapping[str, Scenario] = {
    "kills": Scenario("Random kill -9, SQLite", kills.sqlite, 40, 2000),
    "cluster": Scenario("Random kill -9, PostgreSQL with two schedulers and four workers", kills.cluster, 40, 2000),
    "steps": Scenario("Kill -9 at every named step", steps, 48, 2000),
    "stopped": Scenario("SIGSTOP for longer than the lease", faults.stopped, 4, 1000),
    "unclear": Scenario("One answer in ten unclear", faults.unclear, 4, 2000),
    "outage": Scenario("Provider out of order, then dripping", faults.outage, 2, 1000),
    "locked": Scenario("SQLite locked by another process", faults.locked, 3, 600),
    "full": Scenario("Disk full under SQLite", faults.full, 3, 600),
    "clock": Scenario("Clock jumps either way", faults.clock, 12, 1200),
    MARK_FIRST: Scenario(MARK_FIRST.capitalize(), partial(kills.sqlite, planted=MARK_FIRST), 10, 400),
    SEND_FIRST: Scenario(SEND_FIRST.capitalize(), partial(kills.sqlite, planted=SEND_FIRST), 10, 400),
}


def main() -> int:
    """Play as asked, and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", choices=SCENARIOS, action="append", help="this one, or these; else all")
    parser.add_argument("--kills", type=int)
    parser.add_argument("--messages", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, help=f"kill no more after so many ({' and '.join(LOOPS)} alone)")
    parser.add_argument("--write", action="store_true", help="write the figures to docs/evidence.md")
    wishes = parser.parse_args()
    reports = []
    for name in wishes.scenario or SCENARIOS:
        scenario = SCENARIOS[name]
        limit = {"minutes": wishes.minutes} if wishes.minutes and name in LOOPS else {}
        kills, messages = wishes.kills or scenario.kills, wishes.messages or scenario.messages
        report = scenario.play(kills, messages, wishes.seed, **limit)
        print(f"\n{report.name}: {'as promised' if report.holds else 'BROKEN'}", *report.lines(), sep="\n", flush=True)
        reports.append(report)
        if wishes.write:
            write(reports, SCENARIOS, {name: scenario.title for name, scenario in SCENARIOS.items()})
    return 0 if all(report.holds for report in reports) else 1


if __name__ == "__main__":
    sys.exit(main())
