"""Receive: read what somebody texts back, do it once, and find the words to answer with."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from nudger.actions.choose import Choosing
from nudger.actions.consent_by_text import ConsentByText, NotUnderstood
from nudger.actions.obey import Obeying, Pages
from nudger.channels.events import Inbound
from nudger.channels.twilio_words import confirms_stop
from nudger.domain.replies import Reply, parse
from nudger.domain.reply_words import Command
from nudger.files.notices import Notices
from nudger.rendering.gsm import normalise
from nudger.storage import inbox
from nudger.storage.consent import Standing
from nudger.storage.database import Database
from nudger.storage.inbox import Correspondent

#: Doing one of these twice is not the same as doing it once, so they are noted first: a crash loses them. All others
#: are done first and noted then, so that no crash loses a STOP.
COUNTED = frozenset({Command.LESS, Command.MORE})
#: Noted in place of UNKNOWN where nothing was answered.
UNANSWERED = "unanswered"
HELPED_FOR = timedelta(days=1)


class Receiving:
    """Deals with texts. A text is believed to come from its number and no more: nothing private is ever answered."""

    def __init__(
        self,
        database: Database,
        choosing: Choosing,
        texts: Notices,
        base_url: str | None,
        tokens: Callable[[], str],
        *,
        operator_name: str = "Nudger",
    ) -> None:
        """Work on this database with these words; `base_url` is where partners' pages are, if anywhere."""
        self._database = database
        self._texts = texts
        self._consent = ConsentByText(database, choosing, texts)
        self._obeying = Obeying(database, choosing, texts, Pages(base_url, tokens), operator_name)

    def receive(self, inbound: Inbound, now: datetime) -> str | None:
        """Do what a text asks for, at `now` (aware), and say what to answer; None where nothing is to be said.

        A text that came before does nothing, and neither does one from a number that is nobody's here. Where two people
        share a number it counts for both. StorageError where the database fails; the provider may then try again.
        """
        with self._database.read() as connection:
            people = inbox.correspondents(connection, inbound.sender)
            known = inbox.seen(connection, (inbound.provider, inbound.provider_id))
        if not people or known:
            return None
        reply = parse(inbound.text, month_first=inbound.sender.startswith("+1"))
        first = reply.command in COUNTED and any(one.listens for one in people)
        if first and not self._note(inbound, people, reply.command):
            return None
        noted_as: str = reply.command
        try:
            answer = self._do(reply, inbound, people, now)
        except NotUnderstood:
            answer = self._help(inbound, people, now)
            noted_as = UNANSWERED if answer is None else Command.UNKNOWN
        if not first and not self._note(inbound, people, noted_as):
            return None
        if reply.command is Command.STOP:
            self._consent.withdraw(people, now)  # again: a START that was at work meanwhile may not have seen the note
        return None if answer is None else normalise(answer)

    def _do(self, reply: Reply, inbound: Inbound, people: Sequence[Correspondent], now: datetime) -> str | None:
        if reply.command is Command.STOP:
            return self._consent.stop(people, now, perhaps=reply.perhaps, confirmed=confirms_stop(inbound))
        here = [one for one in people if not one.gone]
        if not here:
            return None
        if reply.command is Command.HELP:
            return self._obeying.help(here)
        if reply.command in {Command.START, Command.YES} and self._stopped_since(people, inbound.at):
            return None
        if reply.command in {Command.START, Command.YES, Command.NO}:
            answer = self._consent.answer(reply.command, here, now)
            if reply.command is Command.NO or not self._stopped_since(people, inbound.at):
                return answer
            self._consent.withdraw(people, now)  # a STOP came in while we were at it
            return None
        listening = [one for one in here if one.listens]
        if not listening:
            raise NotUnderstood
        return self._obeying.obey(reply, listening, now, shared=len({one.partner_id for one in here}) > 1)

    def _help(self, inbound: Inbound, people: Sequence[Correspondent], now: datetime) -> str | None:
        """A short help, at most once a day; to nobody who stopped, left, or was never spoken to."""
        with self._database.read() as connection:
            ids = [one.contact_id for one in people]
            helped = inbox.wrote_since(connection, ids, Command.UNKNOWN, inbound.at - HELPED_FOR)
            invited = [one for one in people if one.consent is Standing.NONE and not (one.gone or one.left)]
            invited = [one for one in invited if inbox.offer_to(connection, one.contact_id, now) is not None]
        spoken_to = [one for one in people if one.listens] + invited
        return None if helped or not spoken_to else self._texts.text("unknown", spoken_to[0].locale)

    def _stopped_since(self, people: Sequence[Correspondent], moment: datetime) -> bool:
        """Whether a STOP that was written later came in earlier: then it is the last word."""
        with self._database.read() as connection:
            return inbox.wrote_since(connection, [one.contact_id for one in people], Command.STOP, moment)

    def _note(self, inbound: Inbound, people: Sequence[Correspondent], command: str) -> bool:
        """Note it with who has the number now: whoever had it before them would find it among their own data."""
        holder = next((one for one in people if not one.gone), people[0])
        with self._database.write() as connection:
            name = (inbound.provider, inbound.provider_id)
            return inbox.note_seen(connection, name, holder.contact_id, command, inbound.at)
