"""Forecast: from a year played ahead, how long the pools last for a couple, and what is scarce."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from nudger.domain.messages import Reason
from nudger.storage.reports import Line

#: The first steps of every pick: not the couple's choices but what the schedule is about.
ASKED_FOR = {"kind"}


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a year holds for one couple and theme.

    `sent` messages of that theme; `different` entries among them; `days` until an entry comes again, or None where
    none does; `left` the fewest entries that the filters ever left to choose from, and `thin` the filter that took
    the most of them.
    """

    couple: str
    theme: str
    sent: int
    different: int
    days: int | None
    left: int | None
    thin: str | None


@dataclass(frozen=True, slots=True)
class Shortage:
    """Moments for which nothing fitted: how many, the first after how many days, and the filter at fault."""

    couple: str
    moments: int
    days: int
    emptied_by: str


def outlooks(lines: Sequence[Line], start: datetime) -> list[Outlook]:
    """One per couple and theme, in order."""
    by_theme: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        if line.theme and line.why and line.text:
            by_theme[line.couple, line.theme].append(line)
    return [_outlook(couple, theme, some, start) for (couple, theme), some in sorted(by_theme.items())]


def _outlook(couple: str, theme: str, lines: Sequence[Line], start: datetime) -> Outlook:
    entries = Counter(entry for line in _one_per_occurrence(lines) for entry in line.entries)
    narrowest = min(lines, key=_fewest)
    return Outlook(
        couple,
        theme,
        len(lines),
        len(entries),
        _first_repeat(lines, start),
        _fewest(narrowest),
        _thin(narrowest),
    )


def _one_per_occurrence(lines: Sequence[Line]) -> list[Line]:
    """Both partners' copies of one message count once."""
    seen: dict[object, Line] = {}
    for line in lines:
        seen.setdefault((line.schedule, line.period, line.slot, line.entries), line)
    return list(seen.values())


def _first_repeat(lines: Sequence[Line], start: datetime) -> int | None:
    seen: set[str] = set()
    for line in _one_per_occurrence(lines):
        if seen & set(line.entries):
            return (line.due_at - start).days
        seen.update(line.entries)
    return None


def _steps(line: Line) -> list[tuple[str, int]]:
    return list((line.why or {}).get("left", {}).items())


def _fewest(line: Line) -> int:
    return min((count for _, count in _steps(line)), default=0)


def _thin(line: Line) -> str | None:
    """The filter that took most of what the ones before it had left; what the schedule itself asks for is no filter."""
    steps = [step for step in _steps(line) if step[0] not in ASKED_FOR] or _steps(line)
    losses = {name: before - after for (_, before), (name, after) in pairwise(steps)}
    return max(losses, key=lambda name: losses[name]) if losses else None


def shortages(lines: Sequence[Line], start: datetime) -> list[Shortage]:
    """One per couple and filter that left nothing, in order."""
    empty: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        if line.reason == Reason.NOTHING_FITS and line.why:
            empty[line.couple, str(line.why.get("emptied_by"))].append(line)
    return [
        Shortage(couple, len(some), (min(line.due_at for line in some) - start).days, filter_name)
        for (couple, filter_name), some in sorted(empty.items())
    ]
