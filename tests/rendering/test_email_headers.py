"""The headers of an email, and what cannot become one."""

from dataclasses import replace

import pytest

from nudger.rendering.headers import headers_for
from nudger.rendering.renderer import CannotRender, Envelope


def test_headers_offer_both_ways_to_stop(envelope: Envelope) -> None:
    """The id, that a machine wrote it, and how to stop with one click; nothing else."""
    assert headers_for(envelope) == {
        "Message-ID": "<7f3a@nudger.example.com>",
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": "<https://nudger.example.com/u/abc123>, <mailto:stop@nudger.example.com?subject=stop>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


@pytest.mark.parametrize(
    ("url", "mailto", "header"),
    [
        (None, None, None),
        (None, "mailto:s@example.com", "<mailto:s@example.com>"),
        ("http://127.0.0.1:8080/u/a", None, "<http://127.0.0.1:8080/u/a>"),
    ],
)
def test_one_click_is_promised_with_https_alone(url: str | None, mailto: str | None, header: str | None) -> None:
    """RFC 8058 needs an https address; without one the other ways are named, and no promise is made."""
    headers = headers_for(Envelope("<a@example.com>", url, mailto, "Nudger"))
    assert headers.get("List-Unsubscribe") == header
    assert "List-Unsubscribe-Post" not in headers


@pytest.mark.parametrize(
    "fault",
    [
        {"message_id": "<a@example.com>\r\nBcc: eve@example.com"},
        {"message_id": "a@example.com"},
        {"message_id": "<a b@example.com>"},
        {"message_id": "<a@b@example.com>"},
        {"message_id": "<a@example.com>\n"},
        {"unsubscribe_url": "https://example.com/\r\nBcc: eve@example.com"},
        {"unsubscribe_url": "https://example.com/>, <https://evil.example"},
        {"unsubscribe_url": "javascript:alert(1)"},
        {"unsubscribe_url": ""},
        {"unsubscribe_mailto": "mailto:a@example.com\nBcc: eve@example.com"},
        {"unsubscribe_mailto": "https://example.com"},
    ],
)
def test_a_header_cannot_be_broken_out_of(envelope: Envelope, fault: dict[str, str]) -> None:
    """Line breaks, brackets and foreign schemes in what becomes a header are refused."""
    with pytest.raises(CannotRender):
        headers_for(replace(envelope, **fault))
