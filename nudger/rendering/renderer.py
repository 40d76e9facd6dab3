"""The one door to rendering: entries and voices go in, texts and emails come out."""

from collections.abc import Sequence
from pathlib import Path

from nudger.domain.messages import EmailContent, SmsContent
from nudger.domain.pools import Entry
from nudger.rendering import lint
from nudger.rendering.email import Letters
from nudger.rendering.faults import CannotRender, Problem, TooLong
from nudger.rendering.frames import Frames
from nudger.rendering.sms import Texts
from nudger.rendering.voice import Envelope, Voice

__all__ = ["CannotRender", "Envelope", "Problem", "Renderer", "TooLong", "Voice"]


class Renderer:
    """Renders with the templates of one folder. The same arguments give the same bytes."""

    def __init__(self, templates: Path, segment_limit: int = 2) -> None:
        """Look into `templates` for `sms/` and `email/`; a text may take `segment_limit` segments at most."""
        frames = Frames(templates)
        self._texts = Texts(frames, segment_limit)
        self._letters = Letters(frames)

    def sms(self, entry: Entry, voice: Voice) -> SmsContent:
        """An idea as a text. CannotRender where the entry has none, TooLong where it takes too many segments."""
        return self._texts.idea(entry, voice)

    def idea_email(self, entry: Entry, voice: Voice, envelope: Envelope) -> EmailContent:
        """An idea as an email, made from the short text where the entry has no longer one. May raise CannotRender."""
        return self._letters.idea(entry, voice, envelope)

    def check_in_email(self, opener: Entry, prompts: Sequence[Entry], voice: Voice, envelope: Envelope) -> EmailContent:
        """A check-in as an email: the opener, a tip for the listener, the prompts numbered. May raise CannotRender."""
        return self._letters.check_in(opener, prompts, voice, envelope)

    def check_in_sms(self, opener: Entry, prompts: Sequence[Entry], voice: Voice) -> SmsContent:  # noqa: ARG002 (both ways of a check-in are called alike)
        """A check-in as one text: the opener alone. CannotRender and TooLong as for an idea."""
        return self._texts.check_in(opener, voice)

    def problems(self, entry: Entry, locale: str) -> list[Problem]:
        """All that is wrong with an entry's templates, tried with short, long and non-GSM names."""
        return lint.problems(entry, locale, self._texts, self._letters)
