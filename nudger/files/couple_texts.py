"""YAML texts made of couples that were checked, as an operator would have written them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nudger.files.positions import EMPTY_VALUES

#: A file of more could be beyond what is read of one: 1 MB and 50,000 values.
MOST_COUPLES, MOST_BYTES = 1000, 600_000
HEAD = """\
# yaml-language-server: $schema=./nudger.schema.json
#
# Imported. Writing somebody down here only invites them: nothing but the invitation is sent until they have said yes.

couples:
"""
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_/.+-]*")


def couple_texts(couples: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[str]:
    """The texts of as many files as it takes, each small enough to be read; `couples` are keys with their mappings."""
    parts: list[str] = []
    size = 0
    for key, written in couples:
        part = "".join(f"{line}\n" for line in _lines(key, written, 1))
        if parts and (len(parts) >= MOST_COUPLES or size + len(part.encode()) > MOST_BYTES):
            yield HEAD + "".join(parts)
            parts, size = [], 0
        parts.append(part)
        size += len(part.encode())
    if parts:
        yield HEAD + "".join(parts)


def _lines(key: str, value: object, depth: int) -> Iterator[str]:
    indent = "  " * depth
    if isinstance(value, Mapping):
        yield f"{indent}{key}:"
        for name, inner in value.items():
            yield from _lines(name, inner, depth + 1)
    elif isinstance(value, list):
        yield f"{indent}{key}: [{', '.join(map(_scalar, value))}]"
    else:
        yield f"{indent}{key}: {_scalar(str(value))}"


def _scalar(text: str) -> str:
    """A text as YAML cannot mistake it: in quotes unless it is plainly a word, what cannot be seen by its number."""
    if PLAIN.fullmatch(text) and text not in EMPTY_VALUES:
        return text
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08x}"
