"""Workers: due texts on PostgreSQL, by one `nudger worker` and by two, each a process of its own as users start it."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

from benchmarks.dispatching import KEY
from benchmarks.figures import Figure, Note, Unit
from benchmarks.processes import Process, environment, provider, wait_until
from benchmarks.scenes import ACCOUNT, texts_due
from benchmarks.servers import postgresql
from nudger.actions.plan import plan
from nudger.runtime import queue
from nudger.runtime.clock import now

TEXTS = 1200
#: With so few in flight at a provider so far away it is the wait for answers that bounds a worker, not its processor.
AT_ONCE, LATENCY = 16, 0.1
#: How many times as fast two have to be.
TWICE_AS_MANY = 1.5
UP, DONE = 60.0, 120.0


def figures() -> Iterator[Figure | Note]:
    """Texts a second by one worker, and by two."""
    (one, _), (two, work) = texts_a_second(1), texts_a_second(2)
    yield Figure(
        f"texts by two workers on PostgreSQL, {AT_ONCE} at once each, provider at {LATENCY * 1000:.0f} ms",
        two, Unit.PER_SECOND, one, "one such worker", target=TWICE_AS_MANY * one,
    )  # fmt: skip
    yield ("two workers against one", f"{two / one:.2f} times, {work:.1f} ms of processor for a text")


def texts_a_second(workers: int) -> tuple[float, float]:
    """Texts a second from the first to the last that the provider took; milliseconds of processor for each."""
    with tempfile.TemporaryDirectory(prefix="nudger-bench-") as name, postgresql() as url:
        folder, log = Path(name), Path(name) / "taken.jsonl"
        log.touch()
        with (
            provider("--latency", str(LATENCY), "--log", str(log)) as address,
            texts_due(folder, TEXTS, url) as database,
        ):
            plan(database, KEY, now(), horizon=timedelta(hours=1))
            queue.upgrade(database)
            ours = {"DATABASE_URL": url, "TWILIO_API_BASE": address, "NUDGER_IN_FLIGHT": str(AT_ONCE)}
            with at_work(folder, environment(folder, **ACCOUNT, **ours), workers) as processes:
                before = sum(process.processor_time() for process in processes)
                seconds = time_to_take(log)
                work = sum(process.processor_time() for process in processes) - before
    return TEXTS / seconds, work / TEXTS * 1000


@contextmanager
def at_work(folder: Path, variables: dict[str, str], workers: int) -> Iterator[list[Process]]:
    """So many workers, up and waiting, and then a scheduler that gives them work."""
    with ExitStack() as stack:
        crew = []
        for number in range(workers):
            says = folder / f"worker-{number}.log"
            crew.append(Process(["-m", "nudger", "worker", "--concurrency", "2"], folder, variables, says))
            stack.callback(crew[-1].kill)
        assert all(process.is_up(UP) for process in crew), crew[0].said().decode()[-2000:]
        scheduler = Process(["-m", "nudger", "run", "--role", "scheduler"], folder, variables, folder / "scheduler.log")
        stack.callback(scheduler.kill)
        yield crew


def time_to_take(log: Path) -> float:
    """Seconds between the provider's first text and its last."""
    assert wait_until(lambda: taken(log) > 0, UP, every=0.005), "no text was sent"
    began = time.monotonic()
    assert wait_until(lambda: taken(log) >= TEXTS, DONE, every=0.01), f"only {taken(log)} texts were sent"
    return time.monotonic() - began


def taken(log: Path) -> int:
    """How many texts the provider has taken so far."""
    with log.open("rb") as file:
        return sum(1 for _ in file)
