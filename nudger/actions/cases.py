"""A message that is to be worded, with everything there is to know about it, and the library it is worded from."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from nudger.domain.coming_dates import ComingDate, coming_date
from nudger.domain.compiled import CompiledPool
from nudger.domain.life import Message
from nudger.domain.people import ChannelKind, Partner
from nudger.domain.pools import Entry
from nudger.domain.schedules import Audience, BeforeDate, ChannelChoice, Schedule
from nudger.storage.history import Occurrence
from nudger.storage.recipients import StoredContact, StoredCouple, StoredPartner

#: Locale whose pools every other one falls back to.
LAST_RESORT = "en"


@dataclass(frozen=True)
class Turn:
    """A moment for which something is picked, as the couple is written: nothing here is one partner's own choice."""

    message: Message
    home: StoredCouple
    schedule: Schedule

    @cached_property
    def partner(self) -> Partner:
        """The recipient as written."""
        return self.home.partner(self.message.partner_id)

    @property
    def occurrence(self) -> Occurrence:
        """What was planned: one for both partners where both receive the same."""
        return (self.message.enrollment_id, self.message.period, self.message.slot)

    @property
    def order(self) -> tuple[datetime, int, int, date, int]:
        """Its place among the couple's moments: by when they are due, not by when they are sent."""
        message = self.message
        return (message.due_at, message.enrollment_id, message.partner_id, message.period, message.slot)

    @property
    def coming(self) -> ComingDate | None:
        """The date of the couple's that it is about, and the days until then; None where it is about none."""
        when, message = self.schedule.when, self.message
        if not isinstance(when, BeforeDate):
            return None
        return coming_date(when, message.slot, self.home.couple.dates, message.period)

    @property
    def least_rest(self) -> timedelta:
        """How long the couple wants any idea to rest."""
        return timedelta(days=self.home.couple.preferences.cooldown_days)

    @property
    def shared(self) -> bool:
        """Whether both partners receive the same."""
        return self.schedule.audience is Audience.BOTH

    @property
    def readers(self) -> Sequence[Partner]:
        """Everyone who receives what is picked."""
        return self.home.couple.partners if self.shared else (self.partner,)

    @property
    def locales(self) -> Sequence[str]:
        """The languages of the couple as written, the recipient's first."""
        return (self.partner.locale, *(reader.locale for reader in self.home.couple.partners))

    @property
    def channel(self) -> ChannelKind:
        """The channel to carry the words, as written: of two the narrower, as a text holds less than an email."""
        if self.schedule.channel is not ChannelChoice.PREFERRED:
            return ChannelKind(self.schedule.channel)
        preferred = {reader.preferred_channel for reader in self.readers}
        return ChannelKind.SMS if ChannelKind.SMS in preferred else ChannelKind.EMAIL


@dataclass(frozen=True)
class Case(Turn):
    """A moment whose message may leave, and the contact it leaves to."""

    contact: StoredContact

    @cached_property
    def stored(self) -> StoredPartner:
        """What the recipient said and chose alone."""
        return self.home.stored_partner(self.message.partner_id)

    @cached_property
    def reached(self) -> Partner:
        """The recipient with their own zone and language."""
        return self.home.reached(self.message.partner_id)


@dataclass(frozen=True, slots=True)
class Library:
    """Compiled pools by locale."""

    pools: Mapping[str, CompiledPool]

    @property
    def longest_rest(self) -> timedelta:
        """The longest cool-down of any entry: as far back as picks matter."""
        return timedelta(days=max((days for pool in self.pools.values() for days in pool.cool_down), default=0))

    def language(self, locale: str) -> str | None:
        """The language spoken for a locale: fr-CA falls back to fr, then to en. None where there is none of these."""
        if locale in self.pools:
            return locale
        candidates = (locale.partition("-")[0], LAST_RESORT)
        return next((candidate for candidate in candidates if candidate in self.pools), None)

    def pool(self, locale: str) -> CompiledPool | None:
        """The pool for a locale, in the language spoken for it."""
        language = self.language(locale)
        return None if language is None else self.pools[language]

    def holding(self, locale: str, entry_id: str) -> CompiledPool | None:
        """The pool an entry is read from: the reader's, else the last resort's; None where neither has it any more."""
        pools = (self.pool(locale), self.pools.get(LAST_RESORT))
        return next((pool for pool in pools if pool is not None and entry_id in pool.index), None)

    def words(self, entry_ids: Sequence[str], locale: str, *others: str) -> tuple[str, Sequence[Entry]] | None:
        """Entries in one language, and which: the reader's where it has them all, else the last resort's, else another.

        The others are those that the couple was written with: what is not translated yet was picked from one of these.
        None where no language has them all any more: a message never changes its language halfway.
        """
        for language in self._languages(locale, others):
            pool = self.pools.get(language) if language else None
            if language and pool is not None and pool.index.keys() >= set(entry_ids):
                return language, [pool.entries[pool.index[entry_id]] for entry_id in entry_ids]
        return None

    def _languages(self, locale: str, others: Iterable[str]) -> Iterator[str | None]:
        yield self.language(locale)
        yield LAST_RESORT
        yield from map(self.language, others)
