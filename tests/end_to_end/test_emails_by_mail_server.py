"""An email's whole way to a mail server, which can never be asked what became of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_string
from email.policy import default

from parts.desks import LETTERS, Desk
from parts.fake_smtp import FakeSmtp
from parts.loops import in_loop
from parts.rigs import Rig


@asynccontextmanager
async def at_work(house: Desk) -> AsyncIterator[tuple[Rig, FakeSmtp]]:
    """A rig with consent whose emails go to a mail server with the same clock."""
    async with FakeSmtp(wants_login=True) as server:
        house.furnish(LETTERS).set(NUDGER_EMAIL="smtp", SMTP_URL=server.url)
        async with Rig() as rig:
            server.clock = rig.clock
            rig.consent()
            yield rig, server


@in_loop
async def test_a_due_email_arrives_once(house: Desk) -> None:
    """Each partner gets a well-formed email once, in words of their own, marked as written by a machine."""
    async with at_work(house) as (rig, server):
        await rig.tick(hours=2)
        await rig.tick(hours=1)
        assert rig.states == {"accepted": 2}
    assert sorted(email["to"] for email in server.accepted) == ["ana@example.com", "ben@example.com"]
    for email in server.accepted:
        letter = message_from_string(email["raw"], policy=default)
        assert letter.defects == []
        assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
        assert letter["Auto-Submitted"] == "auto-generated"
        assert letter["To"] == email["to"]


@in_loop
async def test_the_message_id_belongs_to_the_moment(house: Desk) -> None:
    """Two installations with the same key give an email the same Message-ID: a copy can be recognised."""
    ids = []
    for _ in range(2):
        async with at_work(house) as (rig, server):
            await rig.tick(hours=2)
        ids.append(sorted(email["headers"]["Message-ID"] for email in server.accepted))
        (house.folder / "data" / "nudger.db").unlink()
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 2


@in_loop
async def test_cut_off_after_the_message(house: Desk) -> None:
    """A line that breaks after the message leaves the email assumed to be sent; it never goes twice."""
    async with at_work(house) as (rig, server):
        server.accept_then_reset(2)
        await rig.tick(hours=2)
        assert rig.states == {"unknown": 2}
        await rig.until(lambda: rig.states == {"assumed_sent": 2}, minutes=20, step=60)
        await rig.tick(hours=3)
    assert len(server.accepted) == 2


@in_loop
async def test_a_server_that_is_busy(house: Desk) -> None:
    """A 4xx before the message is tried again later, and then arrives once."""
    async with at_work(house) as (rig, server):
        server.reply("RCPT", "450 4.2.1 try again later")
        await rig.tick(hours=2)
        assert rig.reasons() == {"refused": 2}
        server.relent()
        await rig.tick(minutes=2)
        assert rig.states == {"accepted": 2}
    assert len(server.accepted) == 2


@in_loop
async def test_no_such_mailbox(house: Desk) -> None:
    """A 5xx for the recipient ends that email with failed, at once."""
    async with at_work(house) as (rig, server):
        server.reply("RCPT", "550 5.1.1 no such mailbox")
        await rig.tick(hours=2)
        assert rig.reasons() == {"refused_for_good": 2}
    assert server.accepted == []
