"""Guards: hosts, proxies, other sites' forms, limits, bodies, and what is said when something fails."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from parts.cast import KEY
from parts.visitor import ABROAD, Visitor
from parts.web_house import WebHouse

from nudger.links import unsubscribe_token
from nudger.storage.database import Database
from nudger.web.app import build_app
from nudger.web.guards import ADDRESS_BURST, TOKEN_BURST
from nudger.web.rates import LONGEST, REMEMBERED, Rate


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("nudger.example.com", 200),
        ("NUDGER.example.com:443", 200),
        ("127.0.0.1:8080", 200),
        ("localhost", 200),
        ("[::1]:8080", 200),
        ("eve.example.com", 400),
        ("nudger.example.com.eve.example.com", 400),
        ("nudger.example.com@eve.example.com", 400),
        ("", 400),
    ],
)
def test_only_our_own_hosts_are_answered(house: WebHouse, host: str, status: int) -> None:
    """A name that is not ours leads nowhere, so that no page of Eve's can pass for ours (DNS rebinding)."""
    assert house.coming_from(ABROAD, host).get("/help").status == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://nudger.example.com"}, 403),
        ({"Origin": "https://nudger.example.com"}, 200),
        ({"Origin": "null"}, 200),
        ({"Origin": "https://eve.example.com"}, 403),
        ({"Origin": "https://nudger.example.com.eve.example.com"}, 403),
        ({}, 200),
    ],
)
def test_forms_of_other_sites_are_refused(house: WebHouse, headers: dict[str, str], status: int) -> None:
    """A browser says which site's page sent a form; only our own may, and nothing is changed otherwise."""
    path, before = house.link("ana"), house.everything()["partners"]
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert house.visitor.ask("POST", f"{path}/pause", b"for=1w", form | headers).status == status
    assert (house.everything()["partners"] == before) is (status == 403)


