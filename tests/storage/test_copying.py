from parts.cast import ANA_AND_BEN, CHECK_IN, CLEO_AND_DAN, DAILY, KEY, NOON
from parts.databases import opened
from parts.stored import cursors, ledger_lines, put_message, stored_contacts, stored_messages
from sqlalchemy import select

from nudger.actions.plan import plan
from nudger.actions.sync import sync
from nudger.domain.messages import Reason, State
from nudger.domain.people import ChannelKind
from nudger.storage.copying import copy_state
from nudger.storage.database import Database
from nudger.storage.tables import metadata


def test_copy_in_memory_holds_every_row(database: Database) -> None:
    """A copy of either database in memory equals it table by table."""
    sync(database, [ANA_AND_BEN, CLEO_AND_DAN], [DAILY, CHECK_IN], NOON, frozenset(ChannelKind))
    plan(database, KEY, NOON)
    with opened("sqlite://") as copy:
        copy_state(database, copy)
        for table in metadata.sorted_tables:
            with database.read() as source, copy.read() as target:
                assert sorted(source.execute(select(table))) == sorted(target.execute(select(table)))
        assert (cursors(copy), ledger_lines(copy)) == (cursors(database), ledger_lines(database))
        assert stored_contacts(copy) == stored_contacts(database)
        assert copy.integrity() == "ok"


def test_copy_leaves_no_trace(database: Database) -> None:
    """What happens to the copy never shows in the original."""
    sync(database, [ANA_AND_BEN], [DAILY], NOON)
    plan(database, KEY, NOON)
    before = stored_messages(database)
    with opened("sqlite://") as copy:
        copy_state(database, copy)
        put_message(copy, before[0].id, State.DELIVERED, Reason.RECEIPT)
        plan(copy, KEY, NOON.replace(month=3))
        assert stored_messages(copy) != before
    assert stored_messages(database) == before
