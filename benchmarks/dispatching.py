"""Dispatching: due texts through gate, composer and the Twilio channel, against Twilio's own client in a bare loop."""

import asyncio
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from benchmarks.figures import Figure, Unit, timed
from benchmarks.processes import provider
from benchmarks.scenes import ACCOUNT, texts_due
from nudger.actions.plan import plan
from nudger.runtime.clock import now, surroundings, token
from nudger.settings import read_settings
from nudger.storage.database import Database
from nudger.wiring import build_service

KEY = b"a key for benchmarks alone"
TEXTS, AT_ONCE = 4000, 64
HOME = "https://api.twilio.com"


def figures() -> Iterator[Figure]:
    """Texts a second from due to accepted, everything written down."""
    with tempfile.TemporaryDirectory(prefix="nudger-bench-") as name, provider() as address:
        with texts_due(Path(name), TEXTS) as database:
            plan(database, KEY, now(), horizon=timedelta(hours=1))
            ours = asyncio.run(dispatch(Path(name), database, address))
        bare = asyncio.run(bare_client(address))
    yield Figure(
        f"texts dispatched, {AT_ONCE} at once, provider at 0 ms", ours, Unit.PER_SECOND,
        bare, "Twilio's client in a loop",
    )  # fmt: skip


async def dispatch(folder: Path, database: Database, address: str) -> float:
    """Texts a second by the real dispatcher."""
    wishes: dict[str, Any] = {**ACCOUNT, "TWILIO_API_BASE": address, "NUDGER_IN_FLIGHT": AT_ONCE}
    wishes |= {"NUDGER_DATA": folder / "data", "NUDGER_SCHEDULES": folder / "schedules"}
    service = build_service(read_settings(_env_file=None, **wishes), KEY, surroundings(), token, database=database)
    with timed() as watch:
        outcomes = await service.dispatcher.drain()
    for channel in service.channels.values():
        await channel.aclose()
    assert outcomes == {"accepted": TEXTS}, outcomes
    return TEXTS / watch.seconds


class Loopback(AsyncTwilioHttpClient):  # type: ignore[misc] # the SDK has no types
    """Twilio's own client, pooled, sent to another address; nothing else about it is changed."""

    def __init__(self, address: str) -> None:
        """`address` stands for Twilio's."""
        super().__init__()
        self._address = address

    async def request(self, method: str, url: str, *args: Any, **wishes: Any) -> Any:  # noqa: ANN401 (the SDK's)
        """One call."""
        return await super().request(method, url.replace(HOME, self._address), *args, **wishes)


async def bare_client(address: str) -> float:
    """Texts a second by the client alone: no gate, no words, nothing written down."""
    wire = Loopback(address)
    client = Client(ACCOUNT["TWILIO_ACCOUNT_SID"], ACCOUNT["TWILIO_AUTH_TOKEN"], http_client=wire)
    numbers = iter(range(TEXTS))

    async def worker() -> None:
        for number in numbers:
            await client.messages.create_async(
                to=f"+4477009{number:05}",
                body="Slip a note into Ben's coat pocket tonight. Three words are enough.",
                messaging_service_sid=ACCOUNT["TWILIO_MESSAGING_SERVICE_SID"],
            )

    with timed() as watch:
        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    await wire.close()
    return TEXTS / watch.seconds
