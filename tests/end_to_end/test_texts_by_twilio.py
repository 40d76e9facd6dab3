"""A text's whole way: YAML, plan, gate, words, Twilio over HTTP, and what becomes of it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from parts.desks import COUPLES, TEXTS, Desk, schedules
from parts.fake_twilio import AUTH_TOKEN, SERVICE_SID, FakeTwilio
from parts.loops import in_loop
from parts.rigs import Rig

DOWN = "http://127.0.0.1:9"


@asynccontextmanager
async def at_work(house: Desk) -> AsyncIterator[tuple[Rig, FakeTwilio]]:
    """A rig with consent whose texts go to a fake Twilio with the same clock."""
    async with FakeTwilio() as twilio:
        house.furnish(TEXTS).set(NUDGER_SMS="twilio", TWILIO_API_BASE=twilio.url)
        async with Rig() as rig:
            twilio.clock = rig.clock
            rig.consent()
            yield rig, twilio


@in_loop
async def test_a_due_text_arrives_once(house: Desk) -> None:
    """What is due goes out once, to the right number, valid for as long as it is of use, and then never again."""
    async with at_work(house) as (rig, twilio):
        await rig.tick(minutes=59)
        assert twilio.requests == 0
        await rig.tick(hours=1, minutes=1)
        await rig.tick(hours=1)
    (text,) = twilio.accepted
    assert set(text["form"]) == {"To", "Body", "MessagingServiceSid", "ValidityPeriod"}
    assert text["form"]["To"] in {"+447700900123", "+447700900124"}
    assert text["form"]["MessagingServiceSid"] == SERVICE_SID
    assert text["form"]["ValidityPeriod"] == "36000"
    assert text["body"].startswith("Idea ")
    assert [(line.state, line.provider, line.provider_id) for line in rig.lines] == [
        ("accepted", "twilio", text["sid"])
    ]


@in_loop
async def test_receipts_name_the_attempt_alone(house: Desk) -> None:
    """With a public address Twilio is told where to report, by an opaque token that names nobody."""
    house.set(NUDGER_BASE_URL="https://nudger.example.com")
    async with at_work(house) as (rig, twilio):
        await rig.tick(hours=2)
    (text,) = twilio.accepted
    assert text["form"]["StatusCallback"] == "https://nudger.example.com/webhooks/twilio/status?attempt=attempt-0001"


@in_loop
async def test_nobody_is_written_to_without_consent(house: Desk) -> None:
    """Without a yes from that very number the moment is skipped, and Twilio hears nothing."""
    async with FakeTwilio() as twilio:
        house.furnish(TEXTS).set(NUDGER_SMS="twilio", TWILIO_API_BASE=twilio.url)
        async with Rig() as rig:
            await rig.tick(hours=2)
            assert rig.reasons() == {"no_consent": 1}
    assert twilio.requests == 0


@pytest.mark.parametrize("trouble", ["accept_then_500", "accept_then_reset", "accept_then_hang"])
@in_loop
async def test_taken_without_a_clear_answer(house: Desk, trouble: str) -> None:
    """A text that Twilio took without saying so is found there by asking, and is never sent again."""
    async with at_work(house) as (rig, twilio):
        getattr(twilio, trouble)()
        await rig.tick(hours=2)
        assert rig.states == {"unknown": 1}
        await rig.until(lambda: rig.states == {"accepted": 1}, minutes=5)
        await rig.tick(hours=3)
        assert rig.reasons() == {"found_at_provider": 1}
        assert rig.lines[0].provider_id == twilio.accepted[0]["sid"]
    assert len(twilio.accepted) == twilio.requests == 1


TROUBLES: dict[str, Callable[[FakeTwilio], None]] = {
    "hang": lambda twilio: twilio.hang(),
    "garbage": lambda twilio: twilio.answer_garbage(),
    "500": lambda twilio: twilio.refuse_next(1, 0, 500),
}


@pytest.mark.parametrize("trouble", TROUBLES)
@in_loop
async def test_not_taken_without_a_clear_answer(house: Desk, trouble: str) -> None:
    """A text that Twilio does not have, as two answers apart show, is sent again, once."""
    async with at_work(house) as (rig, twilio):
        TROUBLES[trouble](twilio)
        await rig.tick(hours=2)
        doubtful_since = rig.clock()
        assert rig.states == {"unknown": 1}
        await rig.until(lambda: rig.states == {"accepted": 1}, minutes=5)
        assert rig.clock() - doubtful_since >= timedelta(minutes=2)
        await rig.tick(hours=3)
        assert (len(twilio.accepted), twilio.requests, twilio.questions) == (1, 2, 3)


@in_loop
async def test_a_silent_provider_is_never_a_no(house: Desk) -> None:
    """While Twilio answers no question the text stays in doubt; later it is found."""
    async with at_work(house) as (rig, twilio):
        twilio.accept_then_500()
        await rig.tick(hours=2)
        twilio.refuse_lists(503, 0)
        twilio.hang_lists()
        twilio.garble_lists()
        for _ in range(3):
            await rig.tick(minutes=2)
            assert rig.states == {"unknown": 1}
        await rig.tick(minutes=2)
        assert rig.states == {"accepted": 1}
    assert twilio.requests == 1


@in_loop
async def test_too_many_requests(house: Desk) -> None:
    """A 429 is heeded: not before the wait Twilio names the text goes out, once."""
    async with at_work(house) as (rig, twilio):
        twilio.rate_limit(1, retry_after=120)
        await rig.tick(hours=2)
        assert rig.states == {"planned": 1}
        await rig.tick(seconds=119)
        assert twilio.requests == 1
        await rig.tick(seconds=2)
        assert rig.states == {"accepted": 1}
    assert (len(twilio.accepted), twilio.requests) == (1, 2)


@in_loop
async def test_who_said_stop(house: Desk) -> None:
    """A number that said STOP to Twilio is written to no more: the text fails, all later ones are cancelled."""
    async with at_work(house) as (rig, twilio):
        for number in ("+447700900123", "+447700900124"):
            twilio.unsubscribe(number)
        await rig.tick(hours=2)
        assert rig.reasons() == {"refused_for_good": 1}
        for _ in range(8):
            await rig.tick(hours=6)
        stopped = {line.reason for line in rig.lines[1:]}
    assert stopped <= {"suppressed", "refused_for_good"}
    assert "suppressed" in stopped
    assert twilio.requests <= 2
    assert twilio.accepted == []


@in_loop
async def test_wrong_credentials(house: Desk) -> None:
    """Refused credentials cost no attempt and are tried now and then only; once mended, the text goes out."""
    async with FakeTwilio() as twilio:
        house.furnish(TEXTS).set(NUDGER_SMS="twilio", TWILIO_API_BASE=twilio.url, TWILIO_AUTH_TOKEN="not-the-token")
        async with Rig() as rig:
            twilio.clock = rig.clock
            rig.consent()
            await rig.tick(hours=2)
            for _ in range(60):
                await rig.tick(seconds=10)
            assert rig.reasons() == {"misconfigured": 1}
            assert twilio.requests <= 3
            house.set(TWILIO_AUTH_TOKEN=AUTH_TOKEN)
            await rig.restart()
            await rig.tick(minutes=6)
            assert rig.states == {"accepted": 1}
    assert len(twilio.accepted) == 1


@in_loop
async def test_wrong_credentials_are_not_hammered(house: Desk) -> None:
    """When the first of many texts shows that the credentials are wrong, the others are not even tried."""
    async with FakeTwilio() as twilio:
        both = TEXTS.replace("audience: one", "audience: each")
        house.furnish(both, couples=COUPLES + COUPLES.removeprefix("couples:\n").replace("ana-and-ben", "cleo-and-dan"))
        house.set(NUDGER_SMS="twilio", TWILIO_API_BASE=twilio.url, TWILIO_AUTH_TOKEN="not-the-token")
        house.set(NUDGER_IN_FLIGHT=1)
        async with Rig() as rig:
            rig.consent()
            await rig.tick(hours=2)
            assert rig.states == {"planned": 4}
    assert twilio.requests == 1


@in_loop
async def test_nobody_listens_there(house: Desk) -> None:
    """While Twilio cannot be reached the text stays planned; later it arrives."""
    async with at_work(house) as (rig, twilio):
        house.set(TWILIO_API_BASE=DOWN)
        await rig.restart()
        await rig.tick(hours=2)
        await rig.tick(minutes=2)
        assert rig.states == {"planned": 1}
        assert rig.reasons() == {"refused": 1}
        house.set(TWILIO_API_BASE=twilio.url)
        await rig.restart()
        await rig.tick(minutes=10)
        assert rig.states == {"accepted": 1}
    assert len(twilio.accepted) == 1


@in_loop
async def test_after_a_long_outage_of_ours(house: Desk) -> None:
    """A text that was planned, and is of no use any more when the service is back, expires unsent."""
    async with at_work(house) as (rig, twilio):
        await rig.tick(hours=15)
        assert rig.reasons() == {"late": 1}
    assert twilio.requests == 0


@in_loop
async def test_too_late_is_not_sent(house: Desk) -> None:
    """What could not go out while it was of use expires; an old idea is never sent."""
    async with at_work(house) as (rig, twilio):
        house.write("schedules/schedules.yaml", schedules(TEXTS.replace("12h", "30m")))
        house.set(TWILIO_API_BASE=DOWN)
        await rig.restart()
        await rig.until(lambda: "expired" in rig.states, minutes=180, step=300)
        house.set(TWILIO_API_BASE=twilio.url)
        await rig.restart()
        await rig.tick(minutes=1)
        assert rig.states == {"expired": 1}
    assert twilio.requests == 0
