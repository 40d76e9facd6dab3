"""One installation for a scenario: couples who have all said yes, their texts, and a provider with a true log."""

import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from benchmarks.evidence.warm import Warm
from benchmarks.invented import write_couples, write_schedules
from benchmarks.processes import Process, environment, provider_and_pid, wait_until
from benchmarks.scenes import ACCOUNT, everyone_agrees
from nudger.actions.sync import sync
from nudger.domain import life
from nudger.domain.messages import IN_FLIGHT, Reason, State
from nudger.domain.people import ChannelKind
from nudger.errors import StorageError
from nudger.files.loading import load
from nudger.runtime.keys import open_vault
from nudger.settings import read_settings
from nudger.storage.database import Database
from nudger.storage.enrollments import Occurrence, insert_messages
from nudger.storage.messages import save, with_ids
from nudger.storage.tables import enrollments, messages, partners
from nudger.wiring import shipped

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from parts.truth import OPEN, Verdict, judge, read_log, unsettled

#: Real ones are 60, 15 and 60 seconds; the stand-in answers in milliseconds. The lease stays longer than the 5 s within
#: which a send must begin and a request's way: who is only slow must not be taken for dead.
SHORTENED = {"NUDGER_LEASE": "8", "NUDGER_ASK_AFTER": "0.3", "NUDGER_SETTLE": "1", "NUDGER_HORIZON_HOURS": "4"}
#: Seconds until a no counts where a live process may be held up before its request leaves: far longer than a request
#: takes to arrive, as the service's own 60 s are. Nothing helps where it is held up for longer in that very place.
SLOW_SETTLE = "4"
#: Texts of one couple at most: a pool of this many ideas and some more is read in a moment, and there are people enough
#: that the one text that each has in flight holds up no others (with 400 a slow machine came to no end).
PER_COUPLE = 100
#: Enough couples that a wave of texts goes out at once; one person has one in flight.
FEWEST = 20
THEMES = ("appreciation", "curiosity")
GENEROUS = ", quiet_hours: none, budget: {sms: {day: 999, week: 999}}"
LATE, HOUR = timedelta(hours=12), timedelta(hours=1)
#: What the planner itself plans is due so late that no run lasts until then; within the horizon.
BY_ITSELF = 3 * HOUR
#: Seconds until everything that was begun must be at its end, and so many more for each text.
FINISH, FINISH_EACH = 240.0, 0.01


