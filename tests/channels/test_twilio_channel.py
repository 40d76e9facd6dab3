"""Twilio: what is sent, what its answers mean, and how it is asked about a message in doubt."""

import asyncio
from datetime import timedelta
from typing import Self

import pytest
from parts.fake_twilio import SENDER, SERVICE_SID, FakeTwilio
from parts.letters import ANAS_PHONE, NOON, a_text, noon, outgoing, question
from parts.loops import in_loop
from parts.stands import twilio_config

from nudger.channels.contract import Accepted, CannotTell, NotFound, Outgoing, Refusal, Refused, Unclear
from nudger.channels.twilio import TwilioConfig, TwilioSms


class Line:
    """A channel to a fake Twilio, opened and closed together."""

    def __init__(self, **wishes: object) -> None:
        """`wishes` change the configuration."""
        self._wishes = wishes
        self.twilio = FakeTwilio(clock=noon)

    async def __aenter__(self) -> Self:
        await self.twilio.start()
        self.channel = TwilioSms(twilio_config(self.twilio.url, **self._wishes))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.channel.aclose()
        await self.twilio.stop()

    def form(self) -> dict[str, str]:
        """The fields of the only message taken."""
        [entry] = self.twilio.accepted
        form: dict[str, str] = entry["form"]
        return form


@in_loop
async def test_the_request_says_what_is_needed_and_nothing_more() -> None:
    """To, Body, the service, the time it is useful for, and a callback that holds the token alone."""
    async with Line() as line:
        await line.channel.send(outgoing(a_text("Hello … Ana"), token="t0ken"))
        assert line.form() == {
            "To": ANAS_PHONE,
            "Body": "Hello … Ana",
            "MessagingServiceSid": SERVICE_SID,
            "ValidityPeriod": "3600",
            "StatusCallback": "https://nudger.example.com/webhooks/twilio/status?attempt=t0ken",
        }
        assert line.twilio.accepted[0]["token"] == "t0ken"


@in_loop
async def test_a_number_may_be_the_sender_and_callbacks_may_be_off() -> None:
    """Without a service the number is From; without a public address no callback is asked for."""
    async with Line(messaging_service_sid=None, sender=SENDER, status_callback_base=None) as line:
        await line.channel.send(outgoing(a_text()))
        assert line.form()["From"] == SENDER
        assert line.form().keys() & {"MessagingServiceSid", "StatusCallback"} == set()


@pytest.mark.parametrize(("useful", "period"), [(-60, "5"), (0, "5"), (4, "5"), (900.9, "900"), (86_400, "36000")])
@in_loop
async def test_the_validity_period_is_the_useful_life_within_twilios_bounds(useful: float, period: str) -> None:
    """A text that would come too late is dropped by Twilio: 5 to 36,000 seconds."""
    async with Line() as line:
        await line.channel.send(Outgoing("t0ken", ANAS_PHONE, a_text(), timedelta(seconds=useful)))
        assert line.form()["ValidityPeriod"] == period


@in_loop
async def test_a_text_beyond_1600_characters_never_leaves() -> None:
    """Twilio's limit is checked before the network; 1,600 itself is taken."""
    async with Line() as line:
        too_long = await line.channel.send(outgoing(a_text("x" * 1601)))
        assert too_long == Refused(Refusal.PERMANENT, "too_long")
        assert line.twilio.requests == 0
        assert isinstance(await line.channel.send(outgoing(a_text("x" * 1600))), Accepted)


@in_loop
async def test_someone_who_said_stop_is_to_be_suppressed() -> None:
    """21610 is permanent and says that the recipient opted out."""
    async with Line() as line:
        line.twilio.unsubscribe(ANAS_PHONE)
        assert await line.channel.send(outgoing(a_text())) == Refused(Refusal.PERMANENT, "21610", suppress=True)
        assert line.twilio.accepted == []


@pytest.mark.parametrize(("named", "wait"), [(7, 7), (90_000, 3600), (None, None)])
@in_loop
async def test_a_rate_limit_is_not_sent_and_waits_as_named(named: int | None, wait: int | None) -> None:
    """429 is surely not processed; Retry-After is honoured up to an hour."""
    async with Line() as line:
        line.twilio.rate_limit(1, retry_after=named)
        expected = None if wait is None else timedelta(seconds=wait)
        assert await line.channel.send(outgoing(a_text())) == Refused(Refusal.BUSY, "20429", retry_after=expected)
        assert line.twilio.accepted == []


@in_loop
async def test_wrong_credentials_are_a_matter_of_configuration() -> None:
    """401 stops the channel, not the message."""
    async with Line(auth_token="wrong") as line:
        assert await line.channel.send(outgoing(a_text())) == Refused(Refusal.CONFIGURATION, "20003")
        assert (await line.channel.check()).detail == "Twilio did not show the account: 20003"


@in_loop
async def test_a_server_fault_after_acceptance_is_unclear() -> None:
    """After a 500 the text may be on its way, and it is not sent again by anyone."""
    async with Line() as line:
        line.twilio.accept_then_500()
        assert await line.channel.send(outgoing(a_text())) == Unclear("20500")
        assert len(line.twilio.accepted) == 1
        assert line.twilio.requests == 1


@in_loop
async def test_a_503_before_anything_is_unclear_too() -> None:
    """No 5xx tells whether the message was taken."""
    async with Line() as line:
        line.twilio.refuse_next(1, code=20503, status=503)
        assert await line.channel.send(outgoing(a_text())) == Unclear("20503")


@in_loop
async def test_a_wrong_address_of_the_api_is_a_matter_of_configuration() -> None:
    """404 from some other server means that nothing was taken, and that the operator must look."""
    async with Line() as line:
        channel = TwilioSms(twilio_config(f"{line.twilio.url}/elsewhere"))
        assert await channel.send(outgoing(a_text())) == Refused(Refusal.CONFIGURATION, "404")
        await channel.aclose()


