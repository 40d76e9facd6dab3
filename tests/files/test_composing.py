"""Two libraries that must read the same: the quick one, and the one that explains."""

from collections.abc import Iterator
from typing import Any

import pytest
from parts.desks import CHECKOUT
from ruamel.yaml.error import MarkedYAMLError

from nudger.files import composing
from nudger.files.composing import compose

HARD = """\
a: 010
b: yes
"c d": 'it''s'
e: |
  two
  lines
f: >-
  folded
  text
g: {h: 1e3, i: [x, "y z", ~]}
j: &anchor [1, 2]
k: *anchor
l: plain  # remark
été: ü 😀
m: --03-12
n: 09:30-20:00
"""
FILES = ("schedules/couples.yaml", "schedules/schedules.yaml", "templates/pools/en/dates_appreciation.yaml")


def tree(node: composing.Node) -> Iterator[tuple[Any, ...]]:
    """Every node with what it holds and the character it begins at, in order."""
    mark = (node.start_mark.line, node.start_mark.column)
    inner = node.value if node.id == "sequence" else [one for pair in node.value for one in pair]
    yield (node.id, node.value if node.id == "scalar" else len(inner), mark)
    if node.id != "scalar":
        for one in inner:
            yield from tree(one)


@pytest.mark.parametrize("text", [HARD, *((CHECKOUT / file).read_text(encoding="utf-8") for file in FILES)])
def test_both_find_the_same_at_the_same_places(text: str) -> None:
    """What libyaml reads is what ruamel.yaml reads, down to the character."""
    assert list(tree(compose(text))) == list(tree(composing._compose_and_explain(text)))


def test_what_is_refused_is_refused_by_the_one_that_explains() -> None:
    """An error comes from ruamel.yaml, whose words are turned into ours, never from the quick one."""
    with pytest.raises(MarkedYAMLError, match="mapping values are not allowed"):
        compose("a: b: c")
