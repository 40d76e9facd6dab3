"""Markdown read twice: as HTML for those who see it, and laid out as text for those who prefer that.

Raw HTML is shown, not obeyed; images do not exist; links go to http, https and mailto alone.
"""

import re
from textwrap import indent

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

LINKS = re.compile(r"(https?|mailto):", re.IGNORECASE)


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False}).disable(["image", "html_block", "html_inline"])
    reader.validateLink = lambda url: LINKS.match(url.strip()) is not None  # type: ignore[method-assign]  # the documented way
    return reader


READER = _reader()


def to_html(source: str) -> str:
    """The HTML of a Markdown text, without any style; headings one level lower, as the letter has the first."""
    tokens = READER.parse(source)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
    return str(READER.renderer.render(tokens, READER.options, {}))


def to_text(source: str) -> str:
    """A Markdown text laid out for reading as it is: one line per paragraph, links as `words <address>`."""
    return _blocks(SyntaxTreeNode(READER.parse(source)), "\n\n")


def _blocks(node: SyntaxTreeNode, gap: str) -> str:
    return gap.join(_block(child) for child in node.children)


def _block(node: SyntaxTreeNode) -> str:
    match node.type:
        case "paragraph" | "heading":
            return _inline(node)
        case "bullet_list" | "ordered_list":
            return _list(node)
        case "blockquote":
            return indent(_blocks(node, "\n\n"), "> ", lambda _line: True)
        case "code_block" | "fence":
            return indent(node.content.rstrip("\n"), "    ")
        case "hr":
            return "* * *"
    raise ValueError(node.type)


def _list(node: SyntaxTreeNode) -> str:
    first = int(node.attrs.get("start", 1))
    tight = all(child.hidden for item in node.children for child in item.children if child.type == "paragraph")
    gap = "\n" if tight else "\n\n"
    items = []
    for number, item in enumerate(node.children, first):
        sign = f"{number}. " if node.type == "ordered_list" else "- "
        items.append(sign + indent(_blocks(item, gap), " " * len(sign)).lstrip())
    return gap.join(items)


def _inline(node: SyntaxTreeNode) -> str:
    return "".join(_span(child) for child in node.children)


def _span(node: SyntaxTreeNode) -> str:
    match node.type:
        case "text" | "code_inline":
            return node.content
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "link":
            return _link(_inline(node), str(node.attrs["href"]))
    return _inline(node)


def _link(words: str, address: str) -> str:
    return words if address in {words, f"mailto:{words}"} else f"{words} <{address}>"
