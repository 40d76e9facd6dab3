"""Admit: in one transaction, put claimed messages through the gate, find their words, and commit that they leave."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from heapq import heappop, heappush
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from nudger.actions.compose import Case, Composer
from nudger.channels.contract import Channel, Outgoing
from nudger.domain import life
from nudger.domain.gate import CATCH_UP_EVERY, End, Go, Standing, Wait, decide
from nudger.domain.life import Message, Patience
from nudger.domain.messages import Content, Reason, State
from nudger.domain.people import Allowance, ChannelKind, is_push
from nudger.domain.wall_clock import zone
from nudger.storage import attempts, messages, recipients
from nudger.storage.attempts import Attempt
from nudger.storage.messages import Spent
from nudger.storage.recipients import StoredContact, StoredCouple

#: Long enough to hold the whole local week in any zone.
BUDGET_MEMORY = timedelta(days=8)
NO_LIMIT = Allowance()


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message that has been committed as leaving, and what is to be handed over."""

    message: Message
    outgoing: Outgoing


@dataclass(frozen=True, slots=True)
class Gatekeeper:
    """Knows the channels and the composer; asks the database about everybody else."""

    channels: Mapping[ChannelKind, Channel]
    composer: Composer
    patience: Patience
    tokens: Callable[[], str]

    def admit(self, connection: Connection, claimed: Sequence[Message], now: datetime) -> list[Parcel]:
        """Decide about each claimed message; those that may leave are `sending` when the transaction commits.

        Within the batch each decision counts for the next: two messages cannot both be the last of a budget. Nothing
        is picked for a message that was lost to another since it was claimed.
        """
        homes = recipients.couples_of(connection, {message.couple_id for message in claimed})
        held = messages.still_held(connection, claimed)
        ours = [message for message in claimed if message.id in held]
        desk = _Desk(self, connection, ours, homes, now)
        outcomes = [desk.decide(message) for message in ours]
        messages.save(connection, [(before, after) for before, after, _ in outcomes], now)
        desk.store()
        parcels = [self._parcel(after, *leaving, now) for _, after, leaving in outcomes if leaving is not None]
        attempts.begin(connection, [self._attempt(parcel, now) for parcel in parcels])
        return parcels

    def foretell(self, connection: Connection, planned: Sequence[Message]) -> None:
        """Decide about one couple's planned messages as if each were admitted at its own moment.

        For a copy of the state, as nothing is handed over: what may leave stays `sending`. A message that has to wait
        is asked about again when its time has come.
        """
        homes = recipients.couples_of(connection, {message.couple_id for message in planned})
        desk = _Desk(self, connection, planned, homes, planned[0].due_at)
        waiting = [(message.wake_at, place, message, message) for place, message in enumerate(planned)]
        changes = []
        while waiting:
            wake_at, place, first, message = heappop(waiting)
            desk.now = wake_at or message.due_at
            _, after, _ = desk.decide(life.claim(message, desk.now, self.patience))
            if after.state is State.PLANNED:
                heappush(waiting, (after.wake_at, place, first, after))
            else:
                changes.append((first, after))
        messages.save(connection, changes, desk.now)
        desk.store()

    def _parcel(self, message: Message, content: Content, address: str, now: datetime) -> Parcel:
        return Parcel(message, Outgoing(self.tokens(), address, content, message.not_after - now))

    def _attempt(self, parcel: Parcel, now: datetime) -> Attempt:
        message = parcel.message
        return Attempt(message.id, parcel.outgoing.token, message.fence, message.provider or "", now)


Outcome = tuple[Message, Message, tuple[Content, str] | None]


