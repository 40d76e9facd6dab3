"""The reference as the program itself tells it: pages ask for a part, and get it written out at build time.

A comment `<!-- generated: settings -->` in a page becomes the table of that part, and under each heading
`### nudger NAME` of the page of commands the arguments of that command are listed.
"""

import re
from collections.abc import Callable
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from reference.codes import exit_codes, lint_codes, reasons, twilio_codes
from reference.commands import with_arguments
from reference.metrics import metrics
from reference.settings import settings
from reference.yaml_keys import pool_keys, schedule_keys

PARTS: dict[str, Callable[[], str]] = {
    "settings": settings,
    "schedule-keys": schedule_keys,
    "pool-keys": pool_keys,
    "exit-codes": exit_codes,
    "reasons": reasons,
    "lint-codes": lint_codes,
    "twilio-codes": twilio_codes,
    "metrics": metrics,
}
MARK = re.compile(r"^<!-- generated: ([\w-]+) -->$", flags=re.MULTILINE)


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.connect("source-read", _fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _fill(_app: Sphinx, page: str, source: list[str]) -> None:
    text = with_arguments(source[0]) if page == "commands" else source[0]
    source[0] = MARK.sub(lambda mark: _part(mark[1], page), text)


def _part(name: str, page: str) -> str:
    if name not in PARTS:
        raise ExtensionError(f"{page} asks for {name!r}; there are {', '.join(PARTS)}")
    return PARTS[name]()