def test_an_address_has_a_limit(house: WebHouse) -> None:
    """Many requests from one address are turned away for a while; others are not, and waiting helps."""
    answers = [house.visitor.get("/help") for _ in range(ADDRESS_BURST + 1)]
    assert [answer.status for answer in answers[-2:]] == [200, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert house.coming_from("198.51.100.7").get("/help").status == 200
    house.uptime += 1
    assert house.visitor.get("/help").status == 200


def test_a_busy_proxy_looks_well(house: WebHouse) -> None:
    """Those who ask how we are get their answer, however many visitors have come from the same address."""
    for _ in range(ADDRESS_BURST + 1):
        house.visitor.get("/help")
    assert house.visitor.get("/healthz").status == 200


def test_a_household_of_ipv6_counts_as_one(house: WebHouse) -> None:
    """Whoever holds a /64 has billions of addresses, and one allowance."""
    for number in range(ADDRESS_BURST):
        assert house.coming_from(f"2001:db8::{number:x}").get("/help").status == 200
    assert house.coming_from("2001:db8::ffff").get("/help").status == 429
    assert house.coming_from("2001:db8:0:1::1").get("/help").status == 200


def test_a_token_has_a_limit_wherever_it_is_used_from(house: WebHouse) -> None:
    """One link is opened so many times a minute at most, from all addresses together."""
    path = house.link("ana")
    statuses = [house.coming_from(f"198.51.100.{number}").get(path).status for number in range(TOKEN_BURST + 1)]
    assert statuses == [200] * TOKEN_BURST + [429]


def test_one_click_unsubscribes_are_never_turned_away_by_address(house: WebHouse) -> None:
    """A mail provider sends all its readers' clicks from a few addresses."""
    for _ in range(ADDRESS_BURST + 5):
        house.visitor.get("/help")
    assert house.visitor.get("/help").status == 429
    assert house.visitor.send(house.unsubscribe_link("ana")).status == 200


@pytest.mark.parametrize(
    ("trusted", "forwarded", "counted"),
    [
        ((), "198.51.100.1", "10.0.0.5"),
        (("10.0.0.0/8",), "198.51.100.1", "198.51.100.1"),
        (("10.0.0.0/8",), "192.0.2.66, 198.51.100.1", "198.51.100.1"),
        (("10.0.0.0/8",), "192.0.2.66, 198.51.100.1, 10.0.0.6", "198.51.100.1"),
        (("10.0.0.5",), "nonsense", "10.0.0.5"),
        (("10.0.0.5",), "", "10.0.0.5"),
    ],
)
def test_only_trusted_proxies_name_the_visitor(
    sqlite_database: Database, trusted: Sequence[str], forwarded: str, counted: str
) -> None:
    """The address counted is the last one that a trusted proxy vouches for; what a visitor invents is left of it."""
    house = WebHouse(sqlite_database, trusted_proxies=trusted)
    proxy = house.coming_from("10.0.0.5")
    for _ in range(ADDRESS_BURST):
        assert proxy.get("/help", **{"X-Forwarded-For": forwarded}).status == 200
    assert house.coming_from(counted).get("/help").status == 429


def test_the_memory_of_visitors_is_bounded() -> None:
    """A flood of invented addresses takes no more memory than is set aside for them."""
    rate = Rate(2, 60, lambda: 0.0)
    for number in range(REMEMBERED + 100):
        rate.wait(str(number))
    assert len(rate._whole_again) == REMEMBERED


def test_a_name_that_is_made_up_takes_no_more_memory_than_one_of_ours(house: WebHouse) -> None:
    """A token in an address may be of any length, and unsubscribes are not counted by address: long ones are cut."""
    rate = Rate(2, 60, lambda: 0.0)
    rate.wait("u/" + "x" * 60_000)
    assert max(map(len, rate._whole_again)) == LONGEST
    ours = [house.link("ana"), f"/u/{unsubscribe_token(KEY, 10**18 - 1)}"]
    assert max(map(len, ours)) < LONGEST


def test_a_rate_lets_bursts_pass_and_then_one_at_a_time() -> None:
    """Three at once, then one each second; a refused request is not counted."""
    now = [0.0]
    rate = Rate(3, 60, lambda: now[0])
    assert [rate.wait("a") > 0 for _ in range(5)] == [False, False, False, True, True]
    now[0] = 1.0
    assert [rate.wait("a") > 0 for _ in range(2)] == [False, True]
    now[0] = 60.0
    assert [rate.wait("a") > 0 for _ in range(4)] == [False, False, False, True]


@pytest.mark.parametrize("door", ["/i/x/yes", "/p/x/choices", "/u/1-x"])
@pytest.mark.parametrize("told", [True, False])
def test_a_body_of_more_than_a_megabyte_is_refused(house: WebHouse, door: str, told: bool) -> None:  # noqa: FBT001
    """More than a megabyte is not read, whether its length is announced or not."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"} | ({"Content-Length": "1000001"} if told else {})
    assert house.visitor.ask("POST", door, b"x=" + b"y" * 1_000_000, headers).status == 413
    assert house.visitor.ask("POST", door, b"x=" + b"y" * 999_000).status in {404, 400}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"\xff\xfe"),
        ("application/x-www-form-urlencoded", b"&".join(b"a=%d" % number for number in range(1001))),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"--x\r\nno end"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n1'),
        ("application/json", b'{"for": "1w"}'),
        ("", b"\x00" * 100),
    ],
)
def test_what_is_no_form_of_ours_does_no_harm(house: WebHouse, kind: str, body: bytes) -> None:
    """Odd bodies are refused in words, never with a fault of ours, and change nothing."""
    path, before = house.link("ana"), house.everything()["partners"]
    answer = house.visitor.ask("POST", f"{path}/pause", body, {"Content-Type": kind})
    assert answer.status in {400, 422}
    assert house.everything()["partners"] == before


def test_a_fault_of_ours_tells_nothing(house: WebHouse, capsys: pytest.CaptureFixture[str]) -> None:
    """Where something breaks, the visitor gets a page without a reason, and the log the kind of the fault alone."""

    class Broken:
        def read(self) -> None:
            raise RuntimeError("Kanarienvogel at /p/geheim")

    app = build_app(replace(house.doors, database=Broken()))  # type: ignore[arg-type]
    answer = Visitor(app).get("/p/geheim")
    said = capsys.readouterr()
    assert (answer.status, answer.headers["cache-control"]) == (500, "no-store")
    assert "Kanarienvogel" not in answer.text + said.out + said.err
    assert "RuntimeError" in said.out + said.err
    assert "geheim" not in said.out + said.err
