"""The tests' stand-in for Twilio as a process, with moods: now and then it takes a message and does not say so.

    python -m benchmarks.moody_twilio --log accepted.jsonl --latency 0.01 --moody 0.06 --seed 1

Its log is the truth about what was taken: each line is on the disk (fsync) before the answer leaves.
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

MOODS = (
    Order(Manner.ACCEPT_THEN_500),
    Order(Manner.ACCEPT_THEN_RESET),
    Order(Manner.REFUSE, 503, 20503),
    Order(Manner.REFUSE, 429, 20429, retry_after=1),
)


class MoodyTwilio(FakeTwilio):
    """Treats a share of all sends in one of its moods, the same sends for the same seed."""

    def __init__(self, share: float, chance: random.Random, **wishes: Any) -> None:  # noqa: ANN401 (the fake's own)
        """`share` lies between 0 and 1."""
        super().__init__(**wishes)
        self._share = share
        self._chance = chance

    def next_order(self) -> Order | None:
        """A mood, or none."""
        self.requests += 1
        return self._chance.choice(MOODS) if self._chance.random() < self._share else None


async def serve(fake: FakeTwilio) -> None:
    """Listen until SIGTERM; the first line of output says where."""
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # a killed client is no news here
    enough = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, enough.set)
    async with fake:
        print(f"listening on 127.0.0.1:{fake.port}", flush=True)
        await enough.wait()


def main() -> None:
    """Listen as told."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--moody", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=1)
    wishes = parser.parse_args()
    fake = MoodyTwilio(wishes.moody, random.Random(wishes.seed), log=wishes.log, latency=wishes.latency)
    asyncio.run(serve(fake))


if __name__ == "__main__":
    main()
