"""Obey: what partners who get texts may ask for by text, but for consent itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import partial

from nudger.actions.choose import Choosing
from nudger.actions.consent_by_text import WAITS, NotUnderstood
from nudger.domain.own_choices import OwnChoices
from nudger.domain.people import Allowance, ChannelKind, LifeState
from nudger.domain.replies import Reply
from nudger.domain.reply_pauses import Pause, end_of
from nudger.domain.reply_words import Command
from nudger.domain.themes import Theme
from nudger.domain.wall_clock import DAY, instant, zone
from nudger.files.notices import Notices
from nudger.links import page_url
from nudger.storage import inbox
from nudger.storage.database import Database
from nudger.storage.inbox import Correspondent
from nudger.storage.last_idea import Verdict, last_idea
from nudger.storage.links import Purpose, new_link

SMS = ChannelKind.SMS
#: When a snooze ends, local wall time of the next day: where the default window of schedules begins.
MORNING = time(9, 0)
#: How long a link by text holds: it stays in the phone, where others may find it.
LINK_LASTS = timedelta(hours=24)
#: Texts a week to count down from where nothing limits them: one a day.
UNLIMITED = 7
VERDICTS = {
    Command.DONE: (Verdict.DONE, "done"),
    Command.LOVE: (Verdict.LOVE, "loved"),
    Command.SKIP: (Verdict.SKIP, "skipped"),
}
#: States told at once, and those that wait for a yes.
STATES = {Command.HARD: (LifeState.HARD_WEEK, "hard_week"), Command.APART: (LifeState.APART, "apart")}
QUESTIONS = {Command.LOSS: "confirm_loss", Command.END: "confirm_end"}


#: Whose answer is one person's alone: a shared number gets none.
OWN = frozenset({Command.WHY, Command.POOL})


@dataclass(frozen=True, slots=True)
class Pages:
    """Where partners' pages are, if anywhere, and what their links are made of."""

    base_url: str | None
    tokens: Callable[[], str]


