"""Markdown laid out as text, and text wrapped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nudger.rendering.frames import lay_out
from nudger.rendering.markdown import to_html, to_text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("One *two* **three** `four`", "One two three four"),
        ("soft\nbreak", "soft break"),
        ("hard  \nbreak", "hard\nbreak"),
        ("# Title\n\nWords", "Title\n\nWords"),
        ("- a\n- b", "- a\n- b"),
        ("- a\n\n- b\n\n  c", "- a\n\n- b\n\n  c"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("- a\n  - b", "- a\n  - b"),
        ("> a\n>\n> b", "> a\n> \n> b"),
        ("a\n\n---\n\nb", "a\n\n* * *\n\nb"),
        ("    code", "    code"),
        ("```\ncode\n```", "    code"),
        ("[here](https://example.com)", "here <https://example.com>"),
        ("<https://example.com>", "https://example.com"),
        ("<ana@example.com>", "ana@example.com"),
        ("a <b>c</b> &amp; d", "a <b>c</b> & d"),
    ],
)
def test_markdown_reads_well_without_markup(source: str, text: str) -> None:
    """Paragraphs, lists, quotations and links keep their shape in plain text."""
    assert to_text(source) == text


def test_raw_html_is_shown_and_not_obeyed() -> None:
    """A tag in the source is words, in a line of its own as well."""
    assert to_html("<div onclick=x>\n\nthen <b>c</b>") == (
        "<p>&lt;div onclick=x&gt;</p>\n<p>then &lt;b&gt;c&lt;/b&gt;</p>\n"
    )


def test_long_lines_hang_under_their_signs() -> None:
    """Wrapped at 76: items and quotations are continued under their first word, addresses stay whole."""
    word = "abcdefghi "
    laid = lay_out(f"- {word * 8}\n> {word * 8}\n12. {word * 8}\nhttps://example.com/{'x' * 80}")
    assert laid.splitlines() == [
        "- " + (word * 7).strip(),
        "  abcdefghi",
        "> " + (word * 7).strip(),
        "> abcdefghi",
        "12. " + (word * 7).strip(),
        "    abcdefghi",
        f"https://example.com/{'x' * 80}",
    ]


@given(st.text(st.sampled_from("ab -.>1\n"), max_size=400))
def test_wrapping_loses_no_word(text: str) -> None:
    """All words survive in order, and a line is over 76 only where one word is."""
    laid = lay_out(text)
    assert [word for word in laid.split() if word != ">"] == [word for word in text.split() if word != ">"]
    assert all(len(line) <= 76 or len(line.split()[-1]) > 70 for line in laid.splitlines())
