"""Stores: from settings to the database and its journal, for whoever needs nothing else of the whole."""

from pathlib import Path

from nudger.errors import NudgerError
from nudger.settings import Settings
from nudger.storage import journal
from nudger.storage.database import Database, parse
from nudger.storage.vault import Vault


def database_of(settings: Settings, key: bytes, vault: Vault) -> Database:
    """The database, with its keys and its journal in the data folder, at whatever revision it is."""
    return Database(settings.url, journal.Journal(settings.data / journal.FILE_NAME, key), vault)


def open_database(settings: Settings, key: bytes, vault: Vault) -> Database:
    """The database, at the newest revision. Raises StorageError, NewerDatabase, or ConfigurationError for its keys."""
    database = database_of(settings, key, vault)
    try:
        database.upgrade()
    except NudgerError:
        database.close()
        raise
    return database


def sqlite_file(settings: Settings) -> Path | None:
    """The file of the embedded database, made yet or not; None where it is another database, or in memory."""
    url = parse(settings.url)
    in_file = url.drivername == "sqlite" and url.database not in (None, "", ":memory:")
    return Path(str(url.database)) if in_file else None


def database_exists(settings: Settings) -> bool:
    """Whether there are tables already; asking makes no file. Raises StorageError where the database fails."""
    file = sqlite_file(settings)
    if file is not None and not file.exists():
        return False
    database = Database(settings.url)
    try:
        return database.current() is not None
    finally:
        database.close()
