"""An operator's desk: a folder with what they wrote, their settings, and the `nudger` command on it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from parts.ports import free_port

from nudger.cli.app import run
from nudger.domain.themes import Theme

CHECKOUT = Path(__file__).parents[2]
NUDGER = [sys.executable, "-m", "nudger"]
#: Settings of the tests' own surroundings must not reach the program under test.
OURS = ("NUDGER_", "TWILIO_", "SENDGRID_", "SMTP_", "DATABASE_URL")

#: Both partners may be written to at any hour, as often as a test likes.
FREE = "quiet_hours: none, budget: {sms: {}, email: {}}"
COUPLES = f"""\
couples:
  ana-and-ben:
    tags: [home]
    partners:
      ana: {{name: Ana, email: ana@example.com, phone: "+447700900124", timezone: Europe/Berlin, {FREE}}}
      ben: {{name: Ben, email: ben@example.com, phone: "+447700900123", timezone: Europe/London, {FREE}}}
"""
#: Noon of each partner, every day: a text to one, an email to both.
TEXTS = 'texts: {themes: [appreciation], channel: sms, audience: one, when: {daily: true, at: "12:00"}, late: 12h}'
LETTERS = 'letters: {themes: [growth], channel: email, audience: both, when: {daily: true, at: "12:00"}, late: 12h}'


def schedules(*written: str) -> str:
    """A file of these schedules."""
    return "schedules:\n" + "".join(f"  {one}\n" for one in written)


def pool(theme: Theme, count: int = 8) -> str:
    """A pool file with entries that fit everybody; much alike, so there is advice about them, and no fault."""
    name = theme.replace("_", "-")
    words = "ask first, at whatever hour suits, and share it with {{ partner.name }}."
    ideas = (f"{{id: {name}-{one}, sms: 'Idea {one} of {count}: {words}'}}" for one in range(count))
    return f"theme: {theme}\nentries:\n" + "".join(f"  - {idea}\n" for idea in ideas)


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 (any JSON)
        """Its output as JSON."""
        return json.loads(self.out)


class Desk:
    """A folder and an environment of its own; the command runs in this process, or in one of its own."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        """Go into the folder, and forget every setting of the tests' surroundings."""
        self.folder = folder
        self._patch = patch
        self._capture = capture
        for name in os.environ:
            if name.upper().startswith(OURS):
                patch.delenv(name)
        patch.setenv("NUDGER_PORT", str(free_port()))  # daemons of several tests run side by side
        patch.chdir(folder)

    @property
    def outbox(self) -> list[Path]:
        """The messages written as files, by name."""
        return sorted((self.folder / "data" / "outbox").glob("*.*"))

    def set(self, **settings: object) -> None:
        """Put settings into the environment."""
        for name, value in settings.items():
            self._patch.setenv(name, str(value))

    def forget(self, *names: str) -> None:
        """Take settings out of the environment, so that those of a file hold."""
        for name in names:
            self._patch.delenv(name)

    def write(self, name: str, text: str) -> Path:
        """Write a file, named from the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def furnish(self, *written: str, couples: str = COUPLES) -> "Desk":
        """Lay out a couple, two schedules, small pools and the shipped layouts."""
        self.write("schedules/couples.yaml", couples)
        self.write("schedules/schedules.yaml", schedules(*(written or (TEXTS, LETTERS))))
        for theme in Theme:
            self.write(f"templates/pools/en/{theme}.yaml", pool(theme))
        for shipped in (CHECKOUT / "templates").iterdir():
            if shipped.name != "pools" and not (self.folder / "templates" / shipped.name).exists():
                (self.folder / "templates" / shipped.name).symlink_to(shipped)
        return self

    def use_sample(self) -> "Desk":
        """Work with the shipped couples, schedules and pools."""
        self.set(NUDGER_SCHEDULES=CHECKOUT / "schedules", NUDGER_TEMPLATES=CHECKOUT / "templates")
        return self

    def nudger(self, *arguments: object) -> Said:
        """Run a command in this process."""
        self._capture.readouterr()
        code = run([str(argument) for argument in arguments])
        return Said(code, *self._capture.readouterr())

    def process(self, *arguments: object, **wishes: Any) -> Said:  # noqa: ANN401 (subprocess.run's own)
        """Run a command in a process of its own, half a minute at most."""
        command = [*NUDGER, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, **wishes)
        return Said(done.returncode, done.stdout, done.stderr)
