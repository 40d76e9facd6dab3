"""The shipped words, read plainly: what partners get, before any of our own code has touched it."""

import pytest
from parts.shipped_words import Entry, all_entries


@pytest.fixture(scope="session")
def entries() -> list[Entry]:
    """Every entry of every English pool, each with the theme of its file."""
    return all_entries()


@pytest.fixture(scope="session")
def ideas(entries: list[Entry]) -> list[Entry]:
    """Things to do."""
    return [entry for entry in entries if "ask" not in entry]


@pytest.fixture(scope="session")
def prompts(entries: list[Entry]) -> list[Entry]:
    """Things to ask in a check-in."""
    return [entry for entry in entries if "ask" in entry]


@pytest.fixture(scope="session")
def texts(ideas: list[Entry]) -> dict[str, str]:
    """The text messages by id."""
    return {idea["id"]: idea["sms"] for idea in ideas if "sms" in idea}
