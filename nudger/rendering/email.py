"""An entry's words as an email: subject, text part and HTML part."""

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
            return self._from_markdown(fill(entry.email.body, voice.names()))
        if entry.sms is not None:
            return self._from_markdown(["", plain(entry.sms, voice, entry.id), ""])
        raise CannotRender(f"{entry.id} has neither an email nor a text.")

    def check_in(self, opener: Entry, prompts: Sequence[Entry], voice: Voice, envelope: Envelope) -> EmailContent:
        """The questions of a check-in, the opener first and the rest numbered."""
        questions = [question(prompt, voice) for prompt in prompts]
        values = {"opener": question(opener, voice), "prompts": questions}
        return self._letter("check_in", voice, envelope, self._subject("check_in", voice), values)

    def _subject(self, name: str, voice: Voice) -> str:
        return one_line(self._frames.write(f"email/{name}.subject.txt", voice.locale, self._frames.about(voice)))

    def _letter(
        self, name: str, voice: Voice, envelope: Envelope, subject: str, values: Mapping[str, object]
    ) -> EmailContent:
        headers = headers_for(envelope)
        values = self._frames.about(voice) | {
            **values,
            "subject": subject,
            "sender": one_line(envelope.sender),
            "stop": envelope.unsubscribe_url or envelope.unsubscribe_mailto,
        }
        text = self._frames.write(f"email/{name}.txt", voice.locale, _part(values, "text"))
        html = self._frames.write(f"email/{name}.html", voice.locale, _part(values, "html"))
        return EmailContent(subject=subject, text=lay_out(text), html=html, headers=headers)

    def _from_markdown(self, parts: Sequence[str]) -> Words:
        """The words with their values filled in after Markdown was read: a name is never markup."""
        slots = [chr(FIRST_SLOT + n) for n in range(len(parts) // 2)]
        source = "".join(piece for pair in zip(parts[::2], [*slots, ""], strict=True) for piece in pair)
        text, html = self._read(source)
        if not text.strip():
            raise CannotRender("The email is empty.")
        if any(html.count(slot) != 1 for slot in slots):
            raise CannotRender("A name cannot stand in the address of a link.")
        values = dict(zip(slots, parts[1::2], strict=True))
        safe = {slot: str(escape(value)) for slot, value in values.items()}
        return Words(_filled(text, values), Markup(_filled(html, safe)))  # noqa: S704 (values are escaped, the rest is ours)

    def _read_markdown(self, source: str) -> tuple[str, str]:
        return to_text(source), self._frames.style(to_html(source))


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


def _filled(text: str, values: Mapping[str, str]) -> str:
    for slot, value in values.items():
        text = text.replace(slot, value)
    return text


def _part(values: Mapping[str, object], part: str) -> dict[str, object]:
    """The values as one part of the email shows them."""
    return {key: getattr(value, part) if isinstance(value, Words) else value for key, value in values.items()}
