"""Who may open which door: every route, for the one it is for, the partner, a stranger, the operator, the expired."""

from datetime import timedelta

import pytest
from parts.visitor import Visitor
from parts.web_house import METRICS_TOKEN, WebHouse

from nudger.domain.people import ChannelKind
from nudger.runtime.clock import token
from nudger.storage.consent import How
from nudger.storage.database import Database
from nudger.storage.links import Purpose, new_link

#: Paths after a token, with the method and a form that would do something.
PREFERENCES = {
    "": ("GET", {}),
    "/pause": ("POST", {"for": "1w"}),
    "/resume": ("POST", {}),
    "/choices": ("POST", {"day": ["0", "1"], "theme": ["growth"]}),
    "/tenderness": ("POST", {"tenderness": "yes"}),
    "/life": ("POST", {"life": "hard_week"}),
    "/stop": ("POST", {}),
    "/start": ("POST", {}),
    "/data": ("POST", {}),
    "/leave": ("POST", {"sure": "yes"}),
    "/erase": ("POST", {"sure": "yes"}),
    "/ended": ("POST", {"sure": "ended"}),
}
INVITATION = {"": ("GET", {}), "/yes": ("POST", {}), "/never": ("POST", {}), "/settings": ("POST", {})}
NOTE = {"": ("GET", {})}
ROUTES = [
    *((Purpose.PREFERENCES, rest) for rest in PREFERENCES),
    *((Purpose.INVITATION, rest) for rest in INVITATION),
    *((Purpose.NOTE, rest) for rest in NOTE),
]
FORMS = {Purpose.PREFERENCES: PREFERENCES, Purpose.INVITATION: INVITATION, Purpose.NOTE: NOTE}
LETTERS = {Purpose.PREFERENCES: "p", Purpose.INVITATION: "i", Purpose.NOTE: "n"}


def knock(visitor: Visitor, purpose: Purpose, path: str, rest: str) -> tuple[int, str]:
    """Status and page at one door."""
    method, form = FORMS[purpose][rest]
    answer = visitor.get(path + rest) if method == "GET" else visitor.send(path + rest, form)
    return answer.status, answer.text


@pytest.mark.parametrize(("purpose", "rest"), ROUTES)
def test_only_a_live_token_for_that_purpose_opens(house: WebHouse, purpose: Purpose, rest: str) -> None:
    """Unknown, expired, revoked and mistaken tokens get the same page, the same status, and change nothing."""
    letter = LETTERS[purpose]
    others = [house.link("ana", other).split("/")[-1] for other in LETTERS if other is not purpose]
    expired, revoked = house.link("ana", purpose), house.link("cleo", purpose)
    house.now += timedelta(days=7, seconds=1)  # as long as a link of the house holds, and a second more
    house.choosing.erase(house.partner("cleo"), house.now)
    tokens = ["unknown", "", "%00", "x" * 4000, *others, expired.split("/")[-1], revoked.split("/")[-1]]
    unsubscribe = house.unsubscribe_link("ana").split("/")[-1]
    before = house.everything()
    answers = {knock(house.visitor, purpose, f"/{letter}/{token}", rest) for token in [*tokens, unsubscribe]}
    assert len(answers) == 1
    assert {status for status, _ in answers} == {404}
    assert house.everything() == before


@pytest.mark.parametrize(("purpose", "rest"), ROUTES)
def test_what_one_partner_does_touches_their_own_rows_alone(house: WebHouse, purpose: Purpose, rest: str) -> None:
    """With Ana's token every door acts for Ana; nothing that Ben can open reads otherwise by a single byte."""
    house.says_yes("ben")
    bens = {one: house.link("ben", one) for one in LETTERS}
    before = {one: house.visitor.get(path).text for one, path in bens.items()}
    house.uptime += 60
    status, _ = knock(house.visitor, purpose, house.link("ana", purpose), rest)
    assert status < 400
    house.uptime += 60
    after = {one: house.visitor.get(path).text for one, path in bens.items()}
    if rest != "/erase":  # a name that was erased is gone everywhere
        assert after == before
    assert house.consent("ben") == "granted"


@pytest.mark.parametrize("path", ["/metrics", "/outbox", "/outbox/2026-02-02T11-00-00Z-a.eml"])
def test_strangers_find_no_door_of_the_operator(house: WebHouse, path: str) -> None:
    """From anywhere else the operator's pages do not exist: the page is that of any address that is not there."""
    nothing = house.visitor.get("/nothing")
    found = house.visitor.get(path)
    assert (found.status, found.text) == (404, nothing.text)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_a_proxy_on_this_machine_is_not_this_machine(house: WebHouse, header: str) -> None:
    """What a proxy passes on comes from somebody else, even where the proxy stands beside us."""
    here = house.coming_from("127.0.0.1", "127.0.0.1:8080")
    assert here.get("/metrics").status == 200
    assert here.get("/metrics", **{header: "203.0.113.9"}).status == 404


def test_figures_for_a_token(sqlite_database: Database) -> None:
    """Where a token is set it opens from anywhere, and nothing else does, not even this machine."""
    house = WebHouse(sqlite_database, metrics_token=METRICS_TOKEN)
    assert house.visitor.get("/metrics", Authorization=f"Bearer {METRICS_TOKEN}").status == 200
    for wrong in ("", "Bearer", "Bearer x", f"Basic {METRICS_TOKEN}"):
        assert house.visitor.get("/metrics", Authorization=wrong).status == 404
    assert house.coming_from("127.0.0.1", "localhost").get("/metrics").status == 404


def test_only_the_contact_a_link_was_sent_to_starts_again(house: WebHouse) -> None:
    """Stopped texts are not brought back by a link that came by email: consent comes from the contact itself."""
    house.says_yes("ana", ChannelKind.SMS)
    path = house.link("ana")
    assert house.visitor.send(f"{path}/stop").status == 200
    assert (house.consent("ana"), house.consent("ana", ChannelKind.SMS)) == ("withdrawn", "withdrawn")
    assert house.visitor.send(f"{path}/start").status == 200
    assert (house.consent("ana"), house.consent("ana", ChannelKind.SMS)) == ("granted", "withdrawn")


def test_a_link_that_came_by_text_starts_no_texts(house: WebHouse) -> None:
    """It may have been copied from the phone before its owner wrote STOP: a START comes from the number itself."""
    house.says_yes("ana", ChannelKind.SMS)
    contact, ana = house.contact("ana", ChannelKind.SMS), house.partner("ana")
    with house.database.write() as connection:
        made = new_link(
            connection, token, Purpose.PREFERENCES, ana, contact_id=contact, now=house.now, lasts=timedelta(days=1)
        )
    house.choosing.withdraw(contact, How.REPLY, house.now)
    assert "/start" not in house.visitor.get(f"/p/{made}").text
    assert house.visitor.send(f"/p/{made}/start").status == 422
    assert house.consent("ana", ChannelKind.SMS) == "withdrawn"


def test_one_partner_cannot_stop_the_other(house: WebHouse) -> None:
    """A contact's number in the form is looked for among one's own alone, and is refused like one that nobody has."""
    house.says_yes("ben")
    path = house.link("ana")
    answers = [house.visitor.send(f"{path}/stop", {"contact": number}) for number in (house.contact("ben"), 999)]
    assert {answer.status for answer in answers} == {422}
    assert answers[0].text == answers[1].text
    assert (house.consent("ana"), house.consent("ben")) == ("granted", "granted")
