"""The command line's clock."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine


@pytest.fixture(autouse=True)
def monday_morning() -> Iterator[None]:
    """For commands in this process it is Monday, 23 November 2026, nine o'clock in London."""
    with time_machine.travel(datetime(2026, 11, 23, 9, 0, tzinfo=UTC), tick=True):
        yield