class _Desk:
    """The papers of one batch."""

    def __init__(
        self,
        keeper: Gatekeeper,
        connection: Connection,
        claimed: Sequence[Message],
        homes: Mapping[int, StoredCouple],
        now: datetime,
    ) -> None:
        partner_ids = {message.partner_id for message in claimed}
        self._keeper = keeper
        self._connection = connection
        self.now = now
        self._homes = homes
        self._schedules = recipients.schedules_of(connection, {message.enrollment_id for message in claimed})
        self._contacts = recipients.contacts_of(connection, partner_ids)
        self._spent: dict[int, list[Spent]] = defaultdict(list)
        for spent in messages.spent(connection, partner_ids, now - BUDGET_MEMORY):
            self._spent[spent.partner_id].append(spent)
        self._cases = {message.id: case for message in claimed if (case := self._case(message)) is not None}
        self._sitting = keeper.composer.sitting(connection, list(self._cases.values()))

    def _case(self, message: Message) -> Case | None:
        contact = self._contacts.get((message.partner_id, message.channel))
        if contact is None or self._retired(message):
            return None
        return Case(message, self._homes[message.couple_id], self._schedules[message.enrollment_id], contact)

    def _retired(self, message: Message) -> bool:
        """Whether its partner, couple or schedule left the files while it was on its way."""
        in_files = self._homes[message.couple_id].has(message.partner_id)
        return not in_files or message.enrollment_id not in self._schedules

    def store(self) -> None:
        """Write down what was picked and worded for those that leave."""
        self._sitting.store(self._connection)

    def decide(self, message: Message) -> Outcome:
        """What becomes of one message; with its words and address where it leaves."""
        if self._retired(message):
            return message, life.end(message, State.CANCELLED, Reason.RETIRED), None
        match decide(self._standing(message)):
            case End(state, reason):
                return message, life.end(message, state, reason), None
            case Wait(until, reason):
                return message, life.put_back(message, until, reason), None
            case Go(caught_up):
                return self._let_go(message, caught_up=caught_up)

    def _let_go(self, message: Message, *, caught_up: bool) -> Outcome:
        case = self._cases.get(message.id)
        if case is None:  # the gate has refused it already
            return message, life.end(message, State.SKIPPED, Reason.NO_CONTACT), None
        words = self._sitting.words(case)
        if isinstance(words, Reason):
            return message, life.end(message, State.SKIPPED, words), None
        provider = self._keeper.channels[message.channel].name
        leaving = life.begin(
            message,
            self.now,
            self._keeper.patience,
            contact_id=case.contact.id,
            provider=provider,
            caught_up=caught_up,
        )
        spent = Spent(message.partner_id, message.channel, self.now, caught_up)
        self._spent[message.partner_id].append(spent)
        return message, leaving, (words, case.contact.address)

    def _standing(self, message: Message) -> Standing:
        home = self._homes[message.couple_id]
        partner, stored = home.reached(message.partner_id), home.stored_partner(message.partner_id)
        contact = self._contacts.get((message.partner_id, message.channel))
        local = zone(partner.timezone)
        days = self._days_spent(message, local)
        today = self.now.astimezone(local).date()
        monday = today - timedelta(days=today.weekday())
        return Standing(
            now=self.now,
            due_at=message.due_at,
            not_after=message.not_after,
            zone=local,
            channel_on=self._carried(message.channel, contact),
            consent=contact.consent if contact else None,
            suppressed=bool(contact and contact.suppressed),
            life_state=home.life_state_for(message.partner_id),
            paused_until=home.paused_for(message.partner_id),
            quiet_hours=partner.quiet_hours,
            allowance=partner.budget.get(message.channel, NO_LIMIT),
            spent_today=sum(day == today for day in days),
            spent_this_week=sum(day >= monday for day in days),
            caught_up_lately=self._caught_up_lately(message),
            own_quiet_hours=stored.own.quiet_hours,
            days=stored.own.days,
            left=stored.left,
        )

    def _carried(self, kind: ChannelKind, contact: StoredContact | None) -> bool:
        """Whether there is a channel, and it carries to such an address."""
        channel = self._keeper.channels.get(kind)
        to_push = contact is not None and is_push(contact.address)
        return channel is not None and (channel.carries_push or not to_push)

    def _days_spent(self, message: Message, local: ZoneInfo) -> list[date]:
        return [
            spent.sent_at.astimezone(local).date()
            for spent in self._spent[message.partner_id]
            if spent.channel is message.channel
        ]

    def _caught_up_lately(self, message: Message) -> bool:
        since = self.now - CATCH_UP_EVERY
        return any(spent.caught_up and spent.sent_at > since for spent in self._spent[message.partner_id])
