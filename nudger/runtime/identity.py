"""The installation key: made once, kept in the data folder, readable by its owner alone."""

import os
import secrets
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
        return _read(path) or _make(path)
    except OSError as error:
        raise ConfigurationError(
            f"{path}: the installation key cannot be kept there ({error.strerror})",
            mend="make the data folder writable, choose another with NUDGER_DATA, or set NUDGER_KEY",
        ) from error


def _read(path: Path) -> bytes | None:
    return path.read_bytes().strip()[:64] if path.exists() else None


def _make(path: Path) -> bytes:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = secrets.token_hex(32).encode()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another process was a moment faster; its key is the key
        return path.read_bytes().strip()[:64]
    with os.fdopen(descriptor, "wb") as file:
        file.write(key + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return key
