"""An email's whole way: YAML, plan, gate, words, SendGrid over HTTP, and what becomes of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from parts.desks import COUPLES, FREE, LETTERS, Desk
from parts.fake_sendgrid import FakeSendGrid
from parts.loops import in_loop
from parts.rigs import Rig

#: One email a day for Ben alone, who lives in London.
TO_ONE = 'letters: {themes: [growth], channel: email, audience: one, when: {daily: true, at: "12:00"}, late: 12h}'
DOWN = "http://127.0.0.1:9"


def households(count: int) -> str:
    """So many couples, all of them in London, with addresses of their own."""
    couple = (
        "  couple-{n}:\n    partners:\n"
        "      ana: {{name: Ana, email: ana{n}@example.com, timezone: Europe/London, {free}}}\n"
        "      ben: {{name: Ben, email: ben{n}@example.com, timezone: Europe/London, {free}}}\n"
    )
    return "couples:\n" + "".join(couple.format(n=number, free=FREE) for number in range(count))


@asynccontextmanager
async def at_work(
    house: Desk, schedule: str = TO_ONE, couples: str = COUPLES
) -> AsyncIterator[tuple[Rig, FakeSendGrid]]:
    """A rig with consent whose emails go to a fake SendGrid with the same clock."""
    async with FakeSendGrid() as sendgrid:
        house.furnish(schedule, couples=couples).set(NUDGER_EMAIL="sendgrid", SENDGRID_HOST=sendgrid.url)
        async with Rig() as rig:
            sendgrid.clock = rig.clock
            rig.consent()
            yield rig, sendgrid


@in_loop
async def test_a_due_email_arrives_once(house: Desk) -> None:
    """What is due goes out once, with one-click unsubscribe and without any tracking."""
    house.set(NUDGER_BASE_URL="https://nudger.example.com", NUDGER_REPLY_TO="us@example.com")
    async with at_work(house) as (rig, sendgrid):
        await rig.tick(hours=2)
        await rig.tick(hours=1)
        assert rig.states == {"accepted": 1}
        assert [(line.provider, line.provider_id) for line in rig.lines] == [("sendgrid", "fake-000001")]
    (email,) = sendgrid.accepted
    assert email["to"] in {"ana@example.com", "ben@example.com"}
    assert (email["from"]["email"], email["reply_to"]) == ("nudger@example.com", {"email": "us@example.com"})
    assert email["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert email["headers"]["List-Unsubscribe"].startswith("<https://nudger.example.com/u/")
    assert email["headers"]["Auto-Submitted"] == "auto-generated"
    assert not any(kind["enable"] for kind in email["tracking"].values())
    assert email["custom_args"] == {"nudger_attempt": "attempt-0001"}
    assert "Idea " in email["text"]
    assert email["html"].lstrip().startswith("<!DOCTYPE html>")


@in_loop
async def test_without_an_address_of_our_own(house: Desk) -> None:
    """Without a public web address emails can be unsubscribed from by mail, and promise no one-click."""
    async with at_work(house) as (rig, sendgrid):
        await rig.tick(hours=2)
    (email,) = sendgrid.accepted
    assert email["headers"]["List-Unsubscribe"] == "<mailto:nudger@example.com?subject=stop>"
    assert "List-Unsubscribe-Post" not in email["headers"]


@in_loop
async def test_many_at_once_are_one_request(house: Desk) -> None:
    """Twenty emails due at the same moment go in one request, each with its own recipient, names and words."""
    async with at_work(house, LETTERS, households(10)) as (rig, sendgrid):
        await rig.tick(hours=2)
        assert rig.states == {"accepted": 20}
    assert sendgrid.sizes == [20]
    assert len({email["to"] for email in sendgrid.accepted}) == 20
    for email in sendgrid.accepted:
        other = "Ben" if email["to"].startswith("ana") else "Ana"
        assert f"with {other}." in email["text"]


@in_loop
async def test_a_refused_batch_falls_apart(house: Desk) -> None:
    """Where SendGrid refuses a batch as a whole, each email goes alone; none is lost or doubled."""
    async with at_work(house, LETTERS, households(3)) as (rig, sendgrid):
        sendgrid.refuse_batches()
        await rig.tick(hours=2)
        assert rig.states == {"accepted": 6}
    assert sorted(sendgrid.sizes) == [1] * 6 + [6]
    assert len({email["to"] for email in sendgrid.accepted}) == 6


@pytest.mark.parametrize("trouble", ["accept_then_500", "accept_then_reset", "accept_then_hang"])
@in_loop
async def test_taken_without_a_clear_answer(house: Desk, trouble: str) -> None:
    """A whole batch that SendGrid took without saying so is found in its feed, and never sent again."""
    async with at_work(house, LETTERS) as (rig, sendgrid):
        getattr(sendgrid, trouble)()
        await rig.tick(hours=2)
        assert rig.states == {"unknown": 2}
        await rig.until(lambda: rig.states == {"accepted": 2}, minutes=5)
        await rig.tick(hours=3)
        assert rig.reasons() == {"found_at_provider": 2}
    assert (len(sendgrid.accepted), sendgrid.requests) == (2, 1)


@in_loop
async def test_a_feed_that_lags(house: Desk) -> None:
    """A feed that does not know the email yet is asked again; one no is not enough to send twice."""
    async with at_work(house) as (rig, sendgrid):
        sendgrid.accept_then_500()
        sendgrid.lag()
        await rig.tick(hours=2)
        await rig.tick(seconds=61)
        assert rig.states == {"unknown": 1}
        sendgrid._activity_lags = False
        await rig.tick(seconds=61)
        assert rig.states == {"accepted": 1}
    assert sendgrid.requests == 1


@in_loop
async def test_without_the_feed(house: Desk) -> None:
    """An account that may not read the feed cannot be asked: the email is assumed to be sent, and never sent twice."""
    async with at_work(house) as (rig, sendgrid):
        sendgrid.drop_addon()
        sendgrid.accept_then_500()
        await rig.tick(hours=2)
        await rig.until(lambda: rig.states == {"assumed_sent": 1}, minutes=20)
        await rig.tick(hours=3)
    assert sendgrid.requests == 1


@in_loop
async def test_a_rate_limit(house: Desk) -> None:
    """Not before the moment SendGrid names does the email go out, once."""
    async with at_work(house) as (rig, sendgrid):
        sendgrid.rate_limit(1, retry_after=90)
        await rig.tick(hours=2)
        await rig.tick(seconds=85)
        assert (rig.states, sendgrid.requests) == ({"planned": 1}, 1)
        await rig.tick(seconds=10)
        assert rig.states == {"accepted": 1}
    assert len(sendgrid.accepted) == 1


@in_loop
async def test_a_wrong_key(house: Desk) -> None:
    """A key that SendGrid refuses is tried now and then only; the email waits for the operator."""
    async with at_work(house) as (rig, sendgrid):
        house.set(SENDGRID_API_KEY="SG.another")
        await rig.restart()
        await rig.tick(hours=2)
        for _ in range(30):
            await rig.tick(seconds=20)
        assert rig.reasons() == {"misconfigured": 1}
    assert sendgrid.requests <= 3


@in_loop
async def test_nobody_listens_there(house: Desk) -> None:
    """While SendGrid cannot be reached the email stays planned; later it arrives."""
    async with at_work(house) as (rig, sendgrid):
        house.set(SENDGRID_HOST=DOWN)
        await rig.restart()
        await rig.tick(hours=2)
        assert rig.reasons() == {"refused": 1}
        house.set(SENDGRID_HOST=sendgrid.url)
        await rig.restart()
        await rig.tick(minutes=10)
        assert rig.states == {"accepted": 1}
    assert len(sendgrid.accepted) == 1
