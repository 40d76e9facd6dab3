"""Builders for pools and situations, to try picking on."""

from datetime import datetime
from itertools import product
from zoneinfo import ZoneInfo

from nudger.domain.compiled import CompiledPool, compile_pool
from nudger.domain.fitting import Situation
from nudger.domain.people import ChannelKind
from nudger.domain.pools import Entry, Kind, Pool, Role
from nudger.domain.preferences import Novelty, Preferences
from nudger.domain.themes import Theme

#: Fixes every draw of these tests.
KEY = b"a key for picking tests"
SUNDAY_EVENING = datetime(2026, 3, 15, 19, 0, tzinfo=ZoneInfo("Europe/Berlin"))


def situated(**changes: object) -> Situation:
    """Everyone's ordinary Sunday evening by email, but for the changes."""
    ordinary = {"preferences": Preferences(), "themes": (), "channel": ChannelKind.EMAIL, "local": SUNDAY_EVENING}
    return Situation(**(ordinary | changes))  # type: ignore[arg-type]


def idea(entry_id: str, theme: Theme = Theme.CURIOSITY, **traits: object) -> Entry:
    """An idea with a short text, unless its traits say otherwise."""
    return Entry(**({"id": entry_id, "theme": theme, "sms": "Ask {{ partner.name }}."} | traits))  # type: ignore[arg-type]


def prompt(entry_id: str, role: Role, theme: Theme = Theme.COMMUNICATION, **traits: object) -> Entry:
    """A prompt for a check-in."""
    own = {"id": entry_id, "theme": theme, "kind": Kind.PROMPT, "role": role, "ask": "What was it, {{ you.name }}?"}
    return Entry(**(own | traits))  # type: ignore[arg-type]


def compiled(*entries: Entry) -> CompiledPool:
    """A compiled pool of these entries."""
    return compile_pool(Pool("en", entries))


def conversation(per_role: int = 3) -> CompiledPool:
    """A pool of prompts, so many of each role."""
    return compiled(*(prompt(f"{role}-{n}", role) for role, n in product(Role, range(per_role))))


def mixed() -> CompiledPool:
    """Three themes, two weights, all novelties, one more of a kind: a pool where every step of the draw matters."""
    themes = (Theme.CURIOSITY, Theme.GROWTH, Theme.SPONTANEITY)
    return compiled(
        idea("curiosity-extra"),
        *(
            idea(f"{theme}-{novelty}-{weight}", theme, novelty=novelty, weight=weight)
            for theme, novelty, weight in product(themes, Novelty, (1.0, 2.5))
        ),
    )
