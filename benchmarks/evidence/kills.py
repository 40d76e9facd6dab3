"""Kill -9 at random: the daemon on SQLite, and schedulers and workers on a PostgreSQL that is restarted meanwhile."""

import time
from collections.abc import Callable, Mapping
from math import inf

from benchmarks.evidence.scene import SLOW_SETTLE, Report, Scene, scene, spread
from benchmarks.processes import Process, wait_until
from benchmarks.servers import server
from nudger.errors import StorageError
from nudger.runtime.queue import upgrade
from nudger.storage.database import Database

#: The share of kills that fall anywhere in a start, rather than while sending.
WHILE_STARTING = 0.15
#: The share of lives that begin with a cold start, as in the field: those tell how long a recovery takes.
COLD = 0.1
#: A start takes about so many seconds, a warm one the second figure.
STARTING, STARTING_WARM = 1.5, 0.5
#: After the text that triggers it a kill follows within so many seconds: while requests are out, and results unwritten.
SOON = 0.05
#: Seconds that a life lasts at most after its first text: some of what is left waits for an answer or another try.
LONGEST_LIFE = 1.0
PROGRESS_EVERY = 25
#: Where lives are too short for their wave, as on a slow machine, the next wave waits while so many are open. What is
#: due for more than ten minutes is a catch-up, of which a partner gets one a day: it would expire, and no kill be the
#: reason. What no life released is released in the end.
MOST_OPEN = 4


