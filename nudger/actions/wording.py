"""Wording: picked entries in the words of one recipient, as a text or an email."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from nudger.actions.cases import Case, Turn
from nudger.domain.messages import Content, SmsContent
from nudger.domain.people import ChannelKind, Partner, is_push
from nudger.domain.pools import Entry
from nudger.links import fingerprint, message_id, page_url, unsubscribe_url
from nudger.rendering.gsm import measure
from nudger.rendering.renderer import Renderer
from nudger.rendering.voice import Envelope, Voice
from nudger.storage.links import Purpose, new_link

#: How long the page of a discreet note holds its words.
NOTE_LASTS = timedelta(days=30)
#: How long an email leads to its reader's settings.
SETTINGS_LAST = timedelta(days=30)
#: What to call someone who asked to be forgotten, by language.
UNNAMED = {"en": "your partner", "de": "dein Gegenüber", "es": "tu pareja", "fr": "ta moitié"}


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who the emails are from: name in the footer, domain of Message-IDs, where replies go, and our own web address."""

    sender: str
    domain: str
    mailto: str | None = None
    base_url: str | None = None


@dataclass(frozen=True, slots=True)
class Wording:
    """Puts picked entries into the words of one recipient, in the language the entries are in."""

    renderer: Renderer
    key: bytes
    letterhead: Letterhead
    case: Case
    language: str

    def content(self, entries: Sequence[Entry]) -> Content:
        """The text or email. Raises CannotRender."""
        render, by_text = self.renderer, self.case.message.channel is ChannelKind.SMS
        if self.case.schedule.check_in is not None:
            opener, *prompts = entries
            if by_text:
                return self._with_way_out(render.check_in_sms(opener, prompts, self.voice))
            return render.check_in_email(opener, prompts, self.voice, self.envelope)
        if by_text:
            return self._with_way_out(render.sms(entries[0], self.voice))
        return render.idea_email(entries[0], self.voice, self.envelope)

    def _with_way_out(self, content: SmsContent) -> SmsContent:
        """A push message cannot be answered with STOP: it ends with the page that stops it, and does nothing else.

        Not with the reader's settings, as an email does: some services show their messages to who guesses a topic.
        """
        base_url, contact = self.letterhead.base_url, self.case.contact
        if base_url is None or not is_push(contact.address):
            return content
        text = f"{content.text}\n\nStop: {unsubscribe_url(base_url, self.key, contact.id)}"
        return SmsContent(text, *measure(text))

    @property
    def voice(self) -> Voice:
        """Whom the words speak to, and about whom."""
        return voice_to(self.case, self.case.partner, self.language)

    @property
    def can_be_discreet(self) -> bool:
        """Whether there is anywhere to link to: in discreet mode nothing but a link may be shown."""
        return self.letterhead.base_url is not None

    def sign_of_a_note(self) -> Content:
        """No word of the message: that there is a note, and where. Raises CannotRender."""
        link = page_url(self.letterhead.base_url or "", "n", note_token(self.key, self.case))
        if self.case.message.channel is ChannelKind.SMS:
            return self.renderer.note_sms(link, self.voice)
        return self.renderer.note_email(link, self.voice, self.envelope)

    @property
    def envelope(self) -> Envelope:
        """The email's identity and ways out."""
        head, key, case = self.letterhead, self.key, self.case
        settings = page_url(head.base_url, "p", settings_token(key, case)) if head.base_url else None
        return Envelope(
            message_id=message_id(key, head.domain, *_occurrence(case)),
            unsubscribe_url=unsubscribe_url(head.base_url, key, case.contact.id) if head.base_url else None,
            unsubscribe_mailto=head.mailto,
            sender=head.sender,
            settings_url=settings,
        )


def voice_to(turn: Turn, partner: Partner, language: str) -> Voice:
    """Whom the words of a moment speak to, and about whom, in a language of the pools."""
    other = turn.home.couple.other(partner.key)
    occasion, days_left = turn.coming or (None, None)
    if occasion is not None and not other.name and occasion.startswith((f"{other.key}-", f"{other.key}_")):
        occasion = None  # a birthday of one who asked to be forgotten: its name is theirs
    return Voice(partner.name, other.name or _unnamed(language), language, occasion, days_left)


def _unnamed(language: str) -> str:
    return UNNAMED.get(language.partition("-")[0], UNNAMED["en"])


def open_note(connection: Connection, key: bytes, case: Case) -> None:
    """Open the page on which a discreet note is read."""
    _open(connection, Purpose.NOTE, note_token(key, case), case, NOTE_LASTS)


def open_settings(connection: Connection, key: bytes, case: Case) -> None:
    """Open the reader's own settings to who holds this email."""
    _open(connection, Purpose.PREFERENCES, settings_token(key, case), case, SETTINGS_LAST)


def _open(connection: Connection, purpose: Purpose, token: str, case: Case, lasts: timedelta) -> None:
    new_link(
        connection,
        lambda: token,
        purpose,
        case.message.partner_id,
        contact_id=case.contact.id,
        message_id=case.message.id,
        now=case.message.due_at,
        lasts=lasts,
    )


def note_token(key: bytes, case: Case) -> str:
    """The token of a discreet note's page; who lacks the key cannot tell it from a random one.

    The same each time a message is tried, so that its provider can be asked about the very text; and the same in a
    preview, where messages have other ids.
    """
    return fingerprint(key, "note", *_occurrence(case))


def settings_token(key: bytes, case: Case) -> str:
    """The token of the settings' page in the foot of an email, made like the note's."""
    return fingerprint(key, "settings", *_occurrence(case))


def _occurrence(case: Case) -> tuple[str, str, str, str, int]:
    message = case.message
    return (case.home.couple.key, case.schedule.key, case.partner.key, message.period.isoformat(), message.slot)
