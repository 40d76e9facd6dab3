"""One daemon per SQLite file: a second one is refused, and told which is the first."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from nudger.errors import AlreadyRunning, StorageError

#: `running` holds the lock for an instant; one who meets it there tries again this often, at this distance in seconds.
TRIES, APART = 5, 0.05


@contextmanager
def only_daemon(database: Path | None) -> Iterator[None]:
    """Hold the lock beside the database file while the block runs; without a file there may be many daemons.

    The system drops it when the process ends, however it ends. Raises AlreadyRunning, naming the holder's process.
    """
    if database is None:
        yield
        return
    path = _beside(database)
    try:
        file = path.open("a+", encoding="ascii")
    except OSError as error:
        raise StorageError(f"{path}: cannot be opened ({error.strerror})", mend="make the folder writable") from error
    with file:
        if not _locked(file):
            raise AlreadyRunning(
                f"a daemon is already at work on {database} (process {holder(database)})",
                mend="stop it first, or let it work: one is enough",
            )
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _beside(database: Path) -> Path:
    """The lock file: one for all the names that links give to the database."""
    file = database.resolve()
    return file.with_name(file.name + ".lock")


def _locked(file: TextIO) -> bool:
    for _ in range(TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(APART)
        else:
            return True
    return False


def holder(database: Path) -> str:
    """The process number in the lock file, or `unknown`."""
    try:
        written = _beside(database).read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"
    return written or "unknown"


def running(database: Path) -> str | None:
    """The process number of the daemon at work on the database file, if there is one."""
    path = _beside(database)
    try:
        file = path.open("r", encoding="ascii")
    except OSError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return holder(database)
    return None
