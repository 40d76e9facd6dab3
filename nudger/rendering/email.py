"""An entry's words as an email: subject, text part and HTML part."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup, escape

from nudger.domain.messages import EmailContent
from nudger.domain.pools import Entry
from nudger.rendering.faults import CannotRender
from nudger.rendering.frames import Frames, lay_out
from nudger.rendering.headers import headers_for
from nudger.rendering.markdown import to_html, to_text
from nudger.rendering.sandbox import fill
from nudger.rendering.voice import Envelope, Voice, one_line

#: The first of the characters that stand for the values of a text while Markdown is read.
FIRST_SLOT = 0xE100
TAG = re.compile(r"(<[^>]*>)")
#: Straight quotes that begin something: after a blank, a bracket, a dash or another opening quote.
OPENING = re.compile(r"(?<![^\s(\[\u2013\u2014\u2018\u201c])['\"]++(?!\s)")
TO_OPENING, TO_CLOSING = ({39: single, 34: double} for single, double in ("\u2018\u201c", "\u2019\u201d"))


@dataclass(frozen=True, slots=True)
class Words:
    """The same words in both parts of an email; `html` is safe as it is."""

    text: str
    html: Markup


class Letters:
    """Writes emails into the frames of one folder."""

    def __init__(self, frames: Frames) -> None:
        """Remember what each Markdown text became, so that only the names are filled in for each message."""
        self._frames = frames
        self._read = lru_cache(maxsize=8192)(self._read_markdown)

    def idea(self, entry: Entry, voice: Voice, envelope: Envelope) -> EmailContent:
        """One idea from the entry's email text, else from its short text under a subject that tells nothing."""
        return self._letter("idea", voice, envelope, self.subject(entry, voice), {"words": self.body(entry, voice)})

    def subject(self, entry: Entry, voice: Voice) -> str:
        """The subject of an idea, on one line."""
        return plain(entry.email.subject, voice, entry.id) if entry.email else self._subject("idea", voice)

    def body(self, entry: Entry, voice: Voice) -> Words:
        """The words of an idea; CannotRender where it has none."""
        if entry.email is not None:
            return self._from_markdown(fill(entry.email.body, voice.names()), voice.locale)
        if entry.sms is not None:
            return self._from_markdown(["", plain(entry.sms, voice, entry.id), ""], voice.locale)
        raise CannotRender(f"{entry.id} has neither an email nor a text.")

    def check_in(self, opener: Entry, prompts: Sequence[Entry], voice: Voice, envelope: Envelope) -> EmailContent:
        """The questions of a check-in, the opener first and the rest numbered."""
        first, *others = (as_typed(question(prompt, voice), voice.locale) for prompt in (opener, *prompts))
        values = {"opener": first, "prompts": others}
        return self._letter("check_in", voice, envelope, self._subject("check_in", voice), values)

    def note(self, link: str, voice: Voice, envelope: Envelope) -> EmailContent:
        """That there is a note to read, and where."""
        return self._letter("note", voice, envelope, self._subject("note", voice), {"link": link})

    def _subject(self, name: str, voice: Voice) -> str:
        return one_line(self._frames.write(f"email/{name}.subject.txt", voice.locale, self._frames.about(voice)))

    def _letter(
        self, name: str, voice: Voice, envelope: Envelope, subject: str, values: Mapping[str, object]
    ) -> EmailContent:
        headers = headers_for(envelope)
        about = self._frames.about(voice)
        line = about["occasion_line"]
        values = about | {
            **values,
            "occasion_line": as_typed(line, voice.locale) if isinstance(line, str) else None,
            "subject": subject,
            "sender": one_line(envelope.sender),
            "stop": envelope.unsubscribe_url or envelope.unsubscribe_mailto,
            "settings": envelope.settings_url,
        }
        text = self._frames.write(f"email/{name}.txt", voice.locale, _shown(values, "text"))
        html = self._frames.write(f"email/{name}.html", voice.locale, _shown(values, "html"))
        return EmailContent(subject=subject, text=lay_out(text), html=html, headers=headers)

    def _from_markdown(self, parts: Sequence[str], locale: str) -> Words:
        """The words with their values filled in after Markdown was read: a name is never markup."""
        slots = [chr(FIRST_SLOT + n) for n in range(len(parts) // 2)]
        source = "".join(piece for pair in zip(parts[::2], [*slots, ""], strict=True) for piece in pair)
        text, html = self._read(source, locale)
        if not text.strip():
            raise CannotRender("The email is empty.")
        if any(html.count(slot) != 1 for slot in slots):
            raise CannotRender("A name cannot stand in the address of a link.")
        values = dict(zip(slots, parts[1::2], strict=True))
        safe = {slot: curled(str(escape(value)), locale) for slot, value in values.items()}
        return Words(_filled(text, values), Markup(_filled(html, safe)))  # noqa: S704 (values are escaped, the rest is ours)

    def _read_markdown(self, source: str, locale: str) -> tuple[str, str]:
        return to_text(source), self._frames.style(curled(to_html(source), locale))


def plain(source: str, voice: Voice, entry_id: str) -> str:
    """A pool text as one line of plain words; CannotRender where nothing is left."""
    words = one_line("".join(fill(source, voice.names())))
    if not words:
        raise CannotRender(f"{entry_id} has an empty text.")
    return words


def question(prompt: Entry, voice: Voice) -> str:
    """What a prompt asks; CannotRender where it is none."""
    if prompt.ask is None:
        raise CannotRender(f"{prompt.id} asks nothing.")
    return plain(prompt.ask, voice, prompt.id)


def as_typed(text: str, locale: str) -> Words:
    """Plain words for both parts."""
    return Words(text, Markup(curled(str(escape(text)), locale)))  # noqa: S704 (escaped)


def curled(html: str, locale: str) -> str:
    """The HTML with typographic quotes for straight ones, the only ones a text message has; its tags stay as they are.

    English only: other languages set their quotes otherwise, and their authors type what they mean.
    """
    if locale.partition("-")[0] != "en":
        return html
    before, pieces = " ", TAG.split(html)
    for place in range(0, len(pieces), 2):
        words = before + pieces[place].replace("&#39;", "'").replace("&#34;", '"').replace("&quot;", '"')
        words = OPENING.sub(lambda quotes: quotes[0].translate(TO_OPENING), words).translate(TO_CLOSING)
        before, pieces[place] = words[-1], words[1:]
    return "".join(pieces)


def _filled(text: str, values: Mapping[str, str]) -> str:
    for slot, value in values.items():
        text = text.replace(slot, value)
    return text


def _shown(values: Mapping[str, object], part: str) -> dict[str, object]:
    """The values as one part of the email shows them."""
    return {key: _one_part(value, part) for key, value in values.items()}


def _one_part(value: object, part: str) -> object:
    if isinstance(value, list):
        return [_one_part(item, part) for item in value]
    return getattr(value, part) if isinstance(value, Words) else value
