"""The installation key: made once, kept in the data folder, readable by its owner alone."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from nudger.errors import ConfigurationError
from nudger.settings import Settings

FILE_NAME = "nudger.key"


def installation_key(settings: Settings) -> bytes:
    """The key behind every draw and link. Raises ConfigurationError where it can neither be read nor made.

    Losing it changes every moment not yet planned and every link not yet clicked, and leaves the journal unreadable.
    It signs links, so no backup holds it: a copy belongs somewhere else.
    """
    if settings.key is not None:
        return settings.key.get_secret_value().encode()[:64]
    path = settings.data / FILE_NAME
    try:
        return _read(path) if path.exists() else _make(path)
    except OSError as error:
        raise ConfigurationError(
            f"{path}: the installation key cannot be kept there ({error.strerror})",
            mend="make the data folder writable, choose another with NUDGER_DATA, or set NUDGER_KEY",
        ) from error


def _read(path: Path) -> bytes:
    key = path.read_bytes().strip()[:64]
    if not key:
        raise ConfigurationError(
            f"{path}: the installation key is empty: with none, anybody could make links",
            mend="put the file back from its copy; where there never was a key in it, delete it",
        )
    return key


def _make(path: Path) -> bytes:
    """Write a new key, which has its name only when it is whole; that of another process where one was faster."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(secrets.token_hex(32).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)
    return _read(path)
