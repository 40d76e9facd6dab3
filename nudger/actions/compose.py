"""Compose: pick what a message shall say and put it into words, within the transaction that lets it leave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from nudger.actions.cases import Case, Library, Turn
from nudger.actions.own_picks import OwnPicking
from nudger.actions.pick import Picking
from nudger.actions.wording import Letterhead, Wording, open_note, open_settings, voice_to
from nudger.domain.messages import Content, EmailContent, Reason
from nudger.domain.people import ChannelKind
from nudger.domain.picking import NothingFits, Pick
from nudger.domain.pools import Entry
from nudger.domain.themes import Theme
from nudger.rendering.faults import CannotRender, TooLong
from nudger.rendering.renderer import Renderer
from nudger.storage import history
from nudger.storage.history import Composed, Occurrence, Picked
from nudger.storage.recipients import schedules_of
from nudger.storage.unpicked import unpicked

__all__ = ["Case", "Composer", "Letterhead", "Library", "Sitting"]


@dataclass(slots=True)
class Composer:
    """Picks and words, for any number of couples. It reads and writes history; it decides nothing about sending.

    Library and renderer may be exchanged at any time; a sitting keeps to those it began with.
    """

    library: Library
    renderer: Renderer
    key: bytes
    letterhead: Letterhead

    def sitting(self, connection: Connection, cases: Sequence[Case]) -> "Sitting":
        """Gather what has been picked and written before for these messages, and what should have been by now."""
        mine = replace(self)
        if not cases:
            return Sitting(mine, Papers())
        rest = max(mine.library.longest_rest, *(case.least_rest for case in cases))
        first = min(case.message.due_at for case in cases) - rest
        couple_ids = {case.home.id for case in cases}
        recent = history.recent(connection, couple_ids, first)
        return Sitting(
            mine,
            Papers(
                history.words_of(connection, [case.message.id for case in cases]),
                history.of_occurrences(connection, {case.occurrence for case in cases}),
                recent,
                history.replaced(connection, couple_ids, first),
                _waiting(connection, cases, recent, first),
            ),
        )


Recent = list[tuple[str, str, Theme, datetime]]


def _waiting(
    connection: Connection, cases: Sequence[Case], recent: Mapping[int, Recent], first: datetime
) -> dict[int, list[Turn]]:
    """Per couple, the moments up to now for which nothing was picked, the earliest last.

    Picks are made in the order of moments, so there is none before the couple's latest pick.
    """
    homes = {case.home.id: case.home for case in cases}
    since = {couple_id: recent[couple_id][-1][-1] if recent.get(couple_id) else first for couple_id in homes}
    until, last = max((case.message.due_at, case.message.enrollment_id) for case in cases)
    found = unpicked(connection, homes.keys(), min(since.values()), until, last)
    rules = schedules_of(connection, {message.enrollment_id for message in found})
    turns: dict[int, list[Turn]] = {}
    for message in found:
        home, rule = homes[message.couple_id], rules.get(message.enrollment_id)
        if rule is not None and home.has(message.partner_id) and message.due_at >= since[home.id]:
            turns.setdefault(home.id, []).append(Turn(message, home, rule))
    return {couple_id: sorted(some, key=lambda turn: turn.order, reverse=True) for couple_id, some in turns.items()}


@dataclass(frozen=True, slots=True)
class Papers:
    """What is known when a sitting begins: words by message, picks by occurrence, by couple and by partner alone."""

    written: dict[int, Composed] = field(default_factory=dict)
    picked: dict[Occurrence, list[Picked]] = field(default_factory=dict)
    recent: dict[int, Recent] = field(default_factory=dict)
    replaced: dict[int, list[Picked]] = field(default_factory=dict)
    waiting: dict[int, list[Turn]] = field(default_factory=dict)


class Sitting:
    """One batch being composed; what is picked for one message counts for the next."""

    def __init__(self, composer: Composer, papers: Papers) -> None:
        """Start from what is known."""
        self._composer = composer
        self._papers = papers
        self.new_picks: list[Picked] = []
        self.new_words: list[Composed] = []
        self._new_notes: list[Case] = []
        self._new_emails: list[Case] = []

    def words(self, case: Case) -> Content | Reason:
        """The message's words: those written before if it is tried again, else picked and rendered now."""
        self._catch_up(case)
        picks = self._picks_for(case)
        if isinstance(picks, NothingFits):
            self._keep(Composed(case.message.id, None, (), None, picks.as_dict()))
            return Reason.NOTHING_FITS
        if not case.home.intimacy_agreed and any(pick.theme is Theme.INTIMACY for pick in picks):
            return Reason.NO_CONSENT  # one of the two has said no since it was picked
        before = self._papers.written.get(case.message.id)
        if before is None or before.content is None:
            return self._render(case, picks)
        same = before.entries == tuple(pick.entry for pick in picks)
        if not same or (case.stored.own.discreet and before.note is None):
            return Reason.NOTHING_FITS  # what was written is not what the recipient wants to be sent any more
        return before.content

    def _catch_up(self, case: Case) -> None:
        """Pick for the couple's earlier moments first, whatever became of them."""
        waiting = self._papers.waiting.get(case.home.id, [])
        while waiting and waiting[-1].order < case.order:
            turn = waiting.pop()
            if not self._couples_picks(turn) and turn.message.id not in self._papers.written:
                answer = self._fresh_picks(self._picking(turn))
                if isinstance(answer, NothingFits):
                    self._keep(Composed(turn.message.id, None, (), None, answer.as_dict()))

    def _picks_for(self, case: Case) -> Sequence[Picked] | NothingFits:
        """What was picked for the couple, less what the recipient left out; in its place something for them alone."""
        picking = self._picking(case)
        couples = self._couples_picks(case) or self._fresh_picks(picking)
        if isinstance(couples, NothingFits):
            return couples
        own = OwnPicking(picking, case, self._papers.replaced.get(case.message.partner_id, []))
        if own.as_written:
            return couples
        before = [pick for pick in own.theirs if pick.occurrence == case.occurrence]
        kept = own.keep(before or couples)
        if not isinstance(kept, NothingFits) or before or not own.may_replace:
            return kept
        return self._replace(case, own)

    def _replace(self, case: Case, own: OwnPicking) -> Sequence[Picked] | NothingFits:
        answer = own.instead()
        if isinstance(answer, NothingFits):
            return answer
        pick = replace(self._as_picked(case, answer), partner_id=case.message.partner_id, own=True)
        self.new_picks.append(pick)
        self._papers.replaced.setdefault(case.message.partner_id, []).append(pick)
        return [pick]

    def store(self, connection: Connection) -> None:
        """Write down what was picked and worded."""
        history.remember(connection, self.new_picks)
        history.keep(connection, self.new_words)
        for case in self._new_notes:
            open_note(connection, self._composer.key, case)
        for case in self._new_emails if self._composer.letterhead.base_url else ():
            open_settings(connection, self._composer.key, case)

    def _keep(self, words: Composed) -> None:
        if words.message_id not in self._papers.written:
            self._papers.written[words.message_id] = words
            self.new_words.append(words)

    def _couples_picks(self, turn: Turn) -> list[Picked]:
        mine = {turn.message.partner_id, None}
        picked = self._papers.picked.get(turn.occurrence, [])
        return [pick for pick in picked if pick.partner_id in mine and not pick.own]

    def _picking(self, turn: Turn) -> Picking:
        recent = self._papers.recent.setdefault(turn.home.id, [])  # the very list that new picks are added to
        return Picking(self._composer.library, self._composer.key, turn, recent, partial(self._fits, turn))

    def _fits(self, turn: Turn, entry: Entry) -> bool:
        """Whether an idea is short enough, where it goes out as a text, with the names of whoever receives it."""
        if turn.channel is not ChannelKind.SMS:
            return True
        library, fits = self._composer.library, self._composer.renderer.fits
        languages = [(reader, library.words([entry.id], reader.locale)) for reader in turn.readers]
        return all(fits(words[1][0], voice_to(turn, reader, words[0])) for reader, words in languages if words)

    def _fresh_picks(self, picking: Picking) -> list[Picked] | NothingFits:
        turn, answer = picking.case, picking.answer()
        if isinstance(answer, NothingFits):
            return answer
        picks = [self._as_picked(turn, pick) for pick in answer]
        self.new_picks.extend(picks)
        self._papers.picked.setdefault(turn.occurrence, []).extend(picks)
        self._papers.recent.setdefault(turn.home.id, []).extend((p.entry, p.kind, p.theme, p.at) for p in picks)
        return picks

    def _as_picked(self, case: Turn, pick: Pick) -> Picked:
        return Picked(
            case.home.id,
            *case.occurrence,
            None if case.shared else case.message.partner_id,
            pick.entry.id,
            pick.entry.theme,
            pick.entry.kind,
            pick.why.as_dict(),
            case.message.due_at,
        )

    def _render(self, case: Case, picks: Sequence[Picked]) -> Content | Reason:
        found = self._composer.library.words([pick.entry for pick in picks], case.reached.locale, *case.locales)
        if found is None:
            return Reason.CANNOT_RENDER
        language, entries = found
        composer, discreet, note = self._composer, case.stored.own.discreet, None
        wording = Wording(composer.renderer, composer.key, composer.letterhead, case, language)
        if discreet and not wording.can_be_discreet:
            return Reason.CHANNEL_OFF
        try:
            content = wording.content(entries)
            if discreet:
                note, content = content.text, wording.sign_of_a_note()
        except TooLong:
            return Reason.TOO_LONG
        except CannotRender:
            return Reason.CANNOT_RENDER
        why = dict(picks[-1].why)
        ids = tuple(pick.entry for pick in picks)
        self._keep(Composed(case.message.id, picks[-1].theme, ids, content, why, note))
        if discreet:
            self._new_notes.append(case)
        if isinstance(content, EmailContent):
            self._new_emails.append(case)
        return content
