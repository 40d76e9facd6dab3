"""`nudger init`: a folder to start from."""

import json
import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from nudger.cli.schema import SCHEDULES
from nudger.cli.terminal import cannot_write, say
from nudger.files.schema import json_schema
from nudger.wiring import shipped


def init(
    folder: Annotated[Path, Parameter(help="Where to write it.")] = Path(),
    /,
    *,
    templates: Annotated[bool, Parameter(help="Copy the pools and layouts too, to change them.", negative="")] = False,
) -> int:
    """Write sample couples and schedules and a .env to start from; what is there already is left as it is."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _copy_tree(shipped("schedules"), folder / "schedules")
        if templates:
            _copy_tree(shipped("templates"), folder / "templates")
        _write_new(folder / "schedules" / SCHEDULES, _schema_text())
        _write_new(folder / ".env", _settings_text(), mode=0o600)
    except OSError as error:
        raise cannot_write(error) from error
    where = "" if folder == Path() else f"cd {folder} && "
    say(f"Next: {where}nudger check && nudger demo")
    return 0


def _schema_text() -> str:
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _settings_text() -> str:
    packed = shipped("env.example")
    return (packed if packed.exists() else shipped(".env.example")).read_text(encoding="utf-8")


def _copy_tree(source: Path, target: Path) -> None:
    for path in sorted(source.rglob("*")):
        if path.is_file() and path.suffix != ".json":
            _write_new(target / path.relative_to(source), path.read_text(encoding="utf-8"))


def _write_new(path: Path, text: str, mode: int = 0o644) -> None:
    if path.exists():
        say(f"kept:    {path}")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    say(f"written: {path}")
