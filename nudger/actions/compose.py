"""Compose: pick what a message shall say and put it into words, within the transaction that lets it leave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy import Connection

from nudger.domain.chance import Dice
from nudger.domain.life import Message
from nudger.domain.messages import Content, Reason
from nudger.domain.people import ChannelKind, Partner
from nudger.domain.picking import CompiledPool, NothingFits, Pick, Situation, cooling, pick_check_in, pick_idea
from nudger.domain.pools import Entry, Kind
from nudger.domain.schedules import Audience, BeforeDate, ChannelChoice, Schedule
from nudger.domain.themes import Theme
from nudger.domain.wall_clock import zone
from nudger.links import message_id, unsubscribe_url
from nudger.rendering.faults import CannotRender, TooLong
from nudger.rendering.renderer import Renderer
from nudger.rendering.voice import Envelope, Voice
from nudger.storage import history
from nudger.storage.history import Composed, Occurrence, Picked
from nudger.storage.recipients import StoredContact, StoredCouple

#: Locale whose pools every other one falls back to.
LAST_RESORT = "en"


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who the emails are from: name in the footer, domain of Message-IDs, where replies go, and our own web address."""

    sender: str
    domain: str
    mailto: str | None = None
    base_url: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A message that may leave, with everything there is to know about it."""

    message: Message
    home: StoredCouple
    schedule: Schedule
    contact: StoredContact

    @property
    def partner(self) -> Partner:
        """The recipient as written."""
        return self.home.partner(self.message.partner_id)

    @property
    def occurrence(self) -> Occurrence:
        """What was planned: one for both partners where both receive the same."""
        return (self.message.enrollment_id, self.message.period, self.message.slot)

    @property
    def shared(self) -> bool:
        """Whether both partners receive the same."""
        return self.schedule.audience is Audience.BOTH

    @property
    def readers(self) -> Sequence[Partner]:
        """Everyone who receives what is picked."""
        return self.home.couple.partners if self.shared else (self.partner,)

    @property
    def channel(self) -> ChannelKind:
        """The narrower channel of those that must carry the words: a text holds less than an email."""
        if not self.shared or self.schedule.channel is not ChannelChoice.PREFERRED:
            return self.message.channel
        preferred = {partner.preferred_channel for partner in self.home.couple.partners}
        return ChannelKind.SMS if ChannelKind.SMS in preferred else ChannelKind.EMAIL


@dataclass(frozen=True, slots=True)
class Library:
    """Compiled pools by locale."""

    pools: Mapping[str, CompiledPool]

    @property
    def longest_rest(self) -> timedelta:
        """The longest cool-down of any entry: as far back as picks matter."""
        return timedelta(days=max((days for pool in self.pools.values() for days in pool.rests), default=0))

    def pool(self, locale: str) -> CompiledPool | None:
        """The pool for a locale: fr-CA falls back to fr, then to en. None where there is none of these."""
        candidates = (locale, locale.partition("-")[0], LAST_RESORT)
        return next((self.pools[candidate] for candidate in candidates if candidate in self.pools), None)

    def entry(self, locale: str, entry_id: str) -> Entry | None:
        """An entry in the reader's language, or in the last resort's; None where it is no longer in any pool."""
        for pool in (self.pool(locale), self.pools.get(LAST_RESORT)):
            if pool is not None and entry_id in pool.index:
                return pool.entries[pool.index[entry_id]]
        return None


@dataclass(frozen=True, slots=True)
class Composer:
    """Picks and words, for any number of couples. It reads and writes history; it decides nothing about sending."""

    library: Library
    renderer: Renderer
    key: bytes
    letterhead: Letterhead

    def sitting(self, connection: Connection, cases: Sequence[Case]) -> "Sitting":
        """Gather what has been picked and written before for these messages, in three queries."""
        if not cases:
            return Sitting(self, {}, {}, {})
        first = min(case.message.due_at for case in cases)
        return Sitting(
            self,
            history.words_of(connection, [case.message.id for case in cases]),
            history.of_occurrences(connection, {case.occurrence for case in cases}),
            history.recent(connection, {case.home.id for case in cases}, first - self.library.longest_rest),
        )


class Sitting:
    """One batch being composed; what is picked for one message counts for the next."""

    def __init__(
        self,
        composer: Composer,
        written: dict[int, Composed],
        picked: dict[Occurrence, list[Picked]],
        recent: dict[int, list[tuple[str, str, Theme, datetime]]],
    ) -> None:
        """Start from what is known."""
        self._composer = composer
        self._written = written
        self._picked = picked
        self._recent = recent
        self.new_picks: list[Picked] = []
        self.new_words: list[Composed] = []

    def words(self, case: Case) -> Content | Reason:
        """The message's words: those written before if it is tried again, else picked and rendered now."""
        earlier = self._earlier_picks(case)
        if not case.home.intimacy_agreed and any(pick.theme is Theme.INTIMACY for pick in earlier):
            return Reason.NO_CONSENT  # one of the two has said no since it was picked
        before = self._written.get(case.message.id)
        if before is not None and before.content is not None:
            return before.content
        picks = earlier or self._fresh_picks(case)
        if isinstance(picks, NothingFits):
            self._keep(Composed(case.message.id, None, (), None, picks.as_dict()))
            return Reason.NOTHING_FITS
        return self._render(case, picks)

    def store(self, connection: Connection) -> None:
        """Write down what was picked and worded."""
        history.remember(connection, self.new_picks)
        history.keep(connection, self.new_words)

    def _keep(self, words: Composed) -> None:
        if words.message_id not in self._written:
            self._written[words.message_id] = words
            self.new_words.append(words)

    def _earlier_picks(self, case: Case) -> list[Picked]:
        mine = {case.message.partner_id, None}
        return [pick for pick in self._picked.get(case.occurrence, []) if pick.partner_id in mine]

    def _fresh_picks(self, case: Case) -> list[Picked] | NothingFits:
        answer = _Picking(self._composer, case, self._recent.get(case.home.id, [])).answer()
        if isinstance(answer, NothingFits):
            return answer
        picks = [self._as_picked(case, pick) for pick in answer]
        self.new_picks.extend(picks)
        self._picked.setdefault(case.occurrence, []).extend(picks)
        self._recent.setdefault(case.home.id, []).extend((p.entry, p.kind, p.theme, p.at) for p in picks)
        return picks

    def _as_picked(self, case: Case, pick: Pick) -> Picked:
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
        entries = [self._composer.library.entry(case.partner.locale, pick.entry) for pick in picks]
        known = [entry for entry in entries if entry is not None]
        if len(known) < len(picks):
            return Reason.CANNOT_RENDER
        try:
            content = _Wording(self._composer, case).content(known)
        except TooLong:
            return Reason.TOO_LONG
        except CannotRender:
            return Reason.CANNOT_RENDER
        why = dict(picks[-1].why)
        ids = tuple(pick.entry for pick in picks)
        self._keep(Composed(case.message.id, picks[-1].theme, ids, content, why))
        return content


