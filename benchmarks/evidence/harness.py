"""The service as it is, started with one thing gone wrong, in place of `python -m nudger`.

    EVIDENCE_STEP="sending, after commit" EVIDENCE_HIT=2 python -m benchmarks.evidence.harness run --no-web

EVIDENCE_STEP: it dies by SIGKILL where it comes to that step for the EVIDENCE_HIT-th time. EVIDENCE_PLANTED: it works
by a pattern that is known to be wrong. EVIDENCE_CLOCK: a file with the seconds by which its clock is wrong.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from nudger.channels.contract import Channel, LookUpResult, Outgoing, Question, SendResult
from nudger.domain import life
from nudger.domain.life import Message, Patience
from nudger.domain.messages import Reason, State
from nudger.domain.people import ChannelKind
from nudger.runtime import clock
from nudger.storage import messages as stored
from nudger.storage.database import Database
from nudger.storage.tables import attempts, messages, transitions

#: Each step of a message's life at which a process may die.
STEPS = (
    "plan, before commit",
    "plan, after commit",
    "claim, before commit",
    "claim, after commit",
    "sending, before commit",
    "sending, after commit",
    "send, before the first byte",
    "send, request left",
    "send, answered",
    "record, before commit",
    "record, after commit",
    "take back, before commit",
    "take back, after commit",
    "ask, answered",
    "answer, before commit",
    "answer, after commit",
)
MARK_FIRST, SEND_FIRST = "mark-then-send", "send-then-mark"
#: The stand-in answers after 10 ms.
ON_ITS_WAY = 0.004


class Fate:
    """Knows at which step the process has to die."""

    def __init__(self, step: str | None, hit: int) -> None:
        """At the `hit`-th time of the step, from 1 on."""
        self._step = step
        self._left = hit

    def awaits(self, step: str) -> bool:
        """Whether this is the step."""
        return step == self._step

    def reach(self, step: str) -> None:
        """Come to a step, and perhaps no further."""
        if self.awaits(step):
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


class WatchedDatabase(Database):
    """The database, with a step before and after each commit, named for what it writes."""

    fate: Fate

    @contextmanager
    def write(self, *, trusting: bool = False) -> Iterator[Connection]:
        """As the true one."""
        with super().write(trusting=trusting) as connection:
            before = _written(connection)
            yield connection
            steps = _steps(connection, before)
            for step in steps:
                self.fate.reach(f"{step}, before commit")
        for step in steps:
            self.fate.reach(f"{step}, after commit")


def _written(connection: Connection) -> tuple[int, int]:
    if not connection.dialect.has_table(connection, "transitions"):
        return 0, 0
    moved = select(func.coalesce(func.max(transitions.c.id), 0)).scalar_subquery()
    row = connection.execute(select(moved, select(func.count()).select_from(messages).scalar_subquery())).one()
    return row[0], row[1]


def _steps(connection: Connection, before: tuple[int, int]) -> list[str]:
    """Which steps of a message's life the transaction carries out, judged by the rows it wrote."""
    last, count = before
    query = select(transitions.c.from_state, transitions.c.to_state, transitions.c.reason)
    new = set(connection.execute(query.where(transitions.c.id > last).distinct()).all()) if last or count else set()
    found = {_step(*row) for row in new}
    if _written(connection)[1] > count:
        found.add("plan")
    return sorted(found)


def _step(before: str, after: str, reason: str) -> str:
    if after == State.CLAIMED:
        return "claim"
    if reason == Reason.LEASE_RAN_OUT:
        return "take back"
    if before == State.CLAIMED:
        return "sending"
    return "answer" if before == State.UNKNOWN else "record"


class Watched:
    """A channel with a step around each call."""

    def __init__(self, channel: Channel, fate: Fate) -> None:
        """Everything else is the channel's own."""
        self._channel = channel
        self._fate = fate

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (whatever the channel has)
        return getattr(self._channel, name)

    async def send(self, outgoing: Outgoing) -> SendResult:
        """As the true one."""
        self._fate.reach("send, before the first byte")
        sending = asyncio.ensure_future(self._channel.send(outgoing))
        if self._fate.awaits("send, request left"):
            await asyncio.sleep(ON_ITS_WAY)
            self._fate.reach("send, request left")
        result = await sending
        self._fate.reach("send, answered")
        return result

    async def send_batch(self, batch: Sequence[Outgoing]) -> Sequence[SendResult]:
        """One after another: the stand-in takes one text per request."""
        return [await self.send(outgoing) for outgoing in batch]

    async def look_up(self, question: Question) -> LookUpResult:
        """As the true one."""
        answer = await self._channel.look_up(question)
        self._fate.reach("ask, answered")
        return answer


# Two patterns that are known to be wrong


class MarkingFirst(Watched):
    """Notes that the provider has a message, and only then hands it over."""

    database: Database

    async def send(self, outgoing: Outgoing) -> SendResult:
        """Mark, then send."""
        now = clock.now()
        with self.database.write() as connection:
            number = connection.execute(
                select(attempts.c.message_id).where(attempts.c.token == outgoing.token)
            ).scalar_one()
            (message,) = stored.with_ids(connection, [number])
            stored.save(connection, [(message, life.accepted(message, None))], now)
        return await super().send(outgoing)


def sent_again(message: Message, now: datetime, _patience: Patience) -> Message:
    """What a dead process held is simply sent once more, as engines do that acknowledge late."""
    return life.put_back(message, now, Reason.LEASE_RAN_OUT)


# Starting it


def main() -> None:
    """Put the fault in its place, and run the command."""
    wanted = os.environ
    if "EVIDENCE_CLOCK" in wanted:
        clock.now = _wrong_clock(clock.now, Path(wanted["EVIDENCE_CLOCK"]))
    # Only now: these take the clock by its name.
    from nudger import stores, wiring  # noqa: PLC0415 (as said)
    from nudger.cli.app import run  # noqa: PLC0415 (as said)
    from nudger.wires import build_channels  # noqa: PLC0415 (as said)

    fate = Fate(wanted.get("EVIDENCE_STEP"), int(wanted.get("EVIDENCE_HIT", "1")))
    planted = wanted.get("EVIDENCE_PLANTED")
    if planted == SEND_FIRST:
        life.lease_ran_out = sent_again  # type: ignore[assignment] # planted
    if "EVIDENCE_STEP" in wanted:
        WatchedDatabase.fate = fate
        stores.Database = WatchedDatabase  # type: ignore[attr-defined] # put in its place
    watched = _watched(build_channels, MarkingFirst if planted == MARK_FIRST else Watched, fate)
    wiring.build_channels = watched  # type: ignore[attr-defined] # put in its place
    sys.exit(run(sys.argv[1:]))


def _wrong_clock(now: Callable[[], datetime], file: Path) -> Callable[[], datetime]:
    return lambda: now() + timedelta(seconds=float(file.read_text(encoding="ascii") or "0"))


def _watched(build: Any, kind: type[Watched], fate: Fate) -> Any:  # noqa: ANN401 (the wiring's function)
    def build_channels(settings: Any, around: Any) -> Mapping[ChannelKind, Any]:  # noqa: ANN401 (as above)
        if kind is MarkingFirst:
            MarkingFirst.database = Database(settings.url)  # it reads and writes no words
        return {which: kind(channel, fate) for which, channel in build(settings, around).items()}

    return build_channels


if __name__ == "__main__":
    main()
