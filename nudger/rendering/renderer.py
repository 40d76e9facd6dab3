"""The one door to rendering: entries and voices go in, texts and emails come out."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from nudger.domain.messages import EmailContent, SmsContent
from nudger.domain.pools import EmailText, Entry, Kind, Pool, Role
from nudger.domain.themes import Theme
from nudger.rendering import lint
from nudger.rendering.email import Letters
from nudger.rendering.faults import CannotRender, Problem, TooLong
from nudger.rendering.frames import Frames
from nudger.rendering.lints.trials import TYPICAL, trials
from nudger.rendering.sms import Texts
from nudger.rendering.voice import Envelope, Voice

__all__ = ["CannotRender", "Envelope", "Problem", "Renderer", "TooLong", "Voice"]

#: What an operator's own words are written into, beside the pools.
WORDS = "words.txt"
#: Texts kept at hand: whether an idea fits is asked for just before it is written.
LAST_TEXTS = 64


class Renderer:
    """Renders with the templates of one folder. The same arguments give the same bytes."""

    def __init__(self, templates: Path, segment_limit: int = 2, words: Sequence[Path] = ()) -> None:
        """Look into `templates` for `sms/` and `email/`; a text may take `segment_limit` segments at most.

        `words` are files of words that are spelt right, one to a line; a file that does not exist has none.
        """
        self._words = words
        frames = Frames(templates)
        self._texts = Texts(frames, segment_limit)
        self._idea = lru_cache(LAST_TEXTS)(self._texts.idea)
        self._letters = Letters(frames)

    def sms(self, entry: Entry, voice: Voice) -> SmsContent:
        """An idea as a text. CannotRender where the entry has none, TooLong where it takes too many segments."""
        return self._idea(entry, voice)

    def fits(self, entry: Entry, voice: Voice) -> bool:
        """Whether an idea as a text keeps to the segments allowed; one that makes no text at all is not too long."""
        try:
            self.sms(entry, voice)
        except TooLong:
            return False
        except CannotRender:
            return True
        return True

    def idea_email(self, entry: Entry, voice: Voice, envelope: Envelope) -> EmailContent:
        """An idea as an email, made from the short text where the entry has no longer one. May raise CannotRender."""
        return self._letters.idea(entry, voice, envelope)

    def check_in_email(self, opener: Entry, prompts: Sequence[Entry], voice: Voice, envelope: Envelope) -> EmailContent:
        """A check-in as an email: the opener, a tip for the listener, the prompts numbered. May raise CannotRender."""
        return self._letters.check_in(opener, prompts, voice, envelope)

    def check_in_sms(self, opener: Entry, prompts: Sequence[Entry], voice: Voice) -> SmsContent:  # noqa: ARG002 (both ways of a check-in are called alike)
        """A check-in as one text: the opener alone. CannotRender and TooLong as for an idea."""
        return self._texts.check_in(opener, voice)

    def note_sms(self, link: str, voice: Voice) -> SmsContent:
        """A text that says no more than that there is a note, and where. CannotRender and TooLong as for an idea."""
        return self._texts.note(link, voice)

    def note_email(self, link: str, voice: Voice, envelope: Envelope) -> EmailContent:
        """An email that says no more than that there is a note, and where. May raise CannotRender."""
        return self._letters.note(link, voice, envelope)

    def prove(self, locales: Iterable[str]) -> None:
        """Fill every layout once in each language, and keep them at hand. CannotRender where one does not work."""
        idea = Entry("proof", Theme.GROWTH, sms="A walk.", email=EmailText("A walk", "A walk, *slowly*."))
        asks = Entry("proof", Theme.COMMUNICATION, Kind.PROMPT, ask="What was best?", role=Role.OPENER)
        envelope = Envelope("<proof@example.com>", None, None, "Nudger", "https://example.com/")
        for locale in locales:
            voice = Voice("Ana", "Ben", locale, "anniversary", 3)
            self.sms(idea, voice)
            self.check_in_sms(asks, [asks], voice)
            self.note_sms("https://example.com/", voice)
            self.idea_email(idea, voice, envelope)
            self.check_in_email(asks, [asks], voice, envelope)
            self.note_email("https://example.com/", voice, envelope)

    def problems(self, entry: Entry, locale: str) -> list[Problem]:
        """All that is wrong with an entry's templates, tried with short, long and non-GSM names."""
        return trials(entry, locale, self._texts, self._letters)

    def pool_problems(self, pool: Pool) -> Iterator[tuple[str, Problem]]:
        """What a careful reader finds in a pool, each finding with the id of its entry."""
        voice = Voice(*TYPICAL, locale=pool.locale)
        return lint.findings(pool, lambda entry: self.sms(entry, voice).text, own_words(self._words))


def own_words(files: Sequence[Path]) -> frozenset[str]:
    """The lines of the files that exist, in lower case; one that starts with # is a remark and matches no word."""
    lines = (line for file in files if file.is_file() for line in file.read_text(encoding="utf-8").splitlines())
    return frozenset(line.strip().lower() for line in lines)
