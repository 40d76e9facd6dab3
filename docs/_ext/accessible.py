"""What the theme leaves out for people who read with a keyboard or a screen reader."""

from typing import Any

from sphinx.application import Sphinx

#: Runs after the theme has made its navigation.
LAST = 900
#: What scrolls sideways has to be reached by keyboard; a caption that calls itself a heading has to say of which rank.
MENDED = (
    ("<pre>", '<pre tabindex="0">'),
    ('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'),
    ('<th class="head"><p></p></th>', '<td class="head"></td>'),  # the corner of a table heads nothing
    ('class="caption" role="heading"', 'class="caption" role="heading" aria-level="2"'),
)


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.connect("html-page-context", _mend, priority=LAST)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _mend(_app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: object) -> None:
    for part in ("body", "furo_navigation_tree"):
        for found, better in MENDED:
            context[part] = context.get(part, "").replace(found, better)
