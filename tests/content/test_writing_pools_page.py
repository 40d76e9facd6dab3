"""docs/writing-pools.md says what is so."""

import re
from pathlib import Path

import pytest
from parts.shipped_words import ROOT
from parts.yaml_folders import TAGS, Folders

from nudger.actions.check import check
from nudger.files.loading import load_pools
from nudger.files.pools import WrittenEntry
from nudger.files.tags import load_tags
from nudger.rendering.lints.phrases import phrases
from nudger.rendering.renderer import Renderer

PAGE = (ROOT / "docs" / "writing-pools.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"```yaml\n# (bad|good)(?:, (theme: \w+))?\n(.*?)```", re.DOTALL)
#: Takes ten entries to show, so the page tells it in words.
WITHOUT_EXAMPLE = {"W702"}


def sections() -> dict[str, str]:
    """What the page says under the heading of each code."""
    return {section[:4]: section for section in PAGE.split("\n### ")[1:] if section.startswith("W")}


def examples() -> list[tuple[str, str, str, str]]:
    """Each example of the page: the code it stands under, bad or good, its theme and its entries."""
    return [
        (code, kind, theme or "theme: growth", entries)
        for code, section in sections().items()
        for kind, theme, entries in EXAMPLE.findall(section)
    ]


def test_every_code_is_explained() -> None:
    """The page has a section for each code that the lints may give, and for nothing else."""
    lints = (ROOT / "nudger" / "rendering").rglob("*.py")
    given = {code for path in lints for code in re.findall(r'"(W\d{3})"', path.read_text(encoding="utf-8"))}
    assert set(sections()) == given | set(phrases())


def test_every_code_has_a_bad_and_a_good_example() -> None:
    """One to avoid, one to follow."""
    shown = {(code, kind) for code, kind, _, _ in examples()}
    assert shown == {(code, kind) for code in set(sections()) - WITHOUT_EXAMPLE for kind in ("bad", "good")}


@pytest.mark.parametrize(("code", "kind", "theme", "entries"), examples())
def test_examples_are_true(tmp_path: Path, code: str, kind: str, theme: str, entries: str) -> None:
    """What is called bad is marked with its code and no other; about what is called good there is nothing to say."""
    folders = Folders(tmp_path)
    folders.pool("en/example.yaml", f"{theme}\nentries:\n{entries}")
    found = check(load_pools(folders.templates), Renderer(ROOT / "templates"))
    assert {fault.code for fault in found} == ({code} if kind == "bad" else set())


@pytest.mark.parametrize("code", sections())
def test_severities_are_as_told(code: str) -> None:
    """The heading of a code says whether it is an error or advice."""
    assert sections()[code].splitlines()[0].split(": ")[0] in {f"{code} error", f"{code} advice"}
    if code in phrases():
        assert sections()[code].startswith(f"{code} {phrases()[code].severity}: ")


def test_every_attribute_is_explained() -> None:
    """Each key that an entry may have stands in the page's tables, and no other."""
    told = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    assert told == set(WrittenEntry.model_fields)


def test_every_tag_is_in_the_vocabulary() -> None:
    """The page uses no tag that the shipped vocabulary lacks."""
    used = {tag.strip() for tags in re.findall(r"tags: \[([^\]]*)\]", PAGE) for tag in tags.split(",")}
    assert used <= set(load_tags(TAGS).tags)
