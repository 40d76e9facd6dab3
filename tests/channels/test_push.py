"""Push messages: where they may go, and that they never go anywhere else."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from parts.fake_channel import FakeChannel
from parts.fake_hook import FakeHook
from parts.letters import a_text, outgoing
from parts.loops import in_loop
from parts.stands import PATIENT

from nudger.channels.apprise_wire import AppriseWire
from nudger.channels.contract import Accepted, Refusal, Refused
from nudger.channels.push import Push, PushConfig, endpoint
from nudger.channels.texts import TextsByAddress
from nudger.domain.people import ChannelKind
from nudger.errors import ConfigurationError
from nudger.runtime.clock import surroundings
from nudger.settings import read_settings
from nudger.wires import build_channels, demo_kinds, outbox_kinds


@pytest.fixture(scope="module")
def wire() -> AppriseWire:
    """Enough to read addresses."""
    return AppriseWire(PATIENT)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("ntfy://cleo-topic", ("ntfy.sh", 443)),
        ("ntfys://ntfy.example.com/topic", ("ntfy.example.com", 443)),
        ("ntfy://Ntfy.Example.com:8080/topic", ("ntfy.example.com", 8080)),
        ("tgram://123456789:AAF8JjfjqeiuEoFRjPkjfdkjfKJKfkj/12345", ("api.telegram.org", 443)),
        ("signals://signal.example.com/+447700900124/+447700900123", ("signal.example.com", 443)),
        ("matrixs://token@matrix.example.com/#room", ("matrix.example.com", 443)),
        ("matrixs://t2btoken/?mode=t2bot", None),
        ("json://hook.example.com/ana", ("hook.example.com", 80)),
        ("mailtos://user:password@example.com", None),
        ("nonsense", None),
    ],
)
def test_the_host_is_the_one_that_is_really_called(wire: AppriseWire, url: str, place: tuple[str, int] | None) -> None:
    """Some services' URLs hold no host, or another one; what cannot be told is not sent to."""
    service: Any = wire.service(url)
    assert endpoint(service) == place
    if place is not None:
        assert (service.retry, service.redirects, service.request_timeout) == (0, False, (PATIENT, PATIENT))
        assert not getattr(service, "discovery", False)


def test_an_address_cannot_lift_the_limits(wire: AppriseWire) -> None:
    """Whatever the URL asks for: no retry, no redirect, no longer wait."""
    service: Any = wire.service("json://hook.example.com/?retry=5&redirect=yes&rto=900&cto=900")
    assert (service.retry, service.redirects, service.request_timeout) == (0, False, (PATIENT, PATIENT))


@in_loop
async def test_hosts_that_nobody_named_are_not_called() -> None:
    """Neither another host, nor another port where a port is named; and no redirect leads elsewhere."""
    async with FakeHook() as hook:
        letter = outgoing(a_text(), to=f"json://127.0.0.1:{hook.port}/ana")
        for hosts in ({"ntfy.sh"}, {"127.0.0.1:9"}, {"localhost"}):
            channel = Push(PushConfig(hosts, PATIENT))
            assert await channel.send(letter) == Refused(Refusal.PERMANENT, "host_not_allowed")
            await channel.aclose()
        assert (hook.requests, hook.accepted) == (0, [])
        channel = Push(PushConfig({"127.0.0.1"}, PATIENT))
        hook.refuse_next(1, 0, status=302)
        assert await channel.send(letter) == Refused(Refusal.PERMANENT, "302")
        hook.rate_limit(1)
        refused = await channel.send(letter)
        assert isinstance(refused, Refused)
        assert (refused.kind, refused.code) == (Refusal.BUSY, "429")
        assert await channel.send(letter) == Accepted()
        assert await channel.send(outgoing(a_text(), to="nonsense")) == Refused(Refusal.PERMANENT, "not_a_push_address")
        await channel.aclose()


@in_loop
async def test_the_address_decides_which_way_a_text_goes() -> None:
    """Numbers to their provider, push addresses to Apprise; neither ever learns the other's."""
    numbers, push = FakeChannel(ChannelKind.SMS), FakeChannel(ChannelKind.SMS)
    push.carries_push = True
    both, alone = TextsByAddress(numbers, push), TextsByAddress(None, push)
    to_phone, to_push = outgoing(a_text()), outgoing(a_text(), to="ntfys://ntfy.sh/topic")
    await both.send_batch([to_phone, to_push])
    assert (numbers.reached, push.reached) == ([to_phone.to], [to_push.to])
    assert await alone.send(to_phone) == Refused(Refusal.PERMANENT, "no_provider_for_numbers")
    assert not both.consents_as_demo
    assert (await both.check()).ok
    push.cannot_be_asked()
    assert (both.can_look_up, alone.name) == (True, "fake")


@pytest.mark.parametrize(("by_numbers", "by_push", "both"), [(64, 8, 8), (4, 8, 4)])
def test_no_more_are_under_way_than_either_takes(by_numbers: int, by_push: int, both: int) -> None:
    """What waited inside for a place would begin after dispatch had made sure that it still may."""
    numbers, push = FakeChannel(ChannelKind.SMS), FakeChannel(ChannelKind.SMS)
    numbers.at_once, push.at_once = by_numbers, by_push
    assert TextsByAddress(numbers, push).at_once == both
    assert TextsByAddress(None, push).at_once == by_push


def test_the_settings_name_the_hosts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Push is off until hosts are named; and where it is on, texts are no demo any more, for somebody is reached."""
    monkeypatch.chdir(tmp_path)
    off = read_settings()
    assert outbox_kinds(off) == set(ChannelKind)
    monkeypatch.setenv("NUDGER_PUSH_HOSTS", "ntfy.sh, Push.Example.com:8443")
    on = read_settings()
    assert on.allowed_push_hosts == {"ntfy.sh", "push.example.com:8443"}
    assert outbox_kinds(on) == {ChannelKind.EMAIL}
    channels = build_channels(on, surroundings())
    assert demo_kinds(channels) == {ChannelKind.EMAIL}
    assert channels[ChannelKind.SMS].carries_push
    asyncio.run(channels[ChannelKind.SMS].aclose())
    monkeypatch.setenv("NUDGER_PUSH_HOSTS", "https://ntfy.sh")
    with pytest.raises(ConfigurationError, match="NUDGER_PUSH_HOSTS"):
        read_settings()
