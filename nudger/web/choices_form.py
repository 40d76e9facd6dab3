"""The settings form: what it offers, and what was sent in it as choices, or as mistakes that say how to mend them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import time
from functools import cache
from zoneinfo import available_timezones

from nudger.domain.own_choices import OwnChoices
from nudger.domain.people import Allowance, ChannelKind, Partner
from nudger.domain.schedules import MessageKind
from nudger.domain.themes import Theme
from nudger.domain.windows import Window
from nudger.web.bodies import Form

REGIONS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)
#: What a limit offers where the files set none.
UNLIMITED = 7
EVERY_DAY = frozenset(range(7))
#: Tenderness has a consent of its own, and no switch among the themes.
SWITCHES = tuple(theme for theme in Theme if theme is not Theme.INTIMACY)


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong, at which field; the words stand in the summary and at the field alike."""

    field: str
    words: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be chosen beside what the partner's own files give: languages, and words to leave out."""

    locales: tuple[str, ...] = ("en",)
    tags: Mapping[str, str] = field(default_factory=dict)


@cache
def zones() -> Mapping[str, tuple[str, ...]]:
    """Every time zone by its region, as a list to choose from."""
    found: dict[str, list[str]] = {region: [] for region in REGIONS}
    for name in sorted(available_timezones()):
        region, slash, _ = name.partition("/")
        if slash and region in found:
            found[region].append(name)
    return {region: tuple(names) for region, names in found.items()}


def limits(partner: Partner) -> dict[str, range]:
    """For each limit's field, such as `weekly_sms`, the numbers it offers: never more than is written."""
    offered = {}
    for channel in ChannelKind:
        if partner.address(channel) is not None:
            written = partner.budget.get(channel, Allowance())
            offered[f"weekly_{channel}"] = range(_top(written.week) + 1)
            offered[f"daily_{channel}"] = range(1, _top(written.day) + 1)
    return offered


def arranged(partner: Partner) -> dict[str, int | None]:
    """For each limit's field the number written; None where there is none."""
    written = {channel: partner.budget.get(channel, Allowance()) for channel in ChannelKind}
    weekly = {f"weekly_{channel}": limit.week for channel, limit in written.items()}
    return weekly | {f"daily_{channel}": limit.day for channel, limit in written.items()}


def _top(written: int | None) -> int:
    return UNLIMITED if written is None else written


def read(form: Form, partner: Partner, offer: Offer, channels: Collection[ChannelKind]) -> OwnChoices | list[Mistake]:
    """The choices in a form that was sent, or what is wrong with it; a value the form never offered is refused too.

    `channels` are those that the partner has said yes to.
    """
    mistakes: list[Mistake] = []
    quiet = _quiet(form, mistakes)
    days = _days(form, mistakes)
    own = OwnChoices(
        themes_off=frozenset(SWITCHES) - _themes(form),
        channels=_channels(form, channels, mistakes),
        weekly=_limit("weekly", form, partner, mistakes),
        daily=_limit("daily", form, partner, mistakes),
        quiet_hours=quiet,
        days=days,
        timezone=_one_of("timezone", form, {name for names in zones().values() for name in names}, mistakes),
        locale=_one_of("locale", form, offer.locales, mistakes),
        avoid=frozenset(form.getlist("avoid")) & frozenset(offer.tags),
        discreet=form.get("discreet") == "yes",
    )
    return mistakes or own


def _themes(form: Form) -> frozenset[Theme]:
    sent = set(form.getlist("theme"))
    return frozenset(theme for theme in SWITCHES if theme in sent)


def _channels(form: Form, channels: Collection[ChannelKind], mistakes: list[Mistake]) -> dict[MessageKind, ChannelKind]:
    chosen = {kind: _one_of(f"channel_{kind}", form, channels, mistakes) for kind in MessageKind}
    return {kind: ChannelKind(channel) for kind, channel in chosen.items() if channel}


def _one_of(name: str, form: Form, offered: Iterable[str], mistakes: list[Mistake]) -> str | None:
    sent = form.get(name, "")
    if not sent:
        return None
    if sent not in offered:
        mistakes.append(Mistake(name, "Choose one from the list"))
        return None
    return sent


def _limit(which: str, form: Form, partner: Partner, mistakes: list[Mistake]) -> dict[ChannelKind, int]:
    found = {}
    for channel in ChannelKind:
        name = f"{which}_{channel}"
        numbers = {str(number): number for number in limits(partner).get(name, ())}
        chosen = _one_of(name, form, numbers, mistakes)
        if chosen is not None:
            found[channel] = numbers[chosen]
    return found


def _days(form: Form, mistakes: list[Mistake]) -> frozenset[int]:
    days = frozenset(day for day in EVERY_DAY if str(day) in form.getlist("day"))
    if not days:
        mistakes.append(Mistake("day", "Leave at least one day. To hear nothing for a while, use Pause"))
    return frozenset() if days == EVERY_DAY else days


def _quiet(form: Form, mistakes: list[Mistake]) -> Window | None:
    start, end = form.get("quiet_from", ""), form.get("quiet_to", "")
    if not start and not end:
        return None
    try:
        window = Window(_wall_time(start), _wall_time(end))
    except ValueError:
        missing = "quiet_from" if not start else "quiet_to"
        mistakes.append(
            Mistake(missing, "Give quiet hours a beginning and an end, such as 21:00 and 08:00, or neither")
        )
        return None
    if window.start == window.end:
        mistakes.append(Mistake("quiet_to", "Let quiet hours end at another time than they begin"))
        return None
    return window


def _wall_time(sent: str) -> time:
    """A time of day as a browser sends it. ValueError for any other, and for one with an offset from UTC.

    No wall time compares with such a one, and the gate would stumble over it with everybody's messages in its hands.
    """
    at = time.fromisoformat(sent)
    if at.tzinfo is not None:
        raise ValueError("A time of day on one's own clock has no offset.")
    return at
