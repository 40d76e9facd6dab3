"""Folders of YAML files for tests, written from short texts."""

from collections.abc import Mapping
from pathlib import Path

from nudger.files.loaded import Loaded
from nudger.files.loading import load

#: A couple nothing is wrong with: two partners, both with both contacts.
COUPLE = """\
couples:
  ana-and-ben:
    tags: [home]
    partners:
      ana: {name: Ana, phone: "+447700900124", email: ana@example.com, timezone: Europe/Berlin}
      ben: {name: Ben, phone: "+447700900123", email: ben@example.com, timezone: Europe/London}
    dates: {anniversary: 2019-06-14}
"""
#: The vocabulary that comes with Nudger, for folders without one of their own.
TAGS = Path(__file__).parents[2] / "templates" / "tags.yaml"
POOL = "theme: growth\nentries: [{id: one, sms: A walk.}]\n"
#: Stands right before the spot where a fault is expected; it is taken out before the file is written.
SPOT = "§"


def spot(marked: str) -> tuple[str, int, int]:
    """The text without its mark, and the line and column (from 1) of the mark."""
    before, _, after = marked.partition(SPOT)
    return before + after, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


class Folders:
    """A folder of schedules and one of templates under a root."""

    def __init__(self, root: Path) -> None:
        """Make both, empty."""
        self.schedules = root / "schedules"
        self.templates = root / "templates"
        self.schedules.mkdir()
        (self.templates / "pools").mkdir(parents=True)

    def write(self, name: str, text: str) -> Path:
        """Write a file of couples and schedules."""
        path = self.schedules / name
        path.write_text(text, encoding="utf-8")
        return path

    def pool(self, name: str, text: str) -> Path:
        """Write a pool file, named like en/growth.yaml."""
        path = self.templates / "pools" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def tags(self, text: str) -> Path:
        """Write a vocabulary of tags."""
        path = self.templates / "tags.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    def load(self, environment: Mapping[str, str] | None = None) -> Loaded:
        """Read both folders; a missing couple or pool is filled with one nothing is wrong with."""
        if not list(self.schedules.iterdir()):
            self.write("couples.yaml", COUPLE)
        if not list((self.templates / "pools").iterdir()):
            self.pool("en/growth.yaml", POOL)
        own = self.templates / "tags.yaml"
        return load(self.schedules, self.templates, environment or {}, own if own.exists() else TAGS)