def sqlite(kills: int, count: int, seed: int, *, planted: str | None = None, minutes: float = inf) -> Report:
    """One daemon on SQLite, killed so often while it hands over so many texts; `planted` is a bug to be convicted.

    After so many `minutes` it is killed no more, and what nobody took in hand until then is taken out of the plan.
    """
    began, done = time.monotonic(), 0
    module = "benchmarks.evidence.harness" if planted else "nudger"
    variables = {"EVIDENCE_PLANTED": planted} if planted else {}
    with scene(count, seed, "--moody", "0.06") as house:
        wave = -(-count // kills)
        while done < kills and time.monotonic() - began < minutes * 60:
            _live_and_die(house, wave, module, variables)
            done += 1
            if done % PROGRESS_EVERY == 0:
                house.retry_set_aside()
                told = f"{done:,} kills, {house.taken():,} taken, {time.monotonic() - began:,.0f} s"
                print(told, flush=True)
        if done < kills:
            house.plan_no_more()
        daemon = house.daemon(module, **variables)
        house.finish()
        code = daemon.end()
        assert code == 0, f"SIGTERM ended the daemon with {code}"
        figures = {
            "kills": _of(done, kills),
            "in hand or in doubt at a kill": _average(house),
            "set aside after three deaths, and retried": f"{house.given_up:,}",
        }
        if not planted:  # those are all cold, and watched at every step
            figures["from a cold start to the first text"] = spread(house.recoveries, " s")
        verdict = house.verdict()
    return Report(
        planted.capitalize() if planted else "Random kill -9, SQLite",
        f"--scenario {planted or 'kills'} --kills {kills} --messages {count} --seed {seed}{_limit(minutes)}",
        time.monotonic() - began,
        verdict,
        figures,
        must_convict=planted is not None,
    )


def _of(done: int, wanted: int) -> str:
    return f"{done:,}" if done == wanted else f"{done:,} of {wanted:,}: the time given was over"


def _limit(minutes: float) -> str:
    return f" --minutes {minutes:g}" if minutes < inf else ""


def _average(house: Scene) -> str:
    busy = [count for count in house.in_hand if count]
    return f"{sum(busy) / max(1, len(busy)):.0f} on average, none at {len(house.in_hand) - len(busy)} kills"


def _live_and_die(house: Scene, wave: int, module: str, variables: Mapping[str, str]) -> None:
    """One life: a wave of texts is due, and the end comes while some of it is on its way."""
    chance = house.chance
    if house.released - house.taken() < MOST_OPEN * wave:
        house.release(wave)
    before, began = house.taken(), time.monotonic()
    cold = bool(variables) or chance.random() < COLD
    daemon = house.start("run", "--no-web", module=module, **variables) if cold else house.start_warm("run", "--no-web")
    if chance.random() < WHILE_STARTING:
        time.sleep(chance.uniform(0, STARTING if cold else STARTING_WARM))
    elif house.first_sent(began, before, note=cold):
        # Of all that is left, so that nothing stays ten minutes and becomes a catch-up, of which a partner gets one.
        goal = before + chance.randint(1, max(1, house.released - before))
        wait_until(lambda: house.taken() >= goal, LONGEST_LIFE, every=0.002)
        time.sleep(chance.uniform(0, SOON))
    assert daemon.alive, f"the daemon ended by itself: {daemon.said().decode()[-2000:]}"
    daemon.kill()
    house.note_in_hand()


# Many machines

SCHEDULERS, WORKERS = 2, 4
#: Seconds between two restarts of the server, by turns fast and at once, without its leave.
RESTART_EVERY = 20.0
#: Seconds after which the supervisor starts again whoever has left.
LOOK_EVERY = 0.5
#: After a wave's first text somebody dies within so many seconds.
SOMETIME = 0.5


def cluster(kills: int, count: int, seed: int, *, minutes: float = inf) -> Report:
    """Two schedulers and four workers, one killed at a time, and their PostgreSQL restarted every 20 seconds.

    `minutes` as for `sqlite`.
    """
    began, restarts, done = time.monotonic(), 0, 0
    with (
        server() as postgres,
        scene(count, seed, "--moody", "0.06", url=postgres.url, NUDGER_SETTLE=SLOW_SETTLE) as house,
    ):
        _make_queue(postgres.url)
        crew = Crew(house)
        wave, restarted = -(-count // (kills + 1)), time.monotonic()
        while done < kills and time.monotonic() - began < minutes * 60:
            before = house.taken()
            _patiently(lambda: house.release(wave))
            crew.work_until(lambda: house.taken() > before, RESTART_EVERY)  # noqa: B023 (called at once)
            time.sleep(house.chance.uniform(0, SOMETIME))
            crew.lose_one()
            done += 1
            if time.monotonic() - restarted > RESTART_EVERY:
                postgres.restart(at_once=restarts % 2 == 0)
                restarted, restarts, taken = time.monotonic(), restarts + 1, house.taken()
                _patiently(lambda: house.release(min(wave, 10)))
                if crew.work_until(lambda: house.taken() > taken, 30.0):  # noqa: B023 (called at once)
                    house.recoveries.append(time.monotonic() - restarted)
            if done % PROGRESS_EVERY == 0:
                told = f"{done:,} kills, {restarts} restarts, {house.taken():,} taken"
                print(f"{told}, {time.monotonic() - began:,.0f} s", flush=True)
        if done < kills:
            _patiently(house.plan_no_more)
        house.finish(meanwhile=crew.look_after)
        house.end()
        figures = {
            "kills": _of(done, kills),
            "restarts of the server": f"{restarts:,}",
            "starts that met no server, and begun again": f"{crew.again:,}",
            "from a restart to the next text": spread(house.recoveries, " s"),
            "set aside after three deaths, and retried": f"{house.given_up:,}",
        }
        verdict = house.verdict()
    command = f"--scenario cluster --kills {kills} --messages {count} --seed {seed}{_limit(minutes)}"
    return Report(
        "Random kill -9, PostgreSQL with two schedulers and four workers",
        command,
        time.monotonic() - began,
        verdict,
        figures,
    )


def _make_queue(url: str) -> None:
    database = Database(url)
    upgrade(database)
    database.close()


class Crew:
    """The schedulers and workers, and the supervisor that starts again whoever found no server and left."""

    def __init__(self, house: Scene) -> None:
        """Start them all, and wait until they are up."""
        self._house = house
        self._members = [self._start(place) for place in range(SCHEDULERS + WORKERS)]
        self.again, self._looked = 0, time.monotonic()
        for process in self._members:
            assert process.is_up(60), f"a process did not start: {process.said().decode()[-2000:]}"

    def _start(self, place: int) -> Process:
        return (
            self._house.start_warm("run", "--role", "scheduler")
            if place < SCHEDULERS
            else self._house.start_warm("worker")
        )

    def look_after(self) -> None:
        """Start whoever has left, a while after the last time; AssertionError where one left that had been up."""
        if time.monotonic() > self._looked + LOOK_EVERY:
            self._look()

    def _look(self) -> None:
        self._looked = time.monotonic()
        for place, process in enumerate(self._members):
            if not process.alive:
                said = process.said().decode()
                assert '"running"' not in said, f"a process ended by itself: {said[-2000:]}"
                self._members[place] = self._start(place)
                self.again += 1

    def work_until(self, so: Callable[[], bool], seconds: float) -> bool:
        """Look after them until something is so; whether it came to be in that time."""

        def looked() -> bool:
            self.look_after()
            return so()

        return wait_until(looked, seconds, every=0.005)

    def lose_one(self) -> None:
        """Kill any one of them, and start another in its place."""
        self._look()
        place = self._house.chance.randrange(len(self._members))
        self._members[place].kill()
        self._members[place] = self._start(place)


def _patiently(work: Callable[[], object]) -> None:
    """Do it on a server that may have been restarted a moment ago."""
    for _ in range(50):
        try:
            work()
        except StorageError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError("the server does not come back")
