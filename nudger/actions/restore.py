"""Restore: bring a backup back without bringing back what people have taken back since.

    unpack, check  ->  upgrade  ->  hold  ->  skip what fell due  ->  re-apply the journal  ->  put in place

A restored database remembers consent that was withdrawn since, people who were erased since, and moments whose messages
were sent since. The journal beside the database knows the first two; the third is told by the clock.
"""

import shutil
import stat
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nudger.actions.backup import A_DAY, DATABASE, FILES, SEALED, Manifest, described, forget_left, read_manifest, sync
from nudger.errors import NudgerError, StorageError
from nudger.settings import Settings
from nudger.storage import holding, journal, snapshots, tables
from nudger.storage.database import Database
from nudger.storage.journal import Entry, Journal
from nudger.storage.sealing import unseal
from nudger.storage.vault import Vault

#: Beside a SQLite file there may be these, which belong to it.
COMPANIONS = ("", "-wal", "-shm", "-journal")
#: What a backup is laid out in, all of it in clear.
PREFIX = ".restoring-"

Settle = Callable[[Database], None]


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A backup laid out in a folder of its own."""

    manifest: Manifest
    database: Path
    files: Path

    @property
    def journal(self) -> Path:
        """The journal as it was when the backup was made; there may be none."""
        return self.files / journal.FILE_NAME


@contextmanager
def unpacked(backup: Path, passphrase: bytes | None, beside: Path | None = None) -> Iterator[Unpacked]:
    """Check each file of a backup against its manifest and lay it out in a folder that goes away.

    StorageError where a file is missing or changed, NudgerError where the passphrase is missing or wrong.
    """
    manifest = read_manifest(backup)
    if manifest.sealed and passphrase is None:
        raise NudgerError("This backup is encrypted.", mend="set NUDGER_BACKUP_PASSPHRASE, or its _FILE")
    for name, known in manifest.files.items():
        if not (backup / name).is_file() or described(backup / name) != known:
            raise StorageError(f"{backup / name} is not as it was when the backup was made", mend="take another backup")
    if beside is not None:
        beside.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=beside) as name:
        folder = Path(name)
        if beside is not None:
            forget_left(beside, f"{PREFIX}*", folder.stat().st_mtime - A_DAY)
        for part in (DATABASE, FILES):
            if manifest.sealed:
                unseal(backup / (part + SEALED), folder / part, passphrase or b"")
            else:
                shutil.copyfile(backup / part, folder / part)
        with tarfile.open(folder / FILES) as pack:
            _extract(pack, (folder / "files").resolve())
        (folder / DATABASE).chmod(0o600)
        yield Unpacked(manifest, folder / DATABASE, folder / "files")


def _extract(pack: tarfile.TarFile, folder: Path) -> None:
    """Write the pack's plain files into a folder, and nothing outside it; a backup holds no links.

    Whoever could not read them where they came from cannot where they go.
    """
    folder.mkdir()
    for member in pack:
        target, content = (folder / member.name).resolve(), pack.extractfile(member) if member.isfile() else None
        if content is not None and folder in target.parents:
            target.parent.mkdir(parents=True, exist_ok=True)
            with content, target.open("xb") as file:
                shutil.copyfileobj(content, file)
        elif member.isdir() and folder in target.parents:
            target.mkdir(parents=True, exist_ok=True)
        else:
            continue
        target.chmod(member.mode & 0o777 | stat.S_IRWXU if member.isdir() else member.mode & 0o777)


def examine(database: Database, manifest: Manifest, why: str | None = None) -> None:
    """See that a laid-out database is whole and holds what the manifest says, and that this program can work on it.

    With `why` it may have been held with these words in addition. StorageError, or NewerDatabase, where that is not so.
    """
    if database.current() != manifest.revision:
        raise StorageError("The backup holds tables of another revision than its manifest says.")
    with database.read() as connection:
        have = snapshots.count_rows(connection, manifest.rows)
        if why is not None and holding.held(connection) == why:
            have[tables.meta.name] -= 1
    wrong = [name for name, count in manifest.rows.items() if have.get(name) != count]
    if wrong:
        raise StorageError(f"The backup holds another number of rows than its manifest says in: {', '.join(wrong)}.")
    database.upgrade()
    fault = database.integrity()
    if fault != "ok":
        raise StorageError(f"The database in the backup has a fault: {fault}.", mend="take another backup")


def restore_sqlite(unpacked: Unpacked, target: Path, vault: Vault, settle: Settle, aside: Path | None) -> None:
    """Make the backup's database the one at `target`; what is there goes to the new folder `aside`.

    It is settled before it has its name, so that no crash leaves one that would send. StorageError where something is
    there and may not be moved, or where the disk fails.
    """
    there = [path for end in COMPANIONS if (path := target.with_name(target.name + end)).exists()]
    if there and aside is None:
        raise StorageError(
            f"{target} is there already", mend="--move-aside puts what is there into a folder beside it, and restores"
        )
    database = Database(f"sqlite:///{unpacked.database}", vault=vault)
    try:
        examine(database, unpacked.manifest)
        settle(database)
    finally:
        database.close()
    snapshots.compact(unpacked.database)
    if aside is not None:
        aside.mkdir(mode=0o700)
        for path in there:
            path.rename(aside / path.name)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unpacked.database.replace(target)
    sync(target.parent)


def restore_postgresql(unpacked: Unpacked, url: str, vault: Vault, settle: Settle, aside: str | None) -> None:
    """The same for PostgreSQL, where the tables that are there are renamed to the schema `aside`.

    The new ones have their names before they are settled, and so are held from the first moment.
    """
    database = Database(url, vault=vault)
    try:
        if snapshots.others_at_work(database):
            raise StorageError("Others are at work on this database.", mend="stop every daemon, scheduler and worker")
        there = database.current() is not None
        if there and aside is None:
            raise StorageError(
                "The database has tables already.", mend="--move-aside renames their schema, and restores"
            )
        database.close()
        # The folder's name is like no other, so that no backup holds these words.
        why = f"{unpacked.database.parent.name.lstrip('.')} was cut off: restore once more"
        snapshots.lay_out(unpacked.database, url, why, aside if there else None)
        examine(database, unpacked.manifest, why)
        settle(database)
    finally:
        database.close()


def drill(unpacked: Unpacked, url: str, vault: Vault, settle: Settle, name: str) -> None:
    """Restore to a place that goes away: a file, or on PostgreSQL a database `name` beside the one at that URL."""
    if unpacked.manifest.engine == "sqlite":
        restore_sqlite(unpacked, unpacked.files / "drill.db", vault, settle, None)
        return
    with snapshots.temporary_database(url, name) as elsewhere:
        restore_postgresql(unpacked, elsewhere, vault, settle, None)


def restore_files(unpacked: Unpacked, settings: Settings) -> list[str]:
    """Bring back what the operator wrote where nothing is in its place; the names of what was."""
    brought = []
    for name, folder in (("schedules", settings.schedules), ("templates", settings.templates)):
        if (unpacked.files / name).is_dir() and not folder.exists():
            part = folder.with_name(f".{folder.name}.restoring")
            shutil.rmtree(part, ignore_errors=True)  # of a restore that was cut off
            shutil.copytree(unpacked.files / name, part)
            part.rename(folder)
            brought.append(str(folder))
    written = settings.data / journal.FILE_NAME
    if unpacked.journal.exists() and not written.exists():
        written.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(unpacked.journal, written)
        written.chmod(0o600)
        sync(written)
        brought.append(str(written))
    return brought


def keep_entries(path: Path, key: bytes, entries: Sequence[Entry]) -> None:
    """Write into the journal here what others told: the next restore is not given them again."""
    known = set(journal.read(path))
    new = [entry for entry in entries if entry not in known]
    if new:
        Journal(path, key).append(new)
