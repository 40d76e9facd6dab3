"""What one partner chose alone: it only ever narrows what the files say, and is nobody else's business."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from nudger.domain.people import Allowance, ChannelKind, LifeState, Partner
from nudger.domain.schedules import MessageKind
from nudger.domain.themes import Theme
from nudger.domain.windows import Window

#: From the lightest to the heaviest: of two states that hold at once the later one counts.
BY_WEIGHT = tuple(LifeState)


@dataclass(frozen=True, slots=True)
class OwnChoices:
    """One partner's own settings; None or empty means as written in the files.

    `channels` say by which channel a kind of message comes, whatever a schedule has arranged. `weekly` and `daily` are
    the most messages of a channel per local week and day. `quiet_hours` hold beside those written. `days` are the local
    weekdays on which anything may come, 0 for Monday. `timezone` is an IANA name. `discreet` keeps every word off the
    lock screen: only that there is a note, and a link to it.
    """

    themes_off: frozenset[Theme] = frozenset()
    channels: Mapping[MessageKind, ChannelKind] = field(default_factory=dict)
    weekly: Mapping[ChannelKind, int] = field(default_factory=dict)
    daily: Mapping[ChannelKind, int] = field(default_factory=dict)
    quiet_hours: Window | None = None
    days: frozenset[int] = frozenset()
    timezone: str | None = None
    locale: str | None = None
    avoid: frozenset[str] = frozenset()
    discreet: bool = False


AS_WRITTEN = OwnChoices()


def effective(partner: Partner, own: OwnChoices) -> Partner:
    """The partner as written, narrowed by their own choices: zone, language, and the stricter budget.

    Quiet hours stay as written: the gate asks about both. Channels are chosen for each kind; see `chosen_channels`.
    """
    if own is AS_WRITTEN or own == AS_WRITTEN:
        return partner
    channels = partner.budget.keys() | own.weekly.keys() | own.daily.keys()
    return replace(
        partner,
        timezone=own.timezone or partner.timezone,
        locale=own.locale or partner.locale,
        budget={channel: _stricter(channel, partner, own) for channel in sorted(channels)},
    )


def chosen_channels(partner: Partner, own: OwnChoices) -> dict[MessageKind, ChannelKind]:
    """The partner's own channel for each kind they chose one for; one without an address is passed over."""
    return {kind: channel for kind, channel in own.channels.items() if partner.address(channel) is not None}


def _stricter(channel: ChannelKind, partner: Partner, own: OwnChoices) -> Allowance:
    written = partner.budget.get(channel, Allowance())
    return Allowance(_least(written.day, own.daily.get(channel)), _least(written.week, own.weekly.get(channel)))


def _least(*limits: int | None) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)


def heavier(one: LifeState, other: LifeState) -> LifeState:
    """The state that counts where a couple and one of the two say different things."""
    return max(one, other, key=BY_WEIGHT.index)


def changed(before: OwnChoices, after: OwnChoices) -> list[str]:
    """The names of the fields that differ, in the order of the class: stable keys to tell people what they changed."""
    return [name for name in OwnChoices.__slots__ if getattr(before, name) != getattr(after, name)]
