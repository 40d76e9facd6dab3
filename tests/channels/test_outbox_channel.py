"""The outbox: files one can read, whole or not at all."""

import errno
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from parts.letters import HEADERS, NOON, a_text, an_email, noon, outgoing, question
from parts.loops import in_loop

from nudger.channels.contract import Accepted, CannotTell, NotFound, Refusal, Refused
from nudger.channels.outbox import Outbox, OutboxConfig, forget_files, refused_for
from nudger.domain.messages import EmailContent
from nudger.domain.people import ChannelKind


def texts_into(folder: Path) -> Outbox:
    """An outbox for texts."""
    return Outbox(OutboxConfig(folder), ChannelKind.SMS, noon)


def own_letter(folder: Path) -> None:
    """Something that is nobody's message."""
    (folder / "2020-01-01 a letter of my own.txt").write_text("Keep me.", "utf-8")


def files_in(folder: Path) -> list[Path]:
    """Every file, hidden ones too."""
    return list(folder.iterdir())


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """Let no file grow beyond `room` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@in_loop
async def test_a_text_is_a_page_with_its_cost_on_top(tmp_path: Path) -> None:
    """Recipient, time, encoding and segments, an empty line, the words."""
    await texts_into(tmp_path).send(outgoing(a_text("Gruß ✨"), token="t0ken"))
    page = (tmp_path / "2026-11-23T12-00-00Z-t0ken.txt").read_text("utf-8")
    assert page == ("To: +447700900123\nWhen: 2026-11-23T12:00:00+00:00\nEncoding: GSM-7\nSegments: 1\n\nGruß ✨\n")


@in_loop
async def test_an_email_is_a_letter_any_mail_reader_opens(tmp_path: Path) -> None:
    """RFC 5322, plain text and HTML side by side, with every header of ours."""
    await Outbox(OutboxConfig(tmp_path), ChannelKind.EMAIL, noon).send(outgoing(an_email(), token="t0ken"))
    raw = (tmp_path / "2026-11-23T12-00-00Z-t0ken.eml").read_bytes()
    message = message_from_bytes(raw, policy=default)
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content().strip() for part in message.iter_parts()] == [an_email().text, an_email().html]
    assert {name: message[name] for name in ("To", "From", "Subject")} == {
        "To": "ana@example.com",
        "From": "Nudger <nudger@example.com>",
        "Subject": "Three words ✨",
    }
    assert {name: message[name] for name in HEADERS} == HEADERS
    assert message["Date"].datetime == NOON
    assert "schön".encode() in raw


@in_loop
async def test_only_the_owner_may_read_what_is_written(tmp_path: Path) -> None:
    """Folder 0700, file 0600: these are private words."""
    folder = tmp_path / "outbox"
    await texts_into(folder).send(outgoing(a_text()))
    [page] = files_in(folder)
    assert (folder.stat().st_mode & 0o777, page.stat().st_mode & 0o777) == (0o700, 0o600)


@in_loop
async def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    """Transient, named by the fault, and no file of any name remains."""
    letter = outgoing(a_text("x" * 1000))
    with full_disk(room=100):
        result = await texts_into(tmp_path).send(letter)
    assert result == Refused(Refusal.TRANSIENT, "EFBIG")
    assert files_in(tmp_path) == []
    assert isinstance(await texts_into(tmp_path).send(letter), Accepted)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, Refusal.TRANSIENT),
        (errno.EDQUOT, Refusal.TRANSIENT),
        (errno.EIO, Refusal.TRANSIENT),
        (errno.EACCES, Refusal.CONFIGURATION),
        (errno.EROFS, Refusal.CONFIGURATION),
        (errno.ENOTDIR, Refusal.CONFIGURATION),
    ],
)
def test_a_fault_of_the_disk_passes_or_wants_the_operator(number: int, kind: Refusal) -> None:
    """Room comes back; permission does not come by itself. The path is not told."""
    fault = OSError(number, "no", "/home/ana/outbox")
    assert refused_for(fault) == Refused(kind, errno.errorcode[number])


@in_loop
async def test_something_in_the_folders_place_is_a_matter_of_configuration(tmp_path: Path) -> None:
    """It is not written around, and a question cannot be answered there."""
    blocked = tmp_path / "outbox"
    blocked.write_text("in the way", "utf-8")
    assert await texts_into(blocked).send(outgoing(a_text())) == Refused(Refusal.CONFIGURATION, "EEXIST")
    assert await texts_into(blocked).look_up(question(outgoing(a_text()))) == CannotTell("ENOTDIR")
    assert not (await texts_into(blocked).check()).ok
    assert blocked.read_text("utf-8") == "in the way"


@in_loop
async def test_a_message_is_found_by_its_whole_token(tmp_path: Path) -> None:
    """Neither a longer token nor the other kind of message is taken for it."""
    outbox = texts_into(tmp_path)
    await outbox.send(outgoing(a_text(), token="t0ken-12"))
    assert isinstance(await outbox.look_up(question(outgoing(a_text(), token="t0ken-12"))), Accepted)
    assert await outbox.look_up(question(outgoing(a_text(), token="t0ken-1"))) == NotFound()
    assert await outbox.look_up(question(outgoing(a_text(), token="12"))) == NotFound()
    emails = Outbox(OutboxConfig(tmp_path), ChannelKind.EMAIL, noon)
    assert await emails.look_up(question(outgoing(an_email(), token="t0ken-12"))) == NotFound()


@in_loop
async def test_before_the_first_message_there_is_nothing_to_find(tmp_path: Path) -> None:
    """A folder that is not there yet holds no message."""
    assert await texts_into(tmp_path / "none").look_up(question(outgoing(a_text()))) == NotFound()


@in_loop
async def test_a_header_with_a_line_break_is_not_written(tmp_path: Path) -> None:
    """What could not be sent is not shown as sent."""
    outbox = Outbox(OutboxConfig(tmp_path), ChannelKind.EMAIL, noon)
    letter = outgoing(EmailContent("Three\nwords", "text", "<p></p>"))
    assert await outbox.send(letter) == Refused(Refusal.PERMANENT, "unwritable")
    assert files_in(tmp_path) == []


@in_loop
async def test_old_messages_go_and_nothing_else_does(tmp_path: Path) -> None:
    """What was written before a moment is deleted; what somebody else put there stays, and so does what is newer."""
    for days in (31, 30, 29):
        moment = noon() - timedelta(days=days)
        await Outbox(OutboxConfig(tmp_path), ChannelKind.SMS, lambda moment=moment: moment).send(outgoing(a_text()))
    own_letter(tmp_path)
    assert forget_files(tmp_path, noon() - timedelta(days=30)) == 1
    assert len(files_in(tmp_path)) == 3
    assert forget_files(tmp_path, noon() - timedelta(days=30)) == 0
    assert forget_files(tmp_path / "none", noon()) == 0


@in_loop
async def test_check_leaves_no_trace(tmp_path: Path) -> None:
    """The folder is tried and left as it was."""
    assert (await texts_into(tmp_path).check()).ok
    assert files_in(tmp_path) == []
