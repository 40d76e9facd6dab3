"""`nudger db`: the database's revision."""

from typing import Annotated

from cyclopts import Parameter

from nudger.cli.session import begin
from nudger.cli.terminal import fields, say, write_json
from nudger.storage.database import Database


def upgrade() -> int:
    """Bring the database to this program's revision; nothing is done where it is there already."""
    database = Database(begin(quiet=True).url)
    try:
        before = database.current()
        database.upgrade()
        after = database.current()
    finally:
        database.close()
    say(f"already at {after}" if before == after else f"upgraded from {before or 'nothing'} to {after}")
    return 0


def current(*, json: Annotated[bool, Parameter(help="Write JSON.")] = False) -> int:
    """Tell the database's revision and this program's; 1 where they differ."""
    database = Database(begin(quiet=True).url)
    try:
        facts = {"database": database.current(), "program": database.head()}
    finally:
        database.close()
    if json:
        write_json([facts])
    else:
        fields(facts)
    return 0 if facts["database"] == facts["program"] else 1
