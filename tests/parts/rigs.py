"""The real whole, built from real settings, on a clock that the test moves: providers are asked over real sockets."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, Self

from nudger.actions.consent import record_consent
from nudger.actions.once import Pass, full_pass
from nudger.actions.simulate import VirtualClock
from nudger.actions.surroundings import Surroundings
from nudger.domain.people import ChannelKind
from nudger.runtime.keys import open_vault
from nudger.settings import read_settings
from nudger.storage import reports
from nudger.storage.consent import Event
from nudger.storage.reports import Line
from nudger.stores import open_database
from nudger.wires import Channels, build_channels, demo_kinds
from nudger.wiring import Service, build_service

KEY = b"a key that only the tests know"
#: A Monday morning: nothing is due for another hour (Berlin) or two (London).
MORNING = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
#: How long the rig's channels wait for an answer, in seconds: long enough for a machine that is busy with other tests.
SHORT = 1.0


class Rig:
    """An installation at work, one round of the daemon's ticks at a time."""

    def __init__(self, *, start: datetime = MORNING) -> None:
        """Build everything from the settings in the environment; the clock stands at `start`."""
        self.clock = VirtualClock(start)
        self._tokens = iter(f"attempt-{number:04}" for number in range(1, 10_000))
        self.service = self._build()

    def _build(self) -> Service:
        around = Surroundings(now=self.clock, uptime=lambda: 0.0, luck=lambda: 0.5)
        settings = read_settings()
        channels = build_channels(settings, around)
        shorten(channels)
        return build_service(
            settings,
            KEY,
            around,
            lambda: next(self._tokens),
            open_database(settings, KEY, open_vault(settings)),
            channels=channels,
        )

    async def __aenter__(self) -> Self:
        await self.tick()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.service.aclose()

    async def restart(self) -> None:
        """Begin anew with the settings as they are now; nothing but the database is left of before."""
        await self.service.aclose()
        self.service = self._build()

    def consent(self) -> None:
        """Record everybody's yes for each of their contacts."""
        for couple in self.service.loaded.couples:
            for partner, kind in product(couple.partners, ChannelKind):
                if partner.address(kind) is None:
                    continue
                record_consent(
                    self.service.database,
                    couple.key,
                    partner.key,
                    kind,
                    event=Event.GRANTED,
                    evidence="signed on 2026-11-20",
                    now=self.clock(),
                )

    async def tick(self, **later: float) -> Pass:
        """Move the clock on, then do what the daemon does in one round of its ticks."""
        self.clock.move_to(self.clock() + timedelta(**later))
        whole = self.service
        return await full_pass(
            whole.database,
            whole.loaded.couples,
            whole.loaded.schedules,
            whole.dispatcher,
            whole.reconciler,
            key=KEY,
            now=self.clock(),
            horizon=whole.horizon,
            demo=demo_kinds(whole.channels),
        )

    async def until(self, done: Callable[[], bool], *, minutes: int = 60, step: float = 10) -> None:
        """Tick every `step` seconds until that is so; AssertionError where it is not so within the minutes."""
        for _ in range(int(minutes * 60 / step)):
            if done():
                return
            await self.tick(seconds=step)
        assert done(), self.states

    @property
    def lines(self) -> list[Line]:
        """Every message whose moment has come."""
        with self.service.database.read() as connection:
            return [line for line in reports.lines(connection) if line.due_at <= self.clock()]

    @property
    def states(self) -> Counter[str]:
        """How many of them are in which state."""
        return Counter(line.state for line in self.lines)

    def reasons(self) -> Counter[str | None]:
        """How many of them are there for which reason."""
        return Counter(line.reason for line in self.lines)


def shorten(channels: Channels) -> None:
    """Have channels that were built from settings wait a second only."""
    for channel in channels.values():
        wire: Any = channel
        limits = {"timeout": SHORT} | ({"data_timeout": SHORT} if channel.name == "smtp" else {})
        if channel.name != "outbox":
            wire._config = replace(wire._config, **limits)
        if channel.name == "sendgrid":
            wire._api.client.timeout = SHORT
