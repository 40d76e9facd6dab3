"""A house with doors, on a fresh SQLite file."""

import pytest
from parts.web_house import WebHouse

from nudger.storage.database import Database


@pytest.fixture
def house(sqlite_database: Database) -> WebHouse:
    """Ana and Ben, Cleo and Dan; Ana has said yes to emails."""
    house = WebHouse(sqlite_database)
    house.says_yes("ana")
    return house
