"""The tests' stand-in for Twilio as a process, with moods: now and then it takes a message and does not say so.

    python -m benchmarks.moody_twilio --log accepted.jsonl --latency 0.01 --moody 0.06 --seed 1

Its log is the truth about what was taken: each line is on the disk (fsync) before the answer leaves. SIGUSR1 begins and
ends an outage, in which every send is refused with 503; SIGUSR2 begins and ends a drip, with seconds to each answer.
"""

import argparse
import asyncio
import logging
import random
import signal
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from parts.fake_provider import Manner, Order
from parts.fake_twilio import FakeTwilio

#: Answers that leave open whether the message was taken.
UNCLEAR = (Order(Manner.ACCEPT_THEN_500), Order(Manner.ACCEPT_THEN_RESET), Order(Manner.GARBAGE))
MOODS = {
    "any": (*UNCLEAR[:2], Order(Manner.REFUSE, 503, 20503), Order(Manner.REFUSE, 429, 20429, retry_after=1)),
    "unclear": UNCLEAR,
}
#: Seconds to each answer of a provider that only drips.
DRIP = 3.0


class MoodyTwilio(FakeTwilio):
    """Treats a share of all sends in one of its moods, the same sends for the same seed."""

    def __init__(self, share: float, moods: str, chance: random.Random, **wishes: Any) -> None:  # noqa: ANN401 (the fake's)
        """`share` lies between 0 and 1; `moods` are any or unclear."""
        super().__init__(**wishes)
        self._share = share
        self._moods = MOODS[moods]
        self._chance = chance
        self._out = False
        self._quick = self.latency

    def next_order(self) -> Order | None:
        """A mood, or none."""
        self.requests += 1
        if self._out:
            return Order(Manner.REFUSE, 503, 20503)
        return self._chance.choice(self._moods) if self._chance.random() < self._share else None

    def turn_outage(self) -> None:
        """Go out of order, or be back."""
        self._out = not self._out

    def turn_drip(self) -> None:
        """Begin to drip, or be quick again."""
        self.latency = DRIP if self.latency == self._quick else self._quick


async def serve(fake: MoodyTwilio) -> None:
    """Listen until SIGTERM; the first line of output says where."""
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # a killed client is no news here
    enough = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number, do in (
        (signal.SIGTERM, enough.set),
        (signal.SIGUSR1, fake.turn_outage),
        (signal.SIGUSR2, fake.turn_drip),
    ):
        loop.add_signal_handler(number, do)
    async with fake:
        print(f"listening on 127.0.0.1:{fake.port}", flush=True)
        await enough.wait()


def main() -> None:
    """Listen as told."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--moody", type=float, default=0.0)
    parser.add_argument("--moods", choices=MOODS, default="any")
    parser.add_argument("--seed", type=int, default=1)
    wishes = parser.parse_args()
    chance = random.Random(wishes.seed)
    fake = MoodyTwilio(wishes.moody, wishes.moods, chance, log=wishes.log, latency=wishes.latency)
    asyncio.run(serve(fake))


if __name__ == "__main__":
    main()
