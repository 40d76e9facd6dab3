"""Who a message speaks to and about, and what an email's frame needs to know."""

import re
from dataclasses import dataclass
from functools import lru_cache

#: Control characters, overrides of the direction of writing, and the private area, which marks values internally.
INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ue000-\uf8ff]+")


@lru_cache(maxsize=4096)
def one_line(text: str) -> str:
    """The text on one line, with single blanks and nothing invisible that could move or hide what follows."""
    return " ".join(INVISIBLE.sub(" ", text).split())


@dataclass(frozen=True, slots=True)
class Voice:
    """The names a message may use: `you` receives it. `occasion` is a date's key, `days_left` until it, 0 on the day.

    `locale` is the language of the message, as in the pools.
    """

    you: str
    partner: str
    locale: str = "en"
    occasion: str | None = None
    days_left: int | None = None

    def names(self) -> dict[str, dict[str, str]]:
        """What an entry may say: `you.name` and `partner.name`."""
        return {"you": {"name": one_line(self.you)}, "partner": {"name": one_line(self.partner)}}

    def frame(self) -> dict[str, object]:
        """What our own templates may say: the names, the locale, and the occasion or None."""
        return {**self.names(), "locale": self.locale, "occasion": self._occasion()}

    def _occasion(self) -> dict[str, object] | None:
        """The occasion in words: `ana-birthday` is the birthday of whichever of the two is named Ana."""
        if self.occasion is None or self.days_left is None:
            return None
        words = one_line(re.sub(r"[-_]+", " ", self.occasion)).split(" ")
        whose = {self.you.casefold(): "you", self.partner.casefold(): "partner"}.get(words[0].casefold())
        known = whose is not None and len(words) > 1
        name = " ".join(words[1:]) if known else " ".join(words)
        return {"name": name, "days": self.days_left, "whose": whose if known else None}


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an email carries beside its words: `message_id` is complete, with its angle brackets.

    `unsubscribe_mailto` is a whole `mailto:` URI. `sender` is the operator's name, shown at the foot. `settings_url` is
    the reader's own page, where there is one.
    """

    message_id: str
    unsubscribe_url: str | None
    unsubscribe_mailto: str | None
    sender: str
    settings_url: str | None = None
