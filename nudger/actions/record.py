"""Record: what came of each send, as a change of its message and the end of its attempt, many to a commit."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from nudger.actions.lanes import Done, NotBegun, Result, Wires
from nudger.actions.surroundings import Surroundings
from nudger.channels.contract import Accepted, Refusal, Refused, Unclear
from nudger.domain import life
from nudger.domain.life import Message, Patience
from nudger.domain.messages import Reason
from nudger.domain.pacing import Fault
from nudger.domain.people import ChannelKind
from nudger.storage import alerts, attempts, consent, messages
from nudger.storage.attempts import Ending
from nudger.storage.consent import Event, Happening, How
from nudger.storage.database import Database

#: What is known of a provider is written down when it changes, and now and then, since others write there too.
NOTE_AGAIN = timedelta(minutes=1)


class Recorder:
    """Writes results down."""

    def __init__(self, database: Database, wires: Wires, patience: Patience, around: Surroundings) -> None:
        """Work on this database; the wires know until when a provider is left alone."""
        self._database = database
        self._wires = wires
        self._patience = patience
        self._around = around
        self._noted: dict[ChannelKind, tuple[Fault | None, datetime]] = {}

    def record(self, done: Sequence[Done]) -> Counter[str]:
        """Write down what came of these; how many came to which state. Those lost to another are left to it."""
        now = self._around.now()
        news = self._news(done, now)
        changes = [(parcel.message, self._after(parcel.message, result, now)) for parcel, result in done]
        with self._database.write() as connection:
            saved = messages.save(connection, changes, now)
            attempts.end(connection, [_ending(parcel.outgoing.token, result) for parcel, result in done], now)
            self._suppress(connection, done, now)
            for kind, fault in news.items():
                alerts.note_provider(connection, kind, fault, now)
        self._noted |= {kind: (fault, now) for kind, fault in news.items()}
        return Counter(f"{after.state}" for after in saved)

    def _news(self, done: Sequence[Done], now: datetime) -> dict[ChannelKind, Fault | None]:
        """What those who watch over the service do not know yet of the providers that have just answered."""
        asked = {parcel.message.channel for parcel, result in done if not isinstance(result, NotBegun)}
        faults = {kind: self._wires.lanes[kind].breaker.fault for kind in asked}
        known = {kind: fault for kind, (fault, at) in self._noted.items() if now - at < NOTE_AGAIN}
        return {kind: fault for kind, fault in faults.items() if kind not in known or known[kind] is not fault}

    def _suppress(self, connection: Connection, done: Sequence[Done], now: datetime) -> None:
        for parcel, result in done:
            if isinstance(result, Refused) and result.suppress and parcel.message.contact_id is not None:
                no_more = Happening(Event.SUPPRESSED, How.PROVIDER, now, evidence=result.code)
                consent.record(connection, parcel.message.contact_id, no_more)

    def _after(self, message: Message, result: Result, now: datetime) -> Message:
        match result:
            case Accepted(provider_id):
                return life.accepted(message, provider_id)
            case Unclear():
                return life.in_doubt(message, now, self._patience)
            case NotBegun():
                return life.put_back(
                    message, self._wires.lanes[message.channel].breaker.open_until or now, Reason.NOT_BEGUN
                )
            case Refused(kind=Refusal.PERMANENT):
                return life.refused_for_good(message)
            case Refused(kind=Refusal.CONFIGURATION):
                return life.misconfigured(message, now, self._patience)
            case Refused(kind=Refusal.BUSY, retry_after=retry_after):
                return life.held_up(message, now, self._around.luck(), retry_after)
            case Refused(retry_after=retry_after):
                return life.refused(message, now, self._around.luck(), retry_after)


def _ending(token: str, result: Result) -> Ending:
    match result:
        case Accepted(provider_id):
            return Ending(token, "accepted", provider_id=provider_id)
        case Refused(code=code):
            return Ending(token, "refused", code=code)
        case Unclear(code):
            return Ending(token, "unclear", code=code)
        case NotBegun():
            return Ending(token, "not_begun")
