"""A pool turned into bit sets: bit n stands for its n-th entry, and a filter is one `&`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import TypeVar

from nudger.domain.coming_dates import Ahead, DateKind, MadeFor
from nudger.domain.people import LifeState
from nudger.domain.pools import Daypart, Entry, KidsFit, Kind, Pool, Role, Season
from nudger.domain.preferences import Cost, Depth, Effort, Energy, Novelty, Place, Ranked, Together
from nudger.domain.themes import Theme

Key = TypeVar("Key")
Scale = TypeVar("Scale", bound=Ranked)
Nature = TypeVar("Nature", Season, Daypart)


@dataclass(frozen=True, slots=True, eq=False)
class CompiledPool:
    """A pool's entries with one bit set per answer to each question a filter asks.

    Every mapping goes from what the couple says to the entries that then fit, save `life_state` and `tag`, which
    name the entries to leave out. `occasion` holds under None the entries made for no date. `cool_down` holds by days
    of rest the ids that need so many, each with its bit's place in the set written out as noughts and ones. Compiled
    pools are equal only when they are the same object, so one can be a cache key.
    """

    entries: tuple[Entry, ...]
    index: Mapping[str, int]
    cool_down: Mapping[int, Mapping[str, int]]
    kind: Mapping[Kind, int]
    occasion: Mapping[MadeFor | None, int]
    theme: Mapping[Theme, int]
    texts: int
    life_state: Mapping[LifeState, int]
    cost: Mapping[Cost, int]
    effort: Mapping[Effort, int]
    energy: Mapping[Energy, int]
    depth: Mapping[Depth, int]
    novelty: Mapping[Novelty, int]
    together: Mapping[Together, int]
    place: Mapping[Place, int]
    kids: Mapping[bool, int]
    tag: Mapping[str, int]
    season: Mapping[Season, int]
    daypart: Mapping[Daypart, int]
    role: Mapping[Role, int]
    stretch: int
    weights: tuple[tuple[float, int], ...]


def compile_pool(pool: Pool) -> CompiledPool:
    """Work out every bit set of a pool once. An entry of weight 0 is switched off: it has no bit anywhere in `kind`.

    ValueError where two entries share an id: a draw and a history must mean the same entry.
    """
    entries = tuple(pool.entries)
    index = {entry.id: position for position, entry in enumerate(entries)}
    if len(index) != len(entries):
        raise ValueError("two entries of a pool share an id")
    return CompiledPool(
        entries=entries,
        index=index,
        cool_down=_by_rest(entries),
        kind=_each(Kind, entries, lambda entry, kind: entry.kind is kind and entry.weight > 0),
        occasion=_each([None, *product(DateKind, Ahead)], entries, _fits_occasion),
        theme=_each(Theme, entries, lambda entry, theme: entry.theme is theme),
        texts=_mask(entries, lambda entry: entry.sms is not None),
        life_state=_each(LifeState, entries, lambda entry, state: state in entry.avoid_when),
        cost=_up_to(Cost, entries, lambda entry: entry.cost),
        effort=_up_to(Effort, entries, lambda entry: entry.effort),
        energy=_up_to(Energy, entries, lambda entry: entry.energy),
        depth=_up_to(Depth, entries, lambda entry: entry.depth),
        novelty=_up_to(Novelty, entries, lambda entry: entry.novelty),
        together=_each(Together, entries, lambda entry, theirs: entry.together in {Together.ANY, theirs}),
        place=_each(Place, entries, _fits_place),
        kids=_each((True, False), entries, _fits_kids),
        tag=_each(_all_tags(entries), entries, lambda entry, tag: tag in entry.tags),
        season=_natural(Season, entries, lambda entry: entry.season),
        daypart=_natural(Daypart, entries, lambda entry: entry.daypart),
        role=_each(Role, entries, lambda entry, role: entry.role is role),
        stretch=_mask(entries, lambda entry: entry.novelty is Novelty.STRETCH),
        weights=tuple(_each(_all_weights(entries), entries, lambda entry, weight: entry.weight == weight).items()),
    )


def nth_bit(mask: int, n: int) -> int:
    """The position of the n-th set bit, counting from 0 at the low end; IndexError where there are not so many.

    Halves the width at each step, so 500 entries take nine counts and not 500 looks.
    """
    if not 0 <= n < mask.bit_count():
        raise IndexError(n)
    position = 0
    width = 1 << (mask.bit_length() - 1).bit_length()
    while width > 1:
        width >>= 1
        low = mask & ((1 << width) - 1)
        below = low.bit_count()
        if n < below:
            mask = low
        else:
            n -= below
            mask >>= width
            position += width
    return position


def _by_rest(entries: tuple[Entry, ...]) -> dict[int, dict[str, int]]:
    places: dict[int, dict[str, int]] = {}
    for position, entry in enumerate(entries):
        places.setdefault(entry.cooldown_days, {})[entry.id] = len(entries) - position
    return places


def _mask(entries: Iterable[Entry], fits: Callable[[Entry], bool]) -> int:
    return sum(1 << position for position, entry in enumerate(entries) if fits(entry))


def _each(keys: Iterable[Key], entries: tuple[Entry, ...], fits: Callable[[Entry, Key], bool]) -> dict[Key, int]:
    return {key: sum(1 << position for position, entry in enumerate(entries) if fits(entry, key)) for key in keys}


def _up_to(scale: type[Scale], entries: tuple[Entry, ...], of: Callable[[Entry], Scale]) -> dict[Scale, int]:
    return _each(scale, entries, lambda entry, ceiling: of(entry).rank <= ceiling.rank)


def _natural(
    times: type[Nature], entries: tuple[Entry, ...], of: Callable[[Entry], frozenset[Nature]]
) -> dict[Nature, int]:
    return _each(times, entries, lambda entry, time: not of(entry) or time in of(entry))


def _fits_occasion(entry: Entry, occasion: MadeFor | None) -> bool:
    if occasion is None:
        return not entry.dates
    kind, ahead = occasion
    return kind in entry.dates and ahead in entry.ahead


def _fits_place(entry: Entry, theirs: Place) -> bool:
    return Place.ANYWHERE in {entry.place, theirs} or entry.place is theirs


def _fits_kids(entry: Entry, has_kids: bool) -> bool:  # noqa: FBT001 (a key of the mapping, like the others)
    return entry.kids in {KidsFit.ANY, KidsFit.WITH_KIDS if has_kids else KidsFit.WITHOUT_KIDS}


def _all_tags(entries: Iterable[Entry]) -> list[str]:
    return sorted(set().union(*(entry.tags for entry in entries)))


def _all_weights(entries: Iterable[Entry]) -> list[float]:
    return sorted({entry.weight for entry in entries if entry.weight > 0})
