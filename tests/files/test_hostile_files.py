import json
import os
import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parts.yaml_folders import COUPLE, POOL, TAGS, Folders

from nudger.domain.themes import Theme
from nudger.files.couples import WrittenCouple, WrittenPartner, WrittenPreferences
from nudger.files.faults import Fault, show
from nudger.files.loading import load
from nudger.files.moments import KINDS
from nudger.files.pools import WrittenEntry
from nudger.files.positions import parse
from nudger.files.schedules import WrittenSchedule

#: Each line holds ten times the one before: a million values in seven lines.
BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n" for before, name in pairwise("abcdefg")
)


def only_fault(folders: Folders) -> Fault:
    """The one fault there is."""
    (fault,) = folders.load().faults
    return fault


@pytest.mark.parametrize(
    ("content", "message", "line", "column"),
    [
        (b"", "this file is empty", 1, 1),
        (b"# nothing yet\n", "this file is empty", 1, 1),
        (b"couples: {}\n\xff\xfe\n", "line 2 is not UTF-8 text", 1, 1),
        (b"#" * 1_000_001, "larger than 1 MB", 1, 1),
        (b"couples: " + b"[" * 30 + b"]" * 30, "nested more than 20 levels deep", 1, 1),
        (b"couples: " + b"[" * 5_000, "nested far too deep", 1, 29),
        (b"couples: &a\n  b: *a\n", "this alias contains itself", 2, 3),
        (b"couples: &a\n  <<: *a\n", "this alias contains itself", 1, 1),
        (b"couples: &a [*a]\n", "this alias contains itself", 1, 1),
        (BOMB.encode(), "more than 50,000 values", 5, 1),
        (b'couples: "\\ud800"\n', "control character", 1, 10),
        (b"couples: {a: 1}\n? [b]\n: 1\n", "a key must be a plain word", 2, 3),
        (b'couples: {"\\ud800": x}\n', "a key must be a plain word", 1, 11),
        (b"couples:\n  <<: 3\n", "'<<' takes a mapping", 2, 7),
    ],
)
def test_a_hostile_file_is_one_clear_fault(
    folders: Folders, content: bytes, message: str, line: int, column: int
) -> None:
    """What is empty, too large, too deep, tangled or no text at all is a fault that says so, quickly."""
    folders.write("a.yaml", "").write_bytes(content)
    loaded = folders.load()
    fault = next(fault for fault in loaded.faults if message in fault.message)
    assert (fault.place.line, fault.place.column) == (line, column)
    assert not loaded.complete


def test_one_megabyte_is_not_too_much(folders: Folders) -> None:
    """A file of exactly 1 MB is read."""
    folders.write("a.yaml", COUPLE + "#" * (1_000_000 - len(COUPLE)))
    assert folders.load().faults == ()


def test_aliases_and_merged_keys_work(folders: Folders) -> None:
    """An anchor may be used again, and `<<` brings in keys that are not written."""
    folders.write(
        "a.yaml",
        COUPLE
        + "schedules:\n  one: &walks {themes: growth, channel: email, audience: one, when: {daily: true}}\n"
        + "  two: {<<: *walks, channel: sms}\n  three: *walks\n",
    )
    loaded = folders.load()
    assert loaded.faults == ()
    assert [(one.key, one.channel.value) for one in loaded.schedules] == [
        ("one", "email"),
        ("two", "sms"),
        ("three", "email"),
    ]


def test_a_fault_behind_an_alias_stands_once_at_its_anchor(folders: Folders) -> None:
    """Two users of one faulty anchor give one fault, where it is written."""
    folders.write(
        "a.yaml",
        COUPLE
        + "schedules:\n  one: &walks {themes: growth, channel: mail, audience: one, when: {daily: true}}\n"
        + "  two: *walks\n",
    )
    fault = only_fault(folders)
    assert (fault.place.line, fault.place.column) == (9, 41)


def test_windows_line_ends_and_a_byte_order_mark_are_fine(folders: Folders) -> None:
    """A file saved by Notepad is read, with the same places."""
    text = COUPLE.replace("tags: [home]", "tags: Home").replace("\n", "\r\n")
    folders.write("a.yaml", "").write_bytes(b"\xef\xbb\xbf" + text.encode())
    fault = only_fault(folders)
    assert (fault.place.line, fault.place.column) == (3, 11)


def test_a_folder_named_like_a_file_is_a_fault(folders: Folders) -> None:
    """x.yaml may be a folder; then it says so."""
    folders.write("a.yaml", COUPLE)
    (folders.schedules / "x.yaml").mkdir()
    assert "not a file" in only_fault(folders).message


