"""How emails look: their colours, their measure, their outline and their quotes, read from what is really sent."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from parts.pool_entries import idea, prompt

from nudger.domain.messages import EmailContent
from nudger.domain.pools import EmailText, Role
from nudger.files.loading import load_pools
from nudger.rendering.email import curled
from nudger.rendering.markdown import to_html
from nudger.rendering.renderer import Envelope, Renderer, Voice

TEMPLATES = Path(__file__).parents[2] / "templates"
#: WCAG 2.2, success criterion 1.4.3, for text of any size.
READABLE = 4.5
#: Tags that never have a content of their own.
VOID = {"meta", "hr", "br"}
EVERY_MARK = """# A heading

A *word* with [a link](https://example.com) and `code`.

- one
- two

> Quoted.

---

1. first"""
BODY = idea("body", email=EmailText("Every mark", EVERY_MARK))
OPENER = prompt("o", Role.OPENER, ask="What was best?")
PROMPTS = [prompt(f"p{n}", Role.WISH, ask=f"Question {n}?") for n in range(1, 5)]
Style = dict[str, str]


@pytest.fixture
def letters(renderer: Renderer, ana: Voice, envelope: Envelope) -> list[EmailContent]:
    """Emails that show every style there is."""
    dated = replace(ana, occasion="ben-birthday", days_left=3)
    return [
        renderer.idea_email(BODY, dated, envelope),
        renderer.idea_email(idea("short"), ana, replace(envelope, unsubscribe_url=None, unsubscribe_mailto=None)),
        renderer.check_in_email(OPENER, PROMPTS, ana, envelope),
    ]


def declarations(css: str) -> Style:
    """The properties of one rule or one style attribute."""
    pairs = (line.partition(":") for line in css.replace("!important", "").split(";") if line.strip())
    return {name.strip(): value.strip() for name, _, value in pairs}


def dark_rules(html: str) -> dict[str, Style]:
    """What a dark scheme changes: a selector, which is a tag or a class, and its properties."""
    block = html.partition("@media (prefers-color-scheme: dark) {")[2].partition("\n}")[0]
    rules = re.findall(r"([^{}]+)\{([^}]*)\}", block)
    return {one.strip(): declarations(body) for selectors, body in rules for one in selectors.split(",")}


class Painted(HTMLParser):
    """Follows text and background colours down the tree and keeps both for each piece of text."""

    def __init__(self, html: str, rules: dict[str, Style]) -> None:
        """Paint the HTML with its own style attributes, and then with these rules."""
        super().__init__()
        self._rules = rules
        self._around: list[Style] = [{}]
        self.seen: dict[str, tuple[str, str]] = {}
        self.feed(html.partition("</head>")[2])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Lay the colours of a tag over those around it."""
        if tag in VOID:
            return
        attributes = dict(attrs)
        own = declarations(attributes.get("style") or "")
        for selector in (tag, *(f".{name}" for name in (attributes.get("class") or "").split())):
            own |= self._rules.get(selector, {})
        self._around.append(self._around[-1] | own)

    def handle_endtag(self, tag: str) -> None:
        """Return to the colours around a tag."""
        if tag not in VOID:
            self._around.pop()

    def handle_data(self, data: str) -> None:
        """Keep the colours of a text that shows."""
        if data.strip():
            self.seen[data.strip()] = self._around[-1]["color"], self._around[-1]["background-color"]


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`, as WCAG 2.2 defines it."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21, as WCAG 2.2 defines it."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_measured_as_the_guideline_does() -> None:
    """Black on white is 21 to 1, and #767676 is the lightest grey that passes on white."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#767676") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_can_be_read(letters: list[EmailContent], scheme: str) -> None:
    """In both schemes each piece of text stands out from its paper by 4.5 to 1 at least."""
    for letter in letters:
        seen = Painted(letter.html, dark_rules(letter.html) if scheme == "dark" else {}).seen
        assert len(seen) >= 5
        assert {words: pair for words, pair in seen.items() if contrast(*pair) < READABLE} == {}


def test_dark_paper_is_dark(letters: list[EmailContent]) -> None:
    """Every colour changes with the scheme: none of a light letter is left over in a dark one."""
    for letter in letters:
        light, dark = (Painted(letter.html, rules).seen for rules in ({}, dark_rules(letter.html)))
        assert all(not set(light[words]) & set(dark[words]) for words in light)
        assert all(luminance(paper) < 0.05 for _, paper in dark.values())


def test_an_email_has_one_heading_of_the_first_rank(letters: list[EmailContent]) -> None:
    """The greeting is it; what an author marks as a heading comes below."""
    for letter in letters:
        assert re.findall(r"<h1[^>]*>([^<]*)</h1>", letter.html) == ["Hello Ana,"]
    assert re.findall(r"<h2[^>]*>([^<]*)</h2>", letters[0].html) == ["A heading"]


def test_headings_go_down_one_rank_and_no_further_than_six() -> None:
    """The sixth has nothing below it."""
    assert to_html("# a\n\n##### b\n\n###### c") == "<h2>a</h2>\n<h6>b</h6>\n<h6>c</h6>\n"


def test_an_email_tells_its_parts(letters: list[EmailContent]) -> None:
    """Mail sites drop the outer tags, so that the language is told inside as well, beside the parts by role."""
    for letter in letters:
        inside = letter.html.partition("<body")[2]
        assert re.findall(r'role="(article|main|contentinfo)"', inside) == ["article", "main", "contentinfo"]
        assert 'lang="en"' in inside


def test_one_column_fits_every_screen(letters: list[EmailContent]) -> None:
    """At most 560 wide and never held wider than a screen of 320 leaves; long words break, and no print is tiny."""
    for letter in letters:
        inside = letter.html.partition("</head>")[2]
        assert re.findall(r"max-width: (\d+)px", inside) == ["560"]
        held = re.findall(r'[;" ](?:min-)?width: (\d+)px', inside)
        assert all(int(pixels) <= 320 - 2 * 20 for pixels in held)
        assert "overflow-wrap: anywhere" in inside
        assert "nowrap" not in inside
        assert min(int(pixels) for pixels in re.findall(r"font(?:-size)?: (\d+)px", inside)) >= 15


def test_no_shipped_letter_is_large_or_calls_anywhere(renderer: Renderer, ana: Voice, envelope: Envelope) -> None:
    """Each idea that ships is under 10 kB as an email, and holds no address but the way to stop."""
    ideas = [entry for entry in load_pools(TEMPLATES).pools["en"].entries if entry.ask is None]
    assert len(ideas) > 400
    for entry in ideas:
        html = renderer.idea_email(entry, ana, envelope).html
        assert len(html.encode()) < 10_000, entry.id
        assert set(re.findall(r"[a-z]+://[^\"' <]+", html)) == {"https://nudger.example.com/u/abc123"}, entry.id
        assert not re.search(r"<(img|link|script|iframe|object|svg)\b|url\(|@import|\ssrc=", html), entry.id


@pytest.mark.parametrize(
    ("typed", "set_"),
    [
        ("it's Ben's", "it\u2019s Ben\u2019s"),
        ("Ask: &quot;May I?&quot; Wait.", "Ask: “May I?” Wait."),
        ("&#34;&#39;Wait,&#39; he said.&#34;", "“\u2018Wait,\u2019 he said.”"),
        ("""(\"so\") \"<em>so</em>\" <em>Ben</em>'s""", "(“so”) “<em>so</em>” <em>Ben</em>\u2019s"),
        ("""<a href="x'y">'z'</a>""", """<a href="x'y">\u2018z\u2019</a>"""),
        ("a &lt;b&gt; &amp; c", "a &lt;b&gt; &amp; c"),
    ],
)
def test_quotes_are_set_as_in_a_book(typed: str, set_: str) -> None:
    """Straight quotes become typographic ones; tags and everything else stay."""
    assert curled(typed, "en-GB") == set_


def test_other_languages_keep_their_quotes() -> None:
    """German and French set theirs otherwise, so that nothing is guessed."""
    assert curled('"Ja"', "de") == '"Ja"'


def test_all_words_of_a_letter_have_the_same_quotes(renderer: Renderer, ana: Voice, envelope: Envelope) -> None:
    """Bodies, short texts and questions alike in the HTML; the text part stays as typed."""
    said = "Ask {{ partner.name }}'s name: \"Who's there?\""
    asked = prompt("q", Role.OPENER, ask=said)
    for letter in (
        renderer.idea_email(idea("long", email=EmailText("s", said)), ana, envelope),
        renderer.idea_email(idea("short", sms=said), ana, envelope),
        renderer.check_in_email(asked, [], ana, envelope),
        renderer.check_in_email(OPENER, [asked], ana, envelope),
    ):
        assert ">Ask Ben\u2019s name: “Who\u2019s there?”<" in letter.html
        assert "Ask Ben's name: \"Who's there?\"" in letter.text


def test_a_check_in_breathes_as_text(renderer: Renderer, ana: Voice, envelope: Envelope) -> None:
    """A blank line parts the questions where there is no other way to tell them apart."""
    text = renderer.check_in_email(OPENER, PROMPTS, ana, envelope).text
    assert "\n\n1. Question 1?\n\n2. Question 2?\n\n3. Question 3?\n\n4. Question 4?\n\nLeave out" in text
