"""Ideas and check-ins as emails: what is in them, and what can never be."""

import re
from dataclasses import replace
from email import policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parts.pool_entries import idea, prompt

from nudger.domain.messages import EmailContent
from nudger.domain.pools import EmailText, Entry, Role
from nudger.rendering.headers import headers_for
from nudger.rendering.renderer import CannotRender, Envelope, Renderer, Voice

BODY = """Find a scrap of paper and write *three words* to {{ partner.name }}.

- by [bus](https://example.com/bus?a=1&b=2)
- on foot

It works because small things found later feel larger than what is handed over."""
LETTER = idea("letter", email=EmailText("Three words for {{ partner.name }}", BODY))
OPENER = prompt("o", Role.OPENER, ask="What was the best of your week, {{ you.name }}?")
PROMPTS = [prompt(f"p{n}", Role.WISH, ask=f"Question {n}, {{{{ you.name }}}}?") for n in range(1, 6)]


def all_emails(renderer: Renderer, voice: Voice, envelope: Envelope) -> list[EmailContent]:
    """One email of every kind."""
    return [
        renderer.idea_email(LETTER, voice, envelope),
        renderer.idea_email(idea("short"), voice, envelope),
        renderer.idea_email(LETTER, replace(voice, occasion="anniversary", days_left=14), envelope),
        renderer.check_in_email(OPENER, PROMPTS, voice, envelope),
        renderer.check_in_email(OPENER, [], voice, replace(envelope, unsubscribe_url=None)),
    ]


class Tags(HTMLParser):
    """Collects every start tag with its attributes."""

    def __init__(self, html: str) -> None:
        """Read the HTML."""
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.seen.append((tag, dict(attrs)))


def body_of(renderer: Renderer, body: str, voice: Voice, envelope: Envelope) -> EmailContent:
    """An email with this Markdown body."""
    return renderer.idea_email(idea("body", email=EmailText("Subject", body)), voice, envelope)


def test_both_parts_say_the_same(renderer: Renderer, ana: Voice, envelope: Envelope) -> None:
    """Subject, text and HTML come from one source: markup in one, plain layout in the other."""
    content = renderer.idea_email(LETTER, ana, envelope)
    assert content.subject == "Three words for Ben"
    assert "Find a scrap of paper and write three words to Ben." in content.text
    assert "- by bus <https://example.com/bus?a=1&b=2>\n- on foot\n" in content.text
    assert "write <em>three words</em> to Ben." in content.html
    assert 'href="https://example.com/bus?a=1&amp;b=2"' in content.html


def test_an_idea_without_an_email_text_is_made_from_its_short_one(
    renderer: Renderer, ana: Voice, envelope: Envelope
) -> None:
    """The subject tells nothing, the short text is the body, and it is not read as Markdown."""
    content = renderer.idea_email(idea("short", sms="Ask *{{ partner.name }}* about 1. April"), ana, envelope)
    assert content.subject == "An idea, for when it suits"
    assert "Ask *Ben* about 1. April\n" in content.text
    assert "Ask *Ben* about 1. April</p>" in content.html


def test_an_occasion_is_told_in_both_parts(renderer: Renderer, envelope: Envelope) -> None:
    """Ahead of a date the email says what is coming and when."""
    voice = Voice(you="Ana", partner="Ben", occasion="ben-birthday", days_left=14)
    content = renderer.idea_email(LETTER, voice, envelope)
    assert "\nIn 14 days: Ben's birthday.\n" in content.text
    assert ">In 14 days: Ben\u2019s birthday.</p>" in content.html


def test_a_check_in_opens_well_and_numbers_the_rest(renderer: Renderer, ana: Voice, envelope: Envelope) -> None:
    """The best of the week first, then the questions in their order, and leave to skip."""
    content = renderer.check_in_email(OPENER, PROMPTS, ana, envelope)
    lines = content.text.splitlines()
    order = [lines.index("What was the best of your week, Ana?")]
    order += [lines.index(f"{n}. Question {n}, Ana?") for n in range(1, 6)]
    assert order == sorted(order)
    assert [tag for tag, _ in Tags(content.html).seen].count("li") == 5
    assert "Leave out whatever does not fit" in content.text