class Obeying:
    """Does what is asked, for everybody at the number; each answer tells nothing that is not already theirs."""

    def __init__(
        self, database: Database, choosing: Choosing, texts: Notices, pages: Pages, operator_name: str
    ) -> None:
        """Work on this database with these words."""
        self._database = database
        self._choosing = choosing
        self._texts = texts
        self._pages = pages
        self._operator = operator_name

    def help(self, here: Sequence[Correspondent]) -> str:
        """What this is, who runs it, and every word it takes."""
        often = self._texts.often(here[0].partner.budget.get(SMS), here[0].locale)
        return self._say(here, "help", operator=self._operator, often=often)

    def obey(self, reply: Reply, here: Sequence[Correspondent], now: datetime, *, shared: bool) -> str:
        """Do what a reply asks for; NotUnderstood where it asks for nothing that is done here.

        `shared` says that somebody else has the number too, who may have said no to texts and reads the answer.
        """
        command = reply.command
        if shared and command in OWN:
            return self._say(here, "not_here")
        if command in VERDICTS:
            return self._feedback(here, *VERDICTS[command], now)
        if command in STATES:
            return self._life(here, *STATES[command], now)
        if command in QUESTIONS:
            return self._ask(here, command, now)
        return self._other(reply, here, now)

    def _other(self, reply: Reply, here: Sequence[Correspondent], now: datetime) -> str:
        match reply.command:
            case Command.PAUSE:
                return self._pause(here, reply.pause, now)
            case Command.RESUME:
                return self._resume(here, now)
            case Command.SNOOZE:
                return self._snooze(here, now)
            case Command.LESS:
                return self._change_number(here, -1, now)
            case Command.MORE:
                return self._change_number(here, 1, now)
            case Command.WHY:
                return self._why(here)
            case Command.POOL:
                return self._pool(here, now)
            case _:
                raise NotUnderstood

    def _say(self, here: Sequence[Correspondent], name: str, **values: object) -> str:
        return self._texts.text(name, here[0].locale, **values)

    # When

    def _pause(self, here: Sequence[Correspondent], pause: Pause | None, now: datetime) -> str:
        ends = {one.partner_id: end_of(pause, now, zone(one.partner.timezone)) for one in here}
        for partner_id, end in ends.items():
            self._choosing.pause(partner_id, end, now)
        return self._until(here, ends[here[0].partner_id])

    def _until(self, here: Sequence[Correspondent], end: datetime) -> str:
        local = end.astimezone(zone(here[0].partner.timezone)).date()
        return self._say(here, "paused", date=self._texts.day(local, here[0].locale))

    def _snooze(self, here: Sequence[Correspondent], now: datetime) -> str:
        """Nothing until tomorrow morning; a pause that lasts longer stays."""
        for one in here:
            local = zone(one.partner.timezone)
            morning = instant(now.astimezone(local).date() + DAY, MORNING, local)
            if one.paused_until is None or one.paused_until < morning:
                self._choosing.pause(one.partner_id, morning, now)
            elif one is here[0]:
                return self._until(here, one.paused_until)
        return self._say(here, "snoozed")

    def _resume(self, here: Sequence[Correspondent], now: datetime) -> str:
        """Back to usual: the pause is over, and so is the hard week, the distance or the loss."""
        for one in here:
            self._choosing.resume(one.partner_id, now)
            if one.life_state is not LifeState.ACTIVE:
                self._choosing.life_state(one.partner_id, LifeState.ACTIVE, now)
        return self._say(here, "resumed")

    # How much

    def _change_number(self, here: Sequence[Correspondent], step: int, now: datetime) -> str:
        counts = [self._change_own_number(one, step, now) for one in here]
        count, changed = counts[0]
        if step > 0:
            return self._say(here, "more", count=count) if changed else self._say(here, "most")
        return self._say(here, "fewer", count=count) if count else self._say(here, "fewest")

    def _change_own_number(self, one: Correspondent, step: int, now: datetime) -> tuple[int, bool]:
        """One text a week more or fewer, between none and what is written; how many, and whether that is new."""
        top = written_number(one)
        before, after = self._choosing.revise(one.partner_id, partial(stepped, top=top, step=step), now)
        return number(after, top), number(after, top) != number(before, top)

    # The last idea

    def _feedback(self, here: Sequence[Correspondent], verdict: Verdict, name: str, now: datetime) -> str:
        for one in here:
            self._choosing.feedback(one.partner_id, verdict, now)
        return self._say(here, name)

    def _why(self, here: Sequence[Correspondent]) -> str:
        """How the last idea was found; intimacy is never named in a text."""
        with self._database.read() as connection:
            idea = last_idea(connection, here[0].partner_id)
        if idea is None:
            return self._say(here, "why_none")
        if idea.theme in (None, Theme.INTIMACY):
            return self._say(here, "why_untold")
        return self._say(here, "why", theme=self._say(here, f"theme_{idea.theme}"))

    def _pool(self, here: Sequence[Correspondent], now: datetime) -> str:
        """A link to their own page, where there are pages."""
        if self._pages.base_url is None:
            return self._say(here, "not_here")
        with self._database.write() as connection:
            token = new_link(
                connection,
                self._pages.tokens,
                Purpose.PREFERENCES,
                here[0].partner_id,
                contact_id=here[0].contact_id,
                now=now,
                lasts=LINK_LASTS,
            )
        return self._say(here, "pool", link=page_url(self._pages.base_url, "p", token))

    # Life

    def _life(self, here: Sequence[Correspondent], state: LifeState, name: str, now: datetime) -> str:
        for one in here:
            self._choosing.life_state(one.partner_id, state, now)
        return self._say(here, name)

    def _ask(self, here: Sequence[Correspondent], command: Command, now: datetime) -> str:
        if command is Command.END and not inbox.of_one_couple(here):
            return self._say(here, "not_here")
        with self._database.write() as connection:
            for one in here:
                inbox.ask(connection, one.partner_id, command, now + WAITS)
        return self._say(here, QUESTIONS[command])


def number(own: OwnChoices, top: int) -> int:
    """The texts a week that somebody chose, of `top` that are written."""
    return min(own.weekly.get(SMS, top), top)


def stepped(own: OwnChoices, top: int, step: int) -> OwnChoices:
    """The same choices with so many texts a week more or fewer."""
    count = min(max(number(own, top) + step, 0), top)
    others = {channel: chosen for channel, chosen in own.weekly.items() if channel is not SMS}
    return replace(own, weekly=others if count == top else others | {SMS: count})


def written_number(one: Correspondent) -> int:
    """The most texts a week the files allow somebody; where only days are limited, seven times a day's."""
    allowance = (one.written.budget.get(SMS) if one.written else None) or Allowance()
    if allowance.week is not None:
        return allowance.week
    return UNLIMITED if allowance.day is None else UNLIMITED * allowance.day
