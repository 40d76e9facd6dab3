"""What goes wrong in one seed's world: drawn by name, so that one event more or less does not change all the others."""

import math
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import Any

#: The process whose code is running; None for the world outside.
PROCESS: ContextVar[Any] = ContextVar("process", default=None)

HOUR = 3600.0
#: A busy noon, most of the time; else the evening, the night and the next morning as well.
LENGTHS = (3.5 * HOUR, 3.5 * HOUR, 3.5 * HOUR, 22.5 * HOUR)
#: When nothing goes wrong any more, all that is open comes to an end within so long: a provider that cannot be asked
#: is believed after a quarter of an hour, a back-off lasts an hour at most.
SETTLING = 5.5 * HOUR


@dataclass(frozen=True, slots=True)
class Chance:
    """Draws of one seed: the same name is always the same number."""

    seed: int

    def draw(self, *name: object) -> float:
        """A number from [0, 1)."""
        digest = blake2b(f"{self.seed} {name}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") / 2**64

    def between(self, low: float, high: float, *name: object) -> float:
        """A number from [low, high)."""
        return low + (high - low) * self.draw(*name)

    def scaled(self, low: float, high: float, *name: object) -> float:
        """A number from [low, high), as often between 1 and 10 as between 10 and 100."""
        return low * math.exp(math.log(high / low) * self.draw(*name))

    def one_of(self, choices: Any, *name: object) -> Any:  # noqa: ANN401 (whatever they are)
        """One of them."""
        return choices[int(self.draw(*name) * len(choices))]


@dataclass(frozen=True, slots=True)
class Weather:
    """How bad one seed's world is: each share is of all steps, commits or sends."""

    chance: Chance

    @property
    def processes(self) -> int:
        """How many processes work at once; a single one may take everything back when it starts."""
        return self.chance.one_of((1, 2, 2, 3), "processes")

    @property
    def couples(self) -> int:
        """How many couples there are: few people and much trouble show more than the reverse."""
        return self.chance.one_of((1, 1, 2), "couples")

    def share(self, what: str, worst: float) -> float:
        """None, some or the worst of it, for the whole seed."""
        return worst * self.chance.one_of((0.0, 0.2, 1.0), "share", what)

    @property
    def faults_end(self) -> float:
        """From here on nothing goes wrong any more."""
        return self.chance.one_of(LENGTHS, "length")

    def outages(self) -> list[tuple[float, float]]:
        """From when to when a provider is out of reach, in seconds."""
        many = self.chance.one_of((0, 1, 2), "outages")
        begins = [self.chance.between(0, self.faults_end, "outage", number) for number in range(many)]
        return [(begin, begin + self.chance.scaled(20, 3000, "outage", begin)) for begin in begins]

    def clock_steps(self) -> list[tuple[float, timedelta]]:
        """When the machine's clock is set, and by how much; never twice within the time it takes to ask twice."""
        many = self.chance.one_of((0, 0, 1, 2), "steps")
        moments = sorted(self.chance.between(0, self.faults_end, "step", number) for number in range(many))
        apart = [moment for place, moment in enumerate(moments) if place == 0 or moment - moments[place - 1] > HOUR]
        return [(moment, timedelta(seconds=self.chance.between(-600, 900, "by", moment))) for moment in apart]
