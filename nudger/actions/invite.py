"""Invite: ask each new contact, once and once more, whether they want to hear from us at all."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Protocol

import phonenumbers
from phonenumbers import PhoneNumberType
from sqlalchemy import Connection

from nudger.domain.own_choices import OwnChoices
from nudger.domain.people import Allowance, ChannelKind, Partner, is_push
from nudger.domain.wall_clock import zone
from nudger.domain.windows import Window
from nudger.links import page_url
from nudger.storage.database import Database
from nudger.storage.holding import held
from nudger.storage.invitations import Invitee, never_asked, note_invited, note_reminded, unanswered
from nudger.storage.links import Purpose, new_link
from nudger.storage.notices import INVITATION, REMINDER, plan_notice, unasked_since

EXPIRES = timedelta(days=14)
REMIND_AFTER = timedelta(days=3)
SILENCE = timedelta(days=30)
A_DAY = timedelta(days=1)
#: When a stranger may be written to, in their own time: the narrowest of the hours that laws name (47 CFR
#: 64.1200(c)(1) and the states' own).
DECENT = Window(time(9, 0), time(20, 0))
#: How many contacts are looked at together, and how many such pages in one tick; the next goes on from there.
PAGE, PAGES = 200, 5
#: Kinds of numbers that get no texts, or for which somebody earns by what is sent to them.
NO_TEXTS = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.PAGER,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
    }
)


class Texts(Protocol):
    """The service's own words, in every language."""

    def text(self, name: str, locale: str, /, **values: object) -> str:
        """One text with its variables filled in."""
        ...

    def often(self, allowance: Allowance | None, locale: str) -> str:
        """How often something comes at the most."""
        ...


@dataclass(frozen=True, slots=True)
class Caps:
    """Guards against pumping: invitations per day, the calling codes that may be texted (none: all), the channels."""

    per_day: int = 20
    countries: Collection[int] = ()
    channels: Collection[ChannelKind] = tuple(ChannelKind)


class Inviting:
    """Plans invitations and reminders. Only the contact's own answer makes a yes of them."""

    def __init__(  # noqa: PLR0917 (one after the other as the whole house names them)
        self,
        database: Database,
        key: bytes,
        texts: Texts,
        base_url: str | None,
        operator_name: str,
        tokens: Callable[[], str],
        caps: Caps = Caps(),
    ) -> None:
        """Work on this database with these words; `tokens` makes random ones. Without a `base_url` no email can ask."""
        self._database = database
        self._key = key
        self._texts = texts
        self._base_url = base_url
        self._operator = operator_name
        self._tokens = tokens
        self._caps = caps
        self._channels = [kind for kind in caps.channels if kind is ChannelKind.SMS or base_url is not None]
        self._last = 0  # the contact up to which the last tick looked

    def plan(self, now: datetime) -> int:
        """Plan what is due at `now` (aware), reminders of those unanswered first; how many.

        Each contact is asked once, once more after three days, and then left alone. Everyone is asked in the day of
        their own clock, and nobody beyond the day's cap: it holds for 24 hours, whatever the midnight. While sending is
        held nobody is.
        """
        with self._database.write() as connection:
            quota = self._caps.per_day - unasked_since(connection, now - A_DAY)
            if quota <= 0 or held(connection):
                return 0
            planned = 0
            for invitee in self._waiting(connection, now):
                planned += self._ask(connection, invitee, now)
                if planned == quota:
                    break
            return planned

    def _waiting(self, connection: Connection, now: datetime) -> Iterator[Invitee]:
        for invitee in unanswered(connection, self._channels, now - REMIND_AFTER, now, PAGE * PAGES):
            if self._may_be_asked(invitee, now):
                yield invitee
        for _ in range(PAGES):
            page = never_asked(connection, self._channels, now, PAGE, self._last)
            yield from (invitee for invitee in page if self._may_be_asked(invitee, now))
            self._last = page[-1].contact_id if len(page) == PAGE else 0
            if self._last == 0:
                return

    def _may_be_asked(self, invitee: Invitee, now: datetime) -> bool:
        if is_push(invitee.address):
            return False  # it cannot answer: its owner's yes is recorded by the operator, with evidence
        if invitee.channel is ChannelKind.SMS and not can_be_texted(invitee.address, self._caps.countries):
            return False
        return awake(invitee.partner, invitee.own, now)

    def _ask(self, connection: Connection, invitee: Invitee, now: datetime) -> bool:
        """Plan the notice, unless another process has just done so."""
        if invitee.expires_at is None:
            kind, expires_at = INVITATION, now + EXPIRES
            mine = note_invited(connection, invitee.contact_id, now, EXPIRES)
        else:
            kind, expires_at = REMINDER, invitee.expires_at
            mine = note_reminded(connection, invitee.contact_id, now, SILENCE)
        if mine:
            subject, text = self._words(connection, invitee, kind, now, expires_at)
            plan_notice(connection, invitee.contact_id, kind, text, token=self._tokens(), due_at=now, subject=subject)
        return mine

    def _words(
        self, connection: Connection, invitee: Invitee, kind: str, now: datetime, expires_at: datetime
    ) -> tuple[str | None, str]:
        """Subject (of an email alone) and text."""
        locale = invitee.partner.locale
        values = {
            "name": invitee.partner.name,
            "inviter": invitee.inviter,
            "operator": self._operator,
            "often": self._texts.often(invitee.partner.budget.get(invitee.channel), locale),
        }
        if invitee.channel is ChannelKind.SMS:
            return None, self._texts.text(f"{kind}_sms", locale, **values)
        token = new_link(
            connection,
            self._tokens,
            Purpose.INVITATION,
            invitee.partner_id,
            contact_id=invitee.contact_id,
            now=now,
            lasts=expires_at - now,
        )
        link = page_url(self._base_url or "", "i", token)
        text = self._texts.text(f"{kind}_email", locale, **values, link=link)
        return self._texts.text(f"{kind}_subject", locale, **values), text


def can_be_texted(number: str, countries: Collection[int] = ()) -> bool:
    """Whether a number (E.164) is of an allowed country and of a kind that gets texts at the sender's usual price."""
    parsed = phonenumbers.parse(number, None)
    allowed = not countries or parsed.country_code in countries
    return allowed and phonenumbers.number_type(parsed) not in NO_TEXTS


def awake(partner: Partner, own: OwnChoices, now: datetime) -> bool:
    """Whether somebody who never asked for it may be written to at `now` (aware), by their own clock and choices."""
    local = now.astimezone(zone(partner.timezone))
    quiet = [window for window in (partner.quiet_hours, own.quiet_hours) if window is not None]
    day_on = not own.days or local.weekday() in own.days
    return day_on and DECENT.holds(local.time()) and not any(window.holds(local.time()) for window in quiet)
