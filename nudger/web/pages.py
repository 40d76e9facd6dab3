"""Pages: templates filled in, one for each subject, with a language and a status."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from jinja2 import Environment, FileSystemLoader
from starlette.responses import HTMLResponse

from nudger.rendering.sandbox import strict_environment
from nudger.web.assets import Assets

NOTHING: Mapping[str, object] = MappingProxyType({})
#: The language the shipped pages are written in.
LANGUAGE = "en"
#: Statuses that have a page of their own; every other is told as a fault of ours.
TOLD = frozenset({400, 403, 404, 405, 408, 413, 429})


@cache
def _environment(folder: Path) -> Environment:
    """One for each folder and process: compiling a page takes far longer than filling it in."""
    environment = strict_environment(FileSystemLoader(folder))
    environment.autoescape = lambda name: name is not None and name.endswith(".html")
    environment.trim_blocks = environment.lstrip_blocks = True
    return environment


class Pages:
    """The templates of the pages' folder. Everything filled in is escaped; nothing outside the folder is ever read."""

    def __init__(self, folder: Path) -> None:
        """Read what pages refer to; a page itself when it is first asked for."""
        self.assets = Assets(folder)
        self._environment = _environment(folder)
        self._frame = {
            "style": self.assets.address("style.css"),
            "icon": self.assets.address("icon.svg"),
            "language": LANGUAGE,
        }

    def page(self, name: str, values: Mapping[str, object] = NOTHING, status: int = 200) -> HTMLResponse:
        """A page by its name, such as `note`."""
        template = self._environment.get_template(f"{name}.html")
        return HTMLResponse(template.render({**self._frame, **values}), status, headers={"Content-Language": LANGUAGE})

    def words(self, name: str, values: Mapping[str, object]) -> str:
        """Plain words by their name, such as `terms`: for a page to show and the ledger to keep alike."""
        return self._environment.get_template(f"{name}.txt").render(values).strip()

    def fault(self, status: int) -> HTMLResponse:
        """The page for a status that is no success.

        An unknown, an expired and a revoked link get this very page with 404, so that nobody can tell them apart.
        """
        return self.page("fault", {"status": status if status in TOLD else 500}, status)

    def no_such_link(self) -> HTMLResponse:
        """What every link that does not work leads to."""
        return self.fault(404)
