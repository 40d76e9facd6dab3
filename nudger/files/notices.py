"""The service's own words: invitations, answers to replies, confirmations; one file for each language."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_core import PydanticCustomError

from nudger.domain.people import Allowance
from nudger.domain.themes import Theme
from nudger.files.contacts import read_locale
from nudger.files.faults import Fault, InvalidFiles, Place, listed, quote
from nudger.files.outlines import VERSION, Version
from nudger.files.pools import LongText
from nudger.files.reading import Unreadable, files_in, read_file
from nudger.files.slips import Sheet, Slip, choices, read
from nudger.files.spellings import Line

#: The language every other falls back to.
LAST_RESORT = "en"

_INVITATION = frozenset({"inviter", "operator", "often"})
_LETTER = _INVITATION | {"name", "link"}

#: Every text by its name, with the variables it has in every language: `name` is who reads it, `inviter` the other
#: partner, `operator` who runs this, `often` what `Notices.often` says, `link` a web address, `count` so many a week,
#: `theme` one of the pieces at the end.
VARIABLES: Mapping[str, frozenset[str]] = {
    "invitation_sms": _INVITATION,
    "invitation_subject": frozenset(),
    "invitation_email": _LETTER,
    "reminder_sms": _INVITATION,
    "reminder_subject": frozenset(),
    "reminder_email": _LETTER,
    "expired": frozenset(),
    "started": frozenset({"often"}),
    "stopped": frozenset(),
    "stopped_or_parted": frozenset(),
    "help": frozenset({"operator", "often"}),
    "unknown": frozenset(),
    "not_here": frozenset(),
    "paused": frozenset({"date"}),
    "resumed": frozenset(),
    "snoozed": frozenset(),
    "fewer": frozenset({"count"}),
    "fewest": frozenset(),
    "more": frozenset({"count"}),
    "most": frozenset(),
    "done": frozenset(),
    "loved": frozenset(),
    "skipped": frozenset(),
    "why": frozenset({"theme"}),
    "why_untold": frozenset(),
    "why_none": frozenset(),
    "pool": frozenset({"link"}),
    "hard_week": frozenset(),
    "apart": frozenset(),
    "confirm_loss": frozenset(),
    "loss": frozenset(),
    "confirm_end": frozenset(),
    "ended": frozenset(),
    "unchanged": frozenset(),
    # Pieces of the others
    "often_at_most": frozenset({"count"}),
    "often_open": frozenset(),
    "date": frozenset({"day", "month"}),
    **{f"theme_{theme}": frozenset() for theme in Theme if theme is not Theme.INTIMACY},  # that one is never named
}
PLACEHOLDER = re.compile(r"\{(\w+)\}", re.ASCII)

Months = Annotated[list[Line], Field(min_length=12, max_length=12)]


class WrittenNotices(Sheet):
    """All that the service says by itself, in one language."""

    version: Version = VERSION
    months: Months = Field(description="The months as they stand in a date.", examples=[["January", "February"]])
    texts: dict[str, LongText] = Field(description="Every text by its name.", examples=[{"resumed": "Back again."}])

    @classmethod
    def rules(cls, data: Mapping[str, object]) -> Iterator[Slip]:
        """Every text is there, none is unknown, and each has its own variables: no more, no fewer."""
        texts = data.get("texts")
        if not isinstance(texts, dict):
            return
        for name in VARIABLES.keys() - texts.keys():
            yield Slip(("texts",), f"the text {name} is missing", f"add {name}", on_key=True)
        for name, text in texts.items():
            if name not in VARIABLES:
                yield Slip(("texts", name), f"there is no text {quote(name)}", choices(name, [*VARIABLES]), on_key=True)
            elif isinstance(text, str):
                yield from _misfits(name, text)


def _misfits(name: str, text: str) -> Iterator[Slip]:
    used, wanted = frozenset(PLACEHOLDER.findall(text)), VARIABLES[name]
    for extra in sorted(used - wanted):
        have = listed([f"{{{one}}}" for one in sorted(wanted)], "and") or "no variables"
        yield Slip(("texts", name), f"{{{extra}}} means nothing in {name}", f"{name} has {have}")
    for lacking in sorted(wanted - used):
        yield Slip(("texts", name), f"{name} does not say {{{lacking}}}", f"put {{{lacking}}} where it belongs")
    if re.search(r"[{}]", PLACEHOLDER.sub("", text)):
        yield Slip(("texts", name), "there is a brace that belongs to no variable", "take it out")


@dataclass(frozen=True, slots=True)
class Notices:
    """The texts of every language, by locale."""

    written: Mapping[str, WrittenNotices]

    def text(self, name: str, locale: str, /, **values: object) -> str:
        """One text with its variables filled in; values it has no place for are passed over.

        fr-CA falls back to fr, and fr to en. KeyError where there is no such text or a value is missing.
        """
        source = self._of(locale).texts[name]
        return PLACEHOLDER.sub(lambda found: str(values[found[1]]), source)

    def day(self, day: date, locale: str) -> str:
        """A day as people say it: 5 December."""
        return self.text("date", locale, day=day.day, month=self._of(locale).months[day.month - 1])

    def often(self, allowance: Allowance | None, locale: str) -> str:
        """How often something comes at the most, for the middle of a sentence; in open words where nothing limits it.

        A limit by the day alone is told as seven times as many a week, for every text speaks of weeks.
        """
        limits = [allowance.week, None if allowance.day is None else 7 * allowance.day] if allowance else []
        counts = [limit for limit in limits if limit is not None]
        return self.text("often_at_most", locale, count=min(counts)) if counts else self.text("often_open", locale)

    def _of(self, locale: str) -> WrittenNotices:
        language = locale.partition("-")[0]
        return self.written[next(one for one in (locale, language, LAST_RESORT) if one in self.written)]


def load_notices(folder: Path) -> Notices:
    """Read `<folder>/<locale>.yaml` for every language; InvalidFiles, with all their faults, where any is wrong."""
    try:
        paths = files_in(folder)
    except Unreadable as reason:
        raise InvalidFiles([Fault(Place(folder, 1, 1), reason.message, reason.mend)]) from None
    faults: list[Fault] = []
    written = {path.stem: sheet for path in paths if (sheet := _read(path, faults)) is not None}
    if LAST_RESORT not in {path.stem for path in paths}:
        faults.append(Fault(Place(folder, 1, 1), "there is no en.yaml", "every other language falls back to it"))
    if faults:
        raise InvalidFiles(sorted(faults))
    return Notices(written)


def _read(path: Path, faults: list[Fault]) -> WrittenNotices | None:
    try:
        read_locale(path.stem)
    except PydanticCustomError:
        message = f"{quote(path.stem)} is not a language"
        faults.append(Fault(Place(path, 1, 1), message, "name the file like en.yaml or fr-CA.yaml"))
        return None
    document = read_file(path)
    sheet = read(WrittenNotices, document, ()) if document.whole else None
    faults += document.faults
    return sheet
