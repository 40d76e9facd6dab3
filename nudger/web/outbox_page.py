"""`/outbox`: what was written to the outbox, as a phone and a mailbox would show it. For the operator's own machine."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from nudger.web.guards import LOOPBACK, host_of, only
from nudger.web.pages import Pages
from nudger.web.visitors import from_here

#: The newest so many are shown.
MOST = 60
NAME = re.compile(r"[0-9TZ-]+-[0-9A-Za-z_-]+\.(txt|eml)")
#: The list shows emails in frames; an email brings its own styles, and may do nothing else at all.
LIST_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; base-uri 'none'"
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'"


@dataclass(frozen=True, slots=True)
class Shown:
    """One file: a text has no subject."""

    name: str
    head: Mapping[str, str]
    text: str

    @property
    def is_text(self) -> bool:
        """Whether a phone shows it, or a mailbox."""
        return self.name.endswith(".txt")


class OutboxPage:
    """Shows the files of the outbox's folder to this machine, by one of its own names, and to nobody else."""

    def __init__(self, folder: Path, pages: Pages) -> None:
        """`folder` is the outbox's; it may not be there yet."""
        self._folder = folder
        self._pages = pages

    def routes(self) -> list[Route]:
        """The list, and each email's own page for the frame."""
        return [Route("/outbox", self._list), Route("/outbox/{name}", self._mail)]

    async def _list(self, request: Request) -> Response:
        only(_local(request))
        shown = await run_in_threadpool(self._newest)
        page = self._pages.page("outbox", {"messages": shown, "most": MOST})
        page.headers["Content-Security-Policy"] = LIST_POLICY
        return page

    async def _mail(self, request: Request) -> Response:
        only(_local(request))
        name = request.path_params["name"]
        only(NAME.fullmatch(name) is not None and name.endswith(".eml"))
        html = await run_in_threadpool(self._html, name)
        framed = {"Content-Security-Policy": MAIL_POLICY, "X-Frame-Options": "SAMEORIGIN"}
        return HTMLResponse(html, headers=framed)

    def _newest(self) -> list[Shown]:
        if not self._folder.is_dir():
            return []
        names = sorted((file.name for file in self._folder.iterdir() if NAME.fullmatch(file.name)), reverse=True)
        return [_text(name, self._read(name)) if name.endswith(".txt") else self._letter(name) for name in names[:MOST]]

    def _letter(self, name: str) -> Shown:
        letter = _parsed(self._read(name))
        head = {field: str(letter.get(field, "")) for field in ("To", "From", "Subject", "Date")}
        return Shown(name, head, _part(letter, "plain"))

    def _html(self, name: str) -> str:
        return _part(_parsed(self._read(name)), "html") or "<!doctype html><title>No HTML part</title>"

    def _read(self, name: str) -> bytes:
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            raise HTTPException(404) from None


def _local(request: Request) -> bool:
    return from_here(request) and host_of(request) in LOOPBACK


def _text(name: str, page: bytes) -> Shown:
    head, _, text = page.decode().partition("\n\n")
    fields = (line.partition(": ") for line in head.splitlines())
    return Shown(name, {field: value for field, _, value in fields}, text.strip())


def _parsed(page: bytes) -> EmailMessage:
    letter = message_from_bytes(page, policy=default)
    if not isinstance(letter, EmailMessage):
        raise TypeError("The default policy makes an EmailMessage.")
    return letter


def _part(letter: EmailMessage, kind: str) -> str:
    part = letter.get_body((kind,))
    return str(part.get_content()).strip() if part is not None else ""
