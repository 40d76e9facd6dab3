"""Which folders are watched for edits."""

import asyncio
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from parts.loops import in_loop

from nudger.runtime.reloading import Reloader


class Asked(Reloader):
    """Counts how often it is asked to read, and never reads."""

    def __init__(self) -> None:
        """Not asked yet."""
        service: Any = SimpleNamespace()
        super().__init__(service, lambda: None)  # type: ignore[arg-type, return-value]  # never called
        self.times = 0

    def ask(self) -> None:
        """Count."""
        self.times += 1


@in_loop
async def test_a_folder_put_in_the_place_of_another_is_watched(tmp_path: Path) -> None:
    """Whether it was swapped for the old one, or comes back after a while; edits in it are found too."""
    rules, ideas = tmp_path / "schedules", tmp_path / "templates"
    rules.mkdir()
    ideas.mkdir()
    settings: Any = SimpleNamespace(schedules=rules, templates=ideas)
    reloader = Asked()
    watching = asyncio.create_task(reloader.watch(settings))
    for old in (tmp_path / "first", tmp_path / "second"):
        await edit_until_asked(rules, reloader)
        shutil.copytree(rules, tmp_path / "new")
        shutil.move(rules, old)
        shutil.move(tmp_path / "new", rules)
        await asyncio.sleep(2)  # what the swap itself has stirred up is over
    reloader.stop()
    await watching


async def edit_until_asked(folder: Path, reloader: Asked) -> None:
    """Write into a file there, again and again: at first it may not be watched yet."""
    before = reloader.times
    while reloader.times == before:
        await asyncio.to_thread((folder / "couples.yaml").write_text, "an edit", encoding="utf-8")
        await asyncio.sleep(0.5)
