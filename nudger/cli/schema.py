"""`nudger schema`: JSON Schemas, so that an editor helps with writing."""

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from nudger.cli.session import begin
from nudger.cli.terminal import cannot_write, say, write_json
from nudger.files.schema import json_schema, pool_schema
from nudger.wiring import own_pools

SCHEDULES, POOLS = "nudger.schema.json", "nudger-pool.schema.json"


def schema(
    *,
    pools: Annotated[
        bool, Parameter(help="The schema of pools instead of couples and schedules.", negative="")
    ] = False,
    write: Annotated[bool, Parameter(help="Write each beside the files it is for.", negative="")] = False,
) -> int:
    """Print a JSON Schema (draft 2020-12) that yaml-language-server understands, or write each where it is used."""
    settings = begin(quiet=True)
    if not write:
        write_json(pool_schema() if pools else json_schema())
        return 0
    _write(settings.schedules / SCHEDULES, json_schema())
    if own_pools(settings).is_dir():  # made here, an empty folder would take the place of the shipped pools
        _write(own_pools(settings) / POOLS, pool_schema())
    return 0


def _write(path: Path, content: dict[str, object]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise cannot_write(error) from error
    say(f"written: {path}")
