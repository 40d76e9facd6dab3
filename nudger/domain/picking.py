"""The draw: one idea for one moment, or the questions of a check-in, and why just these."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from math import fsum
from typing import NamedTuple

from nudger.domain.chance import Dice
from nudger.domain.compiled import CompiledPool, compile_pool, nth_bit
from nudger.domain.fitting import Situation, Standing, standing
from nudger.domain.pools import Entry, Kind, Role
from nudger.domain.themes import Theme

__all__ = [
    "CompiledPool",
    "NothingFits",
    "Pick",
    "Situation",
    "Why",
    "compile_pool",
    "cooling",
    "pick_check_in",
    "pick_idea",
]

#: How often an idea that is a stretch wins where both kinds are left: novelty does more than pleasantness, in doses.
STRETCH_SHARE = 0.25
#: The order in which a check-in asks: kind words first, what is hard in the middle, the calendar last.
GENTLE = (Role.APPRECIATION, Role.WISH, Role.HARD, Role.REPAIR, Role.LOGISTICS, Role.AHEAD)
#: Roles that weigh on an evening; a check-in holds one of them at most.
HEAVY = frozenset({Role.HARD, Role.REPAIR})

#: A set bit in a number written out.
ONE = ord("1")

Left = tuple[tuple[str, int], ...]


class Why(NamedTuple):
    """How an entry came to be picked: what each filter left, in order, the exact odds it had, and the dice's seed."""

    left: Left
    probability: float
    seed: str

    def as_dict(self) -> dict[str, object]:
        """The same, ready for JSON; the filters stay in order."""
        return {"left": dict(self.left), "probability": self.probability, "seed": self.seed}


class Pick(NamedTuple):
    """An entry and why it was picked."""

    entry: Entry
    why: Why


@dataclass(frozen=True, slots=True)
class NothingFits:
    """No entry is left, and the filter that took the last one."""

    left: Left
    emptied_by: str

    def as_dict(self) -> dict[str, object]:
        """The same, ready for JSON; the filters stay in order."""
        return {"left": dict(self.left), "emptied_by": self.emptied_by}


def cooling(
    pool: CompiledPool, history: Collection[tuple[str, datetime]], now: datetime, least: timedelta = timedelta(0)
) -> int:
    """The entries still resting at `now`, as a bit set, from (entry id, aware time of use) pairs in any order.

    An entry is free again exactly its `cooldown_days` after its last use, or `least` after it where that is longer.
    Ids the pool does not know are passed over.
    """
    resting = bytearray(b"0" * (len(pool.entries) + 1))
    for days, places in pool.cool_down.items():
        since = now - max(timedelta(days=days), least)
        for entry_id, at in history:
            if at > since and entry_id in places:
                resting[places[entry_id]] = ONE
    return int(resting, 2)


def pick_idea(pool: CompiledPool, situation: Situation, used: int, dice: Dice, unfit: int = 0) -> Pick | NothingFits:
    """Draw one idea: a theme by weight, then a stretch or not, then an entry by weight.

    `used` is the bit set from `cooling`; `unfit` what was drawn for this moment before, and is too long for it.
    The theme of the couple's last idea waits its turn unless nothing else is left, and a theme that has waited longer
    than its weight explains comes next. The same arguments, dice included, give the same idea.
    """
    base = standing(pool, situation, Kind.IDEA)
    rested = base.mask & ~used
    short = rested & ~unfit
    mask = _other_theme(pool, short, situation.lately)
    length = (("length", short.bit_count()),) if unfit else ()
    left = (("cool_down", rested.bit_count()), *length, ("same_theme", mask.bit_count()))
    if not mask:
        return _nothing(base.left + left)
    position, probability = _draw(pool, base, _overdue(base, mask, situation.lately), dice)
    entry = pool.entries[position]
    of_theme = ("drawn_theme", (mask & pool.theme[entry.theme]).bit_count())
    return Pick(entry, Why((*base.left, *left, of_theme), probability, dice.seed))


def pick_check_in(
    pool: CompiledPool, situation: Situation, used: int, prompts: int, dice: Dice
) -> tuple[Pick, ...] | NothingFits:
    """Draw an opener and up to `prompts` prompts, in the order to ask them.

    Roles are mixed: none comes twice while another has prompts left, and there is one `hard` or `repair` at most.
    A role with more prompts left comes more often, so that all of them last equally long.
    Each probability is that of the prompt when its turn came, given those before it. A check-in may hold
    several themes, so the last nudge's theme does not count. A pool that runs short makes a shorter check-in, but
    one without an opener or, where prompts are asked for, without any prompt is none.
    """
    base = standing(pool, situation, Kind.PROMPT)
    rested = base.mask & ~used
    left = (*base.left, ("cool_down", rested.bit_count()))
    openers = [rested & pool.role[Role.OPENER]]
    opener = _pick_prompt(pool, base, _and_then(left, "opener", openers), openers, dice)
    if isinstance(opener, NothingFits):
        return opener
    picks: list[Pick] = []
    for _ in range(prompts):
        roles = _roles_in_turn(pool, rested, picks)
        pick = _pick_prompt(pool, base, _and_then(left, "role", roles), roles, dice)
        if isinstance(pick, NothingFits):
            return (opener, *_gently(picks)) if picks else pick
        picks.append(pick)
    return (opener, *_gently(picks))


