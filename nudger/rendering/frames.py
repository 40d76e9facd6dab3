"""Our own templates, which stand around an entry's words: found by locale, compiled once, styles already inlined."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, Template, TemplateError

from nudger.rendering.faults import CannotRender
from nudger.rendering.sandbox import bare, strict_environment
from nudger.rendering.voice import Voice

STYLE = "email/style.css"
#: RFC 5322 section 2.1.1 recommends lines of at most 78; two are left for a reader's quote mark.
WIDTH = 76
#: What the lines that continue a wrapped one stand under: a quote mark, an item's sign, or mere indentation.
SIGN = re.compile(r"((?:> ?)*)([ ]*(?:- |\d+\. )?)")


class Frames:
    """The templates of one folder; nothing outside it is ever read."""

    def __init__(self, templates: Path) -> None:
        """Read the style sheet; CannotRender where the folder has none, or it is not text."""
        style = templates / STYLE
        if not style.is_file():
            raise CannotRender(f"The templates lack {STYLE}.", mend="Copy the email folder of the shipped templates.")
        try:
            self._css = style.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise CannotRender(f"{STYLE} is not text in UTF-8.", mend="Save it as UTF-8.") from error
        self._environment = _environment(templates, self.style)
        self._template = lru_cache(maxsize=1024)(self._find)

    def style(self, html: str) -> str:
        """The HTML with the style sheet written into each element, for readers that drop style sheets.

        A whole page keeps its own `<style>` untouched: media queries only work there.
        """
        inliner = CSSInliner(
            inline_style_tags=False, keep_style_tags=True, load_remote_stylesheets=False, extra_css=self._css
        )
        if html.lstrip().lower().startswith("<!doctype"):
            return inliner.inline(html)
        return inliner.inline_fragment(html, self._css)

    def about(self, voice: Voice) -> dict[str, object]:
        """What every template may say: names, `locale`, and `occasion` with its `occasion_line`, or None for both."""
        about = voice.frame()
        line = self.write("occasion.txt", voice.locale, about).strip() if about["occasion"] else None
        return about | {"occasion_line": line}

    def write(self, name: str, locale: str, values: Mapping[str, object]) -> str:
        """Fill a template, as `email/idea.html`; a file in `email/fr-CA/` or `email/fr/` comes before it.

        CannotRender where the template is missing or broken.
        """
        try:
            return self._template(name, locale).render(values)
        except (TemplateError, TypeError, ValueError, ArithmeticError) as error:  # ValueError: it is no UTF-8
            raise CannotRender(f"The template {name} does not work: {error}") from error

    def _find(self, name: str, locale: str) -> Template:
        folder, slash, file = name.rpartition("/")
        language = locale.partition("-")[0]
        choices = [f"{folder}{slash}{tongue}/{file}" for tongue in (locale, language)]
        return bare(self._environment.select_template([*choices, name]))


def lay_out(text: str) -> str:
    """A text wrapped at 76 columns, items and quotations hanging, addresses whole, with one newline at its end."""
    lines = [piece for line in text.strip().splitlines() for piece in _wrapped(line.rstrip())]
    return "\n".join(lines) + "\n"


def _wrapped(line: str) -> Iterator[str]:
    """A line cut at blanks; a word longer than the width, such as an address, stays whole."""
    hang = ""
    if len(line) > WIDTH and (sign := SIGN.match(line)):
        hang = sign[1] + " " * len(sign[2])
    while len(line) > WIDTH:
        cut = line.rfind(" ", len(hang) + 1, WIDTH + 1)
        if cut < 0:
            cut = line.find(" ", WIDTH)
        if cut < 0:
            break
        yield line[:cut].rstrip()
        line = hang + line[cut:].lstrip()
    yield line


class _StyledLoader(FileSystemLoader):
    """Reads templates of one folder; HTML passes through the style sheet on its way."""

    def __init__(self, templates: Path, style: Callable[[str], str]) -> None:
        super().__init__(templates)
        self._style = style

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        source, path, is_current = super().get_source(environment, template)
        return (self._style(source) if template.endswith(".html") else source), path, is_current


def _environment(templates: Path, style: Callable[[str], str]) -> Environment:
    environment = strict_environment(_StyledLoader(templates, style))
    environment.autoescape = lambda name: name is not None and name.endswith(".html")
    environment.trim_blocks = environment.lstrip_blocks = True
    return environment
