"""Nine days of a couple, played through the real planner, dispatcher and outbox, with a deed in the middle of them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from parts.cast import KEY, NOON
from parts.couples import BOTH, EACH, NO_LIMIT, TALK, ana_and_ben, ideas, prompts
from parts.house import House
from parts.pool_entries import idea

from nudger.actions.choose import Choosing
from nudger.actions.look import own_settings
from nudger.actions.simulate import Stage, VirtualClock, play
from nudger.channels.outbox import Outbox, OutboxConfig
from nudger.domain.people import ChannelKind, Couple, LifeState
from nudger.domain.pools import Pool
from nudger.domain.preferences import Together
from nudger.domain.schedules import Audience, ChannelChoice, Daily, Period, RandomTimes, Weekly
from nudger.domain.themes import Theme
from nudger.storage.database import Database

DAY = timedelta(days=1)
#: The line between the parts of an email is drawn by chance.
BOUNDARY = re.compile(rb"={15}\d+==")
#: So few ideas that each one taken by one partner is missed by the other, and that they run out.
FEW = Pool(
    "en",
    [
        *ideas(7, tags=frozenset({"crowds"}), avoid_when=frozenset({LifeState.LOSS}), together=Together.CO_LOCATED),
        *(idea(f"close-{n}", Theme.INTIMACY, sms=f"Close {n}: ask {{{{ partner.name }}}}.") for n in range(4)),
        *(idea(f"grow-{n}", Theme.GROWTH, sms=f"Grow {n}, {{{{ you.name }}}}.") for n in range(14)),
        *prompts(4),
    ],
)
ALL = (Theme.CURIOSITY, Theme.APPRECIATION, Theme.INTIMACY, Theme.GROWTH)
RULES = (
    replace(EACH, key="surprises", when=RandomTimes(5, Period.WEEK), audience=Audience.ONE, themes=ALL),
    replace(EACH, key="daily", when=Daily(time(18)), channel=ChannelChoice.EMAIL, themes=ALL),
    replace(BOTH, key="shared", when=Weekly(frozenset({2, 5}), time(12)), channel=ChannelChoice.PREFERRED, themes=ALL),
    replace(TALK, when=Weekly(frozenset({6}), time(18))),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """All that one partner received and can look up."""

    pages: Sequence[bytes]
    data: Any
    settings: Any
    why: str | None


class NineDays:
    """Ana, Ben and a folder of what reached them."""

    def __init__(self, database: Database, folder: Path, home: Couple | None = None) -> None:
        """Everybody has said yes to every contact, nobody to intimacy."""
        self.house = House(database, [home or ana_and_ben(budget=NO_LIMIT)], RULES, [FEW])
        self.clock = VirtualClock(NOON)
        self.folder = folder
        config = OutboxConfig(folder)
        self.house.channels.update({kind: Outbox(config, kind, self.clock) for kind in ChannelKind})  # type: ignore[misc]
        self.house.start_afresh(around=replace(self.house.around, now=self.clock))
        self.choosing = Choosing(database, KEY)
        self._stage = Stage(database, self.house.dispatcher, self.clock, KEY, 2 * DAY, self.house.reconciler)

    @property
    def now(self) -> datetime:
        """The clock's moment."""
        return self.clock()

    def both_say_yes_to_closeness(self) -> None:
        """Each alone."""
        for partner in ("ana", "ben"):
            self.choosing.intimacy(self.house.partner_id(partner), True, "Yes", self.now)  # noqa: FBT003 (their answer)

    async def live(self, days: float) -> None:
        """Let days go by."""
        await play(self._stage, self.now + days * DAY)

    async def live_with(self, *deeds: Callable[["NineDays"], None]) -> None:
        """Nine days with a deed after the third, and the others two days apart."""
        await self.live(3)
        for deed in deeds:
            deed(self)
            await self.live(2)
        await self.live(6 - 2 * len(deeds))

    def seen_by(self, partner: str) -> Seen:
        """What this partner has by now."""
        home = self.house.homes[0].partner(partner)
        own = {f"To: {address}".encode() for address in (home.email, home.phone)}
        files = sorted(self.folder.glob("*.*"))
        read = (BOUNDARY.sub(b"", file.read_bytes()) for file in files)
        pages = [page for page in read if any(mark in page for mark in own)]
        partner_id = self.house.partner_id(partner)
        return Seen(
            sorted(pages),
            self.choosing.own_data(partner_id),
            own_settings(self.house.database, partner_id),
            self.choosing.why(partner_id),
        )
