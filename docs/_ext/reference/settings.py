"""Every setting, in the groups of `.env.example`."""

import re
from pathlib import Path

from pydantic.fields import FieldInfo

from nudger.settings import Settings
from reference.tables import code, table

EXAMPLE = Path(__file__).parents[3] / ".env.example"
HEAD = ("name", "default", "about")


def settings() -> str:
    """One table for each group."""
    fields = {str(field.alias): field for field in Settings.model_fields.values()}
    _, *groups = re.split(r"^## ", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return "\n\n".join(_group(group, fields) for group in groups)


def _group(group: str, fields: dict[str, FieldInfo]) -> str:
    title, _, rest = group.partition("\n")
    names = re.findall(r"^#([A-Z_]+)=", rest, flags=re.MULTILINE)
    return f"## {title}\n\n" + table(HEAD, (_row(name, fields[name]) for name in names))


def _row(name: str, field: FieldInfo) -> tuple[str, str, str]:
    return code(name), code(field.default), f"{field.description}{_range(field)}"


def _range(field: FieldInfo) -> str:
    signs = (("ge", "at least"), ("gt", "more than"), ("le", "at most"))
    held = ((sign, getattr(limit, name)) for limit in field.metadata for name, sign in signs if hasattr(limit, name))
    told = ", ".join(f"{sign} {value}" for sign, value in held if value is not None)
    return f" ({told})" if told else ""