@dataclass
class Scene:
    """An installation in `folder` whose texts become due when they are released."""

    folder: Path
    database: Database
    log: Path
    provider_pid: int
    variables: Mapping[str, str]
    chance: random.Random
    waiting: list[int]
    released: int = 0
    given_up: int = 0
    ahead: float = 0.0  # seconds by which the service's clock is wrong
    recoveries: list[float] = field(default_factory=list)
    in_hand: list[int] = field(default_factory=list)
    _processes: list[Process] = field(default_factory=list)
    _taken: int = 0
    _read: int = 0  # bytes of the log

    # The provider

    def taken(self) -> int:
        """How many texts the provider has taken so far."""
        with self.log.open("rb") as file:
            file.seek(self._read)
            news = file.read()
        self._taken += news.count(b"\n")
        self._read += len(news)
        return self._taken

    # The texts

    def release(self, count: int) -> int:
        """Let that many more texts be due now; how many there were left."""
        now = datetime.now(UTC) + timedelta(seconds=self.ahead)
        some, self.waiting = self.waiting[:count], self.waiting[count:]
        if not some:
            return 0
        self.released += len(some)
        due = update(messages).where(messages.c.id.in_(some))
        with self.database.write() as connection:
            connection.execute(due.values(due_at=now, wake_at=now, not_after=now + LATE))
        return len(some)

    def forget_some_plans(self, count: int) -> None:
        """Undo the planning of that many texts, so that the planner has them to plan again; all that is new waits."""
        some, self.waiting = self.waiting[-count:], self.waiting[:-count]
        with self.database.write() as connection:
            connection.execute(delete(messages).where(messages.c.id.in_(some)))
            connection.execute(update(enrollments).values(cursor=datetime.now(UTC) - HOUR))

    def plan_no_more(self) -> None:
        """Take out of the plan what nobody has taken in hand yet."""
        self.waiting = []
        untouched = (messages.c.state == State.PLANNED) & messages.c.reason.is_(None)
        with self.database.write() as connection:
            connection.execute(delete(messages).where(untouched))

    def look_for_plans(self) -> None:
        """Let what was planned meanwhile wait as well."""
        with self.database.read() as connection:
            self.waiting = _in_order_of_release(connection, _ahead())

    def count(self, *states: State) -> int:
        """How many messages are in these states."""
        query = select(func.count()).select_from(messages).where(messages.c.state.in_(states))
        with self.database.read() as connection:
            return connection.execute(query).scalar_one()

    def note_in_hand(self) -> None:
        """Remember how many messages the dead left in somebody's hands, or in doubt."""
        self.in_hand.append(self.count(*IN_FLIGHT))

    def retry_set_aside(self) -> None:
        """Do what an operator does with messages of which three processes died: `nudger outbox retry`."""
        now = datetime.now(UTC)
        dead = (messages.c.state == State.FAILED) & (messages.c.reason == Reason.TOO_MANY_DEATHS)
        with self.database.write() as connection:
            ids = connection.execute(select(messages.c.id).where(dead)).scalars().all()
            save(connection, [(one, life.retry(one, now)) for one in with_ids(connection, ids)], now)
        self.given_up += len(ids)

    # The service

    def start(self, *arguments: str, module: str = "nudger", **variables: str) -> Process:
        """Start a process of the service; it is killed at the end of the scene if it still lives."""
        says = self.folder / f"{arguments[0]}-{len(self._processes)}.log"
        process = Process(["-m", module, *arguments], self.folder, {**self.variables, **variables}, says)
        self._processes.append(process)
        return process

    def start_warm(self, *arguments: str) -> Process:
        """As `start`, with nothing planted, and without the second that imports take."""
        process = Warm(arguments, self.folder, self.variables, self.folder / f"warm-{len(self._processes)}.log")
        self._processes.append(process)
        return process

    def daemon(self, module: str = "nudger", **variables: str) -> Process:
        """Start the daemon, and wait until it is up."""
        process = self.start("run", "--no-web", module=module, **variables)
        assert process.is_up(60), f"the daemon did not start: {process.said().decode()[-2000:]}"
        return process

    def first_sent(self, since: float, before: int, seconds: float = 45.0, *, note: bool = True) -> bool:
        """Wait for the first text after a start; notes how long it took, or does not."""
        came = wait_until(lambda: self.taken() > before, seconds, every=0.003)
        if came and note:
            self.recoveries.append(time.monotonic() - since)
        return came

    def finish(self, seconds: float = FINISH, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Release all that is left and let it come to its end, with an operator at hand."""
        left = self.release_all()

        def ended() -> bool:
            meanwhile()
            return self.nothing_left()

        if not wait_until(ended, seconds + left * FINISH_EACH, every=0.5):
            print(f"not at its end in time: {self.left_over()}", flush=True)

    def left_over(self) -> list[str]:
        """What is not at its end, and why: told where a run does not come to its own."""
        columns = (messages.c.id, messages.c.state, messages.c.reason, messages.c.wake_at, messages.c.due_at)
        with self.database.read() as connection:
            rows = connection.execute(select(*columns).where(messages.c.state.in_(OPEN)).limit(20)).all()
        return [" ".join(map(str, row)) for row in rows]

    def release_all(self) -> int:
        """Release what waits, and what the planner has planned meanwhile: a process that was held up plans late."""
        self.look_for_plans()
        return self.release(len(self.waiting))

    def nothing_left(self) -> bool:
        """Whether everything has come to its end; what was set aside is given another try."""
        try:
            self.release_all()
            self.retry_set_aside()
            return not unsettled(self.database)
        except StorageError:
            return False  # the database is away for a moment

    def end(self) -> None:
        """Stop every process of the service that still runs."""
        for process in self._processes:
            if process.alive:
                process.go_on()
                process.end()

    def kill_all(self) -> None:
        """End whatever still lives."""
        for process in self._processes:
            if process.alive:
                process.kill()

    def verdict(self, *, one_clock: bool = True) -> Verdict:
        """The provider's log against the database; without `one_clock` times are not held against each other."""
        return judge(self.database, read_log(self.log), one_clock=one_clock)


@contextmanager
def scene(
    count: int,
    seed: int,
    *provider: str,
    url: str | None = None,
    data: Path | None = None,
    **settings: str,
) -> Iterator[Scene]:
    """Lay out an installation of `count` texts; `provider` are wishes for the stand-in, `settings` the service's own.

    On SQLite, or in the PostgreSQL at `url`; in a folder that goes away, with its data in `data` if that is elsewhere.
    """
    folder = Path(tempfile.mkdtemp(prefix="nudger-evidence-"))
    log = folder / "taken.jsonl"
    log.touch()
    where = {"NUDGER_DATA": str(data)} if data else {}
    address = url or f"sqlite:///{data or folder / 'data'}/nudger.db"
    kept = read_settings(_env_file=None, NUDGER_DATA=data or folder / "data", DATABASE_URL=address)
    database = Database(address, vault=open_vault(kept))
    made = None
    try:
        waiting = lay_out(folder, database, count, max(FEWEST, -(-count // PER_COUPLE)))
        wishes = ("--log", str(log), "--latency", "0.01", "--seed", str(seed), *provider)
        with provider_and_pid(*wishes) as (provider_url, pid):
            ours = {
                "NUDGER_TEMPLATES": str(folder / "templates"),
                "DATABASE_URL": address,
                "TWILIO_API_BASE": provider_url,
            }
            variables = environment(folder, **ACCOUNT, **{**SHORTENED, **settings}, **ours, **where)
            made = Scene(folder, database, log, pid, variables, random.Random(seed), waiting)
            try:
                yield made
            finally:
                made.kill_all()
    finally:
        database.close()
        shutil.rmtree(folder, ignore_errors=True)


def lay_out(folder: Path, database: Database, count: int, couples: int) -> list[int]:
    """Write the files, sync them, have everybody agree, and plan `count` texts for tomorrow; their ids."""
    now = datetime.now(UTC)
    files = folder / "schedules"
    files.mkdir()
    shared = f'channel: sms, audience: each, late: 12h, when: {{daily: true, at: "{now + BY_ITSELF:%H:%M}"}}'
    write_couples(files, couples, ["Etc/UTC"], phones=True, partner=GENEROUS)
    write_schedules(files, [(theme, f"themes: [{theme}], {shared}") for theme in THEMES])
    write_pools(folder / "templates", count // couples // 2 + 40)
    loaded = load(files, folder / "templates")
    assert not loaded.faults, loaded.faults
    database.upgrade()
    sync(database, loaded.couples, loaded.schedules, now)
    everyone_agrees(database, now)
    plan_for_tomorrow(database, count, now)
    with database.read() as connection:
        return _in_order_of_release(connection, messages.c.state == State.PLANNED)


def _ahead() -> ColumnElement[bool]:
    """What is planned and not released: further ahead than what waits to be tried again."""
    return (messages.c.state == State.PLANNED) & (messages.c.wake_at > datetime.now(UTC) + HOUR / 4)


def _in_order_of_release(connection: Connection, which: ColumnElement[bool]) -> list[int]:
    """The first slot of everybody, which the planner can plan itself, comes last."""
    query = select(messages.c.id).where(which).order_by(messages.c.slot.desc(), messages.c.id)
    return list(connection.execute(query).scalars())


def write_pools(folder: Path, entries: int) -> None:
    """The shipped templates, but for the ideas: as few and as plain as will do."""
    shutil.copytree(shipped("templates"), folder)
    pools = folder / "pools" / "en"
    shutil.rmtree(folder / "pools")
    pools.mkdir(parents=True)
    for theme in THEMES:
        ideas = "".join(
            f'  - id: {theme}-{number:04}\n    sms: "Idea {number} of {theme} for the two of you."\n    effort: 5m\n'
            for number in range(entries)
        )
        pools.joinpath(f"{theme}.yaml").write_text(f"theme: {theme}\nentries:\n{ideas}", encoding="utf-8")


def plan_for_tomorrow(database: Database, count: int, now: datetime) -> None:
    """Plan texts for everybody in turn, so that neighbours in the row are for different people."""
    people = select(enrollments.c.id, enrollments.c.couple_id, partners.c.id).join(
        partners, partners.c.couple_id == enrollments.c.couple_id
    )
    tomorrow = now + timedelta(days=1)
    with database.write() as connection:
        lanes = connection.execute(people.order_by(enrollments.c.id, partners.c.id)).all()
        rows = [
            Occurrence(*lane, ChannelKind.SMS, now.date(), slot, tomorrow, tomorrow + LATE)
            for slot in range(-(-count // len(lanes)))
            for lane in lanes
        ][:count]
        for first in range(0, count, 5000):
            insert_messages(connection, rows[first : first + 5000])


@dataclass(frozen=True, slots=True)
class Report:
    """What one scenario showed; it holds where `must_convict` agrees with whether faults were found."""

    name: str
    command: str
    seconds: float
    verdict: Verdict
    figures: Mapping[str, str]
    must_convict: bool = False

    @property
    def holds(self) -> bool:
        """Whether it came out as promised."""
        return self.verdict.holds is not self.must_convict

    def lines(self) -> Iterator[str]:
        """Everything, ready to print."""
        for name, value in (*self.figures.items(), *self.verdict.lines()):
            yield f"{name:46} {value}"
        yield f"{'seconds':46} {self.seconds:,.0f}"


def spread(figures: Sequence[float], unit: str) -> str:
    """Median and worst."""
    if not figures:
        return "none"
    ordered = sorted(figures)
    return f"median {ordered[len(ordered) // 2]:.2f}{unit}, worst {ordered[-1]:.2f}{unit} of {len(ordered):,}"
