"""Pick: what to say at one of a couple's moments, from what the couple is and has had."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice

from nudger.actions.cases import Library, Turn
from nudger.domain.chance import Dice
from nudger.domain.picking import CompiledPool, NothingFits, Pick, Situation, cooling, pick_check_in, pick_idea
from nudger.domain.pools import Entry, Kind
from nudger.domain.themes import Theme
from nudger.domain.wall_clock import zone

#: How many ideas back a theme's turn is looked for; one that is seldomer than that waits for chance alone.
LATELY = 40
#: How often an idea that does not fit a text is drawn anew: a pool in which six in a row are too long wants mending.
FURTHER = 5
#: What was picked for a couple, oldest first, as (entry, kind, theme, at).
Recent = Sequence[tuple[str, str, Theme, datetime]]


@dataclass(frozen=True)
class Picking:
    """One pick: the couple's situation at the message's own moment, and the dice that belong to it alone.

    Never the moment it happens to be sent: a preview and a late daemon must come to the same answer.
    """

    library: Library
    key: bytes
    case: Turn
    recent: Recent
    fits: Callable[[Entry], bool] = lambda _: True

    def answer(self) -> Sequence[Pick] | NothingFits:
        """What to say: one idea, or a check-in's opener and prompts."""
        pool = self.library.pool(self.case.partner.locale)
        if pool is None:
            return NothingFits((("locale", 0),), "locale")
        check_in = self.case.schedule.check_in
        if check_in is not None:
            return pick_check_in(pool, self.situation, self._used(pool), check_in.prompts, self.dice())
        answer = self._fitting(pool)
        return answer if isinstance(answer, NothingFits) else [answer]

    def _fitting(self, pool: CompiledPool) -> Pick | NothingFits:
        """An idea that is short enough for these names; the last one drawn where none is found, which is then told."""
        used, unfit = self._used(pool, self.case.least_rest), 0
        answer = pick_idea(pool, self.situation, used, self.dice())
        for further in range(1, 1 + FURTHER):
            if isinstance(answer, NothingFits) or self.fits(answer.entry):
                break
            unfit |= 1 << pool.index[answer.entry.id]
            other = pick_idea(pool, self.situation, used, self.dice(further), unfit)
            if isinstance(other, NothingFits):
                break
            answer = other
        return answer

    def _used(self, pool: CompiledPool, least: timedelta = timedelta(0)) -> int:
        """What is resting; how long the couple wants ideas to rest holds for ideas alone, questions may come again."""
        return cooling(pool, [(entry, at) for entry, _, _, at in self.recent], self.case.message.due_at, least)

    @cached_property
    def situation(self) -> Situation:
        """The couple as it stands."""
        ideas = (theme for _, kind, theme, _ in reversed(self.recent) if kind == Kind.IDEA)
        home, partner = self.case.home, self.case.partner
        return Situation(
            preferences=home.couple.preferences,
            themes=self.case.schedule.themes,
            channel=self.case.channel,
            local=self.case.message.due_at.astimezone(zone(partner.timezone)),
            life_state=home.life_state,
            intimacy_agreed=home.intimacy_agreed,
            sms_may_be_intimate=not any((reader.phone or "").startswith("+1") for reader in self.case.readers),
            coming=self.case.coming,
            lately=tuple(islice(ideas, LATELY)),
        )

    def dice(self, *further: int) -> Dice:
        """A draw for this occurrence: the partner has a say in it only where each receives their own."""
        case = self.case
        whose = "both" if case.shared else case.partner.key
        period, slot = case.message.period.isoformat(), case.message.slot
        return Dice(self.key, "pick", case.home.couple.key, case.schedule.key, period, slot, whose, *further)
