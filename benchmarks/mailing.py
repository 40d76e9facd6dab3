"""Mailing: emails by SendGrid, many to a request, and by a mail server; each against the bare library beside it."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from statistics import median
from urllib.parse import urlsplit

from aiosmtplib import SMTP
from sendgrid import SendGridAPIClient

from benchmarks.figures import Figure, Unit, timed
from benchmarks.processes import MAIL_SERVER, SENDGRID, provider
from nudger.channels.contract import Accepted, Channel, Outgoing
from nudger.channels.mime import SEVEN_BIT, Sender, letter
from nudger.channels.sendgrid import SendGridConfig, SendGridEmail
from nudger.channels.sendgrid_request import single_body
from nudger.channels.smtp import SmtpConfig, SmtpEmail
from nudger.domain.messages import EmailContent
from nudger.runtime.clock import now

SENDER = Sender("nudger@example.com", "Nudger", None)
KEY = "SG.fake.key"
BATCHED, ALONE, BY_MAIL_SERVER = 10_000, 1000, 1000
#: Threads of the bare client: what the channel has as well.
AT_ONCE = 16
BATCHES_WORTH = 15
#: By turns, so that what else the machine does falls upon both.
ROUNDS = 5


def figures() -> Iterator[Figure]:
    """Emails a second."""
    with provider(stand_in=SENDGRID) as address:
        by_turns = [(bare_sendgrid(address), asyncio.run(by_sendgrid(address))) for _ in range(ROUNDS)]
    one_each, batched = map(median, zip(*by_turns, strict=True))
    yield Figure(
        "emails by SendGrid, a thousand to a request", batched, Unit.PER_SECOND,
        one_each, f"the SDK, one to a request, {AT_ONCE} threads", target=BATCHES_WORTH * one_each,
    )  # fmt: skip
    with provider(stand_in=MAIL_SERVER) as address:
        bare = asyncio.run(bare_mail_server(address))
        ours = asyncio.run(by_mail_server(address))
    yield Figure(
        "emails by a mail server, one kept connection", ours, Unit.PER_SECOND, bare, "aiosmtplib alone, the same way"
    )


def parcels(count: int) -> list[Outgoing]:
    """Emails like ours, to nobody."""
    words = "Three words in a pocket are enough. " * 12
    html = f"<!doctype html><html><body><p>{words}</p></body></html>"
    content = EmailContent(
        "Three words in a pocket", words, html, {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    )
    return [
        Outgoing(f"token-{number:08}", f"ana{number}@example.com", content, timedelta(hours=1))
        for number in range(count)
    ]


async def by_sendgrid(address: str) -> float:
    """By our channel, as dispatch uses it."""
    channel = SendGridEmail(SendGridConfig(KEY, SENDER, host=address), now)
    return await _timed(channel, parcels(BATCHED))


async def by_mail_server(address: str) -> float:
    """The same by a mail server."""
    channel = SmtpEmail(SmtpConfig(address.replace("http", "smtp"), SENDER), now)
    return await _timed(channel, parcels(BY_MAIL_SERVER))


async def _timed(channel: Channel, emails: list[Outgoing]) -> float:
    size = channel.batch_size if channel.batch_size > 1 else len(emails)
    batches = [emails[start : start + size] for start in range(0, len(emails), size)]
    with timed() as watch:
        results = await asyncio.gather(*map(channel.send_batch, batches))
    await channel.aclose()
    assert all(isinstance(one, Accepted) for some in results for one in some)
    return len(emails) / watch.seconds


def bare_sendgrid(address: str) -> float:
    """By the SDK alone, one email to a request."""
    client = SendGridAPIClient(KEY, host=address)
    bodies = [single_body(SENDER, outgoing) for outgoing in parcels(ALONE)]
    with timed() as watch, ThreadPoolExecutor(AT_ONCE) as threads:
        answers = list(threads.map(lambda body: client.client.mail.send.post(request_body=body), bodies))
    assert {answer.status_code for answer in answers} == {202}
    return ALONE / watch.seconds


async def bare_mail_server(address: str) -> float:
    """By aiosmtplib alone, on one kept connection, with letters written beforehand."""
    at = urlsplit(address)
    pages = []
    for outgoing in parcels(BY_MAIL_SERVER):
        assert isinstance(outgoing.content, EmailContent)
        pages.append((outgoing.to, letter(outgoing.content, outgoing.to, SENDER, now(), SEVEN_BIT)))
    line = SMTP(hostname=at.hostname, port=at.port, use_tls=False, start_tls=False)
    with timed() as watch:
        await line.connect()
        for to, page in pages:
            await line.sendmail(SENDER.address, [to], page)
        await line.quit()
    return len(pages) / watch.seconds
