"""The shipped templates and the two who are written about."""

from pathlib import Path

import pytest

from nudger.rendering.renderer import Envelope, Renderer, Voice

TEMPLATES = Path(__file__).parents[2] / "templates"


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    """A renderer over the shipped templates."""
    return Renderer(TEMPLATES)


@pytest.fixture
def ana() -> Voice:
    """Ana receives, Ben is the partner."""
    return Voice(you="Ana", partner="Ben")


@pytest.fixture
def envelope() -> Envelope:
    """An envelope with both ways to stop."""
    return Envelope(
        message_id="<7f3a@nudger.example.com>",
        unsubscribe_url="https://nudger.example.com/u/abc123",
        unsubscribe_mailto="mailto:stop@nudger.example.com?subject=stop",
        sender="Nudger",
    )
