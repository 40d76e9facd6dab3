"""What every channel promises, tested on all five."""

import asyncio
import logging

import pytest
from parts.letters import a_text, an_email, outgoing, question
from parts.loops import in_loop
from parts.stands import IMPATIENT, OverNetwork, Stand

from nudger.channels.contract import Accepted, CannotTell, NotFound, Refusal, Refused, Unclear
from nudger.domain.messages import SmsContent
from nudger.domain.people import ChannelKind

AMBIGUOUS = ["accept_then_hang", "accept_then_reset", "answer_garbage"]


@in_loop
async def test_an_accepted_message_is_at_the_provider_once_and_word_for_word(stand: Stand) -> None:
    """Accepted means: the provider has exactly this message, exactly once."""
    async with stand:
        letter = stand.letter()
        assert isinstance(await stand.channel.send(letter), Accepted)
        assert stand.log() == [(letter.to, letter.content.text)]


@in_loop
async def test_a_refused_message_is_not_at_the_provider(stand: Stand) -> None:
    """A definite no leaves nothing behind and is never transient."""
    async with stand:
        stand.refuse()
        result = await stand.channel.send(stand.letter())
        assert isinstance(result, Refused)
        assert result.kind in {Refusal.PERMANENT, Refusal.CONFIGURATION}
        assert result.code
        assert stand.log() == []


@in_loop
async def test_nobody_at_the_other_end_means_try_later(server_stand: OverNetwork) -> None:
    """A connection that never came to be is surely not sent: transient."""
    async with server_stand:
        channel = server_stand.down()
        try:
            assert await channel.send(server_stand.letter()) == Refused(Refusal.BUSY, "not_connected")
            assert not (await channel.check()).ok
        finally:
            await channel.aclose()


@pytest.mark.parametrize("verb", AMBIGUOUS)
@in_loop
async def test_no_clear_answer_is_unclear_and_comes_in_time(server_stand: OverNetwork, verb: str) -> None:
    """Silence, a broken connection and nonsense say nothing about the message, and never take longer than the limit."""
    server_stand.patience = IMPATIENT
    async with server_stand:
        getattr(server_stand.fake, verb)()
        async with asyncio.timeout(3 * IMPATIENT):
            result = await server_stand.channel.send(server_stand.letter())
        assert isinstance(result, Unclear)
        assert server_stand.fake.requests == 1


@in_loop
async def test_the_channel_recovers_after_a_fault(server_stand: OverNetwork) -> None:
    """A broken conversation does not spoil the next message."""
    async with server_stand:
        server_stand.fake.accept_then_reset()
        await server_stand.channel.send(server_stand.letter("t0ken-of-attempt-1"))
        result = await server_stand.channel.send(server_stand.letter("t0ken-of-attempt-2"))
        assert isinstance(result, Accepted)
        assert len(server_stand.log()) == 2


@in_loop
async def test_a_batch_gets_one_result_each_in_order(stand: Stand) -> None:
    """send_batch answers for every message, and the provider has each once."""
    async with stand:
        letters = [stand.letter(f"t0ken-of-attempt-{n}") for n in range(5)]
        results = await stand.channel.send_batch(letters)
        assert [type(result) for result in results] == [Accepted] * 5
        assert len(stand.log()) == 5
        assert await stand.channel.send_batch([]) == []


@in_loop
async def test_closing_twice_is_closing_once(stand: Stand) -> None:
    """A channel may be closed again, and before anything was opened."""
    async with stand:
        await stand.channel.aclose()
        await stand.channel.aclose()


@in_loop
async def test_a_message_that_arrived_is_found(stand: Stand) -> None:
    """Asked about a message it took, a provider that can be asked says so."""
    async with stand:
        letter = stand.letter()
        await stand.channel.send(letter)
        answer = await stand.channel.look_up(question(letter))
        if stand.channel.can_look_up:
            assert isinstance(answer, Accepted)
        else:
            assert answer == CannotTell(f"{stand.channel.name}_cannot_be_asked", for_good=True)


@in_loop
async def test_a_message_that_never_arrived_is_not_found(stand: Stand) -> None:
    """Asked about a message it never saw, a provider that can be asked answers no."""
    async with stand:
        answer = await stand.channel.look_up(question(stand.letter()))
        assert isinstance(answer, NotFound if stand.channel.can_look_up else CannotTell)


@in_loop
async def test_a_provider_that_is_down_cannot_tell(server_stand: OverNetwork) -> None:
    """No answer to a question is never a no."""
    async with server_stand:
        channel = server_stand.down()
        try:
            assert isinstance(await channel.look_up(question(server_stand.letter())), CannotTell)
        finally:
            await channel.aclose()


@in_loop
async def test_check_is_harmless(stand: Stand) -> None:
    """A healthy account is reported so, and nothing is sent for it."""
    async with stand:
        assert (await stand.channel.check()).ok
        assert stand.log() == []


@in_loop
async def test_the_wrong_kind_of_content_is_our_mistake(stand: Stand) -> None:
    """A text never leaves by an email channel, nor the other way round."""
    wrong = an_email() if stand.channel_kind is ChannelKind.SMS else a_text()
    async with stand:
        with pytest.raises(TypeError):
            await stand.channel.send(outgoing(wrong))


@pytest.mark.usefixtures("talkative_libraries")
@in_loop
async def test_nothing_personal_is_said_aloud(server_stand: OverNetwork, caplog: pytest.LogCaptureFixture) -> None:
    """No number, address, word or key shows in any log, result or representation, whatever happens."""
    caplog.set_level(logging.DEBUG)
    said: list[object] = []
    server_stand.patience = IMPATIENT
    async with server_stand as stand:
        letter = stand.letter()
        fake = stand.fake
        for order in (None, fake.accept_then_500, fake.accept_then_hang, fake.accept_then_reset, fake.answer_garbage):
            if order:
                order()
            said.append(await stand.channel.send(letter))
        stand.refuse()
        said += [await stand.channel.send(letter), await stand.channel.look_up(question(letter))]
        said += [await stand.channel.check(), letter, question(letter), stand.config()]
    everything = caplog.text + "".join(map(repr, said))
    assert [secret for secret in stand.secrets if secret in everything] == []


@in_loop
async def test_each_channel_says_what_it_is(stand: Stand) -> None:
    """Name, kind and abilities are the ones the rest of the house relies on."""
    async with stand:
        channel = stand.channel
        told = (channel.kind, channel.can_look_up, channel.batch_size, channel.consents_as_demo)
        assert (
            told
            == {
                "outbox": (ChannelKind.SMS, True, 1, True),
                "twilio": (ChannelKind.SMS, True, 1, False),
                "apprise": (ChannelKind.SMS, False, 1, False),
                "sendgrid": (ChannelKind.EMAIL, True, 1000, False),
                "smtp": (ChannelKind.EMAIL, False, 1, False),
            }[channel.name]
        )
        assert (channel.kind is ChannelKind.SMS) == isinstance(stand.letter().content, SmsContent)
