"""Counting all ways to place moments that keep their distance, and drawing one of them, each as likely."""

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate

from nudger.domain.chance import Dice
from nudger.domain.spans import Spans, clipped

Slots = tuple[Spans, ...]

#: Before and after every minute there is.
FIRST, LAST = -(1 << 62), 1 << 62
#: Draws that may start too early before the ways that do not are counted by themselves.
TRIES = 64
#: Tables worth keeping: up to so many slots times minutes, nights included (a month of seven moments just passes).
#: Larger ones are made anew each time, to bound memory.
KEEP = 7 * 32 * 1440


class Layout:
    """The minutes open to each slot, in UTC minutes from some origin: one object for all that are alike.

    So that what is worked out about them is found by looking at the object, and not at hundreds of minutes.
    """

    __slots__ = ("slots", "worth_keeping")

    def __init__(self, slots: Slots) -> None:
        """Made by `layout` alone; worth keeping are tables that are not too large."""
        self.slots = slots
        last_minute = slots[0][-1][1] if slots and slots[0] else 0
        self.worth_keeping = len(slots) * last_minute <= KEEP


@lru_cache(maxsize=4096)
def layout(slots: Slots) -> Layout:
    """The layout of these slots."""
    return Layout(slots)


class Choices:
    """All ways to place moments: slot i on a minute of `slots[i]`, at least `apart` minutes after slot i - 1.

    For every slot k and every minute, tells how many ways there are to place slots 0 to k with slot k before that
    minute. Each such count is a sum over the minutes slot k - 1 may take, so a running total gives them all; reading
    the totals backwards turns a number below the count into one way, and every number into another.
    """

    __slots__ = ("_minutes", "_slots", "_totals", "whole")

    def __init__(self, slots: Slots, apart: int) -> None:
        """Count them: a few milliseconds for a week of three."""
        self._slots = slots
        self._minutes = [_minutes(spans) for spans in slots]
        self._totals: list[Sequence[int]] = []
        for slot, minutes in enumerate(self._minutes):
            self._totals.append(self._after(slot - 1, apart) if slot else range(len(minutes) + 1))
        self.whole = self._most(LAST)

    def _after(self, slot: int, apart: int) -> Sequence[int]:
        """The running totals of the next slot: each of its minutes has the ways that end `apart` before it."""
        before = _before(self._slots[slot], self._slots[slot + 1], apart)
        return _packed(list(accumulate(map(self._totals[slot].__getitem__, before), initial=0)))

    def most(self, last: int) -> tuple[int, int]:
        """How many of the slots can be filled when none may come after minute `last`, and in how many ways."""
        return self.whole if last == LAST else self._most(last)

    def _most(self, last: int) -> tuple[int, int]:
        ways = ((filled, self._ways(filled - 1, last)) for filled in range(len(self._totals), -1, -1))
        return next((filled, count) for filled, count in ways if count)

    def nth(self, filled: int, rank: int) -> tuple[int, ...]:
        """The way of that rank to fill so many slots: minutes in order."""
        way = []
        for slot in range(filled - 1, -1, -1):
            totals = self._totals[slot]
            place = bisect_right(totals, rank) - 1
            rank -= totals[place]
            way.append(self._minutes[slot][place])
        return tuple(reversed(way))

    def _ways(self, slot: int, last: int) -> int:
        """How many ways there are to place slots 0 to `slot`, that one at minute `last` or before; one for no slots."""
        return self._totals[slot][bisect_right(self._minutes[slot], last)] if slot >= 0 else 1


@lru_cache(maxsize=512)
def _minutes(spans: Spans) -> Sequence[int]:
    return array("q", [minute for low, high in spans for minute in range(low, high)])


@lru_cache(maxsize=512)
def _before(one: Spans, following: Spans, apart: int) -> Sequence[int]:
    """For each minute of the following slot, how many of the one before it lie `apart` minutes earlier or more."""
    minutes = _minutes(one)
    return array("q", [bisect_right(minutes, minute - apart) for minute in _minutes(following)])


def _packed(totals: list[int]) -> Sequence[int]:
    """Eight bytes each where that is enough."""
    return array("Q", totals) if totals[-1] < 1 << 64 else totals


@lru_cache(maxsize=256)
def _kept(layout: Layout, apart: int) -> Choices:
    return Choices(layout.slots, apart)


def counted(layout: Layout, apart: int) -> Choices:
    """The choices for these slots, kept for the next who asks where they are not too many to keep."""
    return _kept(layout, apart) if layout.worth_keeping else Choices(layout.slots, apart)


def drawn(dice: Dice, layout: Layout, apart: int, low: int = FIRST, high: int = LAST) -> tuple[int, ...]:
    """Minutes for the slots, `apart` from one another, from `low` to `high` (included): each way as likely.

    Where the slots cannot all be filled, the first so many that can. A way that starts before `low` is drawn again;
    after too many of these the ways that do not are counted, so the draw ends and stays exact.
    """
    choices = counted(layout, apart)
    filled, ways = choices.most(high)
    for _ in range(TRIES):
        minutes = choices.nth(filled, dice.below(ways))
        if not minutes or minutes[0] >= low:
            return minutes
    choices = Choices(tuple(clipped(spans, low, LAST) for spans in layout.slots), apart)
    filled, ways = choices.most(high)
    return choices.nth(filled, dice.below(ways))
