"""Back up: the whole database, what the operator wrote and the journal, in a folder with a manifest of hashes.

No key goes into a backup: neither `nudger.key`, which signs the links to partners' pages, nor a key ring, nor a secret
of `.env`. Whoever finds a backup must not find with it what opens it; keep the keys somewhere else.
"""

import hashlib
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from nudger.errors import NotThere, StorageError
from nudger.settings import Settings, without_secrets
from nudger.storage import journal, reports, snapshots
from nudger.storage.database import Database
from nudger.storage.sealing import seal

MANIFEST, DATABASE, FILES, SEALED = "manifest.json", "database", "files.tar", ".sealed"
#: The fact under which the last backup is remembered.
NAME = "backup"
#: Where a backup lies before it is encrypted; and in seconds, how long none is at work.
CLEAR, A_DAY = ".backing-up-", 86400.0
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is: its `rows` by table, and of each of its `files` the bytes and the SHA-256. It names nobody.

    `made_at` is an aware moment in ISO 8601, `key` a fingerprint of the installation key.
    """

    format: int
    made_at: str
    program: str
    revision: str
    engine: str
    key: str
    sealed: bool
    rows: Mapping[str, int]
    files: Mapping[str, Mapping[str, str | int]]

    @property
    def moment(self) -> datetime:
        """When it was made."""
        return datetime.fromisoformat(self.made_at)


@dataclass(frozen=True, slots=True)
class BackingUp:
    """Makes backups of one installation; `program` is its version, `key` a fingerprint of the installation key."""

    settings: Settings
    database: Database
    program: str
    key: str

    def back_up(self, to: Path, now: datetime) -> Path:
        """Write a backup into a new folder in `to`, named for `now` (aware); the folder.

        It has its name when it is whole, and not before. StorageError where the database or the disk fails;
        ConfigurationError where pg_dump is needed and not installed.
        """
        folder = to / f"{now:%Y-%m-%dT%H%M%SZ}"
        unfinished = to / f".{folder.name}.unfinished"
        try:
            to.mkdir(mode=0o700, parents=True, exist_ok=True)
            forget_left(to, ".*.unfinished", now.timestamp() - A_DAY)
            unfinished.mkdir(mode=0o700)
            self._write(unfinished, folder, now)
        except OSError as fault:
            raise StorageError(
                f"{folder}: the backup cannot be written ({fault.strerror})", mend="make room, or choose another folder"
            ) from fault
        with self.database.write() as connection:
            reports.note(connection, NAME, folder.name, now)
        return folder

    def _write(self, unfinished: Path, folder: Path, now: datetime) -> None:
        try:
            self._fill(unfinished, now)
            unfinished.rename(folder)
            sync(folder.parent)
        finally:  # of ours alone: another backup of the same second has its own way
            shutil.rmtree(unfinished, ignore_errors=True)

    def _fill(self, folder: Path, now: datetime) -> None:
        passphrase = self.settings.backup_passphrase
        if passphrase is None:
            rows = self._take(folder)
        else:
            rows = self._take_sealed(folder, passphrase.get_secret_value().encode())
        manifest = Manifest(
            format=FORMAT,
            made_at=now.isoformat(),
            program=self.program,
            revision=self.database.current() or "",
            engine="sqlite" if self.database.is_sqlite else "postgresql",
            key=self.key,
            sealed=passphrase is not None,
            rows=rows,
            files={path.name: described(path) for path in sorted(folder.iterdir())},
        )
        (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2) + "\n", encoding="utf-8")
        for path in folder.iterdir():
            path.chmod(0o600)
            sync(path)
        sync(folder)

    def _take(self, folder: Path) -> Mapping[str, int]:
        rows = snapshots.take(self.database, self.settings.url, folder / DATABASE)
        _pack(folder / FILES, self.settings)
        return rows

    def _take_sealed(self, folder: Path, passphrase: bytes) -> Mapping[str, int]:
        """In clear it lies in the data folder alone: a disk for backups may come into other hands, freed blocks too."""
        data = self.settings.data
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=CLEAR, dir=data) as name:
            clear = Path(name)
            forget_left(data, f"{CLEAR}*", clear.stat().st_mtime - A_DAY)
            rows = self._take(clear)
            for part in (DATABASE, FILES):
                seal(clear / part, folder / (part + SEALED), passphrase)
        return rows


def _pack(target: Path, settings: Settings) -> None:
    """Put what the operator wrote into one file, with the journal: names of files may be names of people.

    Links are followed: what they lead to may not be there where the backup is restored.
    """
    with tarfile.open(target, "w", dereference=True) as pack:
        for folder, name in ((settings.schedules, "schedules"), (settings.templates, "templates")):
            if folder.is_dir():
                pack.add(folder.resolve(), name)
        written = settings.data / journal.FILE_NAME
        if written.exists():
            pack.add(written, journal.FILE_NAME)
        environment = Path(".env")
        if environment.is_file():
            kept = target.with_name("env")
            kept.write_text(without_secrets(environment.read_text(encoding="utf-8")), encoding="utf-8")
            pack.add(kept, "env")
            kept.unlink()


def described(path: Path) -> dict[str, str | int]:
    """Size and hash of a file."""
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def sync(path: Path) -> None:
    """Make a file, or the names in a folder, last through a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_manifest(backup: Path) -> Manifest:
    """What a backup says of itself; NotThere where the folder holds none, StorageError where it is of a later kind."""
    try:
        said = json.loads((backup / MANIFEST).read_text(encoding="utf-8"))
        manifest = Manifest(**said)
        moment = manifest.moment
    except (OSError, ValueError, TypeError) as fault:
        raise NotThere(f"{backup}: there is no backup here", mend="name a folder that `nudger backup` made") from fault
    if manifest.format > FORMAT or moment.tzinfo is None:
        raise StorageError(f"{backup}: another Nudger made this backup", mend="upgrade Nudger")
    return manifest


def backups_in(folder: Path) -> Sequence[Path]:
    """The whole backups in a folder, the oldest first."""
    return sorted(path.parent for path in folder.glob(f"[0-9]*/{MANIFEST}"))


def forget_left(folder: Path, pattern: str, before: float) -> None:
    """Delete folders that killed backups or restores have left before that moment; a younger one may be at work."""
    for left in folder.glob(pattern):
        if left.stat().st_mtime < before:
            shutil.rmtree(left)


def forget_old(folder: Path, keep: int) -> int:
    """Delete all but the newest `keep` backups; how many went."""
    old = backups_in(folder)[:-keep]
    for backup in old:
        shutil.rmtree(backup)
    return len(old)
