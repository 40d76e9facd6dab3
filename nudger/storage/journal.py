"""What must outlive a restored backup: who withdrew, was blocked, paused, left or was erased, as keyed hashes.

An append-only file of JSON lines in the data folder, beside the database and in no backup's way. A line is on the disk
before the transaction it belongs to is committed, so none is ever lost; one too many, where the commit then fails,
does no harm: it can only ever silence.
"""

import fcntl
import hmac
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from pathlib import Path

from sqlalchemy import Connection, select

from nudger.errors import StorageError
from nudger.storage.tables import couples, partners

FILE_NAME = "journal.jsonl"
#: Where a connection carries the notes of its transaction.
OPTION = "nudger_notes"


class Kind(StrEnum):
    """What happened; each means that less, or nothing more, may be sent."""

    ERASED = "erased"
    WITHDRAWN = "withdrawn"  # of a contact; `about` a theme: of a partner, that theme alone
    SUPPRESSED = "suppressed"
    LEFT = "left"
    ENDED = "ended"  # `about` is the couple's life state
    PAUSED = "paused"  # `about` is the moment it ends


@dataclass(frozen=True, slots=True)
class Entry:
    """One line; `at` is aware, `who` a hash by `Journal.who`."""

    at: datetime
    kind: Kind
    who: str
    about: str | None = None

    def line(self) -> str:
        """The entry as a line of JSON."""
        about = {"about": self.about} if self.about else {}
        return json.dumps({"at": self.at.isoformat(), "kind": self.kind, "who": self.who, **about}) + "\n"


class Journal:
    """The file, and the key that its hashes are made with; several processes may append at the same time."""

    def __init__(self, path: Path, key: bytes) -> None:
        """`key` is the installation's; without it no line can be told to be about anybody. Nothing is opened yet."""
        self.path = path
        self._key = blake2b(key, digest_size=32, person=b"nudger journal").digest()

    def who(self, *names: str) -> str:
        """The hash of an address, of (couple, partner) by key, or of (couple,): HMAC-SHA-256 in hexadecimal."""
        return hmac.digest(self._key, "\0".join(names).encode(), "sha256").hex()

    def append(self, entries: Sequence[Entry]) -> None:
        """Write lines that a power cut cannot take; StorageError where the disk does not take them."""
        text = "".join(entry.line() for entry in entries).encode()
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            new = not self.path.exists()
            descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                _append(descriptor, text)
            finally:
                os.close(descriptor)
            if new:
                _sync_folder(self.path.parent)
        except OSError as fault:
            message = f"{self.path}: the journal cannot be written ({fault.strerror})"
            raise StorageError(message, mend="make room, or make the file writable; nothing was changed") from fault


def read(path: Path) -> list[Entry]:
    """Every entry of a journal, oldest first; StorageError where the file cannot be read.

    What a crash cut short is passed over: its transaction was never committed.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as fault:
        raise StorageError(f"{path}: the journal cannot be read ({fault.strerror})") from fault
    return list(_entries(text.decode("utf-8", "replace")))


def _append(descriptor: int, text: bytes) -> None:
    fcntl.flock(descriptor, fcntl.LOCK_EX)  # freed when the file is closed
    size = os.fstat(descriptor).st_size
    torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
    left = memoryview(b"\n" + text if torn else text)
    while left:
        left = left[os.write(descriptor, left) :]
    os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    """Make a new name last: without it a power cut may forget the file."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _entries(text: str) -> Iterator[Entry]:
    for line in text.splitlines():
        try:
            said = json.loads(line)
            yield Entry(datetime.fromisoformat(said["at"]), Kind(said["kind"]), said["who"], said.get("about"))
        except (ValueError, KeyError, TypeError):
            continue


class Notes:
    """What one transaction has to put into the journal, before it is committed."""

    def __init__(self, journal: Journal) -> None:
        """For this journal; nothing to note yet."""
        self.journal = journal
        self._entries: list[Entry] = []

    def add(self, entry: Entry) -> None:
        """Note an entry."""
        self._entries.append(entry)

    def write_down(self) -> None:
        """Put all of it into the journal, in one go; StorageError where that fails."""
        if self._entries:
            self.journal.append(self._entries)


def journal_of(connection: Connection) -> Journal | None:
    """The journal of this transaction's database; None where it has none, as a rehearsal's."""
    notes = _notes_of(connection)
    return notes.journal if notes else None


def _notes_of(connection: Connection) -> Notes | None:
    found: Notes | None = connection.get_execution_options().get(OPTION)
    return found


def note(connection: Connection, kind: Kind, *names: str, at: datetime, about: str | None = None) -> None:
    """Have it written into the journal before this transaction is committed; `at` is aware, `names` as for `who`."""
    notes = _notes_of(connection)
    if notes is not None:
        notes.add(Entry(at, kind, notes.journal.who(*names), about))


def note_erased(connection: Connection, *names: str, at: datetime) -> None:
    """Leave a tombstone outside the database: of an address, of (couple, partner) by key, or of (couple,)."""
    note(connection, Kind.ERASED, *names, at=at)


def note_of_partner(
    connection: Connection, kind: Kind, partner_id: int, *, at: datetime, about: str | None = None
) -> None:
    """The same as `note` for a partner by id; nothing where there is no such partner."""
    query = (
        select(couples.c.key, partners.c.key)
        .join(partners, partners.c.couple_id == couples.c.id)
        .where(partners.c.id == partner_id)
    )
    row = connection.execute(query).one_or_none()
    if row is not None:
        note(connection, kind, row[0], row[1], at=at, about=about)
