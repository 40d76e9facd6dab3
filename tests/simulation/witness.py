"""Looks at the database after every commit, by statements of its own, and at the end at what became of everything."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from simulation.process import BEGIN

from nudger.domain.messages import IN_FLIGHT, MOVES, Reason, State
from nudger.domain.people import Partner
from nudger.storage.instants import EPOCH

if TYPE_CHECKING:
    from simulation.world import World

ROWS = "SELECT id, partner_id, channel, state, fence, wake_at FROM messages"
MOVED = "SELECT message_id, from_state, to_state, reason FROM transitions WHERE id > ? ORDER BY id"
BEGUN = """
    SELECT a.id, a.token, a.message_id, a.started_at, m.not_after, m.state, p.key, c.consent, c.suppressed,
           c.retired_at, p.paused_until, p.left_at
    FROM attempts a JOIN messages m ON m.id = a.message_id JOIN partners p ON p.id = m.partner_id
    JOIN contacts c ON c.id = m.contact_id WHERE a.id > ? ORDER BY a.id
"""
#: What a process waits for, by the states of the messages.
WAITING = {"due": {"planned"}, "held": {"claimed", "sending"}, "in doubt": {"unknown"}}
#: Who commits what neither a process nor its reconciler does: receipts, and what people say and click.
WEB = "web"
TAKEN_BACK = frozenset({Reason.LEASE_RAN_OUT, Reason.TOO_MANY_DEATHS})
HELD = frozenset(str(state) for state in IN_FLIGHT)


class Begun(NamedTuple):
    """An attempt as begun, with all that its message and its recipient said at that moment."""

    id: int
    token: str
    message_id: int
    started_at: int
    not_after: int
    state: str
    partner: str
    consent: str
    suppressed: str | None
    retired_at: int | None
    paused_until: int | None
    left_at: int | None


def moment(milliseconds: int) -> datetime:
    """A moment as SQLite holds it, aware."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def in_quiet_hours(partner: Partner, at: datetime) -> bool:
    """Whether it is within a partner's quiet hours, which may cross midnight."""
    window, now = partner.quiet_hours, at.astimezone(ZoneInfo(partner.timezone)).time()
    if window is None:
        return False
    crosses = window.start > window.end
    return now >= window.start or now < window.end if crosses else window.start <= now < window.end


