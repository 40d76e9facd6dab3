"""Edit schedules while the daemon sends, again and again, and count what was lost or sent twice.

    python -m benchmarks.reload_loop --couples 400 --in-flight 100

Each couple has two texts due now and 28 planned ahead, a week of both schedules. `nudger run` sends by the real Twilio
channel to a moody stand-in on loopback. Meanwhile the file of schedules is written anew again and again: the moment of
what lies ahead moves to another minute, a rule that is just being sent is changed, and every third edit is followed by
a broken one. In the end the last edit's moment comes, and its texts are sent too. Ends with 1 where a message was lost
or doubled, where something was left at a moment no file asks for, or where a broken edit changed something or was not
told with its place.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import ColumnElement, func, select

from benchmarks.invented import write_couples
from benchmarks.keys import vault_in
from benchmarks.processes import environment, mistreated, nudger_run, wait_until
from benchmarks.scenes import ACCOUNT, GENEROUS, everyone_agrees
from benchmarks.verdict import Verdict, judge, read_log
from nudger.actions.plan import plan
from nudger.actions.sync import sync
from nudger.domain.messages import State
from nudger.files.loading import load
from nudger.storage.database import Database
from nudger.storage.tables import enrollments, messages, schedules
from nudger.wiring import shipped

SHARED = "channel: sms, audience: each, late: 12h"
KEY = b"a key for benchmarks alone"


@dataclass
class Course:
    """What happened on the way: per edit how many texts were planned ahead and on their way, and what was seen."""

    planned: list[int] = field(default_factory=list)
    in_flight: list[int] = field(default_factory=list)
    broken: int = 0
    broken_told: int = 0
    astray: int = 0
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether each broken edit was told with its place, and nothing stands at a moment no file asks for."""
        return self.broken > 0 and self.broken_told == self.broken and self.astray == 0