def test_a_name_is_never_markup(renderer: Renderer, envelope: Envelope) -> None:
    """HTML and Markdown in a name are shown as written, in every part."""
    voice = Voice(you="<b>&A", partner="*B*_n_ [x](https://evil.example) <script>")
    for content in all_emails(renderer, voice, envelope):
        assert "Hello <b>&A," in content.text
        assert "Hello &lt;b&gt;&amp;A," in content.html
        assert "<script" not in content.html
        assert "<b>" not in content.html
        assert all("evil" not in (attributes.get("href") or "") for _, attributes in Tags(content.html).seen)
    assert "to *B*_n_ [x](https://evil.example) &lt;script&gt;." in renderer.idea_email(LETTER, voice, envelope).html


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_no_name_adds_a_tag(renderer: Renderer, name: str) -> None:
    """Whatever the names are, the tags of the email are the same."""
    envelope = Envelope("<a@example.com>", None, None, name)
    plain = renderer.idea_email(LETTER, Voice("A", "B"), envelope)
    odd = renderer.idea_email(LETTER, Voice(name, name), envelope)
    assert Tags(odd.html).seen == Tags(plain.html).seen


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        '<img src="https://example.com/x.gif">',
        "![x](https://example.com/x.gif)",
        "[x](javascript:alert(1))",
        "[x](data:text/html,hello)",
        "[x](//example.com)",
        "<javascript:alert(1)>",
        '[x](https://example.com "\\" onload=alert(1)")',
    ],
)
def test_a_body_brings_in_nothing_active(renderer: Renderer, ana: Voice, envelope: Envelope, body: str) -> None:
    """Raw HTML is shown, images do not exist, and links go to http, https and mailto alone."""
    for tag, attributes in Tags(body_of(renderer, body, ana, envelope).html).seen:
        assert tag not in {"script", "img", "iframe", "link"}
        assert not any(name.startswith("on") or name == "src" for name in attributes)
        assert re.match(r"https?:|mailto:", attributes.get("href") or "https:")


def test_a_name_cannot_stand_in_an_address(renderer: Renderer, ana: Voice, envelope: Envelope) -> None:
    """A name in a link's address would tell it to a stranger's server."""
    with pytest.raises(CannotRender, match="cannot stand in the address"):
        body_of(renderer, "[x](https://example.com/{{ you.name }})", ana, envelope)


def test_every_email_is_small_and_fetches_nothing(renderer: Renderer, ana: Voice, envelope: Envelope) -> None:
    """Under 10 kB, no images, fonts or sheets from anywhere, and no address but the author's and the way to stop."""
    for content in all_emails(renderer, ana, envelope):
        assert len(content.html.encode()) < 10_000
        addresses = set(re.findall(r"https?://[^\"' <]+", content.html))
        assert addresses <= {"https://nudger.example.com/u/abc123", "https://example.com/bus?a=1&amp;b=2"}
        tags = Tags(content.html).seen
        assert not {"img", "script", "link", "iframe", "object"} & {tag for tag, _ in tags}
        assert "url(" not in content.html
        assert "@import" not in content.html


def test_the_layout_can_be_read_by_everyone(renderer: Renderer, envelope: Envelope) -> None:
    """Language and direction are told, tables are only for show, one column of 560 at most, light and dark."""
    html = renderer.idea_email(LETTER, Voice("Ana", "Ben", locale="fr-CA"), envelope).html
    tags = Tags(html).seen
    root = next(attributes for tag, attributes in tags if tag == "html")
    assert root == {"lang": "fr-CA", "dir": "auto"}
    assert all('role="presentation"' in table for table in re.findall("<table[^>]*>", html))
    assert "max-width: 560px" in html
    assert "prefers-color-scheme: dark" in html
    assert ("meta", {"name": "color-scheme", "content": "light dark"}) in tags
    assert all("style" in attributes for tag, attributes in tags if tag in {"p", "li", "ul", "a"})


def test_every_email_carries_its_headers(renderer: Renderer, ana: Voice, envelope: Envelope) -> None:
    """Ideas and check-ins alike have the headers of their envelope."""
    for content in all_emails(renderer, ana, envelope)[:-1]:
        assert content.headers == headers_for(envelope)


@pytest.mark.parametrize(
    ("url", "mailto", "way"),
    [
        ("https://example.com/u/a", "mailto:s@example.com", "https://example.com/u/a"),
        (None, "mailto:s@example.com", "mailto:s@example.com"),
        (None, None, "Reply with the word stop"),
    ],
)
def test_the_foot_says_how_to_stop(
    renderer: Renderer, ana: Voice, url: str | None, mailto: str | None, way: str
) -> None:
    """Both parts name the sender and one way to stop, at their end."""
    content = renderer.idea_email(LETTER, ana, Envelope("<a@example.com>", url, mailto, "The Practice\n& Co"))
    assert way in content.text.split("----")[1]
    assert "The Practice & Co" in content.text.split("----")[1]
    assert "The Practice &amp; Co" in content.html
    assert way.partition(" with ")[0] in content.html


