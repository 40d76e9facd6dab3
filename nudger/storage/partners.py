"""The two partners of each couple as rows: a person keeps their row, and its consent, wherever the files put them."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select, update

from nudger.domain.messages import Reason
from nudger.domain.people import Couple
from nudger.storage.cancelling import cancel
from nudger.storage.tables import messages, partners

#: A partner is named by the couple's id and the partner's key.
PartnerName = tuple[int, str]


def keep_partners(connection: Connection, family: Mapping[int, Couple], now: datetime) -> dict[PartnerName, int]:
    """Bring the partners of these couples (by id) to what the files say; the ids of all ever known of them.

    One no longer in the files keeps the row at a negative position, and what was planned for them is cancelled.
    """
    written = {
        (couple_id, partner.key): position
        for couple_id, couple in family.items()
        for position, partner in enumerate(couple.partners)
    }
    query = select(partners.c.couple_id, partners.c.key, partners.c.id, partners.c.position)
    rows = connection.execute(query.where(partners.c.couple_id.in_(family))).all()
    ids = {(row.couple_id, row.key): row.id for row in rows}
    before = {(row.couple_id, row.key): row.position for row in rows if row.position >= 0}
    _move(connection, ids, before, written)
    gone = [ids[name] for name in before.keys() - written.keys()]
    if gone:
        cancel(connection, messages.c.partner_id.in_(gone), Reason.RETIRED, now)
    return ids | _add(connection, {name: position for name, position in written.items() if name not in ids})


def _move(
    connection: Connection,
    ids: Mapping[PartnerName, int],
    before: Mapping[PartnerName, int],
    written: Mapping[PartnerName, int],
) -> None:
    moved = {couple_id for couple_id, key in ids if before.get((couple_id, key)) != written.get((couple_id, key))}
    if not moved:
        return
    # All step aside first, for two rows may never hold one position, not even in passing.
    connection.execute(update(partners).where(partners.c.couple_id.in_(moved)).values(position=-partners.c.id))
    back = [
        {"row": ids[name], "place": position} for name, position in written.items() if name[0] in moved and name in ids
    ]
    if back:
        placed = update(partners).where(partners.c.id == bindparam("row")).values(position=bindparam("place"))
        connection.execute(placed, back)


def _add(connection: Connection, new: Mapping[PartnerName, int]) -> dict[PartnerName, int]:
    if not new:
        return {}
    rows = [{"couple_id": couple_id, "key": key, "position": position} for (couple_id, key), position in new.items()]
    statement = insert(partners).returning(partners.c.couple_id, partners.c.key, partners.c.id)
    return {(row.couple_id, row.key): row.id for row in connection.execute(statement, rows)}
