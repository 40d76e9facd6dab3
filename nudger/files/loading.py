"""The folders of YAML files, read into couples, schedules and pools with all their faults."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic_core import PydanticCustomError

from nudger.domain.pools import Entry, Pool
from nudger.domain.themes import Theme
from nudger.files.contacts import read_locale
from nudger.files.couples import WrittenCouple
from nudger.files.crosscheck import crosscheck
from nudger.files.documents import Document
from nudger.files.faults import Fault, Place, quote
from nudger.files.filling import filler
from nudger.files.loaded import Loaded, merged
from nudger.files.outlines import Outline, PoolOutline
from nudger.files.pools import WrittenEntry
from nudger.files.schedules import WrittenSchedule
from nudger.files.shelf import Shelf
from nudger.files.slips import read
from nudger.files.tags import load_tags

#: The name of the vocabulary in a folder of templates.
TAGS = "tags.yaml"


def load(
    schedules: Path,
    templates: Path,
    environment: Mapping[str, str] | None = None,
    vocabulary: Path | None = None,
) -> Loaded:
    """Read both folders and check the references between them; nothing in a file raises.

    `environment` is what ${VAR} in the schedule files is looked up in; left out, the process's own. `vocabulary` is
    the file of tags; left out, the one among the templates.
    """
    items = merged(load_schedules(schedules, environment), load_pools(templates))
    together = merged(items, load_tags(vocabulary or templates / TAGS))
    return together.with_faults(crosscheck(together))


def load_schedules(folder: Path, environment: Mapping[str, str] | None = None) -> Loaded:
    """Read the couples and schedules of a folder; each file may hold both."""
    shelf = Shelf(folder, Outline, filler(os.environ if environment is None else environment, folder))
    couples = tuple(sheet.couple(key) for key, sheet in shelf.section("couples", WrittenCouple))
    schedules = tuple(sheet.schedule(key) for key, sheet in shelf.section("schedules", WrittenSchedule))
    return Loaded(couples, schedules, {}, shelf.faults, frozenset(shelf.faulty), shelf.complete, shelf.homes)


def load_pools(templates: Path) -> Loaded:
    """Read the pools of every language: `templates/pools/<locale>/*.yaml`, in the order of names and lines."""
    root = templates / "pools"
    try:
        folders = sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError:
        return _nothing(root, "there is no such folder", "run `nudger init` to make it with samples")
    if not folders:
        return _nothing(root, "there is no pool of any language", "run `nudger init` to write samples into it")
    together = Loaded()
    for folder in folders:
        together = merged(together, _load_locale(folder))
    return together


def _load_locale(folder: Path) -> Loaded:
    try:
        locale = read_locale(folder.name)
    except PydanticCustomError:
        return _nothing(folder, f"{quote(folder.name)} is not a language", "name the folder like en or fr-CA")
    shelf = Shelf(folder, PoolOutline)
    entries = [entry for document in shelf.documents for entry in _entries(document, locale, shelf)]
    pools = {locale: Pool(locale, tuple(entries))}
    return Loaded((), (), pools, shelf.faults, frozenset(shelf.faulty), shelf.complete, shelf.homes)


def _entries(document: Document, locale: str, shelf: Shelf) -> Iterator[Entry]:
    """The usable entries of a file; of two with one id the first is taken, so that a pool keeps its order."""
    written = document.at(("entries",))
    theme = str(document.at(("theme",)))
    for index in range(len(written) if isinstance(written, list) else 0):
        loc = ("entries", index)
        sheet = read(WrittenEntry, document, loc)
        name = document.at((*loc, "id"))
        if isinstance(name, str):
            item = ("pools", locale, name)
            taken = not shelf.claim(item, document, loc, ("id",))
            if not taken and (sheet is None or document.is_spoiled(loc)):
                shelf.faulty.add(item)
        if sheet is not None and theme in list(Theme) and not document.is_spoiled(loc):
            yield sheet.entry(Theme(theme))


def _nothing(folder: Path, message: str, mend: str) -> Loaded:
    return Loaded(faults=(Fault(Place(folder, 1, 1), message, mend),), complete=False)
