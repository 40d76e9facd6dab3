"""Mail scanners, link previews and prefetching browsers open every link, and change nothing by it."""

from collections.abc import Mapping

import pytest
from parts.web_house import WebHouse, pages_of

#: Method and headers of twenty who open links that are not theirs, as they announce themselves.
SCANNERS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "plain": ("GET", {}),
    "head": ("HEAD", {}),
    "options": ("OPTIONS", {}),
    "prefetch": ("GET", {"Sec-Purpose": "prefetch"}),
    "prerender": ("GET", {"Sec-Purpose": "prefetch;prerender"}),
    "old prefetch": ("GET", {"Purpose": "prefetch", "X-Moz": "prefetch"}),
    "preview": ("GET", {"X-Purpose": "preview"}),
    "safe links": ("GET", {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Edg/130.0"}),
    "proofpoint": ("GET", {"User-Agent": "Mozilla/5.0 (compatible; urldefense)"}),
    "barracuda": ("HEAD", {"User-Agent": "Barracuda Sentinel (EE)"}),
    "mimecast": ("GET", {"User-Agent": "Mimecast", "Referer": "https://mail.example.com/"}),
    "gmail image proxy": ("GET", {"User-Agent": "GoogleImageProxy"}),
    "apple mail": ("GET", {"Sec-Fetch-Site": "none", "Sec-Fetch-Dest": "document"}),
    "chat preview": ("GET", {"User-Agent": "WhatsApp/2.24"}),
    "slack": ("GET", {"User-Agent": "Slackbot-LinkExpanding 1.0", "Range": "bytes=0-32768"}),
    "facebook": ("GET", {"User-Agent": "facebookexternalhit/1.1"}),
    "bing": ("GET", {"User-Agent": "bingbot/2.0", "From": "bingbot(at)microsoft.com"}),
    "cross site": ("GET", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}),
    "with one-click query": ("GET", {"List-Unsubscribe": "One-Click"}),
    "method override": ("GET", {"X-HTTP-Method-Override": "POST", "X-Method-Override": "DELETE"}),
}


@pytest.mark.parametrize("scanner", SCANNERS)
def test_opening_links_changes_nothing(house: WebHouse, scanner: str) -> None:
    """Whoever opens every link, three times over, leaves the whole database as it was, row by row."""
    method, headers = SCANNERS[scanner]
    pages = pages_of(house, "ana")
    before = house.everything()
    for path in (*pages.values(), f"{pages['unsubscribe']}?List-Unsubscribe=One-Click"):
        for _ in range(3):
            house.uptime += 10
            answer = house.visitor.ask(method, path, headers=headers)
            assert answer.status in ({405} if method == "OPTIONS" else {200, 404})
    assert house.everything() == before


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_what_acts_takes_nothing_but_post(house: WebHouse, method: str) -> None:
    """Each address that acts answers any other method with 405 or a page, and does nothing."""
    pages = pages_of(house, "ana")
    deeds = [f"{pages['invitation']}/{name}" for name in ("yes", "never", "settings")]
    names = ("pause", "resume", "choices", "tenderness", "life", "stop", "start", "data", "leave", "erase", "ended")
    deeds += [f"{pages['preferences']}/{name}" for name in names]
    before = house.everything()
    for path in [*deeds, pages["unsubscribe"]]:
        house.uptime += 10
        status = house.visitor.ask(method, path, headers={"Sec-Fetch-Site": "same-origin"}).status
        assert status == 405 or (status == 200 and method in {"GET", "HEAD"})
    assert house.everything() == before


def test_the_database_is_compared_for_real(house: WebHouse) -> None:
    """A press of the button is seen by the very comparison that the scanners pass."""
    before = house.everything()
    assert house.visitor.send(house.unsubscribe_link("ana")).status == 200
    assert house.everything() != before
