"""Webhooks at the door: what is signed comes in, what is not is refused with 403, and nobody waits in vain."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pytest
from parts.signed_requests import (
    AUTH_TOKEN,
    PUBLIC_KEY,
    REQUESTS,
)
from parts.visitor import Visitor
from parts.web_house import BASE_URL, WebHouse
from sqlalchemy import insert, update

from nudger.channels.events import Inbound, Receipt, ReceiptStatus
from nudger.channels.sendgrid_webhooks import SendGridWebhooks
from nudger.channels.twilio_webhooks import TwilioWebhooks
from nudger.storage.database import Database
from nudger.storage.tables import attempts, messages
from nudger.web.gathering import Gathering


@dataclass
class Answers:
    """Keeps what came in, and says the same to everybody."""

    heard: list[Inbound] = field(default_factory=list)

    def receive(self, inbound: Inbound, _now: datetime) -> str | None:
        """One text."""
        self.heard.append(inbound)
        return "Paused & quiet."


@pytest.fixture
def answers() -> Answers:
    """What was heard."""
    return Answers()


@pytest.fixture
def house(sqlite_database: Database, answers: Answers) -> WebHouse:
    """A house both providers report to."""
    return WebHouse(
        sqlite_database,
        twilio=TwilioWebhooks(AUTH_TOKEN, BASE_URL),
        sendgrid=SendGridWebhooks(PUBLIC_KEY),
        receiving=answers,
    )


@pytest.mark.parametrize("name", REQUESTS)
def test_what_is_signed_comes_in(house: WebHouse, answers: Answers, name: str) -> None:
    """A signed request is answered with success, from wherever it comes; a text gets its reply as TwiML."""
    path, body, headers = REQUESTS[name]
    answer = house.coming_from("198.51.100.3").ask("POST", path, body, headers | {"Sec-Fetch-Site": "cross-site"})
    assert answer.status == (200 if name == "inbound" else 204)
    if name == "inbound":
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        assert "<Message>Paused &amp; quiet.</Message>" in answer.text
        assert [(one.sender, one.text) for one in answers.heard] == [("+447700900122", "pause 3 days")]


@pytest.mark.parametrize("name", REQUESTS)
def test_every_mutation_is_refused(house: WebHouse, answers: Answers, name: str) -> None:
    """Path, query, body and each header changed by one letter, left out, doubled or emptied: 403, and no change."""
    path, body, headers = REQUESTS[name]
    before = house.everything()
    mutants = [(path + ("&" if "?" in path else "?") + "x=1", body, headers), (path, body + b"&x=1", headers)]
    mutants += [(path, body.replace(b"0", b"9", 1), headers), (path, b"", headers)]
    for header, value in headers.items():
        if header == "Content-Type":
            continue
        others = {one: headers[one] for one in headers if one != header}
        changed = ("", " ", value[:-1], value + "A", "A" + value[1:], value.swapcase(), "é", "=" * 4000)
        mutants += [(path, body, others), *((path, body, {**others, header: one}) for one in changed if one != value)]
    if name == "events":  # SendGrid signs no address
        mutants = [mutant for mutant in mutants if mutant[0] == path]
    for mutant in mutants:
        answer = house.visitor.ask("POST", mutant[0], *mutant[1:])
        assert (answer.status, mutant) == (403, mutant)
    assert answers.heard == []
    assert house.everything() == before


@pytest.mark.parametrize("path", ["/webhooks/twilio/inbound", "/webhooks/twilio/status", "/webhooks/sendgrid/events"])
def test_webhooks_of_providers_that_are_not_set_up_do_not_exist(sqlite_database: Database, path: str) -> None:
    """Without a provider there is no door to try keys at; with one, only POST opens it."""
    assert WebHouse(sqlite_database).visitor.ask("POST", path).status == 404


def test_more_than_a_megabyte_is_not_even_checked(house: WebHouse) -> None:
    """A body of a megabyte and a byte is refused for its length."""
    path, _, headers = REQUESTS["events"]
    assert house.visitor.ask("POST", path, b"x" * 1_000_001, headers).status == 413


def test_receipts_are_written(house: WebHouse) -> None:
    """What a provider reports stands in the table when it gets its answer, and is the same after the tenth time."""
    message = house.message("ana")
    with house.database.write() as connection:
        connection.execute(update(messages).where(messages.c.id == message).values(state="accepted", sent_at=house.now))
        tried = {"message_id": message, "token": "abc", "fence": 1, "provider": "twilio", "started_at": house.now}
        connection.execute(insert(attempts).values(tried))
    path, body, headers = REQUESTS["status"]
    seen = []
    for _ in range(3):
        assert house.visitor.ask("POST", path, body, headers).status == 204
        seen.append(house.everything())
    assert [row for row in seen[0]["messages"] if "delivered" in row]
    assert seen[0] == seen[1] == seen[2]


def receipt(number: int) -> Receipt:
    """Some receipt."""
    at = datetime.fromisoformat("2026-02-02T11:00:00+00:00")
    return Receipt("twilio", str(number), None, None, ReceiptStatus.DELIVERED, None, at)


def test_receipts_that_come_together_are_written_together() -> None:
    """While one transaction runs the next ones gather; each is written once, and nobody is answered before that."""
    written: list[Sequence[Receipt]] = []

    async def all_at_once() -> None:
        gathering = Gathering(written.append)
        await asyncio.gather(*(gathering.bring([receipt(number)]) for number in range(500)))

    asyncio.run(asyncio.wait_for(all_at_once(), 60))
    assert sorted(int(one.event_id) for batch in written for one in batch) == list(range(500))
    assert len(written) <= 4


def test_one_receipt_at_fault_is_nobody_elses() -> None:
    """Where writing together fails each is written by itself, and only the one at fault is answered so."""
    written: list[str] = []

    def apply(receipts: Sequence[Receipt]) -> None:
        if any(one.event_id == "3" for one in receipts):
            raise RuntimeError("3")
        written.extend(one.event_id for one in receipts)

    async def all_at_once() -> list[object]:
        gathering = Gathering(apply)
        return await asyncio.gather(
            *(gathering.bring([receipt(number)]) for number in range(6)), return_exceptions=True
        )

    answers = asyncio.run(asyncio.wait_for(all_at_once(), 60))
    assert [type(one).__name__ for one in answers] == ["NoneType"] * 3 + ["RuntimeError"] + ["NoneType"] * 2
    assert sorted(written) == ["0", "1", "2", "4", "5"]


def test_a_visitor_in_a_hurry_holds_up_nobody(house: WebHouse) -> None:
    """Two hundred callbacks from one address are all taken: a provider has few addresses and many messages."""
    path, body, headers = REQUESTS["status"]
    visitor = Visitor(house.app, "198.51.100.3")
    assert {visitor.ask("POST", path, body, headers).status for _ in range(200)} == {204}
