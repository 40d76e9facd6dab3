"""Invitations and one-click unsubscribes, as RFC 8058 and a bad connection send them."""

import html
import re
from dataclasses import replace

import pytest
from parts.couples import EACH, ana_and_ben, cleo_and_dan
from parts.vaults import in_clear
from parts.web_house import WebHouse
from sqlalchemy import select

from nudger.actions.sync import sync
from nudger.domain.people import ChannelKind
from nudger.links import unsubscribe_token
from nudger.storage.consent import Event, Happening, How, record
from nudger.storage.database import Database
from nudger.storage.links import Purpose
from nudger.storage.tables import contacts, ledger

URLENCODED = ("application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click")
MULTIPART = (
    "multipart/form-data; boundary=x",
    b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
)


@pytest.mark.parametrize(("kind", "body"), [URLENCODED, MULTIPART, ("", b"")])
@pytest.mark.parametrize("site", [{}, {"Sec-Fetch-Site": "cross-site", "Origin": "https://mail.example.com"}])
def test_one_click_stops_at_once(house: WebHouse, kind: str, body: bytes, site: dict[str, str]) -> None:
    """A POST without cookies, in either form, from anywhere, stops that contact; the answer is no redirect."""
    house.says_yes("ana", ChannelKind.SMS)
    house.says_yes("ben")
    path = house.unsubscribe_link("ana")
    for _ in range(2):
        answer = house.visitor.ask("POST", path, body, {"Content-Type": kind} | site)
        assert (answer.status, "set-cookie" in answer.headers, "location" in answer.headers) == (200, False, False)
        assert house.consent("ana") == "withdrawn"
    assert (house.consent("ana", ChannelKind.SMS), house.consent("ben")) == ("granted", "granted")


def test_one_click_stops_all_to_that_address(sqlite_database: Database) -> None:
    """As the page says: also what comes there for whoever shares it, and for one who is in two couples."""
    other = cleo_and_dan()
    cleo, dan = other.partners
    homes = [ana_and_ben(), replace(other, partners=(cleo, replace(dan, email="ana@example.com")))]
    house = WebHouse(sqlite_database, homes)
    for key in ("ana", "ben", "cleo", "dan"):
        house.says_yes(key)
    assert "nothing more comes to this address" in house.visitor.get(house.unsubscribe_link("ana")).text
    assert house.visitor.send(house.unsubscribe_link("ana")).status == 200
    stand = [house.consent(key) for key in ("ana", "ben", "cleo", "dan")]
    assert stand == ["withdrawn", "granted", "granted", "withdrawn"]


@pytest.mark.parametrize("wrong", ["", "1", "-", "x", "0-{mac}", "{id}-", "{id}-{mac}0", "+{id}-{mac}", "٣-{mac}"])
def test_a_forged_unsubscribe_token_stops_nobody(house: WebHouse, wrong: str) -> None:
    """Every letter counts; the page is the one for any link that does not work, and so it is for the real key's kin."""
    number = house.contact("ana")
    mac = house.unsubscribe_link("ana").partition("-")[2]
    others = unsubscribe_token(b"another key", number)
    before = house.everything()
    for token in (wrong.format(id=number, mac=mac), others, f"{house.contact('ben')}-{mac}"):
        answer = house.visitor.ask("POST", f"/u/{token}", *reversed(URLENCODED[1:]))
        assert (answer.status, answer.text) == (404, house.visitor.get("/nothing").text)
        assert house.visitor.get(f"/u/{token}").text == answer.text
    assert house.everything() == before


def test_the_unsubscribe_page_tells_nothing_about_anybody(house: WebHouse) -> None:
    """Whoever gets hold of the link learns no name and no address."""
    page = house.visitor.get(house.unsubscribe_link("ana")).text
    done = house.visitor.send(house.unsubscribe_link("ana")).text
    assert not re.search(r"ana|ben|example\.com|0900", page + done, re.IGNORECASE)