def main() -> int:
    """Run it as asked, and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--couples", type=int, default=400)
    parser.add_argument("--in-flight", type=int, default=100)
    wishes = parser.parse_args()
    verdict, course = run(wishes.couples, wishes.in_flight, to_the_end=True)
    for name, value in verdict.lines():
        print(f"{name:46} {value}")
    print(f"{'edits':46} {len(course.planned)}")
    print(f"{'broken edits, and told with their place':46} {course.broken}, {course.broken_told}")
    print(f"{'planned ahead at an edit, most':46} {max(course.planned):,}")
    print(f"{'on their way at an edit, most':46} {max(course.in_flight):,}")
    print(f"{'at a moment no file asks for':46} {course.astray}")
    print(f"{'seconds':46} {course.seconds:.0f}")
    return 0 if verdict.holds and course.holds else 1


def run(couples: int, in_flight: int, *, to_the_end: bool, latency: float = 1.0) -> tuple[Verdict, Course]:
    """Set the scene in a folder that goes away, edit while it sends, and judge.

    Without `to_the_end` what lies ahead is only looked at, not waited for.
    """
    course, began = Course(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="nudger-reload-") as name:
        folder, log = Path(name), Path(name, "accepted.jsonl")
        log.touch()
        rules = Rules(folder / "schedules" / "schedules.yaml")
        database = prepare(folder, couples, rules)
        try:
            with mistreated(log, 0.05, 1, latency) as address:
                variables = environment(
                    folder,
                    **ACCOUNT,
                    TWILIO_API_BASE=address,
                    NUDGER_IN_FLIGHT=str(in_flight),
                    NUDGER_ASK_AFTER="0.5",
                    NUDGER_SETTLE="1",
                )
                scene = Scene(folder, variables, database, rules, log, course)
                with nudger_run(folder, variables, "--no-web") as daemon:
                    assert daemon.is_up(60), "the daemon did not start"
                    expected = live(scene, 2 * couples, to_the_end=to_the_end)
                    assert daemon.end() == 0, "SIGTERM did not end the daemon with 0"
            course.astray = astray(database, rules)
            verdict = judge(database, log, expected)
        finally:
            database.close()
    course.seconds = time.monotonic() - began
    return verdict, course


class Rules:
    """The file of schedules: `first` is due now, `second` lies ahead at a minute that edits move about."""

    def __init__(self, path: Path) -> None:
        """Nothing is written yet."""
        self.path = path
        self.first = f"{datetime.now(UTC) - timedelta(minutes=2):%H:%M}"
        self.second = ""
        self.edits = 0

    def write(self, ahead: timedelta) -> None:
        """Edit: move `second`, and change something of `first` that moves nothing."""
        self.edits += 1
        self.second = f"{datetime.now(UTC) + ahead:%H:%M}"
        self.path.write_text(
            "schedules:\n"
            f'  first: {{themes: [appreciation], {SHARED}, chance: 1, when: {{daily: true, at: "{self.first}"}}}}\n'
            f'  second: {{themes: [curiosity], {SHARED}, when: {{daily: true, at: "{self.second}"}}}}\n'.replace(
                "12h", f"{12 + self.edits % 5}h", 1
            ),
            encoding="utf-8",
        )

    def break_it(self) -> None:
        """Edit as one who has not finished: `second` has a channel that there is not."""
        text = self.path.read_text(encoding="utf-8")
        good, bad = ("second: {themes: [curiosity], channel: " + channel for channel in ("sms", "smoke"))
        self.path.write_text(text.replace(good, bad), encoding="utf-8")

    def mend(self) -> None:
        """Take that back."""
        self.path.write_text(self.path.read_text(encoding="utf-8").replace("smoke", "sms"), encoding="utf-8")


def prepare(folder: Path, couples: int, rules: Rules) -> Database:
    """Couples who have all said yes, synced and planned two days ahead as of an hour ago."""
    (folder / "schedules").mkdir()
    write_couples(folder / "schedules", couples, ["Etc/UTC"], phones=True, partner=GENEROUS)
    rules.write(timedelta(minutes=30))
    loaded = load(folder / "schedules", shipped("templates"))
    assert not loaded.faults, loaded.faults
    database = Database(f"sqlite:///{folder}/data/nudger.db", vault=vault_in(folder / "data"))
    database.upgrade()
    now = datetime.now(UTC)
    sync(database, loaded.couples, loaded.schedules, now - timedelta(hours=1))
    everyone_agrees(database, now)
    plan(database, KEY, now, horizon=timedelta(hours=48))
    return database


@dataclass(frozen=True)
class Scene:
    """Everything an edit touches or looks at."""

    folder: Path
    variables: Mapping[str, str]
    database: Database
    rules: Rules
    log: Path
    course: Course


def live(scene: Scene, due: int, *, to_the_end: bool) -> int:
    """Edit while the `due` texts of `first` are being sent; how many texts were to be sent in all."""
    course = scene.course
    assert wait_until(lambda: scene.log.stat().st_size > 0, 60, every=0.002), "nothing was sent"
    while len(read_log(scene.log)) < due or not course.broken:
        edit(scene, timedelta(minutes=20 + len(course.planned)))
        if len(course.planned) % 3 == 1:
            break_and_mend(scene)
    if to_the_end:
        reload_and_wait(scene, timedelta(seconds=100))
        due *= 2
    assert wait_until(lambda: settled(scene.database, due), 300, every=0.2), "not everything due was sent"
    return due


def edit(scene: Scene, ahead: timedelta) -> None:
    """Note what is planned and on its way, and edit."""
    waiting = (messages.c.state == State.PLANNED, messages.c.due_at > datetime.now(UTC))
    scene.course.planned.append(count(scene.database, *waiting))
    scene.course.in_flight.append(count(scene.database, messages.c.state == State.SENDING))
    reload_and_wait(scene, ahead)


def break_and_mend(scene: Scene) -> None:
    """A broken edit: it has to be told with its place, and to change nothing."""
    scene.course.broken += 1
    before = plan_of(scene.database)
    scene.rules.break_it()
    told = wait_until(lambda: "schedules.yaml:3:" in status(scene), 30)
    scene.course.broken_told += told and plan_of(scene.database) == before
    scene.rules.mend()


def reload_and_wait(scene: Scene, ahead: timedelta) -> None:
    """Write the rules anew, and wait until what lies ahead follows."""
    scene.rules.write(ahead)
    assert wait_until(lambda: astray(scene.database, scene.rules) == 0, 60, every=0.1), "an edit was not picked up"


def status(scene: Scene) -> str:
    """What `nudger status` says of the files."""
    command = [sys.executable, "-m", "nudger", "status", "--json"]
    where, variables = scene.folder, dict(scene.variables)
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=where, env=variables)  # noqa: S603 (our own)
    return json.dumps(json.loads(done.stdout)[0]["files"])


def plan_of(database: Database) -> set[tuple[int, datetime]]:
    """Everything of `second` that is planned ahead."""
    query = select(messages.c.enrollment_id, messages.c.due_at).where(*of_second(), messages.c.state == State.PLANNED)
    with database.read() as connection:
        return {(row.enrollment_id, row.due_at) for row in connection.execute(query)}


def of_second() -> tuple[ColumnElement[bool], ...]:
    """Messages of the rule that moves."""
    its = select(enrollments.c.id).join(schedules).where(schedules.c.key == "second").scalar_subquery()
    return (messages.c.enrollment_id.in_(its),)


def astray(database: Database, rules: Rules) -> int:
    """Messages of `second` planned for another minute than the file says, or 1 where none is planned at all."""
    found = plan_of(database)
    return sum(f"{due:%H:%M}" != rules.second for _, due in found) if found else 1


def settled(database: Database, due: int) -> bool:
    """Whether so many were accepted and nothing is in anybody's hands."""
    open_ = count(database, messages.c.state.in_([State.CLAIMED, State.SENDING, State.UNKNOWN]))
    return open_ == 0 and count(database, messages.c.state == State.ACCEPTED) == due


def count(database: Database, *conditions: ColumnElement[bool]) -> int:
    """How many messages meet all of these."""
    with database.read() as connection:
        number: int = connection.execute(select(func.count()).select_from(messages).where(*conditions)).scalar_one()
        return number


if __name__ == "__main__":
    sys.exit(main())
