"""YAML text to nodes that know where they stand: by libyaml, and by ruamel.yaml where there is something to explain.

libyaml (under PyYAML) reads some ten times as fast; ruamel.yaml reads all of YAML 1.2 and says best what is wrong with
the rest. Every value is text here, whatever it looks like, so that the two find the same in what both can read.
"""

from typing import Any

import yaml
from ruamel.yaml import YAML

DEEPEST = 20

#: A scalar, sequence or mapping of either library: `id` says which; it has `tag`, `value`, `start_mark`, `end_mark`.
Node = Any


def compose(text: str) -> Node | None:
    """The root node of a text, None where there is nothing in it.

    Raises ruamel.yaml's YAMLError, ValueError or RecursionError where it is no YAML, or nested far too deep.
    """
    try:
        return yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return _compose_and_explain(text)


def _compose_and_explain(text: str) -> Node | None:
    reader = YAML(typ="safe", pure=True)
    reader.max_depth = DEEPEST
    reader.composer.warn_double_anchors = False
    root: Node | None = reader.compose(text)
    return root


def is_scalar(node: Node) -> bool:
    """Whether a node holds text."""
    return bool(node.id == "scalar")


def is_sequence(node: Node) -> bool:
    """Whether a node holds items."""
    return bool(node.id == "sequence")


def is_mapping(node: Node) -> bool:
    """Whether a node holds pairs of keys and values."""
    return bool(node.id == "mapping")
