"""Tables in Markdown."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with a head; a row is as long as the head."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def code(text: object) -> str:
    """The text as code, nothing for nothing."""
    return f"`{text}`" if text is not None and text != "" else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")