def _nothing(left: Left) -> NothingFits:
    return NothingFits(left, next(name for name, count in left if not count))


def _other_theme(pool: CompiledPool, mask: int, lately: tuple[Theme, ...]) -> int:
    """The entries of other themes than the last one, or all where there are none."""
    if not lately:
        return mask
    return mask & ~pool.theme[lately[0]] or mask


def _overdue(base: Standing, mask: int, lately: tuple[Theme, ...]) -> int:
    """The entries of themes that have waited too long, or all where there are none.

    Only ideas of the themes in question count: what other schedules send is no reason for haste here.
    """
    if mask & mask - 1 == 0:
        return mask
    ours = list(islice(filter(base.named.__contains__, lately), base.memory))
    last_had = dict(zip(reversed(ours), range(len(ours) - 1, -1, -1), strict=True))
    late = 0
    for theme, entries, _, patience in base.themes:
        if last_had.get(theme, len(ours)) >= patience:
            late |= entries
    return mask & late or mask


def _draw(pool: CompiledPool, base: Standing, mask: int, dice: Dice) -> tuple[int, float]:
    """The position of one entry of a bit set that is not empty, and its exact probability."""
    theme, theme_odds = _draw_share([(some, weight) for _, of, weight, _ in base.themes if (some := mask & of)], dice)
    group, group_odds = _draw_novelty(theme, theme & pool.stretch, dice)
    alike = [(some, weight * some.bit_count()) for weight, of in pool.weights if (some := group & of)]
    equals, equals_odds = _draw_share(alike, dice)
    count = equals.bit_count()
    return nth_bit(equals, dice.below(count)), theme_odds * group_odds * equals_odds / count


def _draw_novelty(mask: int, stretch: int, dice: Dice) -> tuple[int, float]:
    """The stretches or the others by their quota; where there is only one kind, that one, without a draw."""
    if stretch in {0, mask}:
        return mask, 1.0
    if dice.fraction() < STRETCH_SHARE:
        return stretch, STRETCH_SHARE
    return mask & ~stretch, 1 - STRETCH_SHARE


def _draw_share(shares: Sequence[tuple[int, float]], dice: Dice) -> tuple[int, float]:
    """One of several bit sets by its share, and the probability it had; the only one costs no draw."""
    if len(shares) == 1:
        return shares[0][0], 1.0
    total = fsum([share for _, share in shares])
    point = dice.fraction() * total
    for mask, share in shares:  # noqa: B007 (after the loop they hold the one the point fell on)
        point -= share
        if point < 0:
            break
    return mask, share / total


def _and_then(left: Left, name: str, masks: list[int]) -> Left:
    return (*left, (name, sum(mask.bit_count() for mask in masks)))


def _pick_prompt(pool: CompiledPool, base: Standing, left: Left, roles: list[int], dice: Dice) -> Pick | NothingFits:
    """Draw a role by what is left of it, then one of its prompts as an idea is drawn."""
    open_roles = [(mask, mask.bit_count()) for mask in roles if mask]
    if not open_roles:
        return _nothing(left)
    role, role_odds = _draw_share(open_roles, dice)
    position, probability = _draw(pool, base, role, dice)
    return Pick(pool.entries[position], Why(left, role_odds * probability, dice.seed))


def _roles_in_turn(pool: CompiledPool, rested: int, picks: list[Pick]) -> list[int]:
    """The prompts left of each role whose turn it is: those used least often, without what a check-in has enough of."""
    taken = sum(1 << pool.index[pick.entry.id] for pick in picks)
    roles = [pick.entry.role for pick in picks]
    closed = HEAVY if HEAVY.intersection(roles) else frozenset()
    masks = {role: rested & ~taken & pool.role[role] for role in GENTLE if role not in closed}
    fewest = min((roles.count(role) for role, mask in masks.items() if mask), default=0)
    return [mask for role, mask in masks.items() if roles.count(role) == fewest]


def _gently(picks: list[Pick]) -> list[Pick]:
    return sorted(picks, key=lambda pick: GENTLE.index(pick.entry.role or Role.APPRECIATION))
