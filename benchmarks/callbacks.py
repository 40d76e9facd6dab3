"""Status callbacks at a running daemon: 200 a second for a minute, signed as Twilio signs them, and none may be lost.

    python -m benchmarks callbacks

Six thousand texts are sent by the real Twilio channel to the stand-in; then each is reported `sent` and, some
time later, `delivered`, at the address that went out with it. A callback's time counts from the moment it was due, so
that a server that stops answering is not asked less often.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import socket
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector
from sqlalchemy import func, select

from benchmarks.figures import Figure, Note, Unit
from benchmarks.processes import environment, nudger_run, provider, wait_until
from benchmarks.scenes import ACCOUNT, PER_COUPLE, texts_due
from nudger.domain.messages import State
from nudger.storage.database import Database
from nudger.storage.tables import messages, provider_events

PER_SECOND, SECONDS = 200, 60
CALLBACKS = PER_SECOND * SECONDS
#: Each text is reported twice.
TEXTS = CALLBACKS // 2 // PER_COUPLE * PER_COUPLE
TARGET = 300.0
#: Twilio gives up after so many seconds: twilio.com/docs/usage/webhooks/webhooks-connection-overrides.
GIVES_UP = 15.0


@dataclass(frozen=True, slots=True)
class Callback:
    """One request, ready to be sent."""

    url: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a callback: the status, 0 where there was none, and milliseconds since it was due."""

    status: int
    milliseconds: float


def figures() -> Iterator[Figure | Note]:
    """The slowest hundredth, the median, and what became of all of them."""
    with tempfile.TemporaryDirectory(prefix="nudger-load-") as name:
        folder, log = Path(name), Path(name, "accepted.jsonl")
        log.touch()
        port = free_port()
        with texts_due(folder, TEXTS) as database, provider("--log", str(log)) as address:
            here = {"NUDGER_BASE_URL": f"http://127.0.0.1:{port}", "NUDGER_PORT": str(port)}
            with nudger_run(folder, environment(folder, **{**ACCOUNT, **here}, TWILIO_API_BASE=address)) as daemon:
                assert daemon.is_up(60), "the daemon did not start"
                assert wait_until(lambda: in_state(database, State.ACCEPTED) == TEXTS, 180, every=0.5), "texts not sent"
                commits = durable_commits(folder / "bare.db")
                used = daemon.processor_time()
                answers = asyncio.run(drive(callbacks_of(log)))
                used = daemon.processor_time() - used
                nothing_lost(database, answers)
    took = sorted(answer.milliseconds for answer in answers)
    subjects = ((99, f"status callbacks, {PER_SECOND} a second, p99", TARGET), (50, "the same, median", None))
    for share, subject, target in subjects:
        bound = percentile(commits, share)
        yield Figure(subject, percentile(took, share), Unit.MILLISECONDS, bound, "one row committed to SQLite", target)
    yield (
        "callbacks",
        f"{len(answers):,} in {SECONDS} s, none lost, slowest {took[-1]:.0f} ms, {used / SECONDS:.0%} of a core",
    )


def callbacks_of(log: Path) -> list[Callback]:
    """For every text that the stand-in took: first that all are sent, then that all are delivered."""
    taken = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    return [callback(entry, word) for word in ("sent", "delivered") for entry in taken]


def callback(entry: dict[str, Any], word: str) -> Callback:
    """What Twilio would post, signed as twilio.com/docs/usage/webhooks/webhooks-security has it."""
    url = entry["form"]["StatusCallback"]
    form = {
        "MessageSid": entry["sid"], "SmsSid": entry["sid"], "AccountSid": ACCOUNT["TWILIO_ACCOUNT_SID"],
        "To": entry["to"], "MessageStatus": word, "SmsStatus": word, "ApiVersion": "2010-04-01",
    }  # fmt: skip
    words = url + "".join(name + form[name] for name in sorted(form))
    secret = ACCOUNT["TWILIO_AUTH_TOKEN"].encode()
    signature = base64.b64encode(hmac.new(secret, words.encode(), hashlib.sha1).digest()).decode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
    return Callback(url, headers, urlencode(form).encode())


async def drive(callbacks: Sequence[Callback]) -> list[Answer]:
    """Send each at its moment, whether those before have been answered or not."""
    began = time.perf_counter()
    async with (
        ClientSession(connector=TCPConnector(limit=0), timeout=ClientTimeout(total=GIVES_UP)) as session,
        asyncio.TaskGroup() as group,
    ):
        tasks = []
        for number, one in enumerate(callbacks):
            due = began + number / PER_SECOND
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.append(group.create_task(send(session, one, due)))
    return [task.result() for task in tasks]


async def send(session: ClientSession, one: Callback, due: float) -> Answer:
    """Send one, and how long it took since it was due."""
    try:
        async with session.post(one.url, data=one.body, headers=one.headers) as answer:
            await answer.read()
            status = answer.status
    except (ClientError, TimeoutError):
        status = 0
    return Answer(status, (time.perf_counter() - due) * 1000)


def nothing_lost(database: Database, answers: Sequence[Answer]) -> None:
    """AssertionError unless every callback was answered with success and is in the database, and every text arrived."""
    refused = sorted({answer.status for answer in answers if not 200 <= answer.status < 300})
    assert not refused, f"some callbacks were answered with {refused}"
    with database.read() as connection:
        kept = connection.execute(select(func.count()).select_from(provider_events)).scalar_one()
    assert (len(answers), kept) == (CALLBACKS, CALLBACKS), f"{kept} of {len(answers)} callbacks are in the database"
    assert in_state(database, State.DELIVERED) == TEXTS, "some texts are not noted as delivered"


def durable_commits(path: Path) -> list[float]:
    """Milliseconds, in order of size, that 200 commits of one row take on this disk, made to survive a power cut."""
    connection = sqlite3.connect(path, isolation_level=None)
    for word in ("PRAGMA journal_mode = TRUNCATE", "PRAGMA synchronous = FULL", "CREATE TABLE kept (word TEXT)"):
        connection.execute(word)
    took = []
    for _ in range(200):
        began = time.perf_counter()
        connection.execute("INSERT INTO kept VALUES ('word')")
        took.append((time.perf_counter() - began) * 1000)
    connection.close()
    return sorted(took)


def in_state(database: Database, state: State) -> int:
    """How many messages are in a state."""
    query = select(func.count()).select_from(messages).where(messages.c.state == state)
    with database.read() as connection:
        return connection.execute(query).scalar_one()


def percentile(ordered: Sequence[float], share: int) -> float:
    """The value that so many of a hundred stay at or below."""
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
