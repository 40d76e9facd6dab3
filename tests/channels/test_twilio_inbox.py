"""Asking Twilio for what it would have posted: texts that came in, and what became of ours."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Self

import pytest
from parts.fake_twilio import SENDER, FakeTwilio
from parts.letters import ANAS_PHONE, NOON, a_text, outgoing
from parts.loops import in_loop
from parts.postings import PUBLIC, Posting
from parts.stands import DOWN, twilio_config

from nudger.channels.contract import CannotTell
from nudger.channels.events import Inbound, Receipt, ReceiptStatus
from nudger.channels.twilio import TwilioSms
from nudger.channels.twilio_inbox import TwilioInbox
from nudger.channels.twilio_webhooks import TwilioWebhooks

BENS_PHONE = "+447700900124"
MINUTE = timedelta(minutes=1)


class Line:
    """A channel and an inbox at a fake Twilio, opened and closed together."""

    def __init__(self, **wishes: object) -> None:
        """`wishes` change the configuration."""
        self._wishes = wishes
        self.now = NOON
        self.twilio = FakeTwilio(clock=lambda: self.now)

    async def __aenter__(self) -> Self:
        await self.twilio.start()
        config = twilio_config(self.twilio.url, **self._wishes)
        self.channel, self.inbox = TwilioSms(config), TwilioInbox(config)
        self.webhooks = TwilioWebhooks(config.auth_token, PUBLIC)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.channel.aclose()
        await self.inbox.aclose()
        await self.twilio.stop()

    async def sent(self) -> str:
        """A text of ours, by Twilio's id."""
        await self.channel.send(outgoing(a_text(), token="t0ken"))
        return str(self.twilio.accepted[-1]["sid"])

    def posted(self, posting: Posting) -> Receipt:
        """What the webhook's door makes of a report."""
        return self.webhooks.status(posting.target, posting.headers, posting.body, self.now)

    async def words_since(self, moment: datetime) -> list[str]:
        """The words that came in."""
        told = await self.inbox.since(moment)
        assert isinstance(told, list)
        return [inbound.text for inbound in told]


@in_loop
async def test_a_text_that_is_asked_for_is_the_one_that_would_have_been_posted() -> None:
    """The same provider and id, so that whichever comes second is known for a repetition."""
    async with Line() as line:
        posting = line.twilio.text_in(ANAS_PHONE, "Pause 3 days ☕")
        told = await line.inbox.since(NOON)
        assert told == [line.webhooks.inbound(posting.target, posting.headers, posting.body, NOON)]
        assert told[0] == Inbound("twilio", line.twilio.listed[0]["sid"], ANAS_PHONE, "Pause 3 days ☕", NOON)


@in_loop
async def test_texts_come_oldest_first_even_within_a_second() -> None:
    """STOP and then START is not START and then STOP."""
    async with Line() as line:
        line.twilio.text_in(ANAS_PHONE, "STOP")
        line.twilio.text_in(ANAS_PHONE, "START")
        line.now += MINUTE
        line.twilio.text_in(BENS_PHONE, "WHY")
        assert await line.words_since(NOON) == ["STOP", "START", "WHY"]


@in_loop
async def test_our_own_texts_are_not_read_as_replies() -> None:
    """Only what came in counts."""
    async with Line() as line:
        await line.sent()
        line.twilio.plant(SENDER, "Sent by another program", NOON, "outbound-reply")
        assert await line.words_since(NOON - MINUTE) == []


@pytest.mark.parametrize(("seconds", "words"), [(0, ["STOP"]), (29, ["STOP"]), (31, [])])
@in_loop
async def test_what_came_half_a_minute_before_is_told_again(seconds: int, words: list[str]) -> None:
    """The two clocks may differ; older texts were told the last time."""
    async with Line() as line:
        line.twilio.text_in(ANAS_PHONE, "STOP")
        assert await line.words_since(NOON + timedelta(seconds=seconds)) == words


@in_loop
async def test_the_moment_may_be_in_any_time_zone() -> None:
    """13:00 in Berlin is noon in UTC, and so is 1:00 of the next day in Auckland."""
    async with Line() as line:
        line.twilio.text_in(ANAS_PHONE, "STOP")
        assert await line.words_since(datetime(2026, 11, 23, 13, 0, tzinfo=timezone(timedelta(hours=1)))) == ["STOP"]
        assert await line.words_since(datetime(2026, 11, 24, 1, 0, tzinfo=timezone(timedelta(hours=13)))) == ["STOP"]


