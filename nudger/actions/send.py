"""Send: plan one extra message of a schedule for right now, at an operator's word."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from nudger.domain.own_choices import chosen_channels
from nudger.domain.people import ChannelKind
from nudger.domain.schedules import Audience, ChannelChoice, Schedule
from nudger.domain.wall_clock import zone
from nudger.errors import NotThere
from nudger.storage.codec import decode_schedule
from nudger.storage.database import Database
from nudger.storage.enrollments import Occurrence, insert_messages
from nudger.storage.own_choices import find_own
from nudger.storage.people import CoupleRow, PartnerRow, find_couple
from nudger.storage.tables import enrollments, messages, schedules

#: Slots from here on are not drawn by any rule: they are an operator's extra messages of that day.
FIRST_EXTRA_SLOT = 1000
#: How long an extra message is of use at least.
USEFUL = timedelta(hours=1)


def send(database: Database, couple_key: str, schedule_key: str, to: str | None, now: datetime) -> Sequence[str]:
    """Plan an extra message for `now` (aware); the keys of the partners it is for.

    It goes through the same gate as every other: consent, pause, quiet hours, budget. Without `to` it is for whom the
    schedule is for; where partners take turns, for the one who did not have the last turn. Raises NotThere.
    """
    with database.write() as connection:
        couple = find_couple(connection, couple_key)
        enrollment_id, schedule = _enrollment(connection, couple.id, schedule_key)
        chosen = _recipients(connection, couple, schedule, enrollment_id, to=to, now=now)
        home = zone(couple.couple.partner(chosen[0].key).timezone)
        moment = (
            now.astimezone(home).date(),
            _free_slot(connection, enrollment_id),
            now,
            now + max(schedule.late, USEFUL),
        )
        insert_messages(
            connection,
            [
                Occurrence(enrollment_id, couple.id, one.id, _channel(connection, one, schedule), *moment)
                for one in chosen
            ],
        )
    return [partner.key for partner in chosen]


def _enrollment(connection: Connection, couple_id: int, schedule_key: str) -> tuple[int, Schedule]:
    query = (
        select(enrollments.c.id, schedules.c.spec)
        .join(schedules, schedules.c.id == enrollments.c.schedule_id)
        .where(
            enrollments.c.couple_id == couple_id,
            schedules.c.key == schedule_key,
            enrollments.c.cursor.is_not(None),
        )
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotThere("the couple is not in such a schedule", mend="see schedules/; the daemon or `once` reads it in")
    return row.id, decode_schedule(row.spec)


def _recipients(
    connection: Connection, couple: CoupleRow, schedule: Schedule, enrollment_id: int, *, to: str | None, now: datetime
) -> Sequence[PartnerRow]:
    if to is not None:
        return [couple.partner(to)]
    if schedule.audience is not Audience.ONE:
        return couple.partners
    query = (
        select(messages.c.partner_id)
        # Whatever became of it: who has the next turn must not tell whether the other one's was sent.
        .where(messages.c.enrollment_id == enrollment_id, messages.c.due_at <= now)
        .order_by(messages.c.due_at.desc(), messages.c.slot.desc())
        .limit(1)
    )
    last = connection.execute(query).scalar_one_or_none()
    return [next(partner for partner in couple.partners if partner.id != last)]


def _channel(connection: Connection, partner: PartnerRow, schedule: Schedule) -> ChannelKind:
    row = find_own(connection, partner.id)
    chosen = chosen_channels(row.partner, row.own).get(schedule.kind)
    if chosen is not None:
        return chosen
    return (
        row.partner.preferred_channel if schedule.channel is ChannelChoice.PREFERRED else ChannelKind(schedule.channel)
    )


def _free_slot(connection: Connection, enrollment_id: int) -> int:
    """One that neither partner ever had: what was picked for an occurrence is kept under its slot."""
    query = select(func.max(messages.c.slot)).where(messages.c.enrollment_id == enrollment_id)
    return max(FIRST_EXTRA_SLOT, (connection.execute(query).scalar_one() or 0) + 1)
