"""The keys that seal people's data: made once, kept in a file beside the installation key, never in the database."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from nudger.errors import ConfigurationError
from nudger.settings import Settings
from nudger.storage import rotating
from nudger.storage.database import Database
from nudger.storage.keyring import Ring, new_ring, read_ring
from nudger.storage.vault import MEND, Vault
from nudger.stores import database_exists

FILE_NAME = "nudger.keys"
WORDS = """\
# The keys that seal people's data in Nudger's database. Without them nobody can read it, you included:
# keep a copy of this file, apart from the backups of the database. See `nudger keys --help`.
"""


def open_vault(settings: Settings) -> Vault:
    """The vault with the keys of the settings or of the file, which is made where there was no need of it before.

    Raises ConfigurationError where keys are wrong, cannot be kept, or are missing while the database is in need of
    them; StorageError where that cannot be found out.
    """
    path = key_file(settings)
    if path is None:
        ring = read_ring(_given(settings), "NUDGER_DATA_KEYS")
        return Vault(lambda: ring, os.urandom)
    if not path.exists():
        _make(settings, path)
    return Vault(KeyFile(path), os.urandom)


def key_file(settings: Settings) -> Path | None:
    """Where the keys are kept; None where they are given as a setting."""
    if settings.data_keys_file is not None:
        return settings.data_keys_file
    return None if settings.data_keys is not None else settings.data / FILE_NAME


def _given(settings: Settings) -> str:
    return settings.data_keys.get_secret_value() if settings.data_keys else ""


class KeyFile:
    """The ring in a file, which is read again only where the file has changed."""

    def __init__(self, path: Path) -> None:
        """Nothing is read yet."""
        self._path = path
        self._read: tuple[tuple[int, int, int], Ring] | None = None

    def __call__(self) -> Ring:
        """The ring as it is by now; ConfigurationError where it can no longer be read."""
        try:
            found = self._path.stat()
            stamp = (found.st_ino, found.st_size, found.st_mtime_ns)
            if self._read is None or self._read[0] != stamp:
                self._read = stamp, read_ring(self._path.read_text(encoding="utf-8"), str(self._path))
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not text"
            raise ConfigurationError(f"{self._path}: the data keys cannot be read ({why}).", mend=MEND) from error
        return self._read[1]


def _make(settings: Settings, path: Path) -> None:
    if _needed(settings):
        raise ConfigurationError(
            f"{path} is not there, and the database is sealed with the keys it held. New ones would not open it.",
            mend="Put the file back from its copy, or set NUDGER_DATA_KEYS. Without the keys names, addresses and "
            "words are lost: then begin with a new database.",
        )
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_ring(path, new_ring(os.urandom), only_new=True)
    except FileExistsError:
        pass  # another process was a moment faster; its keys are the keys
    except OSError as error:
        raise ConfigurationError(
            f"{path}: the data keys cannot be kept there ({error.strerror}).",
            mend="Make the data folder writable, choose another with NUDGER_DATA, or set NUDGER_DATA_KEYS.",
        ) from error


def _needed(settings: Settings) -> bool:
    if not database_exists(settings):
        return False
    database = Database(settings.url)
    try:
        with database.read() as connection:
            return rotating.needed(connection)
    finally:
        database.close()


def change_ring(path: Path, change: Callable[[Ring], Ring]) -> None:
    """Put what `change` makes of the ring in the file in its place; OSError where that fails.

    One at a time, and from the file as it is by then: else two at once would each write what it had read, and the key
    that the first has made, and sealed with, would be gone.
    """
    with path.with_name(f"{path.name}.lock").open("a") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # freed when the file is closed
        write_ring(path, change(KeyFile(path)()))


def write_ring(path: Path, ring: Ring, *, only_new: bool = False) -> None:
    """Put the ring in place of the file in one step that a power cut cannot halve; OSError where that fails.

    With `only_new` FileExistsError where there is such a file already.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(WORDS + ring.text())
            file.flush()
            os.fsync(file.fileno())
        if only_new:
            path.hardlink_to(draft)
        else:
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