def test_the_ledger_keeps_the_words_said_yes_to(house: WebHouse) -> None:
    """Every line of the agreement stands on the page as it is kept: who runs it, what comes, how often, how to stop."""
    path = house.link("ben", Purpose.INVITATION)
    page = html.unescape(house.visitor.get(path).text)
    assert house.consent("ben") == "none"
    answer = house.visitor.send(f"{path}/yes")
    assert (answer.status, house.consent("ben")) == (200, "granted")
    with house.database.read() as connection:
        (line,) = in_clear(connection, ledger, ledger.c.contact_id == house.contact("ben"))
    shown = line.shown
    assert line.how == "page"
    lines = [line for line in shown.splitlines() if line]
    assert len(lines) == 5
    assert all(f"<p>{line}</p>" in page for line in lines)
    for words in ("Ana", "Olga runs this service", "technically read", "2 emails a day", "To stop", "cost", "adults"):
        assert words in shown


def test_a_yes_leads_to_ones_own_settings(house: WebHouse) -> None:
    """The page after the yes links to the settings; the invitation opened again offers them by a button."""
    path = house.link("ben", Purpose.INVITATION)
    accepted = house.visitor.send(f"{path}/yes").text
    found = re.search(r'href="(/p/[^"]+)"', accepted)
    assert found
    assert "Hello Ben." in house.visitor.get(found[1]).text
    assert "You have said yes" in house.visitor.get(path).text
    opened = house.visitor.send(f"{path}/settings")
    assert opened.status == 303
    assert house.visitor.get(opened.headers["location"]).status == 200


def write_to_ben_at(house: WebHouse, email: str) -> None:
    """Have the files name another address of Ben's, or the old one again."""
    ana, ben = ana_and_ben().partners
    home = replace(ana_and_ben(), partners=(ana, replace(ben, email=email)))
    sync(house.database, [home, cleo_and_dan()], [EACH], house.now)


def test_stopping_everything_reaches_what_the_files_have_let_go_of(house: WebHouse) -> None:
    """Ben's old address said yes and was replaced: stopped with the rest, it comes back to the files with his no."""
    house.says_yes("ben")
    path, old = house.link("ben", channel=ChannelKind.SMS), house.contact("ben")
    write_to_ben_at(house, "ben.new@example.com")
    assert "Nothing more comes to you" in house.visitor.send(f"{path}/stop").text
    write_to_ben_at(house, "ben@example.com")
    assert (house.contact("ben"), house.consent("ben")) == (old, "withdrawn")


def test_stopping_what_was_replaced_a_moment_ago_stops_it(house: WebHouse) -> None:
    """The page was open while the files changed: the contact it shows is stopped; one that is nobody's is refused."""
    house.says_yes("ben")
    path, old = house.link("ben", channel=ChannelKind.SMS), house.contact("ben")
    write_to_ben_at(house, "ben.new@example.com")
    assert house.visitor.send(f"{path}/stop", {"contact": str(old)}).status == 200
    write_to_ben_at(house, "ben@example.com")
    assert house.consent("ben") == "withdrawn"
    before = house.everything()
    for wrong in (str(house.contact("ana")), "999", "first", "9" * 30):
        assert house.visitor.send(f"{path}/stop", {"contact": wrong}).status == 422
    assert house.everything() == before


def test_a_yes_after_a_complaint_is_a_yes(house: WebHouse) -> None:
    """Ben marked the invitation as spam, thought better of it, and said yes in it: what he is told begins does so."""
    with house.database.write() as connection:
        for event in (Event.SUPPRESSED, Event.WITHDRAWN):
            record(connection, house.contact("ben"), Happening(event, How.PROVIDER, house.now, evidence="complained"))
    assert house.visitor.send(f"{house.link('ben', Purpose.INVITATION)}/yes").status == 200
    with house.database.read() as connection:
        row = connection.execute(select(contacts).where(contacts.c.id == house.contact("ben"))).one()
    assert (row.consent, row.suppressed) == ("granted", None)


def test_an_invitation_unanswered_opens_no_settings(house: WebHouse) -> None:
    """Without a yes there is nothing to set."""
    path, before = house.link("ben", Purpose.INVITATION), house.everything()
    assert house.visitor.send(f"{path}/settings").status == 403
    assert house.everything() == before


def test_never_again_is_kept(house: WebHouse) -> None:
    """A no for ever withdraws that contact, and the other one's pages stay as they were."""
    anas = house.link("ana")
    before = house.visitor.get(anas).text
    answer = house.visitor.send(f"{house.link('ben', Purpose.INVITATION)}/never")
    assert (answer.status, house.consent("ben")) == (200, "withdrawn")
    assert "Nobody tells Ana that you answered" in answer.text
    assert house.visitor.get(anas).text == before
