"""How often one may knock: a small allowance for bursts and a steady rate after it, in memory and bounded."""

from collections import OrderedDict
from collections.abc import Callable

#: Names kept at most; the one longest unused is forgotten first, which can only ever be to its advantage.
REMEMBERED = 20_000
#: Of each name so many letters count. Ours are shorter; a made-up token may be as long as a web address can be.
LONGEST = 100


class Rate:
    """So many requests at once, and so many a minute after that, for each name (an address, a token).

    Generic cell rate algorithm (ITU-T I.371, annex A): one number per name, the moment its allowance is whole again.
    """

    def __init__(self, burst: int, per_minute: float, uptime: Callable[[], float]) -> None:
        """`uptime` gives seconds on a clock that never steps back."""
        self._spacing = 60.0 / per_minute
        self._slack = self._spacing * (burst - 1)
        self._uptime = uptime
        self._whole_again: OrderedDict[str, float] = OrderedDict()

    def wait(self, name: str) -> float:
        """Seconds this name has to wait; 0 where the request may pass, which is then counted."""
        now, name = self._uptime(), name[:LONGEST]
        whole = max(self._whole_again.get(name, now), now)
        early = whole - now - self._slack
        if early > 0:
            return early
        self._whole_again[name] = whole + self._spacing
        self._whole_again.move_to_end(name)
        if len(self._whole_again) > REMEMBERED:
            self._whole_again.popitem(last=False)
        return 0.0
