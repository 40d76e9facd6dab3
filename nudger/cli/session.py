"""What most commands begin with: settings, logs, the key, the files and the database."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from nudger.errors import ConfigurationError
from nudger.files.loaded import Loaded
from nudger.observability import configure
from nudger.runtime.clock import surroundings, token
from nudger.runtime.identity import installation_key
from nudger.runtime.keys import open_vault
from nudger.settings import Settings, read_settings
from nudger.storage.database import Database
from nudger.stores import open_database
from nudger.wiring import Service, build_service

Result = TypeVar("Result")


def begin(*, quiet: bool = False) -> Settings:
    """Read the settings and set up logs; `quiet` commands log warnings only. Raises ConfigurationError."""
    try:
        settings = read_settings()
    except UnicodeDecodeError:
        raise ConfigurationError("The file .env is not text in UTF-8.", mend="see .env.example") from None
    configure("warning" if quiet and settings.log_level == "info" else settings.log_level, settings.log_format)
    return settings


def service(settings: Settings, database: Database, *, loaded: Loaded | None = None) -> Service:
    """Everything, on the real clock."""
    return build_service(settings, installation_key(settings), surroundings(), token, database, loaded=loaded)


@contextmanager
def database(settings: Settings) -> Iterator[Database]:
    """The database alone, for commands that need neither files nor channels."""
    opened = open_database(settings, installation_key(settings), open_vault(settings))
    try:
        yield opened
    finally:
        opened.close()


def wait_for(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end."""
    return asyncio.run(coroutine)