class Witness:
    """Sees each state of the database that anybody could see."""

    def __init__(self, world: "World", people: Mapping[str, Partner]) -> None:
        """Nothing was seen yet."""
        self._world = world
        self._people = people
        self._states: dict[int, tuple[str, int]] = {}
        self._last_move = self._last_attempt = 0
        self._rows_changed = -1
        self._begun: dict[str, float] = {}
        self._holders: dict[int, str] = {}
        self.next: dict[str, datetime | None] = dict.fromkeys(WAITING)
        self.ever_closed: set[tuple[str, str]] = set()
        self.ever_paused: set[str] = set()
        self.claimed: set[int] = set()  # by the last commit

    def look(self, who: str) -> None:
        """Look at what the last commit changed, if it changed a row at all."""
        self.claimed = set()
        if self._rows_changed == (changed := self._world.raw.total_changes):
            return
        self._rows_changed = changed
        rows = self._world.raw.execute(ROWS).fetchall()
        self._look_at_moves(rows, who)
        self._look_at_lanes(rows)
        self._look_at_begun()
        self._note_times(rows)

    def _look_at_moves(self, rows: list[Any], who: str) -> None:
        before = dict(self._states)
        self._states = {number: (state, fence) for number, _, _, state, fence, _ in rows}
        moves = self._world.raw.execute(MOVED, (self._last_move,)).fetchall()
        # Numbers are given again where the last rows were deleted: what was planned afresh takes its past along.
        self._last_move = self._world.raw.execute("SELECT coalesce(max(id), 0) FROM transitions").fetchone()[0]
        at = {number: state for number, (state, _) in before.items()}
        for number, from_state, to_state, reason in moves:
            self._world.note(who, f"brings m{number} from {from_state} to {to_state}: {reason}")
            if at.get(number, from_state) != from_state or State(to_state) not in MOVES[State(from_state)]:
                self._world.broken(f"m{number} goes from {at.get(number)} to {to_state}")
            self._look_at_holder(number, from_state, to_state, reason, who)
            at[number] = to_state
        self.claimed = claimed = {number for number, _, to_state, _ in moves if to_state == State.CLAIMED}
        for number, (state, fence) in self._states.items():
            if at.get(number, state) != state:
                self._world.broken(f"m{number} is {state} and no transition says so")
            if fence < before.get(number, (state, fence))[1] + (number in claimed):
                self._world.broken(f"m{number}'s fence does not grow")

    def _look_at_holder(self, number: int, from_state: str, to_state: str, reason: str, who: str) -> None:
        """What a process holds no other one moves, but for the web and who takes it back when its lease is over."""
        if to_state == State.CLAIMED:
            self._holders[number] = who
        foreign = from_state in {State.CLAIMED, State.SENDING} and self._holders.get(number) != who
        if foreign and who != WEB and reason not in TAKEN_BACK:
            self._world.broken(f"{who} moves m{number}, which {self._holders.get(number)} holds")

    def _look_at_lanes(self, rows: list[Any]) -> None:
        held = [(partner, channel) for _, partner, channel, state, _, _ in rows if state in HELD]
        if len(held) != len(set(held)):
            self._world.broken("two are in flight for one person and channel")

    def _look_at_begun(self) -> None:
        for row in self._world.raw.execute(BEGUN, (self._last_attempt,)).fetchall():
            begun = Begun._make(row)
            self._last_attempt = begun.id
            self._begun[begun.token] = self._world.loop.time()
            for fault in self._against_the_rules(begun):
                self._world.broken(f"m{begun.message_id} leaves {fault}")

    def _against_the_rules(self, begun: "Begun") -> list[str]:
        closed = begun.suppressed is not None or begun.retired_at is not None or begun.left_at is not None
        rules = {
            "without being `sending`": begun.state == State.SENDING,
            "without consent": begun.consent == "granted",
            "to an address that is closed": not closed,
            "in a pause": begun.paused_until is None or begun.paused_until <= begun.started_at,
            "too late": begun.started_at <= begun.not_after,
            "in quiet hours": not in_quiet_hours(self._people[begun.partner], moment(begun.started_at)),
        }
        return [fault for fault, holds in rules.items() if not holds]

    def _note_times(self, rows: list[Any]) -> None:
        before = self.next
        self.next = {what: _first(rows, states) for what, states in WAITING.items()}
        if any(_sooner(self.next[what], before[what]) for what in WAITING):
            self._world.wake("due")

    def handed_over(self, token: str) -> None:
        """The first byte leaves: it must have been allowed, and not long ago."""
        if token not in self._begun:
            self._world.broken(f"{token} leaves before its commit")
        elif self._world.loop.time() - self._begun[token] > BEGIN + 0.001:
            self._world.broken(f"{token} leaves {self._world.loop.time() - self._begun[token]:.1f} s after its commit")

    def note_people(self) -> None:
        """Remember who ever said no, was closed, or paused."""
        closed = (
            "SELECT p.key, c.channel FROM contacts c JOIN partners p ON p.id = c.partner_id"
            " WHERE c.consent != 'granted' OR c.suppressed IS NOT NULL"
        )
        self.ever_closed.update(self._world.raw.execute(closed).fetchall())
        paused = self._world.raw.execute("SELECT key FROM partners WHERE paused_until IS NOT NULL").fetchall()
        self.ever_paused.update(key for (key,) in paused)


def _first(rows: list[Any], states: set[str]) -> datetime | None:
    waiting = [wake_at for *_, state, _, wake_at in rows if state in states and wake_at is not None]
    return moment(min(waiting)) if waiting else None


def _sooner(now: datetime | None, before: datetime | None) -> bool:
    return now is not None and (before is None or now < before)


def days_used(taken: list[tuple[Partner, str, datetime]]) -> dict[tuple[str, str, object], int]:
    """How many messages each person truly got by each channel on each local day."""
    counts: dict[tuple[str, str, object], int] = defaultdict(int)
    for partner, channel, at in taken:
        counts[partner.key, channel, at.astimezone(ZoneInfo(partner.timezone)).date()] += 1
    return counts
