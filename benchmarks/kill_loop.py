"""Kill the daemon in the middle of its work, again and again, and count what was lost or sent twice.

    python -m benchmarks.kill_loop --kills 50 --messages 2000 --seed 1

Two thousand messages are due at once. `nudger run` works on them, by the real Twilio channel, against a stand-in on
loopback that writes down what it takes and at times takes a message without saying so. Kill -9 ends the daemon at
moments drawn from the seed: while it starts, plans, sends. After the last kill it may finish, and the stand-in's log
is held against the database. Ends with 1 where a single message was lost or doubled.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.processes import environment, nudger_run, provider, wait_until
from benchmarks.scenes import ACCOUNT, PER_COUPLE, texts_due
from benchmarks.verdict import Verdict, judge, unsettled
from nudger.domain.messages import IN_FLIGHT
from nudger.storage.database import Database
from nudger.storage.tables import messages

#: The share of kills that fall anywhere in a start, rather than while sending.
WHILE_STARTING = 0.2
#: Real ones are 60, 15 and 60 seconds; the stand-in answers in milliseconds.
SHORTENED = {"NUDGER_LEASE": "5", "NUDGER_ASK_AFTER": "0.5", "NUDGER_SETTLE": "1", "NUDGER_HORIZON_HOURS": "1"}


@dataclass
class Course:
    """What happened on the way: when the kills fell, and how many messages each left in somebody's hands."""

    seed: int
    lives: list[float] = field(default_factory=list)
    left_in_flight: list[int] = field(default_factory=list)
    seconds: float = 0.0


def main() -> int:
    """Run it as asked, and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--moody", type=float, default=0.06, help="share of sends the provider mistreats")
    wishes = parser.parse_args()
    verdict, course = run(wishes.kills, wishes.messages, wishes.seed, wishes.moody)
    tell(verdict, course)
    return 0 if verdict.holds else 1


def run(kills: int, count: int, seed: int, moody: float) -> tuple[Verdict, Course]:
    """Set the scene in a folder that goes away, kill so often, let it finish, and judge."""
    course = Course(seed)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="nudger-kill-") as name:
        folder, log = Path(name), Path(name, "accepted.jsonl")
        log.touch()
        with texts_due(folder, count) as database, mistreated(log, moody, seed) as address:
            variables = environment(folder, **ACCOUNT, **SHORTENED, TWILIO_API_BASE=address)
            chance = random.Random(seed)
            for _ in range(kills):
                course.lives.append(live_and_die(folder, variables, log, chance))
                course.left_in_flight.append(in_flight(database))
            finish(folder, variables, database)
            verdict = judge(database, log, count // PER_COUPLE * PER_COUPLE)
    course.seconds = time.monotonic() - began
    return verdict, course


@contextmanager
def mistreated(log: Path, moody: float, seed: int) -> Iterator[str]:
    """The stand-in, 10 ms away and moody."""
    wishes = {"--log": log, "--latency": 0.01, "--moody": moody, "--seed": seed}
    with provider(*(str(part) for wish in wishes.items() for part in wish)) as address:
        yield address


def live_and_die(folder: Path, variables: Mapping[str, str], log: Path, chance: random.Random) -> float:
    """One life of the daemon, ended with kill -9; how long it lasted in seconds."""
    while_starting, fraction = chance.random() < WHILE_STARTING, chance.random()
    before, born = log.stat().st_size, time.monotonic()
    with nudger_run(folder, variables) as daemon:
        if while_starting:
            time.sleep(1.5 * fraction)
        else:
            assert daemon.is_up(), "the daemon did not start"
            wait_until(lambda: log.stat().st_size > before, 3.0, every=0.002)
            time.sleep(0.5 * fraction)
        assert daemon.alive, "the daemon ended by itself: see its log"
        daemon.kill()
    return time.monotonic() - born


def in_flight(database: Database) -> int:
    """Messages a dead worker holds, or that are in doubt."""
    query = select(func.count()).select_from(messages).where(messages.c.state.in_(IN_FLIGHT))
    with database.read() as connection:
        return connection.execute(query).scalar_one()


def finish(folder: Path, variables: Mapping[str, str], database: Database) -> None:
    """Let it run until nothing is left to do; three minutes at most."""
    with nudger_run(folder, variables) as daemon:
        assert daemon.is_up(), "the daemon did not start"
        wait_until(lambda: not unsettled(database), 180, every=0.25)
        code = daemon.end()
        assert code == 0, f"SIGTERM ended the daemon with {code}"


def tell(verdict: Verdict, course: Course) -> None:
    """Print it all."""
    for name, value in verdict.lines():
        print(f"{name:46} {value}")
    print(course)


if __name__ == "__main__":
    sys.exit(main())
