"""What can be used of files that have faults: all but the items concerned, which keep their last good version."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nudger.files.faults import Fault, Place
from nudger.files.loaded import Item, Loaded

#: More than this many faults are counted, not listed.
MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class Trouble:
    """Where a fault is and which item it is in (a couple, schedule or entry by key), never what is written there."""

    place: str
    item: str | None


@dataclass(frozen=True, slots=True)
class Salvage:
    """The items nothing is wrong with, and what is to stay as it was.

    `sound` holds no pools of a language in which there is a fault, for a language's pools are one. `doubtful` names the
    couples and schedules that are written and not usable; with `hidden` there may be more of them, in a file that could
    not be read. `troubles` lists the first faults of `faults`, which counts them all.
    """

    sound: Loaded
    doubtful: Mapping[str, frozenset[str]]
    hidden: bool
    troubles: tuple[Trouble, ...]
    faults: int


def salvage(loaded: Loaded, templates: Path) -> Salvage:
    """Set apart what has a fault; `templates` is the folder the pools were read from."""
    places = _Places(loaded)
    found = [(fault, places.item_at(fault.place)) for fault in loaded.faults]
    faulty = loaded.faulty | {item for _, item in found if item is not None}
    doubtful = {kind: frozenset(item[1] for item in faulty if item[0] == kind) for kind in ("couples", "schedules")}
    broken = {locale for fault in loaded.faults for locale in _languages(fault, templates / "pools", loaded)}
    sound = replace(
        loaded,
        couples=tuple(one for one in loaded.couples if one.key not in doubtful["couples"]),
        schedules=tuple(one for one in loaded.schedules if one.key not in doubtful["schedules"]),
        pools={locale: pool for locale, pool in loaded.pools.items() if locale not in broken},
    )
    elsewhere = any(templates not in fault.place.path.parents for fault in loaded.faults)
    return Salvage(sound, doubtful, elsewhere and not loaded.complete, _told(found), len(found))


def _told(found: Sequence[tuple[Fault, Item | None]]) -> tuple[Trouble, ...]:
    return tuple(
        Trouble(str(fault.place), ".".join(item) if item is not None else None) for fault, item in found[:MOST_LISTED]
    )


def _languages(fault: Fault, pools: Path, loaded: Loaded) -> Iterator[str]:
    """The languages whose pools a fault is in: that of its folder, or all where it is in none."""
    path = fault.place.path
    if pools in path.parents:
        yield path.relative_to(pools).parts[0]
    elif path == pools:
        yield from loaded.pools


class _Places:
    """Which item a place in a file belongs to: the last that begins before it."""

    def __init__(self, loaded: Loaded) -> None:
        wanted = {fault.place.path for fault in loaded.faults}
        self._starts: dict[Path, list[tuple[tuple[int, int], Item]]] = {}
        for item, (document, _) in loaded.homes.items():
            if document.path in wanted:
                place = loaded.place(*item)
                self._starts.setdefault(document.path, []).append(((place.line, place.column), item))
        for starts in self._starts.values():
            starts.sort()

    def item_at(self, place: Place) -> Item | None:
        starts = self._starts.get(place.path, [])
        before = bisect_right(starts, (place.line, place.column), key=lambda start: start[0])
        return starts[before - 1][1] if before else None
