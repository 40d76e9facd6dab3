"""What one partner alone left out: their own copy goes without it, and the other's stays as it was to the byte.

What is picked for a couple never depends on what one of the two chose alone. Here, after that pick, the recipient's
own choices get their say: an idea of their own turn that they switched off is replaced by another one, which counts
for nobody else; a shared idea is not sent to them; a check-in goes without the questions in question.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from nudger.actions.cases import Case, Library
from nudger.actions.pick import Picking
from nudger.domain.chance import Dice
from nudger.domain.fitting import standing
from nudger.domain.own_choices import AS_WRITTEN
from nudger.domain.people import LifeState
from nudger.domain.picking import NothingFits, Pick, Situation, cooling, pick_idea
from nudger.domain.pools import Kind
from nudger.domain.wall_clock import zone
from nudger.storage.history import Picked

SWITCHED_OFF = NothingFits((("own_choices", 0),), "own_choices")


@dataclass(frozen=True)
class OwnPicking:
    """One recipient's say: `couples` is the pick for the couple, `theirs` what stood in for one of those before."""

    couples: Picking
    case: Case
    theirs: Sequence[Picked]

    @property
    def library(self) -> Library:
        """Where entries are looked up."""
        return self.couples.library

    @property
    def as_written(self) -> bool:
        """Whether there is nothing to ask: the recipient chose nothing, and never had anything replaced."""
        stored = self.case.stored
        if self.theirs or stored.life_state is not LifeState.ACTIVE:
            return False
        if stored.own is AS_WRITTEN or stored.own == AS_WRITTEN:
            return True
        chose = replace(stored.own, weekly={}, daily={}, quiet_hours=None, days=frozenset(), discreet=False)
        return chose == AS_WRITTEN

    def keep(self, picks: Sequence[Picked]) -> Sequence[Picked] | NothingFits:
        """What is left of the couple's picks for this recipient."""
        left = [pick for pick in picks if self.suits(pick)]
        if self.case.schedule.check_in is None or len(left) == len(picks):
            return left or SWITCHED_OFF
        opened = bool(left) and left[0] is picks[0]
        return left if opened and len(left) > 1 else SWITCHED_OFF

    def suits(self, pick: Picked) -> bool:
        """Whether an entry is one the recipient has not left out and has not had as a replacement lately."""
        pool = self.library.holding(self.case.reached.locale, pick.entry)
        if pool is None:
            return True  # nothing is known of it; wording will say so
        resting = cooling(pool, self._theirs, self.case.message.due_at)
        fitting = standing(pool, self.situation, Kind(pick.kind)).mask & ~resting
        return bool(fitting >> pool.index[pick.entry] & 1)

    def instead(self) -> Pick | NothingFits:
        """Another idea, for this recipient alone."""
        pool = self.library.pool(self.case.reached.locale)
        if pool is None:
            return NothingFits((("locale", 0),), "locale")
        least = self.case.least_rest
        couples = [(entry, at) for entry, _, _, at in self.couples.recent]  # these rest for both
        used = cooling(pool, [*couples, *self._theirs], self.case.message.due_at, least)
        return pick_idea(pool, self.situation, used, self._dice)

    @property
    def may_replace(self) -> bool:
        """Whether it is an idea that goes to this recipient alone."""
        return not self.case.shared and self.case.schedule.check_in is None

    @property
    def _theirs(self) -> list[tuple[str, datetime]]:
        return [(pick.entry, pick.at) for pick in self.theirs if pick.occurrence != self.case.occurrence]

    @property
    def situation(self) -> Situation:
        """The couple's situation, narrowed to what this recipient leaves on."""
        own, shared = self.case.stored.own, self.case.home.couple.preferences
        weights = dict(shared.themes) | dict.fromkeys(own.themes_off, 0.0)
        return replace(
            self.couples.situation,
            preferences=replace(shared, themes=weights, avoid=shared.avoid | own.avoid),
            channel=self.case.message.channel,
            local=self.case.message.due_at.astimezone(zone(self.case.reached.timezone)),
            life_state=self.case.home.life_state_for(self.case.message.partner_id),
            lately=(),
        )

    @property
    def _dice(self) -> Dice:
        case = self.case
        period, slot = case.message.period.isoformat(), case.message.slot
        return Dice(
            self.couples.key, "own pick", case.home.couple.key, case.schedule.key, period, slot, case.partner.key
        )
