"""YAML text to plain data in which every key and value remembers where it stands."""

import re
from collections.abc import Callable
from pathlib import Path

from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from nudger.files.composing import DEEPEST, Node, compose, is_mapping, is_scalar, is_sequence
from nudger.files.documents import START, Document, Loc, Span
from nudger.files.faults import LINE_BREAK, Fault, Place, quote
from nudger.files.grammar import explain

MOST_NODES = 50_000
EMPTY_VALUES = frozenset({"", "~", "null", "Null", "NULL"})
MERGE_TAG = "tag:yaml.org,2002:merge"
CORE_TAG = re.compile(r"tag:yaml\.org,2002:(str|int|float|bool|null|timestamp|merge|value|map|seq)$")
#: No value may hold these: they break databases (NUL), mail headers (CR) and encoders (halves of surrogate pairs).
UNUSABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")

Fill = Callable[[str], str]


class Unfillable(Exception):
    """A ${...} in a value cannot be replaced."""

    def __init__(self, message: str, mend: str) -> None:
        """Say which one and what would help."""
        super().__init__(message)
        self.message = message
        self.mend = mend


class TooTangled(Exception):
    """Aliases lead in a circle or unfold into far too much."""

    def __init__(self, message: str, mend: str, span: Span) -> None:
        """Say what was found, and where."""
        super().__init__(message)
        self.message = message
        self.mend = mend
        self.span = span


def parse(path: Path, text: str, fill: Fill | None = None) -> Document:
    """Read one YAML text. `fill` replaces what stands for something else in every value; it may raise Unfillable.

    Nothing in the text raises: what is wrong is in the document's `faults`.
    """
    document = Document(path, text)
    try:
        root = compose(text)
        if root is not None:
            document.data = _Walk(document, fill).visit(root, ())
    except TooTangled as tangle:
        return document.refuse(document.fault_at(tangle.span, tangle.message, tangle.mend))
    except ReaderError as error:
        return document.refuse(_unreadable(document, error))
    except (YAMLError, ValueError, RecursionError) as error:
        return document.refuse(_broken(document, error))
    return document


def _unreadable(document: Document, error: ReaderError) -> Fault:
    lines = LINE_BREAK.split(document.text[: error.position])
    span = Span(len(lines), len(lines[-1]) + 1, 1)
    return document.fault_at(span, "there is a character here that YAML does not allow", "take it out")


