"""What is kept for a while only: words that were sent, links that hold no more, names of what was dealt with."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from nudger.domain.messages import State
from nudger.storage import reports
from nudger.storage.instants import EPOCH
from nudger.storage.notices import NoticeState
from nudger.storage.statements import CHUNK
from nudger.storage.tables import contents, inbound, links, messages, notices, provider_events

#: Up to when the words are gone, so that the past is not gone through again and again.
MARK = "words_kept_since"
#: What was still under way when its words' time had come is met again for so long.
MARGIN = timedelta(days=7)
#: What a notice is once it is no longer planned.
OVER = (NoticeState.SENT, NoticeState.FAILED, NoticeState.DROPPED)
UNDER_WAY = (State.PLANNED, State.CLAIMED, State.SENDING, State.UNKNOWN)


def forget_words(connection: Connection, before: datetime, now: datetime) -> int:
    """Blank the words of a few hundred messages and notices that were due before then (aware); how many there were.

    What an idea was, why it was picked and what became of it stay; what somebody said yes to stands in the ledger.
    """
    noted = reports.noted(connection, MARK)
    # A clock that was ahead has noted a moment that is still to come: nothing is gone yet of what lies before it.
    since = min(datetime.fromisoformat(noted[0]), before - MARGIN) if noted else EPOCH
    old = (messages.c.due_at >= since) & (messages.c.due_at < before) & messages.c.state.not_in(UNDER_WAY)
    query = (
        select(messages.c.id).join(contents, contents.c.message_id == messages.c.id).where(old, contents.c.text != "")
    )
    ids = connection.execute(query.order_by(messages.c.due_at).limit(CHUNK)).scalars().all()
    blank = {"subject": None, "text": "", "html": None, "headers": None, "note": None}
    connection.execute(update(contents).where(contents.c.message_id.in_(ids)).values(blank))
    said = (notices.c.due_at < before) & (notices.c.text != "") & notices.c.state.in_(OVER)
    gone = connection.execute(select(notices.c.id).where(said).limit(CHUNK)).scalars().all()
    connection.execute(update(notices).where(notices.c.id.in_(gone)).values(subject=None, text=""))
    if not ids:
        reports.note(connection, MARK, (before - MARGIN).isoformat(), now)
    return len(ids) + len(gone)


def forget_names(connection: Connection, before: datetime) -> int:
    """Delete links that ended, and the names of replies and receipts dealt with, before then (aware); how many."""
    over = ((links, links.c.expires_at), (inbound, inbound.c.at), (provider_events, provider_events.c.at))
    count = 0
    for table, moment in over:
        ids = connection.execute(select(table.c.id).where(moment < before).limit(CHUNK)).scalars().all()
        connection.execute(delete(table).where(table.c.id.in_(ids)))
        count += len(ids)
    return count
