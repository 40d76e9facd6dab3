from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from parts.yaml_folders import COUPLE
from ruamel.yaml import YAML

from nudger.files.schema import json_schema, pool_schema

KINDS = """\
schedules:
  a: {themes: growth, channel: sms, audience: one, when: {random: 3, per: week, between: 09:30-20:00, apart: 36h}}
  b: {themes: [growth], channel: email, audience: each, when: {daily: true, at: 18:00}, late: 2h, chance: 0.8}
  c: {check_in: {prompts: 3}, channel: email, audience: both, when: {weekly: [sun, tue], at: "7:30"}}
  d: {themes: growth, channel: sms, audience: one, for: {tags: home}, when: {monthly: last}}
  e: {themes: growth, channel: sms, audience: one, for: all, when: {monthly: 3}}
  f: {themes: growth, channel: sms, audience: one, for: {couples: [x]}, when: {every: 10d, from: "2026-01-05"}}
  g: {themes: growth, channel: preferred, audience: one, when: {before: anniversary, lead: [14d, 0d]}}
  h: {themes: growth, channel: preferred, audience: one, when: {cron: "0 18 * * 5"}}
"""
POOL = """\
version: 1
theme: growth
entries:
  - {id: one, sms: A walk., season: winter, tags: [out], cooldown: 365d, weight: 2}
  - {id: two, ask: How?, role: opener, daypart: [morning, evening], avoid_when: loss}
  - {id: three, email: {subject: A walk, body: In the wood.}, effort: half_day}
"""


def loaded(text: str) -> object:
    """The data an editor sees: YAML 1.2, in which a date is text."""
    return YAML(typ="safe", pure=True).load(StringIO(text.replace("2019-06-14", '"2019-06-14"')))


@pytest.mark.parametrize(
    "text", ["version: 1\n" + COUPLE + KINDS, COUPLE.replace('"+447700900123"', "+447700900123"), "couples:\n"]
)
def test_good_files_fit_the_schema(text: str) -> None:
    """What the loader takes an editor does not underline, quoted or not."""
    assert list(Draft202012Validator(json_schema()).iter_errors(loaded(text))) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("partners:", "partner:"),
        ("name: Ana", "nam: Ana"),
        ("name: Ana, ", ""),
        ("+447700900124", "07700900124"),
        ("ana-and-ben:", "Ana & Ben:"),
        ("tags: [home]", "tags: [Home]"),
        ("channel: email", "channel: mail"),
        ("random: 3", "random: 0"),
        ("per: week", "per: year"),
        ("at: 18:00", "at: 25:00"),
        ("09:30-20:00", "09:30"),
        ("prompts: 3", "prompts: 9"),
        ("chance: 0.8", "chance: 8"),
        ("weekly: [sun, tue]", "weekly: sunday"),
        ("monthly: 3", "monthly: 33"),
        ("every: 10d", "every: 10"),
        ("cron:", "corn:"),
        ("2019-06-14", "14 June"),
    ],
)
def test_faulty_files_do_not_fit_the_schema(before: str, after: str) -> None:
    """What the loader refuses an editor underlines, wherever a schema can say it."""
    text = COUPLE + KINDS
    assert before in text
    assert list(Draft202012Validator(json_schema()).iter_errors(loaded(text.replace(before, after, 1))))


def test_good_pools_fit_the_schema() -> None:
    """An idea, a prompt and a long idea are fine."""
    assert list(Draft202012Validator(pool_schema()).iter_errors(loaded(POOL))) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [("theme:", "them:"), ("id: one", "id: One"), ("winter", "fall"), ("365d", "12h"), ("body:", "text:")],
)
def test_faulty_pools_do_not_fit_the_schema(before: str, after: str) -> None:
    """A wrong key, id, season, length of time or part of an email is underlined."""
    assert list(Draft202012Validator(pool_schema()).iter_errors(loaded(POOL.replace(before, after, 1))))


def fields(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every named field of a schema and its definitions."""
    for part in (schema, *schema.get("$defs", {}).values()):
        yield from part.get("properties", {}).items()


def mappings(part: object) -> Iterator[dict[str, Any]]:
    """Every mapping a schema describes, wherever it stands."""
    if isinstance(part, dict):
        if part.get("type") == "object":
            yield part
        for inner in part.values():
            yield from mappings(inner)
    if isinstance(part, list):
        for inner in part:
            yield from mappings(inner)


@pytest.mark.parametrize("schema", [json_schema(), pool_schema()], ids=["schedules", "pools"])
def test_every_field_explains_itself(schema: dict[str, Any]) -> None:
    """Hovering over any key shows a sentence and an example, and no mapping takes keys it does not know."""
    Draft202012Validator.check_schema(schema)
    for name, field in fields(schema):
        assert field.get("description", "").endswith("."), name
        assert field.get("examples"), name
    for mapping in mappings(schema):
        assert "additionalProperties" in mapping, mapping


def test_examples_fit_their_own_fields() -> None:
    """Every example in the schemas is one that fits."""
    for schema in (json_schema(), pool_schema()):
        for name, field in fields(schema):
            whole = {**field, "$defs": schema["$defs"]}
            for example in field["examples"]:
                assert list(Draft202012Validator(whole).iter_errors(example)) == [], (name, example)


def test_times_are_patterns() -> None:
    """No `format: time`, which editors apply to 18:00 and complain."""
    assert '"format"' not in str(json_schema()).replace("'", '"')
