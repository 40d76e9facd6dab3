"""Dispatching: due texts through gate, composer and the Twilio channel, against Twilio's own client in a bare loop.

The provider runs in a process of its own, so its work is neither's; on two cores it has one of them.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, TCPConnector
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from benchmarks.figures import Figure, Note, Unit, timed
from benchmarks.processes import provider
from benchmarks.scenes import ACCOUNT, texts_due
from nudger.actions.plan import plan
from nudger.domain.people import ChannelKind
from nudger.runtime.clock import now, surroundings, token
from nudger.runtime.memory import settle
from nudger.settings import read_settings
from nudger.storage.database import Database
from nudger.wiring import Service, build_service

KEY = b"a key for benchmarks alone"
TEXTS = 4000
#: Sends at once, the provider's latency in seconds, and the share of the bare client's rate that is good enough.
CASES = ((64, 0.0, 0.65), (256, 0.1, 0.85))
HOME = "https://api.twilio.com"


def figures() -> Iterator[Figure | Note]:
    """Texts a second from due to accepted, everything written down."""
    for at_once, latency, share in CASES:
        with provider("--latency", str(latency)) as address:
            ours, our_work = asyncio.run(dispatch(address, at_once))
            bare, bare_work = asyncio.run(bare_client(address, at_once))
        case = f"{at_once} at once, provider at {latency * 1000:.0f} ms"
        bound_is = "Twilio's client in a loop, its cap on connections lifted"
        yield Figure(f"texts dispatched, {case}", ours, Unit.PER_SECOND, bare, bound_is, target=share * bare)
        yield (f"processor time for a text, {case}", f"{our_work:.2f} ms, of which the bare client {bare_work:.2f} ms")


async def dispatch(address: str, at_once: int) -> tuple[float, float]:
    """Texts a second by the real dispatcher, and milliseconds of processor for each."""
    with tempfile.TemporaryDirectory(prefix="nudger-bench-") as name, texts_due(Path(name), TEXTS) as database:
        plan(database, KEY, now(), horizon=timedelta(hours=1))
        service = service_on(Path(name), database, address, at_once)
        await service.channels[ChannelKind.SMS].check()  # the SDK imports most of itself at its first call
        settle()  # as the daemon does once everything is loaded
        began = time.process_time()
        with timed() as watch:
            outcomes = await service.dispatcher.drain()
        work = time.process_time() - began
        for channel in service.channels.values():
            await channel.aclose()
    assert outcomes == {"accepted": TEXTS}, outcomes
    return TEXTS / watch.seconds, work / TEXTS * 1000


def service_on(folder: Path, database: Database, address: str, at_once: int) -> Service:
    """The real thing, with its texts sent to the stand-in."""
    wishes: dict[str, Any] = {**ACCOUNT, "TWILIO_API_BASE": address, "NUDGER_IN_FLIGHT": at_once}
    wishes |= {"NUDGER_DATA": folder / "data", "NUDGER_SCHEDULES": folder / "schedules"}
    return build_service(read_settings(_env_file=None, **wishes), KEY, surroundings(), token, database)


class Loopback(AsyncTwilioHttpClient):  # type: ignore[misc] # the SDK has no types
    """Twilio's own client, pooled, sent to another address, with as many connections as asked for."""

    def __init__(self, address: str, connections: int) -> None:
        """`address` stands for Twilio's."""
        super().__init__(pool_connections=False)
        self.session = ClientSession(connector=TCPConnector(limit=connections))
        self._address = address

    async def request(self, method: str, url: str, *args: Any, **wishes: Any) -> Any:  # noqa: ANN401 (the SDK's)
        """One call."""
        return await super().request(method, url.replace(HOME, self._address), *args, **wishes)


async def bare_client(address: str, at_once: int) -> tuple[float, float]:
    """The same by the client alone: no gate, no words, nothing written down."""
    wire = Loopback(address, at_once)
    client = Client(ACCOUNT["TWILIO_ACCOUNT_SID"], ACCOUNT["TWILIO_AUTH_TOKEN"], http_client=wire)
    numbers = iter(range(TEXTS))

    async def worker() -> None:
        for number in numbers:
            await client.messages.create_async(
                to=f"+4477009{number:05}",
                body="Slip a note into Ben's coat pocket tonight. Three words are enough.",
                messaging_service_sid=ACCOUNT["TWILIO_MESSAGING_SERVICE_SID"],
            )

    began = time.process_time()
    with timed() as watch:
        await asyncio.gather(*(worker() for _ in range(at_once)))
    work = time.process_time() - began
    await wire.close()
    return TEXTS / watch.seconds, work / TEXTS * 1000
