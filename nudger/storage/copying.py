"""The whole state copied to another database, so that a preview may run ahead without a trace."""

from sqlalchemy import Connection, insert, select

from nudger.storage.database import Database
from nudger.storage.statements import CHUNK
from nudger.storage.tables import metadata


def copy_state(source: Database, target: Database) -> None:
    """Fill an empty SQLite database, in memory or a file, with everything the source has.

    The target's tables are made first. What is sealed stays so, and needs the same keys. StorageError where either
    database fails.
    """
    target.migrate()
    with source.read() as reader, target.write() as writer:
        _copy(reader, writer)


def _copy(reader: Connection, writer: Connection) -> None:
    for table in metadata.sorted_tables:
        rows = reader.execution_options(stream_results=True).execute(select(table)).mappings()
        for part in rows.partitions(CHUNK):
            writer.execute(insert(table), [dict(row) for row in part])
