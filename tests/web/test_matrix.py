"""Every route of the app, and each of six who may knock: self, partner, stranger, operator, provider, expired."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

import pytest
from parts.signed_requests import AUTH_TOKEN, PUBLIC_KEY, REQUESTS
from parts.web_house import BASE_URL, WebHouse
from starlette.routing import Route

from nudger.channels.sendgrid_webhooks import SendGridWebhooks
from nudger.channels.twilio_webhooks import TwilioWebhooks
from nudger.storage.database import Database
from nudger.storage.links import Purpose

EMAIL = "2026-02-02T11-00-00Z-a.eml"


class Role(StrEnum):
    """Who knocks. The partner has a live token of their own; operator and provider have none at all."""

    STRANGER = "stranger"
    EXPIRED = "expired"
    OPERATOR = "operator"
    PROVIDER = "provider"
    PARTNER = "partner"
    SELF = "self"


EVERYBODY = frozenset(Role)
THE_TWO = frozenset({Role.SELF, Role.PARTNER})
DEEDS = ("pause", "resume", "choices", "tenderness", "life", "stop", "start", "data", "leave", "erase", "ended")
PURPOSES = {"p": Purpose.PREFERENCES, "i": Purpose.INVITATION, "n": Purpose.NOTE}
#: Who gets further than the door. The link at the foot of an email never runs out: stopping must always work.
ADMITTED: dict[tuple[str, str], frozenset[Role]] = {
    ("GET", "/healthz"): EVERYBODY,
    ("GET", "/readyz"): EVERYBODY,
    ("GET", "/help"): EVERYBODY,
    ("GET", "/away"): EVERYBODY,
    ("GET", "/robots.txt"): EVERYBODY,
    ("GET", "/metrics"): frozenset({Role.OPERATOR}),
    ("GET", "/outbox"): frozenset({Role.OPERATOR}),
    ("GET", "/outbox/{name}"): frozenset({Role.OPERATOR}),
    ("POST", "/webhooks/twilio/inbound"): frozenset({Role.PROVIDER}),
    ("POST", "/webhooks/twilio/status"): frozenset({Role.PROVIDER}),
    ("POST", "/webhooks/sendgrid/events"): frozenset({Role.PROVIDER}),
    ("GET", "/u/{token}"): THE_TWO | {Role.EXPIRED},
    ("POST", "/u/{token}"): THE_TWO | {Role.EXPIRED},
    ("GET", "/i/{token}"): THE_TWO,
    **{("POST", f"/i/{{token}}/{deed}"): THE_TWO for deed in ("yes", "never", "settings")},
    ("GET", "/n/{token}"): THE_TWO,
    ("GET", "/p/{token}"): THE_TWO,
    **{("GET", f"/p/{{token}}/{page}"): THE_TWO for page in ("data", "leave", "erase", "ended")},
    **{("POST", f"/p/{{token}}/{deed}"): THE_TWO for deed in DEEDS},
}
SIGNED = {path.partition("?")[0]: (path, body, headers) for path, body, headers in REQUESTS.values()}


@pytest.fixture
def house(sqlite_database: Database, tmp_path: Path) -> WebHouse:
    """A house with every door there is: both providers, and an outbox with an email in it."""
    (tmp_path / EMAIL).write_text("To: ana@example.com\n\nWarm.\n", encoding="utf-8")
    twilio, sendgrid = TwilioWebhooks(AUTH_TOKEN, BASE_URL), SendGridWebhooks(PUBLIC_KEY)
    house = WebHouse(sqlite_database, twilio=twilio, sendgrid=sendgrid, outbox=tmp_path)
    for key in ("ana", "ben"):
        house.says_yes(key)
    return house


def tokens_for(house: WebHouse, route: str) -> Mapping[Role, str]:
    """What each would put in place of `{token}`: Ana's own, Ben's own, one of Ana's that ran out, or a guess."""
    letter = route.split("/")[1]
    if letter == "u":
        mine, bens = house.unsubscribe_link("ana"), house.unsubscribe_link("ben")
        links = {Role.SELF: mine, Role.PARTNER: bens, Role.EXPIRED: mine}
    elif letter in PURPOSES:
        mine, bens = (house.link(key, PURPOSES[letter]) for key in ("ana", "ben"))
        links = {Role.SELF: mine, Role.PARTNER: bens}
        links[Role.EXPIRED] = house.link("ana", PURPOSES[letter], lasts=timedelta(seconds=1))
        house.now += timedelta(seconds=2)
    else:
        links = {}
    return {role: links.get(role, "/guess").rpartition("/")[2] for role in Role}


def knock(house: WebHouse, role: Role, method: str, path: str) -> int:
    """The status of the answer. An operator sits at the machine itself; a provider signs what it posts."""
    house.uptime += 60
    visitor = house.coming_from("127.0.0.1", "localhost:8080") if role is Role.OPERATOR else house.visitor
    if role is Role.PROVIDER and path in SIGNED:
        return visitor.ask(method, *SIGNED[path]).status
    return visitor.send(path).status if method == "POST" else visitor.get(path).status


def test_the_matrix_knows_every_route(house: WebHouse) -> None:
    """A new door has to say here who may use it; stylesheet and icon are for everybody."""
    doors = [
        (method, route.path)
        for route in house.app.routes
        if isinstance(route, Route) and not route.path.endswith((".css", ".svg"))
        for method in (route.methods or set()) - {"HEAD"}
    ]
    assert sorted(doors) == sorted(ADMITTED)


@pytest.mark.parametrize(("method", "route"), ADMITTED)
def test_who_gets_in(house: WebHouse, method: str, route: str) -> None:
    """Whoever is not admitted gets 404, at a webhook 403, and changes nothing: not a row."""
    tokens = tokens_for(house, route)
    refusal = 403 if route.startswith("/webhooks/") else 404
    admitted = set()
    for role in Role:
        before = house.everything()
        status = knock(house, role, method, route.replace("{token}", tokens[role]).replace("{name}", EMAIL))
        if status not in {403, 404}:
            admitted.add(role)
        else:
            assert (role, status) == (role, refusal)
            assert house.everything() == before
    assert admitted == ADMITTED[method, route]
