"""Every key of the YAML files, out of the schemas that editors use."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from nudger.files.schema import json_schema, pool_schema
from reference.tables import code, table

Schema = Mapping[str, Any]
WORDS = {"string": "text", "integer": "a whole number", "number": "a number", "boolean": "`true` or `false`"}
HEAD = ("key", "takes", "default", "about", "example")


def schedule_keys() -> str:
    """Files in `schedules/`."""
    return _sheets(json_schema(), "A file")


def pool_keys() -> str:
    """Files in `templates/pools/<locale>/`."""
    return _sheets(pool_schema(), "A pool")


def _sheets(schema: Schema, title: str) -> str:
    sheets = {title: schema, **{_heading(name): part for name, part in schema["$defs"].items() if "properties" in part}}
    return "\n\n".join(_sheet(name, sheet, schema["$defs"]) for name, sheet in sheets.items())


def _heading(name: str) -> str:
    """`WrittenCheckIn` as a heading: check-in."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name.removeprefix("Written"))
    return words.strip().capitalize()


def _sheet(name: str, sheet: Schema, parts: Mapping[str, Schema]) -> str:
    rows = (_row(key, value, key in sheet.get("required", ()), parts) for key, value in sheet["properties"].items())
    about = f"{sheet['description']}\n\n" if "description" in sheet else ""
    return f"### {name}\n\n{about}{table(HEAD, rows)}"


def _row(key: str, value: Schema, required: bool, parts: Mapping[str, Schema]) -> tuple[str, ...]:  # noqa: FBT001
    default = value.get("default")
    told = "*needed*" if required else code(json.dumps(default)) if default else ""
    example = next(iter(value.get("examples", ())), None)
    shown = code(json.dumps(example, ensure_ascii=False)) if example else ""
    return code(key), _any_of([value], parts), told, value.get("description", ""), shown


def _takes(value: Schema, parts: Mapping[str, Schema]) -> Iterator[str]:
    """What a key takes, in words; nothing (`null`) is what leaving it out means, and is not listed."""
    if "$ref" in value:
        yield from _takes_part(value["$ref"].rpartition("/")[2], parts)
    elif "anyOf" in value or "oneOf" in value:
        for option in value.get("anyOf") or value["oneOf"]:
            yield from _takes(option, parts)
    elif "enum" in value or "const" in value:
        yield ", ".join(dict.fromkeys(code(one) for one in value.get("enum") or [value["const"]]))
    elif value.get("type") == "array":
        yield f"a list of: {_any_of([value['items']], parts)}"
    elif value.get("type") == "object":
        inner = [*value.get("patternProperties", {}).values(), value.get("additionalProperties")]
        yield f"a mapping to: {_any_of([one for one in inner if one], parts)}"
    else:
        kinds = value.get("type", [])
        yield from (WORDS[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds) if kind in WORDS)


def _takes_part(name: str, parts: Mapping[str, Schema]) -> Iterator[str]:
    """A link to the table of that part where it has keys of its own, else what it takes."""
    if "properties" in parts[name]:
        heading = _heading(name).lower()
        yield f"[{heading}](#{heading.replace(' ', '-')})"
    else:
        yield from _takes(parts[name], parts)


def _any_of(values: list[Schema], parts: Mapping[str, Schema]) -> str:
    return ", or ".join(dict.fromkeys(words for value in values for words in _takes(value, parts)))
