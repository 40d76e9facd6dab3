"""What each partner chose alone, beside the couple as written."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from nudger.domain.messages import Reason
from nudger.domain.own_choices import AS_WRITTEN, OwnChoices, chosen_channels, effective
from nudger.domain.people import Couple, LifeState, Partner
from nudger.errors import NotThere
from nudger.storage.cancelling import cancel
from nudger.storage.codec import decode_choices, encode_calendar, encode_choices
from nudger.storage.enrollments import replan
from nudger.storage.journal import Kind, note, note_of_partner
from nudger.storage.sealed import open_couple
from nudger.storage.statements import chunks
from nudger.storage.tables import couples, enrollments, messages, partners
from nudger.storage.vault import vault_of


@dataclass(frozen=True, slots=True)
class OwnRow:
    """A partner in the files: as written, and as they have it themselves. Moments are aware."""

    id: int
    couple_id: int
    couple: Couple
    partner: Partner
    own: OwnChoices
    intimacy: bool
    life_state: LifeState
    paused_until: datetime | None
    left_at: datetime | None

    @property
    def effective(self) -> Partner:
        """The partner with their own zone, language and budget."""
        return effective(self.partner, self.own)


def find_own(connection: Connection, partner_id: int) -> OwnRow:
    """The partner of that id; NotThere where the files no longer have them."""
    query = (
        select(partners, couples.c.key.label("couple"), couples.c.spec)
        .join(couples, couples.c.id == partners.c.couple_id)
        .where(partners.c.id == partner_id, partners.c.position >= 0)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotThere("There is no such partner.")
    couple = open_couple(vault_of(connection), row.couple, row.spec)
    return OwnRow(
        row.id,
        row.couple_id,
        couple,
        couple.partner(row.key),
        decode_choices(row.choices),
        row.intimacy,
        LifeState(row.life_state),
        row.paused_until,
        row.left_at,
    )


def lock_partner(connection: Connection, partner_id: int) -> None:
    """Let nobody else change a partner's row until the transaction ends; what another just wrote is there by then."""
    connection.execute(select(partners.c.id).where(partners.c.id == partner_id).with_for_update(key_share=True))


def change(connection: Connection, partner_id: int, **values: Any) -> None:  # noqa: ANN401 (any column's)
    """Change a partner's own columns."""
    connection.execute(update(partners).where(partners.c.id == partner_id).values(values))


def pause_partner(connection: Connection, partner_id: int, until: datetime | None, now: datetime) -> None:
    """Send this partner nothing before that moment; None ends a pause."""
    change(connection, partner_id, paused_until=until)
    note_of_partner(connection, Kind.PAUSED, partner_id, at=now, about=(until or now).isoformat())


def leave_couple(connection: Connection, partner_id: int, now: datetime) -> None:
    """Note that a partner has left: nothing more to them at all."""
    change(connection, partner_id, left_at=now)
    note_of_partner(connection, Kind.LEFT, partner_id, at=now)


def save_choices(connection: Connection, partner_id: int, own: OwnChoices) -> None:
    """Write down a partner's own choices; planning learns of them by `plan_by_own_choices`."""
    change(connection, partner_id, choices=encode_choices(own))


def plan_by_own_choices(connection: Connection, couple_id: int, now: datetime) -> None:
    """Plan a couple afresh from `now` on, each partner in the zone and by the channel they chose."""
    keep_calendars(connection, [couple_id])
    enrolled = (enrollments.c.couple_id == couple_id) & enrollments.c.cursor.is_not(None)
    replan(connection, connection.execute(select(enrollments.c.id).where(enrolled)).scalars().all(), now)


def keep_calendars(connection: Connection, couple_ids: Collection[int]) -> None:
    """Write the calendars of those of these couples in which somebody chose something, as the two live by now."""
    for couple_id, own in _choices_of(connection, couple_ids).items():
        couple = couple_as_chosen(written(connection, couple_id), own)
        chosen = {one.key: chosen_channels(one, own.get(one.key, AS_WRITTEN)) for one in couple.partners}
        calendar = encode_calendar(couple, chosen)
        connection.execute(update(couples).where(couples.c.id == couple_id).values(calendar=calendar))


def written(connection: Connection, couple_id: int) -> Couple:
    """The couple of that id as the files have it."""
    row = connection.execute(select(couples.c.key, couples.c.spec).where(couples.c.id == couple_id)).one()
    return open_couple(vault_of(connection), row.key, row.spec)


def _choices_of(connection: Connection, couple_ids: Collection[int]) -> Mapping[int, Mapping[str, OwnChoices]]:
    found: dict[int, dict[str, OwnChoices]] = defaultdict(dict)
    for part in chunks(list(couple_ids)):
        query = select(partners.c.couple_id, partners.c.key, partners.c.choices)
        chosen = query.where(partners.c.couple_id.in_(part), partners.c.position >= 0, partners.c.choices != "{}")
        for row in connection.execute(chosen):
            found[row.couple_id][row.key] = decode_choices(row.choices)
    return found


def couple_as_chosen(couple: Couple, own: Mapping[str, OwnChoices]) -> Couple:
    """The couple with each partner's own choices (by key) in force."""
    first, second = (effective(one, own.get(one.key, AS_WRITTEN)) for one in couple.partners)
    return replace(couple, partners=(first, second))


def end_couple(connection: Connection, couple_id: int, state: LifeState, now: datetime) -> None:
    """Note that a couple is no more, and cancel everything for both, important dates too."""
    ended = update(couples).where(couples.c.id == couple_id).values(life_state=state).returning(couples.c.key)
    note(connection, Kind.ENDED, connection.execute(ended).scalar_one(), at=now, about=state)
    both = select(partners.c.id).where(partners.c.couple_id == couple_id)
    cancel(connection, messages.c.partner_id.in_(both), Reason.LIFE_STATE, now)
