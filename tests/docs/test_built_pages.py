"""The built documentation: every link leads somewhere, nothing comes from elsewhere, and everybody can read it."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from parts import axe
from parts.browsers import TOO_WIDE, running_browser
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//")
#: What a browser fetches by itself, by element.
FETCHED = {"script": "src", "img": "src", "iframe": "src", "link": "href", "source": "src", "object": "data"}
MARKDOWN_LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", flags=re.MULTILINE)
#: Pages without Markdown behind them, made by Sphinx.
MADE = ("genindex.html", "search.html")
#: Characters from which on a page is long; contrast, the slow part, is then left to the others, which look the same.
LONG = 60_000
LOOKS = (("light", 1280), ("dark", 360), ("dark", 1280), ("light", 360))


class Read(HTMLParser):
    """One page: what can be linked to, what it links to, and what a browser fetches for it."""

    def __init__(self, page: Path) -> None:
        """Read it at once."""
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One element."""
        given = {name: value or "" for name, value in attrs}
        self.ids.add(given.get("id", ""))
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        elif tag in FETCHED and given.get("rel") not in {"index", "search", "next", "prev"}:
            self.fetched.append(given.get(FETCHED[tag], ""))


@pytest.fixture(scope="module")
def pages(built: Path) -> dict[Path, Read]:
    """Every page."""
    return {page.resolve(): Read(page) for page in sorted(built.rglob("*.html"))}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of this file; they are skipped where there is none."""
    with running_browser() as browser:
        yield browser


def test_every_link_leads_somewhere(pages: dict[Path, Read]) -> None:
    """Pages, anchors and files within the documentation; addresses elsewhere are not asked."""
    dead = [f"{page.name}: {link}" for page, read in pages.items() for link in read.links if is_dead(page, link, pages)]
    assert dead == []
    assert sum(len(read.links) for read in pages.values()) > 500


def is_dead(page: Path, link: str, pages: dict[Path, Read]) -> bool:
    """Whether nothing is there."""
    if ELSEWHERE.match(link):
        return False
    path, _, anchor = unquote(link).partition("#")
    target = (page.parent / path).resolve() if path else page
    if target not in pages:
        return not target.is_file()
    return bool(anchor) and anchor not in pages[target].ids


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "deploy/README.md"])
def test_links_beside_the_documentation_lead_somewhere(name: str) -> None:
    """The same for the Markdown that is read where it lies."""
    page = ROOT / name
    links = [link for link in MARKDOWN_LINK.findall(page.read_text(encoding="utf-8")) if not ELSEWHERE.match(link)]
    assert [link for link in links if not leads_somewhere(page, link)] == []


def leads_somewhere(page: Path, link: str) -> bool:
    """Whether file and heading are there."""
    path, _, anchor = link.partition("#")
    target = page.parent / path if path else page
    if not anchor:
        return target.exists()
    titles = HEADING.findall(target.read_text(encoding="utf-8"))
    return anchor in {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_page_is_in_the_contents(pages: dict[Path, Read], built: Path) -> None:
    """Each Markdown file became a page that another one links to."""
    written = {page.relative_to(ROOT / "docs").with_suffix(".html") for page in (ROOT / "docs").rglob("*.md")}
    written = {page for page in written if page.parts[0] != "_build"}
    assert written <= {page.relative_to(built.resolve()) for page in pages}
    linked = {(page.parent / link.partition("#")[0]).resolve() for page, read in pages.items() for link in read.links}
    assert {page for page in written if (built / page).resolve() not in linked} == set()


def test_no_page_fetches_anything_from_elsewhere(pages: dict[Path, Read], built: Path) -> None:
    """Scripts, styles, fonts and pictures come with the pages: whoever reads them is counted by nobody."""
    assert [one for read in pages.values() for one in read.fetched if ELSEWHERE.match(one) and one[:5] != "data:"] == []
    styles = "".join(style.read_text(encoding="utf-8") for style in built.rglob("*.css"))
    assert re.findall(r"(?:@import|url\()\s*[\"']?(?:https?:)?//[^\"')]+", styles) == []


@pytest.mark.parametrize("place", range(len(LOOKS)))
def test_everybody_can_read_it(browser: Browser, built: Path, place: int) -> None:
    """Axe finds nothing: the first page in every look with all around it, the words of the others in one look each."""
    asked: list[str] = []
    page = opened(browser, *LOOKS[place], asked)
    wrong = violations(page, built / "index.html", None)
    written = [one for one in sorted(built.rglob("*.html")) if one.name not in MADE]
    for one in written[place :: len(LOOKS)]:
        wrong += violations(page, one, "article")
    page.context.close()
    assert wrong == []
    assert [url for url in asked if not url.startswith(("file://", "data:"))] == []


def opened(browser: Browser, scheme: str, width: int, asked: list[str]) -> Page:
    """A page of that width in that scheme, which notes all it asks for."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]  # one of its literals
    context.on("request", lambda request: asked.append(request.url))
    return context.new_page()


def violations(page: Page, file: Path, part: str | None) -> list[str]:
    """What axe finds, and whether something is wider than the screen."""
    page.goto(file.as_uri())
    rules = {"color-contrast": {"enabled": file.stat().st_size < LONG}}
    told = [f"{file.name}: {one}" for one in axe.violations(page, {"rules": rules}, part)]
    wider = page.evaluate(TOO_WIDE)
    return told + ([f"{file.name}: {wider} px too wide"] if wider > 0 else [])
