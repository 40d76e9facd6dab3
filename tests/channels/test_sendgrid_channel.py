"""SendGrid: what is sent, what its answers mean, and how it is asked about a message in doubt."""

import asyncio
from datetime import timedelta
from typing import Self

import pytest
from parts.fake_sendgrid import API_KEY, FakeSendGrid
from parts.letters import HEADERS, an_email, noon, outgoing, question
from parts.loops import in_loop
from parts.stands import NUDGER, sendgrid_config

from nudger.channels.contract import Accepted, CannotTell, NotFound, Refusal, Refused, Unclear
from nudger.channels.mime import Sender
from nudger.channels.sendgrid import SendGridConfig, SendGridEmail
from nudger.errors import ConfigurationError


class Line:
    """A channel to a fake SendGrid, opened and closed together."""

    def __init__(self, **wishes: object) -> None:
        """`wishes` change the configuration."""
        self._wishes = wishes
        self.sendgrid = FakeSendGrid(clock=noon)

    async def __aenter__(self) -> Self:
        await self.sendgrid.start()
        self.channel = SendGridEmail(sendgrid_config(self.sendgrid.url, **self._wishes), noon)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.channel.aclose()
        await self.sendgrid.stop()


@in_loop
async def test_the_request_carries_the_whole_email_and_only_the_token_beside_it() -> None:
    """Subject, text, HTML and every header of ours arrive; custom_args hold the token alone; nothing is tracked."""
    async with Line() as line:
        result = await line.channel.send(outgoing(an_email(), token="t0ken"))
        [entry] = line.sendgrid.accepted
        assert result == Accepted(entry["message_id"])
        assert (entry["subject"], entry["text"]) == ("Three words ✨", "Three words are enough for Ben … schön!")
        assert entry["html"] == "<p>Three words are enough for Ben … schön!</p>"
        assert entry["headers"] == HEADERS
        assert entry["custom_args"] == {"nudger_attempt": "t0ken"}
        assert entry["from"] == {"email": "nudger@example.com", "name": "Nudger"}
        assert entry["reply_to"] is None
        assert [setting["enable"] for setting in entry["tracking"].values()] == [False, False, False]


@in_loop
async def test_answers_may_go_elsewhere() -> None:
    """reply_to is set where the sender names one."""
    async with Line() as line:
        reply = Sender("nudger@example.com", "Nudger", reply_to="hello@example.com")
        channel = SendGridEmail(SendGridConfig(API_KEY, reply, host=line.sendgrid.url), noon)
        await channel.send(outgoing(an_email()))
        assert line.sendgrid.accepted[0]["reply_to"] == {"email": "hello@example.com"}
        await channel.aclose()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Refusal.PERMANENT),
        (413, Refusal.PERMANENT),
        (401, Refusal.CONFIGURATION),
        (403, Refusal.CONFIGURATION),
        (404, Refusal.CONFIGURATION),
        (405, Refusal.CONFIGURATION),
        (415, Refusal.CONFIGURATION),
        (429, Refusal.BUSY),
    ],
)
@in_loop
async def test_a_4xx_is_a_definite_no(status: int, kind: Refusal) -> None:
    """The request was not taken; whose fault it is decides what follows."""
    async with Line() as line:
        line.sendgrid.refuse_next(1, 0, status)
        assert await line.channel.send(outgoing(an_email())) == Refused(kind, str(status))
        assert line.sendgrid.accepted == []


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@in_loop
async def test_a_5xx_is_unclear(status: int) -> None:
    """No server fault tells whether the message was taken."""
    async with Line() as line:
        line.sendgrid.refuse_next(1, 0, status)
        assert await line.channel.send(outgoing(an_email())) == Unclear(str(status))


@pytest.mark.parametrize(("named", "wait"), [(7, 7), (90_000, 3600), (-60, 0)])
@in_loop
async def test_a_rate_limit_waits_until_its_end(named: int, wait: int) -> None:
    """X-RateLimit-Reset is a moment; the wait until it is an hour at most and never negative."""
    async with Line() as line:
        line.sendgrid.rate_limit(1, retry_after=named)
        expected = Refused(Refusal.BUSY, "429", retry_after=timedelta(seconds=wait))
        assert await line.channel.send(outgoing(an_email())) == expected


@in_loop
async def test_a_server_that_never_answers_is_unclear() -> None:
    """The SDK waits for ever by itself; we do not."""
    async with Line(timeout=0.4) as line:
        line.sendgrid.hang()
        assert await line.channel.send(outgoing(an_email())) == Unclear("timeout")


