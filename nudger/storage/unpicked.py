"""Moments of a couple for which nothing was picked yet: sent or not, each has its place in what rests and what follows.

Were only those picked for that are sent, what one partner receives would tell whether the other one's were.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, exists, or_, select

from nudger.domain.life import Message
from nudger.domain.messages import Reason
from nudger.storage.messages import COLUMNS, messages_by
from nudger.storage.statements import unsearched
from nudger.storage.tables import contents, enrollments, messages, partners, picks

#: A moment lies at most so long after the local date of its period: a month, and the clocks of the whole Earth.
LONGEST_PERIOD = timedelta(days=33)
#: Left empty for everybody, or no longer anybody's.
NEVER_MEANT = (Reason.WITHHELD, Reason.RETIRED)


_PICKED = exists().where(
    picks.c.enrollment_id == messages.c.enrollment_id,
    picks.c.period == messages.c.period,
    picks.c.slot == messages.c.slot,
    picks.c.own.is_(False),
    or_(picks.c.partner_id.is_(None), picks.c.partner_id == messages.c.partner_id),
)
#: The enrollment, said so that SQLite has to know the partner first: each pair is then found by its recent periods.
_ENROLLMENT = enrollments.c.id + partners.c.id - partners.c.id
_UNPICKED = (
    select(*COLUMNS)
    .select_from(enrollments)
    .join(partners, partners.c.couple_id == enrollments.c.couple_id)
    .join(messages, and_(messages.c.enrollment_id == _ENROLLMENT, messages.c.partner_id == partners.c.id))
    .where(
        enrollments.c.couple_id.in_(bindparam("couple_ids")),
        messages.c.period >= bindparam("first"),
        # Everybody's moments of as long as anything rests are no way to find one couple's.
        unsearched(messages.c.due_at).between(bindparam("since"), bindparam("until")),
        or_(messages.c.due_at != bindparam("until"), messages.c.enrollment_id <= bindparam("last")),
        or_(messages.c.reason.is_(None), messages.c.reason.not_in(NEVER_MEANT)),
        ~_PICKED,
        ~exists().where(contents.c.message_id == messages.c.id),
    )
    .order_by(messages.c.due_at, messages.c.enrollment_id, messages.c.partner_id)
)


def unpicked(
    connection: Connection, couple_ids: Collection[int], since: datetime, until: datetime, last: int
) -> list[Message]:
    """These couples' messages due from `since` to `until` (aware) for which nothing was picked or found wanting.

    Whatever became of them; oldest first. Of those due at `until` itself, none of an enrollment after `last`: where
    several schedules share their moments, the others have their turn later.
    """
    first = (since - LONGEST_PERIOD).date()
    bound = {"couple_ids": couple_ids, "first": first, "since": since, "until": until, "last": last}
    return messages_by(connection, _UNPICKED, bound)