@in_loop
async def test_sixty_four_at_once_each_get_their_own_sid() -> None:
    """The SDK's client is shared by all sends under way; no answer reaches the wrong one."""
    async with Line() as line:
        letters = [outgoing(a_text(f"Words {n}"), token=f"t0ken-{n}") for n in range(64)]
        results = await line.channel.send_batch(letters)
        sids = {entry["token"]: entry["sid"] for entry in line.twilio.accepted}
        assert results == [Accepted(sids[letter.token]) for letter in letters]


@in_loop
async def test_more_than_a_hundred_connections_are_open_at_once() -> None:
    """The SDK's own pool ends at 100; ours is as large as configured."""
    async with Line() as line:
        line.twilio.hang(130)
        letters = [outgoing(a_text(), token=f"t0ken-{n}") for n in range(130)]
        sends = asyncio.create_task(line.channel.send_batch(letters))
        async with asyncio.timeout(4.0):
            while line.twilio.requests < 130:  # noqa: ASYNC110 (the fake counts and does not signal)
                await asyncio.sleep(0.01)
        sends.cancel()


@in_loop
async def test_a_closed_channel_opens_again() -> None:
    """A send after aclose works: nothing of the old connection is used."""
    async with Line() as line:
        await line.channel.send(outgoing(a_text()))
        await line.channel.aclose()
        assert isinstance(await line.channel.send(outgoing(a_text())), Accepted)


@in_loop
async def test_the_environment_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """TWILIO_REGION and TWILIO_EDGE, which the SDK reads by itself, change nothing."""
    monkeypatch.setenv("TWILIO_REGION", "ie1")
    monkeypatch.setenv("TWILIO_EDGE", "dublin")
    channel = TwilioSms(TwilioConfig("AC1", "t", sender=SENDER))
    client = channel._account.opened()._version.domain.twilio
    assert client.get_hostname("https://api.twilio.com/x") == "https://api.twilio.com/x"
    await channel.aclose()


@in_loop
async def test_a_suspended_account_is_not_well() -> None:
    """check() tells the account's status, not its name."""
    async with Line() as line:
        line.twilio.status = "suspended"
        health = await line.channel.check()
        assert (health.ok, health.detail) == (False, "the account is suspended")


LOOKED_FOR = outgoing(a_text("Slip a note\ninto the pocket. "))


@pytest.mark.parametrize(
    ("body", "seconds", "direction", "found"),
    [
        ("Slip a note into the pocket.", 0, "outbound-api", True),
        ("Slip a note into the pocket.", -899, "outbound-api", True),
        ("Slip a note into the pocket.", -901, "outbound-api", False),
        ("Slip a note into the pocket.", 0, "inbound", False),
        ("Slip a note into the drawer.", 0, "outbound-api", False),
        ("Sent from your Twilio trial account - Slip a note into the pocket.", 0, "outbound-api", True),
    ],
)
@in_loop
async def test_the_same_words_since_the_attempt_began_are_the_message(
    body: str, seconds: int, direction: str, *, found: bool
) -> None:
    """Found means: outbound, at most 15 minutes before the attempt by our clock, the same text but for white space.

    Our clock may have been wrong when it was sent, and a no for that reason alone would send it twice.
    """
    async with Line() as line:
        sid = line.twilio.plant(ANAS_PHONE, body, NOON + timedelta(seconds=seconds), direction)
        assert await line.channel.look_up(question(LOOKED_FOR)) == (Accepted(sid) if found else NotFound())


@in_loop
async def test_the_search_turns_pages() -> None:
    """A message under more than a page of newer ones is found."""
    async with Line() as line:
        sid = line.twilio.plant(ANAS_PHONE, "Slip a note into the pocket.", NOON)
        for n in range(60):
            line.twilio.plant(ANAS_PHONE, f"Later {n}", NOON + timedelta(minutes=1))
        assert await line.channel.look_up(question(LOOKED_FOR)) == Accepted(sid)


@in_loop
async def test_the_search_ends_with_a_page_from_long_before() -> None:
    """Pages from long before the attempt are not turned: a question there would be refused."""
    async with Line() as line:
        for n in range(60):
            line.twilio.plant(ANAS_PHONE, f"Before {n}", NOON - timedelta(hours=1))
        assert await line.channel.look_up(question(LOOKED_FOR)) == NotFound()
        assert line.twilio.questions == 1


@in_loop
async def test_a_search_without_end_is_given_up_without_a_no() -> None:
    """More than twenty pages of newer messages: it cannot be told."""
    async with Line() as line:
        for n in range(1001):
            line.twilio.plant(ANAS_PHONE, f"Later {n}", NOON + timedelta(minutes=1))
        assert await line.channel.look_up(question(LOOKED_FOR)) == CannotTell("too_many")


@in_loop
async def test_a_question_without_a_proper_answer_cannot_be_told() -> None:
    """Refusals, silence and nonsense are never a no."""
    async with Line(timeout=0.4) as line:
        line.twilio.refuse_lists(status=429, code=20429)
        assert await line.channel.look_up(question(LOOKED_FOR)) == CannotTell("20429")
        line.twilio.refuse_lists(status=500, code=20500)
        assert await line.channel.look_up(question(LOOKED_FOR)) == CannotTell("20500")
        line.twilio.hang_lists()
        assert await line.channel.look_up(question(LOOKED_FOR)) == CannotTell("timeout")
        line.twilio.garble_lists()
        assert await line.channel.look_up(question(LOOKED_FOR)) == CannotTell("unreadable")