@in_loop
async def test_only_202_is_acceptance() -> None:
    """Any other success, such as the sandbox's 200, does not say that the message is on its way."""
    async with Line() as line:
        line.sendgrid.be_a_sandbox()
        assert await line.channel.send(outgoing(an_email())) == Unclear("200")


@in_loop
async def test_an_answer_that_drips_is_not_waited_for() -> None:
    """Each byte comes in time and the whole never does: twice the limit is the end of it."""
    async with Line(timeout=0.4) as line:
        line.sendgrid.drip()
        async with asyncio.timeout(3.0):
            assert await line.channel.send(outgoing(an_email())) == Unclear("timeout")


@in_loop
async def test_a_request_without_an_answer_gives_its_thread_back() -> None:
    """One thread, one silent server: the next message still goes out."""
    async with Line(workers=1, timeout=0.4) as line:
        line.sendgrid.hang()
        await line.channel.send(outgoing(an_email(), token="t0ken-1"))
        assert isinstance(await line.channel.send(outgoing(an_email(), token="t0ken-2")), Accepted)


@in_loop
async def test_a_message_that_looks_like_an_api_key_never_leaves() -> None:
    """The SDK's own check holds: whoever writes a key into an email made a mistake."""
    async with Line() as line:
        letter = outgoing(an_email("SG.abc.def is the key"))
        assert await line.channel.send(letter) == Refused(Refusal.PERMANENT, "refused_by_sdk")
        assert line.sendgrid.requests == 0


@pytest.mark.parametrize("wishes", [{"api_key": "SG.line\nbreak"}, {"host": "no-scheme"}, {"host": "http://a b"}])
@in_loop
async def test_a_key_or_host_that_cannot_be_written_is_a_matter_of_configuration(wishes: dict[str, str]) -> None:
    """The request never came to be, and no message can be blamed for it."""
    known = {"api_key": API_KEY, "sender": NUDGER} | wishes
    channel = SendGridEmail(SendGridConfig(**known), noon)  # type: ignore[arg-type]
    assert await channel.send(outgoing(an_email())) == Refused(Refusal.CONFIGURATION, "refused_by_sdk")
    await channel.aclose()


def test_without_a_key_nothing_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK would take SENDGRID_API_KEY from the environment; our settings alone decide."""
    monkeypatch.setenv("SENDGRID_API_KEY", "SG.someone.elses")
    with pytest.raises(ConfigurationError):
        SendGridConfig("", NUDGER)


@in_loop
async def test_the_feed_is_asked_for_the_token() -> None:
    """Found by token and not by address: another attempt to the same address is not this one."""
    async with Line() as line:
        await line.channel.send(outgoing(an_email(), token="t0ken-1"))
        found = await line.channel.look_up(question(outgoing(an_email(), token="t0ken-1")))
        assert found == Accepted(line.sendgrid.accepted[0]["message_id"] + ".filter")
        assert await line.channel.look_up(question(outgoing(an_email(), token="t0ken-2"))) == NotFound()


@in_loop
async def test_a_feed_that_lags_answers_no() -> None:
    """The channel reports what it was told; that one no is not enough is for the asker to know."""
    async with Line() as line:
        await line.channel.send(outgoing(an_email()))
        line.sendgrid.lag()
        assert await line.channel.look_up(question(outgoing(an_email()))) == NotFound()


@pytest.mark.parametrize(("status", "for_good"), [(401, False), (403, True), (404, True), (429, False), (500, False)])
@in_loop
async def test_a_feed_that_does_not_answer_cannot_tell(status: int, *, for_good: bool) -> None:
    """Without the add-on it never will; otherwise it may later."""
    async with Line() as line:
        line.sendgrid.drop_addon(status)
        answer = await line.channel.look_up(question(outgoing(an_email())))
        assert answer == CannotTell(str(status), for_good=for_good)


@in_loop
async def test_a_key_without_the_right_to_send_is_not_well() -> None:
    """check() asks what the key may do."""
    async with Line() as line:
        line.sendgrid.scopes = ["messages.read"]
        health = await line.channel.check()
        assert (health.ok, health.detail) == (False, "the key lacks mail.send")


@in_loop
async def test_more_sends_than_threads_wait_their_turn() -> None:
    """Waiting for a thread does not count against the time limit: nothing has been sent by then."""
    async with Line(workers=2, timeout=0.4) as line:
        line.sendgrid.latency = 0.2
        letters = [outgoing(an_email("Words " + "x" * 10_000), token=f"t0ken-{n}") for n in range(12)]
        results = await line.channel.send_batch(letters)
        assert {type(result) for result in results} == {Accepted}
        assert line.sendgrid.sizes == [1] * 12
