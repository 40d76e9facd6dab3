"""The embedded provider: every message becomes one readable file in a folder, and nobody is reached."""

import asyncio
import errno
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nudger.channels.contents import email_of, sms_of
from nudger.channels.contract import (
    Accepted,
    CannotTell,
    Health,
    LookUpResult,
    NotFound,
    Outgoing,
    Question,
    Refusal,
    Refused,
    SendResult,
)
from nudger.channels.mime import Sender, letter
from nudger.domain.messages import EmailContent, SmsContent
from nudger.domain.people import ChannelKind

SUFFIXES = {ChannelKind.SMS: ".txt", ChannelKind.EMAIL: ".eml"}
#: How a file's name begins, and what names are the outbox's own.
MOMENT = "%Y-%m-%dT%H-%M-%SZ"
OWN = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-.+\.(?:txt|eml)")
#: What passes by itself or with a little housekeeping; every other fault needs the operator.
PASSING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EMFILE, errno.ENFILE, errno.EINTR})


NOBODY = Sender("nudger@example.com", "Nudger")


@dataclass(frozen=True, slots=True)
class OutboxConfig:
    """Where the files go, and who emails say they come from."""

    folder: Path
    sender: Sender = NOBODY


class Outbox:
    """Writes texts as `.txt` and emails as `.eml`; the file's name holds the time (UTC) and the attempt's token."""

    name = "outbox"
    can_look_up = True
    batch_size = 1
    at_once = 16
    consents_as_demo = True
    carries_push = True  # a file takes any address

    def __init__(self, config: OutboxConfig, kind: ChannelKind, clock: Callable[[], datetime]) -> None:
        """`clock` gives the present moment, aware."""
        self.kind = kind
        self._config = config
        self._clock = clock

    async def send(self, outgoing: Outgoing) -> SendResult:
        """Write one file, whole or not at all."""
        now = self._clock().astimezone(UTC)
        try:
            page = self._page(outgoing, now)
        except ValueError:
            return Refused(Refusal.PERMANENT, "unwritable")
        target = self._config.folder / f"{now:{MOMENT}}-{outgoing.token}{SUFFIXES[self.kind]}"
        try:
            await asyncio.to_thread(write_whole, target, page)
        except OSError as fault:
            return refused_for(fault)
        return Accepted(target.name)

    async def send_batch(self, batch: Sequence[Outgoing]) -> Sequence[SendResult]:
        """Write one file after the other."""
        return [await self.send(outgoing) for outgoing in batch]

    async def look_up(self, question: Question) -> LookUpResult:
        """Look for the file that carries the attempt's token."""
        try:
            names = await asyncio.to_thread(os.listdir, self._config.folder)
        except FileNotFoundError:
            return NotFound()
        except OSError as fault:
            return CannotTell(errno_name(fault))
        wanted = f"{question.token}{SUFFIXES[self.kind]}"
        found = min((name for name in names if name.partition("Z-")[2] == wanted), default=None)
        return Accepted(found) if found else NotFound()

    async def check(self) -> Health:
        """Try whether the folder takes a file."""
        probe = self._config.folder / ".probe"
        try:
            await asyncio.to_thread(write_whole, probe, b"")
            await asyncio.to_thread(probe.unlink, missing_ok=True)
        except OSError as fault:
            return Health(ok=False, detail=f"the folder cannot be written: {errno_name(fault)}")
        return Health(ok=True, detail="messages are written to a folder; nobody is reached")

    async def aclose(self) -> None:
        """Nothing is kept open."""

    def _page(self, outgoing: Outgoing, now: datetime) -> bytes:
        if self.kind is ChannelKind.SMS:
            return text_page(sms_of(outgoing.content), outgoing.to, now)
        return email_page(email_of(outgoing.content), outgoing.to, self._config.sender, now)


class OutboxShredder:
    """Deletes messages of the outbox: to people who asked to be forgotten."""

    def __init__(self, folder: Path) -> None:
        """The folder of the files."""
        self._folder = folder

    async def remove(self, name: str) -> bool:
        """Delete the file of that name; True also where there is none."""
        try:
            await asyncio.to_thread((self._folder / Path(name).name).unlink, missing_ok=True)
        except OSError:
            return False
        return True

    async def aclose(self) -> None:
        """Nothing is kept open."""


def forget_files(folder: Path, before: datetime) -> int:
    """Delete the messages that a folder has had since before then (aware), and nothing else; how many. OSError."""
    last = f"{before.astimezone(UTC):{MOMENT}}"
    old = [path for path in folder.glob("*Z-*.*") if OWN.fullmatch(path.name) and path.name < last]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def text_page(content: SmsContent, to: str, now: datetime) -> bytes:
    """A text with what one needs to know about it on top."""
    head = f"To: {to}\nWhen: {now.isoformat(timespec='seconds')}\n"
    cost = f"Encoding: {content.encoding}\nSegments: {content.segments}\n"
    return f"{head}{cost}\n{content.text}\n".encode()


def email_page(content: EmailContent, to: str, sender: Sender, now: datetime) -> bytes:
    """An email as any mail reader opens it."""
    return letter(content, to, sender, now)


def write_whole(target: Path, page: bytes) -> None:
    """Put a file in place durably: only its owner may read it, and after an OSError there is nothing of it."""
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_durably(part, page)
        part.rename(target)
        _sync_folder(target.parent)
    except OSError:
        _remove(part)
        _remove(target)
        raise


def refused_for(fault: OSError) -> Refused:
    """What a fault of the disk means: wait, or tell the operator."""
    kind = Refusal.TRANSIENT if fault.errno in PASSING else Refusal.CONFIGURATION
    return Refused(kind, errno_name(fault))


def errno_name(fault: OSError) -> str:
    """The fault's name without its path, such as ENOSPC."""
    return errno.errorcode.get(fault.errno or 0, "EUNKNOWN")


def _write_durably(part: Path, page: bytes) -> None:
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(page)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the new name last: without it a power cut may forget the rename."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:  # the first fault is the one to report
        return
