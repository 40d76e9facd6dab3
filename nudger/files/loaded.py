"""What reading the folders gave: the good items, the faults, and where everything stands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from nudger.domain.people import Couple
from nudger.domain.pools import Pool
from nudger.domain.schedules import Schedule
from nudger.files.documents import Document, Loc
from nudger.files.faults import Fault, Place

Item = tuple[str, ...]
Home = tuple[Document, Loc]


@dataclass(frozen=True, slots=True)
class Loaded:
    """Everything read from the files.

    `faulty` names the items that are written but not usable: ("couples", key), ("schedules", key) or
    ("pools", locale, id). `complete` is false where some file could not be read at all, so that an item not found
    may still be wanted: nothing should be retired then. `homes` tells in which document each item stands. `tags` is
    the vocabulary, with a sentence about each word.
    """

    couples: tuple[Couple, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    pools: Mapping[str, Pool] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    faulty: frozenset[Item] = frozenset()
    complete: bool = True
    homes: Mapping[Item, Home] = field(default_factory=dict, repr=False)
    tags: Mapping[str, str] = field(default_factory=dict, repr=False)

    def place(self, *path: str | int) -> Place:
        """Where a field stands, for example `place("schedules", "surprises", "when")`.

        Of an entry: `place("pools", locale, id, "sms")`. A field that is not written has the place of what it would
        stand in. KeyError where no file has the item.
        """
        return self.fault("", None, *path).place

    def fault(self, message: str, mend: str | None, *path: str | int) -> Fault:
        """A fault at a field, named as for `place`: under a text itself, under the key of a mapping or list."""
        document, loc = self.home(*path)
        found = document.known(loc)
        return document.fault(found, message, mend, on_key=not isinstance(document.at(found), str))

    def fault_inside(self, message: str, mend: str | None, line: int, *path: str | int) -> Fault:
        """A fault on the n-th line (from 0) of a text that may span several."""
        document, loc = self.home(*path)
        return document.fault_at(document.line_of(document.known(loc), line), message, mend)

    def written(self, *path: str | int) -> list[str]:
        """The texts written at a field: of a list its items, of a text itself, else nothing."""
        document, loc = self.home(*path)
        value = document.at(loc)
        return [str(item) for item in (value if isinstance(value, list) else [value]) if item is not None]

    def spoiled(self, *path: str | int) -> bool:
        """Whether a field, or anything in it, has a fault that makes it unusable."""
        document, loc = self.home(*path)
        return document.is_spoiled(loc)

    def home(self, *path: str | int) -> Home:
        """The document a field stands in, and its location there; KeyError where no file has the item."""
        depth = 3 if path[0] == "pools" else 2
        document, loc = self.homes[tuple(str(step) for step in path[:depth])]
        return document, (*loc, *path[depth:])

    def with_faults(self, faults: Iterable[Fault]) -> "Loaded":
        """The same with further faults, all in the order of files and lines."""
        return merged(self, Loaded(faults=tuple(faults)))


def merged(one: Loaded, other: Loaded) -> Loaded:
    """Two readings of different folders as one."""
    return Loaded(
        couples=one.couples + other.couples,
        schedules=one.schedules + other.schedules,
        pools={**one.pools, **other.pools},
        faults=tuple(sorted({*one.faults, *other.faults})),
        faulty=one.faulty | other.faulty,
        complete=one.complete and other.complete,
        homes={**one.homes, **other.homes},
        tags={**one.tags, **other.tags},
    )
