"""Play many seeds' worlds, and then each planted bug until it is caught.

    PYTHONPATH=tests python -m simulation --seeds 2000
    PYTHONPATH=tests python -m simulation --seed 17      # one world, with everything that happened in it
    PYTHONPATH=tests python -m simulation --planted "no fence" --seed 3

Ends with 1 where a promise was broken in a world without a planted bug, or a planted bug was not caught.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor

from simulation.calm import calm_down
from simulation.planted import PLANTED
from simulation.world import Outcome, run

#: Every planted bug must be caught within so many seeds.
MOST_SEEDS = 200
#: Worlds that a process plays before it tells.
PART = 25
#: Broken worlds that are told of; the schedule of events is printed for the first.
MOST_TOLD = 10


def main() -> int:
    """Play as asked, and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2000, help="how many worlds")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--seed", type=int, help="this world alone")
    parser.add_argument("--planted", choices=sorted(PLANTED), help="with this bug; only with --seed")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    wishes = parser.parse_args()
    calm_down()
    if wishes.seed is not None:
        return replay(wishes.seed, wishes.planted)
    with ProcessPoolExecutor(wishes.processes, initializer=calm_down) as pool:
        holds = clean(pool, range(wishes.first, wishes.first + wishes.seeds))
        convicted = sum(tell(*found) for found in pool.map(caught, PLANTED)) == len(PLANTED)
    return 0 if holds and convicted else 1


def replay(seed: int, planted: str | None) -> int:
    """Play one world, and tell all that happened in it."""
    outcome = _planted(planted, seed) if planted else run(seed)
    print(*outcome.trace, sep="\n")
    print(f"seed {seed}: {'; '.join(outcome.faults) or 'clean'}")
    return 1 if outcome.faults else 0


def clean(pool: ProcessPoolExecutor, seeds: range) -> bool:
    """Play these worlds; the first that is broken is told with its schedule of events."""
    began, broken = time.monotonic(), []
    played = messages = taken = 0
    for outcome in _all(pool, seeds):
        played, messages, taken = played + 1, messages + outcome.messages, taken + outcome.taken
        if outcome.faults:
            broken.append(outcome)
        if played % (20 * PART) == 0:
            print(f"{played:,} seeds after {time.monotonic() - began:.0f} s", file=sys.stderr)
    seconds = time.monotonic() - began
    print(
        f"{played:,} seeds, {messages:,} messages, {taken:,} taken by providers, {seconds:.0f} s, {len(broken)} broken"
    )
    for outcome in broken[:MOST_TOLD]:
        print(f"seed {outcome.seed}: {'; '.join(outcome.faults)}")
    if broken:
        print(*broken[0].trace, sep="\n")
    return not broken


def _all(pool: ProcessPoolExecutor, seeds: range) -> Iterator[Outcome]:
    parts = [seeds[first : first + PART] for first in range(0, len(seeds), PART)]
    for outcomes in pool.map(_play, parts):
        yield from outcomes


def _play(seeds: Iterable[int]) -> list[Outcome]:
    return [run(seed) for seed in seeds]


def caught(name: str) -> tuple[str, Outcome | None]:
    """The first world in which a planted bug is caught, if there is one in time."""
    return name, next((found for seed in range(MOST_SEEDS) if (found := _planted(name, seed)).faults), None)


def _planted(name: str, seed: int) -> Outcome:
    with PLANTED[name]():
        return run(seed)


def tell(name: str, outcome: Outcome | None) -> bool:
    """Say where a planted bug was caught; whether it was."""
    print(f"planted: {name:42} {f'caught at seed {outcome.seed}: {outcome.faults[0]}' if outcome else 'NOT CAUGHT'}")
    return outcome is not None


if __name__ == "__main__":
    sys.exit(main())