@in_loop
async def test_texts_to_other_numbers_of_the_account_are_not_ours() -> None:
    """Where a number of ours is the sender; a messaging service may own any of them."""
    async with Line(messaging_service_sid=None, sender=SENDER) as line:
        line.twilio.text_in(ANAS_PHONE, "for us")
        line.twilio.text_in(ANAS_PHONE, "for another program", to="+447700900002")
        assert await line.words_since(NOON) == ["for us"]
    async with Line() as line:
        line.twilio.text_in(ANAS_PHONE, "to the service", to="+447700900002")
        assert await line.words_since(NOON) == ["to the service"]


@in_loop
async def test_the_inbox_turns_pages() -> None:
    """More than a page of a thousand since the last look."""
    async with Line() as line:
        for number in range(1002):
            line.twilio.text_in(ANAS_PHONE, f"text {number}")
        assert await line.words_since(NOON) == [f"text {number}" for number in range(1002)]
        assert line.twilio.questions == 2


@in_loop
async def test_an_inbox_without_a_proper_answer_is_not_an_empty_one() -> None:
    """Else the next look would begin after a STOP that nobody has read."""
    async with Line(timeout=0.4) as line:
        line.twilio.text_in(ANAS_PHONE, "STOP")
        line.twilio.refuse_lists(status=429, code=20429)
        assert await line.inbox.since(NOON) == CannotTell("20429")
        line.twilio.refuse_lists(status=500, code=20500)
        assert await line.inbox.since(NOON) == CannotTell("20500")
        line.twilio.hang_lists()
        assert await line.inbox.since(NOON) == CannotTell("timeout")
        line.twilio.garble_lists()
        assert await line.inbox.since(NOON) == CannotTell("unreadable")
        assert await line.words_since(NOON) == ["STOP"]


@in_loop
async def test_nobody_there_is_no_crash() -> None:
    """Neither for the inbox nor for a question about a message."""
    config = twilio_config(DOWN)
    inbox, channel = TwilioInbox(config), TwilioSms(config)
    assert await inbox.since(NOON) == CannotTell("not_connected")
    assert await channel.status_of("SM" + "0" * 32) == CannotTell("not_connected")
    await inbox.aclose()
    await channel.aclose()


@in_loop
async def test_a_closed_inbox_opens_again() -> None:
    """A look after aclose works: nothing of the old connection is used."""
    async with Line() as line:
        line.twilio.text_in(ANAS_PHONE, "STOP")
        assert await line.words_since(NOON) == ["STOP"]
        await line.inbox.aclose()
        assert await line.words_since(NOON) == ["STOP"]


@pytest.mark.parametrize(
    ("word", "code", "status"),
    [
        ("sent", None, ReceiptStatus.ACCEPTED),
        ("delivered", None, ReceiptStatus.DELIVERED),
        ("undelivered", 30003, ReceiptStatus.UNDELIVERED),
        ("undelivered", 30005, ReceiptStatus.BOUNCED),
        ("failed", 21610, ReceiptStatus.UNSUBSCRIBED),
    ],
)
@in_loop
async def test_a_receipt_that_is_asked_for_is_the_one_that_would_have_been_posted(
    word: str, code: int | None, status: ReceiptStatus
) -> None:
    """The same event by the same name, so that whichever comes second changes nothing; only the token is not told."""
    async with Line() as line:
        sid = await line.sent()
        line.now += MINUTE
        posted = line.posted(line.twilio.report(sid, word, code))
        asked = await line.channel.status_of(sid)
        assert asked == Receipt("twilio", posted.event_id, None, sid, status, posted.code, NOON + MINUTE)
        assert (posted.token, posted.status) == ("t0ken", status)
        assert isinstance(asked, Receipt)
        assert asked.at.tzinfo is UTC


@in_loop
async def test_a_question_about_a_message_without_a_proper_answer_cannot_be_told() -> None:
    """Refusals, silence and nonsense say nothing about the message."""
    async with Line(timeout=0.4) as line:
        sid = await line.sent()
        assert await line.channel.status_of("SM" + "f" * 32) == CannotTell("20404")
        line.twilio.refuse_lists(status=503, code=20503)
        assert await line.channel.status_of(sid) == CannotTell("20503")
        line.twilio.hang_lists()
        assert await line.channel.status_of(sid) == CannotTell("timeout")
        line.twilio.garble_lists()
        assert await line.channel.status_of(sid) == CannotTell("unreadable")


@pytest.mark.parametrize("gap", ["status", "date_updated", "sid"])
@in_loop
async def test_a_message_that_does_not_say_where_it_stands_cannot_be_told(gap: str) -> None:
    """A missing word is never taken for a good one."""
    async with Line() as line:
        sid = await line.sent()
        line.twilio.listed[0][gap] = None
        asked = await line.channel.status_of(sid)
        assert asked == (CannotTell("20404") if gap == "sid" else CannotTell("unreadable"))
