"""An entry's words as a text message, normalised and measured."""

from collections.abc import Mapping

from nudger.domain.messages import SmsContent
from nudger.domain.pools import Entry
from nudger.rendering.faults import CannotRender, TooLong
from nudger.rendering.frames import Frames
from nudger.rendering.gsm import measure, normalise
from nudger.rendering.sandbox import fill
from nudger.rendering.voice import Voice


class Texts:
    """Writes texts of at most `limit` segments into the frames of one folder."""

    def __init__(self, frames: Frames, limit: int) -> None:
        """Keep the frames and the limit."""
        self._frames = frames
        self._limit = limit

    def idea(self, entry: Entry, voice: Voice) -> SmsContent:
        """One idea as a text; CannotRender where the entry has none, TooLong where it takes too many segments."""
        return self._text("idea", voice, {"words": words(entry.sms, entry, voice)})

    def check_in(self, opener: Entry, voice: Voice) -> SmsContent:
        """The opener of a check-in as a text; the same errors as for an idea."""
        return self._text("check_in", voice, {"opener": words(opener.ask, opener, voice)})

    def note(self, link: str, voice: Voice) -> SmsContent:
        """That there is a note to read, and where; the same errors."""
        return self._text("note", voice, {"link": link})

    def _text(self, name: str, voice: Voice, values: Mapping[str, object]) -> SmsContent:
        filled = self._frames.write(f"sms/{name}.txt", voice.locale, self._frames.about(voice) | dict(values))
        text = normalise(filled)
        encoding, segments = measure(text)
        if segments > self._limit:
            raise TooLong(f"The text takes {segments} segments ({encoding}), {self._limit} are allowed.")
        return SmsContent(text, encoding, segments)


def words(source: str | None, entry: Entry, voice: Voice) -> str:
    """A pool text for a text message, normalised; CannotRender where there is none or nothing is left of it."""
    filled = normalise("".join(fill(source, voice.names()))) if source is not None else ""
    if not filled:
        raise CannotRender(f"{entry.id} has no words for a text.")
    return filled
