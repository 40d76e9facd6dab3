"""The documents of one folder, the items found in them, and which of these are usable."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from nudger.files.documents import Document, Loc
from nudger.files.faults import Fault, Place, quote
from nudger.files.loaded import Home, Item
from nudger.files.positions import Fill
from nudger.files.reading import Unreadable, files_in, read_file
from nudger.files.slips import Sheet, read

SheetT = TypeVar("SheetT", bound=Sheet)


@dataclass
class Shelf:
    """What one folder holds. `outline` is what every file in it must look like at the top."""

    folder: Path
    outline: type[Sheet]
    fill: Fill | None = None
    documents: list[Document] = field(default_factory=list)
    homes: dict[Item, Home] = field(default_factory=dict)
    faulty: set[Item] = field(default_factory=set)
    missing: list[Fault] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Read every file."""
        try:
            paths = files_in(self.folder)
        except Unreadable as reason:
            self.missing.append(Fault(Place(self.folder, 1, 1), reason.message, reason.mend))
            return
        self.documents = [read_file(path, self.fill) for path in paths]
        for document in self.documents:
            if document.whole:
                read(self.outline, document, ())

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Every fault of the folder and its files so far."""
        found = {fault for document in self.documents for fault in document.faults}
        return tuple(sorted({*self.missing, *found}))

    @property
    def complete(self) -> bool:
        """Whether every file could be read and its top is as it should be, so that no item is hidden."""
        return not self.missing and all(
            document.whole and all(len(loc) > 1 for loc in document.spoiled) for document in self.documents
        )

    def claim(self, item: Item, document: Document, loc: Loc, name: Loc) -> bool:
        """Note where an item stands; False, with a fault at its name naming both places, where it is taken."""
        if item not in self.homes:
            self.homes[item] = document, loc
            return True
        first, where = self.homes[item]
        there = first.fault((*where, *name), "", on_key=not name).place
        mend = f"the first is at {there}; give one of them another name"
        fault = document.fault((*loc, *name), f"{quote(item[-1])} is already taken", mend, on_key=not name)
        document.spoil(loc, fault)
        return False

    def section(self, section: str, sheet: type[SheetT]) -> Iterator[tuple[str, SheetT]]:
        """The usable items of a section over all files, each read with its sheet; a key used twice is not usable."""
        found = list(self._claimed(section))
        read_items = [(item, read(sheet, document, loc), document, loc) for item, document, loc in found]
        for item, made, document, loc in read_items:
            if made is None or document.is_spoiled(loc):
                self.faulty.add(item)
        for item, made, _, _ in read_items:
            if made is not None and item not in self.faulty:
                yield item[-1], made

    def _claimed(self, section: str) -> Iterator[tuple[Item, Document, Loc]]:
        for document in self.documents:
            items = document.at((section,))
            for key in items if isinstance(items, dict) else ():
                item, loc = (section, key), (section, key)
                self.claim(item, document, loc, ())
                yield item, document, loc