def test_the_foot_leads_to_the_readers_own_settings(renderer: Renderer, ana: Voice, envelope: Envelope) -> None:
    """Where there is such a page both parts name it, before the way to stop; nothing else of the email differs."""
    page = "https://nudger.example.com/p/t0ken"
    for plain, led in zip(
        all_emails(renderer, ana, envelope),
        all_emails(renderer, ana, replace(envelope, settings_url=page)),
        strict=True,
    ):
        assert page not in plain.text + plain.html
        foot = led.text.split("----")[1]
        assert 0 < foot.index(page) < foot.rindex("stop")
        assert led.html.count(f'href="{page}"') == 1
        assert led.text.split("----")[0] == plain.text.split("----")[0]
        assert led.html.split('role="contentinfo"')[0] == plain.html.split('role="contentinfo"')[0]
        assert (led.subject, led.headers) == (plain.subject, plain.headers)


def test_a_subject_is_one_line(renderer: Renderer, envelope: Envelope) -> None:
    """Neither a name nor an author can break the subject's line, and the mail library takes it."""
    entry = idea("s", email=EmailText("Two\nlines for {{ partner.name }}", "Body"))
    subject = renderer.idea_email(entry, Voice("Ana", "B\r\nBcc: eve@example.com"), envelope).subject
    assert subject == "Two lines for B Bcc: eve@example.com"
    message = EmailMessage(policy=policy.SMTP)
    message["Subject"] = subject
    assert message["Bcc"] is None


@pytest.mark.parametrize(
    "entry",
    [
        idea("nothing", sms=None),
        idea("empty-body", email=EmailText("Subject", " \n")),
        idea("empty-subject", email=EmailText(" ", "Body")),
    ],
)
def test_an_empty_email_is_refused(renderer: Renderer, ana: Voice, envelope: Envelope, entry: Entry) -> None:
    """Subject and body both have to say something."""
    with pytest.raises(CannotRender):
        renderer.idea_email(entry, ana, envelope)


def test_a_check_in_needs_questions(renderer: Renderer, ana: Voice, envelope: Envelope) -> None:
    """An idea in the place of a prompt is refused."""
    with pytest.raises(CannotRender, match="asks nothing"):
        renderer.check_in_email(idea("no-question"), [], ana, envelope)


def test_the_same_arguments_give_the_same_bytes(ana: Voice, envelope: Envelope) -> None:
    """Two renderers agree to the byte."""
    templates = Path(__file__).parents[2] / "templates"
    assert all_emails(Renderer(templates), ana, envelope) == all_emails(Renderer(templates), ana, envelope)


def test_a_locale_may_have_its_own_frame(tmp_path: Path, ana: Voice, envelope: Envelope) -> None:
    """A template in the language's folder comes before the general one, for its locales alone."""
    (tmp_path / "email" / "fr").mkdir(parents=True)
    (tmp_path / "email" / "style.css").write_text("p { margin: 0 }")
    for name, words in (("email/idea", "Hello"), ("email/fr/idea", "Bonjour")):
        for part in ("txt", "html"):
            (tmp_path / f"{name}.{part}").write_text(words + " {{ you.name }}: {{ words }}")
    renderer = Renderer(tmp_path)
    assert renderer.idea_email(LETTER, replace(ana, locale="fr-CA"), envelope).text.startswith("Bonjour Ana")
    assert renderer.idea_email(LETTER, ana, envelope).text.startswith("Hello Ana")


def test_missing_templates_are_told(tmp_path: Path, ana: Voice, envelope: Envelope) -> None:
    """A folder without our templates is an error that names what it lacks."""
    with pytest.raises(CannotRender, match=r"email/style\.css"):
        Renderer(tmp_path)
    (tmp_path / "email").mkdir()
    (tmp_path / "email" / "style.css").write_text("")
    with pytest.raises(CannotRender, match="email/idea"):
        Renderer(tmp_path).idea_email(LETTER, ana, envelope)


def test_templates_that_are_no_text_are_told(tmp_path: Path, ana: Voice, envelope: Envelope) -> None:
    """Saved in another encoding than UTF-8, a layout or the style sheet does not work, like one with a slip in it."""
    (tmp_path / "email").mkdir()
    style = tmp_path / "email" / "style.css"
    style.write_text("")
    (tmp_path / "email" / "idea.txt").write_bytes("Schönes für {{ you.name }}".encode("latin-1"))
    with pytest.raises(CannotRender, match="email/idea"):
        Renderer(tmp_path).idea_email(LETTER, ana, envelope)
    style.write_bytes(b"/* \xfc */")
    with pytest.raises(CannotRender, match="UTF-8"):
        Renderer(tmp_path)
