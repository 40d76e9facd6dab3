"""Notify: send the service's own messages (invitations, answers, confirmations), each at most once.

    let go (durable `sent`)  ->  send  ->  write down the answer

A crash loses a notice and never doubles one: nobody minds a missing help text as much as a second invitation.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from markupsafe import Markup, escape

from nudger.actions.invite import awake
from nudger.actions.surroundings import Surroundings
from nudger.channels.contract import Accepted, Channel, Outgoing, Refused, SendResult
from nudger.domain.messages import Content, EmailContent, SmsContent
from nudger.domain.people import ChannelKind
from nudger.observability import logger
from nudger.rendering.gsm import measure, normalise
from nudger.storage.consent import Event, Happening, How, record
from nudger.storage.database import Database
from nudger.storage.holding import held
from nudger.storage.notices import UNASKED_USEFUL, Notice, let_go, note_result

log = logger(__name__)

#: Let go in one commit, and sent side by side.
AT_ONCE = 16
#: Batches in one drain; what is left waits for the next tick.
MOST_BATCHES = 50
WEB_ADDRESS = re.compile(r"https?://[^\s<>\"]+")


class Notifying:
    """Sends what is planned. `sent` is committed before the call, so a crash loses a notice and never doubles one."""

    def __init__(self, database: Database, channels: Mapping[ChannelKind, Channel], around: Surroundings) -> None:
        """Work on this database with these providers."""
        self._database = database
        self._channels = channels
        self._around = around

    async def drain(self, now: datetime) -> Counter[str]:
        """Send every notice due at `now` (aware); how many were taken, refused and left unclear."""
        total: Counter[str] = Counter()
        for _ in range(MOST_BATCHES):
            going = await asyncio.to_thread(self._let_go, now)
            if not going:
                break
            results = await asyncio.gather(*map(self._send, going))
            await asyncio.to_thread(self._record, going, results)
            total.update(_outcome(result) for result in results)
        if total:
            log.info("notified", **total)
        return total

    def _let_go(self, now: datetime) -> list[Notice]:
        providers = {kind: channel.name for kind, channel in self._channels.items()}
        with self._database.write() as connection:
            if held(connection):
                return []
            return let_go(connection, providers, awake, now, AT_ONCE)

    async def _send(self, notice: Notice) -> SendResult:
        outgoing = Outgoing(notice.token, notice.address, _content(notice), UNASKED_USEFUL)
        return await self._channels[notice.channel].send(outgoing)

    def _record(self, going: Sequence[Notice], results: Sequence[SendResult]) -> None:
        now = self._around.now()
        with self._database.write() as connection:
            for notice, result in zip(going, results, strict=True):
                match result:
                    case Accepted(provider_id):
                        note_result(connection, notice.id, provider_id=provider_id)
                    case Refused(code=code, suppress=suppress):
                        note_result(connection, notice.id, failed=True)
                        if suppress:
                            no_more = Happening(Event.SUPPRESSED, How.PROVIDER, now, evidence=code)
                            record(connection, notice.contact_id, no_more)


def _outcome(result: SendResult) -> str:
    match result:
        case Accepted():
            return "accepted"
        case Refused():
            return "refused"
        case _:
            return "unclear"


def _content(notice: Notice) -> Content:
    if notice.channel is ChannelKind.SMS:
        text = normalise(notice.text)
        return SmsContent(text, *measure(text))
    return EmailContent(notice.subject or "", notice.text, _html(notice.text), {"Auto-Submitted": "auto-generated"})


def _html(text: str) -> str:
    """The same words as HTML: a paragraph for each, and web addresses that can be clicked."""
    paragraphs = Markup("").join(Markup("<p>{}</p>\n").format(_linked(part)) for part in text.split("\n\n"))
    return str(Markup("<!doctype html>\n<html><body>\n{}</body></html>\n").format(paragraphs))


def _linked(text: str) -> Markup:
    pieces, last = Markup(""), 0
    for found in WEB_ADDRESS.finditer(text):
        address = found[0]
        pieces += escape(text[last : found.start()]) + Markup('<a href="{0}">{0}</a>').format(address)
        last = found.end()
    return pieces + escape(text[last:])
