"""SendGrid in batches: many messages in one request, and what becomes of each."""

from typing import Self

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parts.fake_sendgrid import FakeSendGrid
from parts.letters import HEADERS, an_email, noon, outgoing
from parts.loops import in_loop
from parts.stands import sendgrid_config

from nudger.channels.contents import email_of
from nudger.channels.contract import Accepted, Outgoing, Refusal, Refused, Unclear
from nudger.channels.sendgrid import SendGridEmail
from nudger.channels.sendgrid_request import HTML_TAG, TEXT_TAG, pack
from nudger.domain.messages import EmailContent


def letters(count: int) -> list[Outgoing]:
    """Different words to different people."""
    return [
        outgoing(an_email(f"Words for {n} … schön", f"Subject {n}"), f"t0ken-{n}", f"partner{n}@example.com")
        for n in range(count)
    ]


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
async def test_a_thousand_travel_in_one_request_and_each_gets_its_own() -> None:
    """One request; every recipient's subject, text, HTML, headers and token are those of their own message."""
    async with Line() as line:
        batch = letters(1000)
        results = await line.channel.send_batch(batch)
        assert line.sendgrid.sizes == [1000]
        assert {type(result) for result in results} == {Accepted}
        taken = [(e["to"], e["subject"], e["text"], e["html"], e["token"]) for e in line.sendgrid.accepted]
        assert taken == [
            (
                f"partner{n}@example.com",
                f"Subject {n}",
                f"Words for {n} … schön",
                f"<p>Words for {n} … schön</p>",
                f"t0ken-{n}",
            )
            for n in range(1000)
        ]
        assert all(entry["headers"] == HEADERS for entry in line.sendgrid.accepted)


@in_loop
async def test_a_batch_refused_for_its_content_is_sent_one_by_one() -> None:
    """One bad address costs only itself: 400 for the whole, then each alone."""
    async with Line() as line:
        batch = letters(4)
        batch[2] = outgoing(an_email(), "t0ken-2", "bad@example.com")
        results = await line.channel.send_batch(batch)
        assert line.sendgrid.sizes == [4, 1, 1, 1, 1]
        assert [type(result) for result in results] == [Accepted, Accepted, Refused, Accepted]
        assert sorted(entry["token"] for entry in line.sendgrid.accepted) == ["t0ken-0", "t0ken-1", "t0ken-3"]


@pytest.mark.parametrize("status", [400, 413])
@in_loop
async def test_an_account_that_takes_no_batches_is_served_one_by_one(status: int) -> None:
    """Whatever it dislikes about many, single messages still go out."""
    async with Line() as line:
        line.sendgrid.refuse_batches(status)
        results = await line.channel.send_batch(letters(3))
        assert [type(result) for result in results] == [Accepted] * 3
        assert len(line.sendgrid.accepted) == 3


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (429, Refused(Refusal.BUSY, "429")),
        (401, Refused(Refusal.CONFIGURATION, "401")),
        (403, Refused(Refusal.CONFIGURATION, "403")),
        (500, Unclear("500")),
        (503, Unclear("503")),
    ],
)
@in_loop
async def test_any_other_answer_holds_for_all(status: int, expected: Refused | Unclear) -> None:
    """A rate limit, a wrong key or a server fault is everyone's, and nobody is tried again alone."""
    async with Line() as line:
        line.sendgrid.refuse_next(1, 0, status)
        assert await line.channel.send_batch(letters(3)) == [expected] * 3
        assert line.sendgrid.sizes == [3]


@in_loop
async def test_a_batch_without_an_answer_is_unclear_for_all() -> None:
    """SendGrid may have all of them or none."""
    async with Line(timeout=0.4) as line:
        line.sendgrid.accept_then_hang()
        assert await line.channel.send_batch(letters(3)) == [Unclear("timeout")] * 3
        assert len(line.sendgrid.accepted) == 3


@pytest.mark.parametrize(
    "content",
    [
        EmailContent("Subject", "x" * 9_900, "<p>x</p>" * 100),
        EmailContent("Subject", "é" * 2_000, "<p></p>"),
        EmailContent("Subject", f"Someone wrote {HTML_TAG}", "<p></p>"),
        EmailContent(f"About {TEXT_TAG}", "text", "<p></p>"),
    ],
)
@in_loop
async def test_what_cannot_share_a_request_goes_alone_and_whole(content: EmailContent) -> None:
    """Too large for substitutions, or holding one of our tags: sent by itself, word for word."""
    async with Line() as line:
        odd = outgoing(content, "t0ken-odd")
        results = await line.channel.send_batch([*letters(2), odd])
        assert [type(result) for result in results] == [Accepted] * 3
        assert sorted(line.sendgrid.sizes) == [1, 2]
        [entry] = [entry for entry in line.sendgrid.accepted if entry["token"] == "t0ken-odd"]
        assert (entry["subject"], entry["text"], entry["html"]) == (content.subject, content.text, content.html)


@in_loop
async def test_a_key_in_a_batch_is_refused_and_the_rest_goes_out() -> None:
    """The SDK looks at the body of a request, not into substitutions; we look into both."""
    async with Line() as line:
        results = await line.channel.send_batch([*letters(2), outgoing(an_email("SG.abc.def"), "t0ken-key")])
        assert results[2] == Refused(Refusal.PERMANENT, "refused_by_sdk")
        assert [entry["token"] for entry in line.sendgrid.accepted] == ["t0ken-0", "t0ken-1"]


@given(count=st.integers(0, 40), most=st.integers(1, 10), most_bytes=st.integers(1, 8_000))
def test_packing_loses_nobody_and_keeps_the_limits(count: int, most: int, most_bytes: int) -> None:
    """Every message is in exactly one place, in order within parcels, and no parcel is above either limit."""
    batch = letters(count)
    packed = pack(batch, most, most_bytes)
    everyone = [outgoing for parcel in packed.parcels for outgoing in parcel] + list(packed.singles)
    assert sorted(letter.token for letter in everyone) == sorted(letter.token for letter in batch)
    assert all(2 <= len(parcel) <= most for parcel in packed.parcels)
    assert all(sum(map(len_on_wire, parcel)) <= most_bytes for parcel in packed.parcels)


def len_on_wire(letter: Outgoing) -> int:
    """A lower bound for what a message weighs in a request."""
    content = email_of(letter.content)
    return len(content.text) + len(content.html) + sum(map(len, HEADERS.values()))
