"""Forecast: from a year foreseen, how long the pools last for a couple, and what is scarce."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from nudger.actions.compose import Library
from nudger.domain.fitting import Situation, standing
from nudger.domain.messages import Reason
from nudger.domain.people import ChannelKind
from nudger.domain.pools import Kind
from nudger.domain.themes import Theme
from nudger.domain.wall_clock import zone
from nudger.storage.people import CoupleRow
from nudger.storage.reports import Line

#: The first steps of every pick: not the couple's choices but what the schedule is about.
ASKED_FOR = {"kind", "occasion", "themes"}
#: What a check-in is called among the themes: its questions are a pool of their own.
CHECK_IN = "check_in"

Steps = Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a year holds for one couple and theme, or for its check-ins.

    `sent` messages of that theme; `different` entries among them; `days` until an entry comes again, or None where
    none does; `left` the fewest entries of the theme that there ever were to draw from, the resting ones left out;
    `fitting` the fewest that suit the couple at one of its moments, those included; `thin` the filter that takes most
    of the theme then, None where none takes any. `short` check-ins have fewer questions than the longest.
    """

    couple: str
    theme: str
    sent: int
    different: int
    days: int | None
    left: int | None
    thin: str | None
    fitting: int
    short: int


@dataclass(frozen=True, slots=True)
class Shortage:
    """Moments for which nothing fitted: how many, the first after how many days, and the filter at fault."""

    couple: str
    moments: int
    days: int
    emptied_by: str


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Tells what each filter leaves of one message's theme, whatever the past: what the pool has for the couple."""

    library: Library
    rows: Mapping[str, CoupleRow]

    def __call__(self, line: Line) -> Steps:
        """The filters in order, each with the entries it leaves."""
        row = self.rows[line.couple]
        partner = row.couple.partner(line.partner)
        pool = self.library.pool(partner.locale)
        if pool is None:
            return ()
        situation = Situation(
            preferences=row.couple.preferences,
            themes=() if is_check_in(line) else (Theme(line.theme or ""),),
            channel=ChannelKind(line.channel),
            local=line.due_at.astimezone(zone(partner.timezone)),
            life_state=row.life_state,
            intimacy_agreed=all(one.intimacy for one in row.partners),
            sms_may_be_intimate=True,
        )
        return standing(pool, situation, Kind.PROMPT if is_check_in(line) else Kind.IDEA).left


def is_check_in(line: Line) -> bool:
    """Whether a message asks questions."""
    return not {"opener", "role"}.isdisjoint(left(line))


def left(line: Line) -> Mapping[str, int]:
    """How many entries each step of the pick left, as recorded with it."""
    steps: Mapping[str, int] = (line.why or {}).get("left", {})
    return steps


def outlooks(lines: Sequence[Line], start: datetime, narrowing: Callable[[Line], Steps]) -> list[Outlook]:
    """One per couple and theme, in order."""
    by_theme: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        if line.theme and line.why and line.text:
            by_theme[line.couple, CHECK_IN if is_check_in(line) else line.theme].append(line)
    return [_outlook(couple, theme, some, start, narrowing) for (couple, theme), some in sorted(by_theme.items())]


def _outlook(
    couple: str, theme: str, lines: Sequence[Line], start: datetime, narrowing: Callable[[Line], Steps]
) -> Outlook:
    once = one_per_occurrence(lines)
    narrowest = min((narrowing(line) for line in once), key=_last)
    longest = max(len(line.entries) for line in once)
    return Outlook(
        couple,
        theme,
        sent=len(lines),
        different=len(Counter(entry for line in once for entry in line.entries)),
        days=_first_repeat(once, start),
        left=min(_last(list(left(line).items())) for line in once),
        thin=_thin(narrowest),
        fitting=_last(narrowest),
        short=sum(len(line.entries) < longest for line in once),
    )


def one_per_occurrence(lines: Sequence[Line]) -> list[Line]:
    """Both partners' copies of one message count once."""
    seen: dict[object, Line] = {}
    for line in lines:
        seen.setdefault((line.schedule, line.period, line.slot, line.entries), line)
    return list(seen.values())


def _first_repeat(once: Sequence[Line], start: datetime) -> int | None:
    seen: set[str] = set()
    for line in once:
        if seen & set(line.entries):
            return (line.due_at - start).days
        seen.update(line.entries)
    return None


def _last(steps: Steps) -> int:
    return steps[-1][1] if steps else 0


def _thin(steps: Steps) -> str | None:
    """The filter that took most of what the ones before it had left; what the schedule itself asks for is no filter."""
    losses = {name: before - after for (_, before), (name, after) in pairwise(steps) if name not in ASKED_FOR}
    worst = max(losses, key=lambda name: losses[name], default=None)
    return worst if worst and losses[worst] else None


def shortages(lines: Sequence[Line], start: datetime) -> list[Shortage]:
    """One per couple and filter that left nothing, in order."""
    empty: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        if line.reason == Reason.NOTHING_FITS and line.why:
            empty[line.couple, str(line.why.get("emptied_by"))].append(line)
    return [
        Shortage(couple, len(some), (min(line.due_at for line in some) - start).days, filter_name)
        for (couple, filter_name), some in sorted(empty.items())
    ]
