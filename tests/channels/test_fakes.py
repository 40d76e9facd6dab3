"""The fakes themselves: strict, honest, and able to run as a process."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from parts.fake_sendgrid import WEBHOOK_KEY, FakeSendGrid, fault_in, fault_in_place, running_fake_sendgrid
from parts.fake_smtp import running_fake_smtp
from parts.fake_twilio import AUTH_TOKEN, SERVICE_SID, FakeTwilio, running_fake_twilio
from parts.fake_twilio import fault_in as fault_in_form
from parts.letters import a_text, an_email, noon, outgoing
from parts.loops import in_loop
from parts.postings import PUBLIC
from parts.stands import sendgrid_config, smtp_config, twilio_config

from nudger.channels.contract import Accepted, Channel
from nudger.channels.sendgrid import SendGridEmail
from nudger.channels.sendgrid_webhooks import SendGridWebhooks
from nudger.channels.smtp import SmtpEmail
from nudger.channels.twilio import TwilioSms
from nudger.channels.twilio_webhooks import TwilioWebhooks

FAKES = Path(__file__).parents[1] / "parts"
FORM = {"To": "+447700900123", "Body": "Hello", "MessagingServiceSid": SERVICE_SID}
PLACE = {"to": [{"email": "ana@example.com"}], "subject": "Three words"}
MAIL = {
    "personalizations": [PLACE],
    "from": {"email": "nudger@example.com"},
    "content": [{"type": "text/plain", "value": "a"}, {"type": "text/html", "value": "b"}],
}


def send_one(channel: Channel, letter: object) -> None:
    """Send a message and insist that it is taken."""

    async def talk() -> None:
        assert isinstance(await channel.send(letter), Accepted)  # type: ignore[arg-type]
        await channel.aclose()

    asyncio.run(talk())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, None),
        ({"Nonsense": "1"}, 20001),
        ({"To": "447700900123"}, 21211),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"MessagingServiceSid": ""}, 21603),
        ({"ValidityPeriod": "0"}, 20001),
        ({"ValidityPeriod": "36001"}, 20001),
        ({"StatusCallback": "https://my_host.example.com/"}, 21609),
    ],
)
def test_the_fake_twilio_is_strict(change: dict[str, str], code: int | None) -> None:
    """What Twilio would refuse, the fake refuses."""
    assert fault_in_form(FORM | change) == code


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, None),
        ({"nonsense": 1}, "unknown"),
        ({"personalizations": [PLACE] * 1001}, "personalizations"),
        ({"personalizations": []}, "personalizations"),
        ({"content": []}, "content"),
        ({"content": [{"type": "text/plain", "value": ""}, {"type": "text/html", "value": "b"}]}, "content"),
        ({"from": {"email": "nobody"}}, "from"),
    ],
)
def test_the_fake_sendgrid_is_strict(change: dict[str, object], field: str | None) -> None:
    """What SendGrid would refuse in a request, the fake refuses."""
    assert fault_in(MAIL | change) == field


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"nonsense": 1}, "unknown"),
        ({"to": [{"email": "ana"}]}, "to"),
        ({"subject": ""}, "subject"),
        ({"substitutions": {"-t-": "x" * 10_000}}, "substitutions"),
        ({"custom_args": {"a": "x" * 10_000}}, "custom_args"),
        ({"headers": {"Reply-To": "a@example.com"}}, "headers"),
    ],
)
def test_the_fake_sendgrid_is_strict_about_each_recipient(change: dict[str, object], field: str) -> None:
    """What SendGrid would refuse in a personalization, the fake refuses."""
    assert fault_in_place(PLACE | change) == field


def test_every_fake_runs_beside_a_test_without_a_loop() -> None:
    """The threaded form serves synchronous tests, and its log can be read after the sends."""
    with running_fake_twilio() as twilio, running_fake_sendgrid() as sendgrid, running_fake_smtp() as smtp:
        send_one(TwilioSms(twilio_config(twilio.url)), outgoing(a_text()))
        send_one(SendGridEmail(sendgrid_config(sendgrid.url), noon), outgoing(an_email()))
        send_one(SmtpEmail(smtp_config(smtp.url), noon), outgoing(an_email()))
        assert [len(fake.accepted) for fake in (twilio, sendgrid, smtp)] == [1, 1, 1]


def test_a_fake_runs_as_a_process_and_its_log_outlives_it(tmp_path: Path) -> None:
    """As in: python fake_twilio.py --port 0 --log FILE: one JSON line per message, on disk before the answer."""
    log = tmp_path / "accepted.jsonl"
    command = [sys.executable, str(FAKES / "fake_twilio.py"), "--port", "0", "--log", str(log), "--latency", "0.01"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip().removeprefix("listening on ")
            send_one(TwilioSms(twilio_config(f"http://{url}", timeout=5.0)), outgoing(a_text(), token="t0ken"))
        finally:
            process.send_signal(signal.SIGKILL)
    [entry] = map(json.loads, log.read_text("utf-8").splitlines())
    assert (entry["to"], entry["token"]) == ("+447700900123", "t0ken")


Heard = list[tuple[str, dict[str, str], bytes]]


@asynccontextmanager
async def listening(heard: Heard) -> AsyncIterator[str]:
    """A server on loopback that writes down what it is sent, and its address."""

    async def door(request: web.Request) -> web.Response:
        heard.append((request.raw_path, dict(request.headers), await request.read()))
        return web.Response(text="heard")

    app = web.Application()
    app.add_routes([web.post("/{path:.*}", door)])
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@in_loop
async def test_what_the_fake_twilio_posts_arrives_as_it_was_signed() -> None:
    """A text and a report, delivered to where we really listen behind our public address."""
    heard: Heard = []
    webhooks = TwilioWebhooks(AUTH_TOKEN, PUBLIC)
    async with FakeTwilio(clock=noon) as twilio, listening(heard) as origin:
        channel = TwilioSms(twilio_config(twilio.url))
        await channel.send(outgoing(a_text(), token="t0ken/with+signs%"))
        await channel.aclose()
        sid = twilio.accepted[0]["sid"]
        assert await twilio.text_in("+447700900123", "Stop, s'il vous plaît ☕").deliver(origin) == (200, "heard")
        assert await twilio.report(sid, "undelivered", 30005).deliver(origin) == (200, "heard")
    assert webhooks.inbound(*heard[0], noon()).text == "Stop, s'il vous plaît ☕"
    receipt = webhooks.status(*heard[1], noon())
    assert (receipt.token, receipt.provider_id, receipt.code) == ("t0ken/with+signs%", sid, "30005")
    assert heard[0][1]["Host"] == "nudger.example.com"


@in_loop
async def test_what_the_fake_sendgrid_posts_arrives_as_it_was_signed() -> None:
    """Events of a message it took, and of one that somebody else sent."""
    heard: Heard = []
    async with FakeSendGrid(clock=noon) as sendgrid, listening(heard) as origin:
        channel = SendGridEmail(sendgrid_config(sendgrid.url), noon)
        await channel.send(outgoing(an_email(), token="t0ken"))
        await channel.aclose()
        bounce = sendgrid.event("t0ken", "bounce", status="5.1.1")
        await sendgrid.post(bounce, sendgrid.event("another", "delivered")).deliver(origin)
        await sendgrid.report("t0ken", "open").deliver(origin)
    first, second = (SendGridWebhooks(WEBHOOK_KEY).events(headers, body) for _, headers, body in heard)
    assert [(receipt.token, receipt.code) for receipt in first] == [("t0ken", "5.1.1"), ("another", None)]
    assert str(first[0].provider_id).startswith(sendgrid.accepted[0]["message_id"])
    assert second == []
