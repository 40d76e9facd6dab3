"""Efface: have providers delete what they hold of people who were erased.

It comes after the erasure is committed and can undo none of it. What could not be deleted keeps its provider's name in
the database, and nothing else of anybody, so that the next call goes on from there.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from nudger.storage.copies import copies_of, forget_copies
from nudger.storage.database import Database
from nudger.storage.erasing import erased_partners
from nudger.storage.statements import chunks

#: So many are asked for side by side; where none of a batch goes, the provider is left alone for this time.
BATCH = 16


class Shredder(Protocol):
    """A provider that deletes single messages; it never raises for what the provider does, and always times out."""

    async def remove(self, name: str) -> bool:
        """Delete the message of that name; whether it is gone, also where it was gone before."""
        ...

    async def aclose(self) -> None:
        """Close connections."""
        ...


@dataclass
class Effaced:
    """By provider, how many messages are gone, how many could not be deleted, and how many it has no way to delete."""

    gone: dict[str, int] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)

    def add(self, others: "Effaced") -> None:
        """Count what became of others' messages as well."""
        for mine, theirs in ((self.gone, others.gone), (self.left, others.left), (self.kept, others.kept)):
            for provider, count in theirs.items():
                mine[provider] = mine.get(provider, 0) + count


async def efface(
    database: Database,
    shredders: Mapping[str, Shredder],
    partner_ids: Collection[int],
    tell: Callable[[str, int], None] = lambda _provider, _count: None,
) -> Effaced:
    """Delete at their providers the messages to and from these partners. StorageError where the database fails.

    `shredders` are by the provider's name; `tell` hears of each batch's provider and size.
    """
    with database.read() as connection:
        copies = copies_of(connection, partner_ids)
    found = Effaced()
    for provider, names in copies.items():
        shredder = shredders.get(provider)
        if shredder is None:
            found.kept[provider] = len(names)
            continue
        gone = 0
        async for batch, went in _shred(shredder, names):
            with database.write() as connection:
                forget_copies(connection, partner_ids, provider, went)
            gone += len(went)
            tell(provider, batch)
        found.gone[provider] = gone
        if gone < len(names):
            found.left[provider] = len(names) - gone
    return found


async def efface_erased(database: Database, shredders: Mapping[str, Shredder]) -> Effaced:
    """The same for everybody who was ever erased: who did it on their own page has nobody who would call for it."""
    with database.read() as connection:
        partner_ids = erased_partners(connection)
    found = Effaced()
    for part in chunks(partner_ids):
        found.add(await efface(database, shredders, part))
    return found


async def _shred(shredder: Shredder, names: Sequence[str]) -> AsyncIterator[tuple[int, list[str]]]:
    """For each batch its size, and those of its names that are gone; the last is the first of which none goes."""
    for start in range(0, len(names), BATCH):
        batch = names[start : start + BATCH]
        answers = await asyncio.gather(*map(shredder.remove, batch))
        gone = [name for name, went in zip(batch, answers, strict=True) if went]
        yield len(batch), gone
        if not gone:
            return