def _broken(document: Document, error: Exception) -> Fault:
    mark = None
    if isinstance(error, MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
    span = Span(mark.line + 1, mark.column + 1, 1) if mark else START
    return document.fault_at(span, *explain(error))


class _Walk:
    """One pass over the nodes of a document, building the data and the spans."""

    def __init__(self, document: Document, fill: Fill | None) -> None:
        self.document = document
        self.fill = fill
        self.open: set[int] = set()
        self.count = 0

    def visit(self, node: Node, loc: Loc) -> object:
        span = self.span(node)
        self.document.values[loc] = span
        self.check_size(node, loc, span)
        if not CORE_TAG.match(str(node.tag)):
            self.spoil(loc, f"tags such as {quote(node.tag)} are not used here", "take it out", span)
        if is_scalar(node):
            return self.scalar(node, loc)
        self.open.add(id(node))
        try:
            return self.collection(node, loc)
        finally:
            self.open.discard(id(node))

    def check_size(self, node: Node, loc: Loc, span: Span) -> None:
        self.count += 1
        if id(node) in self.open:
            raise TooTangled("this alias contains itself", "write the value out instead", self.above(loc, span))
        if self.count > MOST_NODES:
            message = f"more than {MOST_NODES:,} values, aliases unfolded"
            raise TooTangled(message, "split the file in two", self.above(loc, span))
        if len(loc) > DEEPEST:
            message = f"nested more than {DEEPEST} levels deep"
            raise TooTangled(message, "nothing here goes that deep", self.above(loc, span))

    def above(self, loc: Loc, span: Span) -> Span:
        """The innermost key over a location: an alias has no place of its own. Without one, the span given."""
        ups = (loc[:length] for length in range(len(loc), 0, -1))
        return next((self.document.keys[up] for up in ups if up in self.document.keys), span)

    def scalar(self, node: Node, loc: Loc) -> str | None:
        written: str = node.value
        if node.style in ("|", ">"):
            self.document.blocks.add(loc)
        if not node.style and written in EMPTY_VALUES:  # plain: None or "", as the library has it
            return None
        if UNUSABLE.search(written):
            self.spoil(loc, "there is a control character in this value", "take it out", self.span(node))
            written = UNUSABLE.sub(" ", written)
        return self.filled(written, loc)

    def filled(self, written: str, loc: Loc) -> str:
        if self.fill is None or "${" not in written:
            return written
        try:
            value = self.fill(written)
        except Unfillable as reason:
            self.spoil(loc, reason.message, reason.mend, self.document.values[loc])
            self.document.unfilled.add(loc)
            return written
        self.document.filled[loc] = (written, value)
        return value

    def collection(self, node: Node, loc: Loc) -> list[object] | dict[str, object]:
        if is_sequence(node):
            return [self.visit(item, (*loc, index)) for index, item in enumerate(node.value)]
        return self.mapping(node, loc)

    def mapping(self, node: Node, loc: Loc) -> dict[str, object]:
        data: dict[str, object] = {}
        merged: list[tuple[Node, Node]] = []
        for key, value in node.value:
            if key.tag == MERGE_TAG:
                merged += self.merge_pairs(value, loc)
            elif not is_scalar(key) or UNUSABLE.search(key.value):
                self.spoil(loc, "a key must be a plain word", "write a word of letters and digits", self.span(key))
            elif key.value in data:
                first = Place(self.document.path, *self.start((*loc, key.value)))
                message = f"{quote(key.value)} is written twice"
                self.spoil((*loc, key.value), message, f"the first is at {first}; keep one of them", self.span(key))
            else:
                self.enter(data, key, value, loc)
        for key, value in merged:
            if key.value not in data:
                self.enter(data, key, value, loc)
        return data

    def enter(self, data: dict[str, object], key: Node, value: Node, loc: Loc) -> None:
        self.document.keys[*loc, key.value] = self.span(key)
        data[key.value] = self.visit(value, (*loc, key.value))

    def merge_pairs(self, node: Node, loc: Loc) -> list[tuple[Node, Node]]:
        """The pairs that `<<` brings in: those of a mapping, or of several, the earlier going first."""
        pairs: list[tuple[Node, Node]] = []
        for source in node.value if is_sequence(node) else [node]:
            if not is_mapping(source):
                self.spoil(loc, "'<<' takes a mapping", "write <<: *name", self.span(source))
                continue
            self.check_size(source, loc, self.span(source))
            self.open.add(id(source))
            for key, value in source.value:
                if key.tag == MERGE_TAG:
                    pairs += self.merge_pairs(value, loc)
                elif is_scalar(key) and not UNUSABLE.search(key.value):
                    pairs.append((key, value))
            self.open.discard(id(source))
        return pairs

    def start(self, loc: Loc) -> tuple[int, int]:
        span = self.document.keys[loc]
        return span.line, span.column

    def spoil(self, loc: Loc, message: str, mend: str, span: Span) -> None:
        self.document.spoil(loc, self.document.fault_at(span, message, mend))

    def span(self, node: Node) -> Span:
        """Where a node stands; of one that spans several lines the first line counts."""
        start, end = node.start_mark, node.end_mark
        if start.line == end.line:
            return Span(start.line + 1, start.column + 1, max(1, end.column - start.column))
        first = self.document.lines[start.line].split(" #")[0].rstrip()
        return Span(start.line + 1, start.column + 1, max(1, len(first) - start.column))