def test_a_pipe_named_like_a_file_does_not_block(folders: Folders) -> None:
    """x.yaml may be a pipe that nobody writes to; it is not opened."""
    folders.write("a.yaml", COUPLE)
    os.mkfifo(folders.schedules / "x.yaml")
    assert "not a file" in only_fault(folders).message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_a_fault(folders: Folders) -> None:
    """A file we may not read says so."""
    folders.write("a.yaml", COUPLE)
    folders.write("b.yaml", COUPLE).chmod(0)
    assert "cannot be read" in only_fault(folders).message


def load_text(schedules: str, pool: str) -> None:
    """Load one file of each kind, check every fault has a place in it, and show it."""
    with tempfile.TemporaryDirectory() as root:
        folders = Folders(Path(root))
        folders.write("a.yaml", "").write_bytes(schedules.encode("utf-8", "surrogatepass"))
        folders.pool("en/a.yaml", "").write_bytes(pool.encode("utf-8", "surrogatepass"))
        for fault in load(folders.schedules, folders.templates, {}, TAGS).faults:
            assert fault.place.line >= 1
            assert fault.place.column >= 1
            assert "errors.pydantic.dev" not in fault.message + (fault.mend or "")
            show(fault).encode()


@settings(max_examples=50, deadline=None)
@given(st.text())
def test_no_text_raises(text: str) -> None:
    """Any text at all is read or refused with faults, never with an exception."""
    load_text(text, text)


WORDS = (
    "<<",
    "!t ",
    "%YAML 1.1\n",
    "---\n",
    "...\n",
    "\\x",
    "\\u12",
    "${",
    "${A}",
    "couples",
    "null",
    "&a ",
    "*a",
    ": ",
)
PIECES = st.sampled_from([*WORDS, *"a-\n \t[]{},|>?'\"#@`\r\ufeff"])


@settings(max_examples=40, deadline=None)
@given(st.lists(PIECES, max_size=25).map("".join))
def test_no_broken_yaml_raises(text: str) -> None:
    """Any pile of YAML's own signs is read or refused with faults, never with an exception."""
    load_text(text, text)
    load_text("couples:\n  " + text, "theme: growth\nentries:\n  - " + text)


SHEETS = (WrittenCouple, WrittenPartner, WrittenPreferences, WrittenSchedule, WrittenEntry)
KEYS = st.sampled_from(sorted({key for sheet in SHEETS for key in sheet.written_keys()} | set(KINDS) | set(Theme)))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["sms", "mon-fri", "10:00", "+447700900123", "ana@example.com", "1d", "all", "last", "UTC", ""]),
    st.sampled_from(["0 9 * * 1#2/3", "99999999999d", "9" * 5000, "--02-30", "${A}", "${file:/}", "{{ x", "²L"]),
)
NESTED = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=6)),
    max_leaves=30,
)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(KEYS, NESTED, max_size=8), st.lists(NESTED, max_size=3))
def test_no_data_raises(item: dict[str, object], entries: list[object]) -> None:
    """Any data under the known keys is read or refused with faults, never with an exception."""
    file = {"couples": {"one": item, "two": {"partners": {"a": item, "b": item}}}, "schedules": {"one": item}}
    load_text(json.dumps(file), json.dumps({"theme": "growth", "entries": [*entries, item]}))


@given(st.sampled_from(KINDS), st.dictionaries(KEYS, SCALARS, max_size=3), SCALARS)
@settings(max_examples=50, deadline=None)
def test_no_rule_raises(kind: str, rest: dict[str, object], value: object) -> None:
    """Any value under any kind of `when` is read or refused with faults, never with an exception."""
    schedule = {"themes": "growth", "channel": "email", "audience": "one", "when": {**rest, kind: value}}
    load_text(json.dumps({"schedules": {"one": schedule}}), POOL)


def test_data_holds_text_alone() -> None:
    """Whatever a scalar looks like, the data is what was typed; only an empty one is None."""
    document = parse(Path("x"), "{a: 010, b: yes, c: 1e3, d: ~, e: , f: 'null', g: 2019-06-14, h: 18:00, i: .inf}")
    assert document.data == {
        "a": "010",
        "b": "yes",
        "c": "1e3",
        "d": None,
        "e": None,
        "f": "null",
        "g": "2019-06-14",
        "h": "18:00",
        "i": ".inf",
    }