@dataclass(frozen=True)
class _Picking:
    """One pick: the couple's situation at the message's own moment, and the dice that belong to it alone.

    Never the moment it happens to be sent: a preview and a late daemon must come to the same answer.
    """

    composer: Composer
    case: Case
    recent: Sequence[tuple[str, str, Theme, datetime]]

    def answer(self) -> Sequence[Pick] | NothingFits:
        """What to say: one idea, or a check-in's opener and prompts."""
        pool = self.composer.library.pool(self.case.partner.locale)
        if pool is None:
            return NothingFits((("locale", 0),), "locale")
        used = cooling(pool, ((entry, at) for entry, _, _, at in self.recent), self.case.message.due_at)
        check_in = self.case.schedule.check_in
        if check_in is not None:
            return pick_check_in(pool, self.situation, used, check_in.prompts, self.dice)
        answer = pick_idea(pool, self.situation, used, self.dice)
        return answer if isinstance(answer, NothingFits) else [answer]

    @cached_property
    def situation(self) -> Situation:
        """The couple as it stands."""
        home, partner = self.case.home, self.case.partner
        return Situation(
            preferences=home.couple.preferences,
            themes=self.case.schedule.themes,
            channel=self.case.channel,
            local=self.case.message.due_at.astimezone(zone(partner.timezone)),
            life_state=home.life_state,
            intimacy_agreed=home.intimacy_agreed,
            sms_may_be_intimate=not any((reader.phone or "").startswith("+1") for reader in self.case.readers),
            last_theme=next((theme for _, kind, theme, _ in reversed(self.recent) if kind == Kind.IDEA), None),
        )

    @property
    def dice(self) -> Dice:
        """A draw for this occurrence: the partner has a say in it only where each receives their own."""
        case = self.case
        whose = "both" if case.shared else case.partner.key
        period, slot = case.message.period.isoformat(), case.message.slot
        return Dice(self.composer.key, "pick", case.home.couple.key, case.schedule.key, period, slot, whose)


@dataclass(frozen=True, slots=True)
class _Wording:
    """Puts picked entries into the words of one recipient."""

    composer: Composer
    case: Case

    def content(self, entries: Sequence[Entry]) -> Content:
        """The text or email. Raises CannotRender."""
        render, by_text = self.composer.renderer, self.case.message.channel is ChannelKind.SMS
        if self.case.schedule.check_in is not None:
            opener, *prompts = entries
            if by_text:
                return render.check_in_sms(opener, prompts, self.voice)
            return render.check_in_email(opener, prompts, self.voice, self.envelope)
        if by_text:
            return render.sms(entries[0], self.voice)
        return render.idea_email(entries[0], self.voice, self.envelope)

    @property
    def voice(self) -> Voice:
        """Whom the words speak to, and about whom."""
        partner, other = self.case.partner, self.case.home.couple.other(self.case.partner.key)
        when = self.case.schedule.when
        if isinstance(when, BeforeDate):
            days_left = when.lead[self.case.message.slot] if self.case.message.slot < len(when.lead) else 0
            return Voice(partner.name, other.name, partner.locale, occasion=when.name, days_left=days_left)
        return Voice(partner.name, other.name, partner.locale)

    @property
    def envelope(self) -> Envelope:
        """The email's identity and ways out."""
        head, key, case = self.composer.letterhead, self.composer.key, self.case
        couple, partner = case.home.couple.key, case.partner.key
        period, slot = case.message.period.isoformat(), case.message.slot
        return Envelope(
            message_id=message_id(key, head.domain, couple, case.schedule.key, partner, period, slot),
            unsubscribe_url=unsubscribe_url(head.base_url, key, couple, partner, "email") if head.base_url else None,
            unsubscribe_mailto=head.mailto,
            sender=head.sender,
        )
