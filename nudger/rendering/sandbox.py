"""Pool texts become words: a small, closed part of Jinja that can name the two people and choose, nothing more.

Two walls. First every text is read as a tree and only known kinds of nodes pass: no calls, no loops, no arithmetic,
no attribute but the names. Then it runs in Jinja's sandbox, with no globals, no loader and strict variables.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache, partial

from jinja2 import BaseLoader, StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from nudger.rendering.faults import CannotRender, Problem

#: What is said of each person, by `you` and `partner`.
Names = Mapping[str, Mapping[str, str]]
VARIABLES = ("you.name", "partner.name")
FILTERS = ("capitalize", "lower", "title", "trim", "upper")
#: Kinds of node that cannot loop, call, or reach beyond the names.
HARMLESS = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
)
#: How deep a text may nest its choices; Python's own compiler gives up somewhere beyond.
DEEPEST = 25
#: Stand before and after each value in a rendered text; names never hold them, see `voice.one_line`.
OPEN, CLOSE = "\ue000", "\ue001"
MARK = re.compile(f"[{OPEN}{CLOSE}]")
PRIVATE = re.compile("[\ue000-\uf8ff]")


def _marked(value: object) -> str:
    return f"{OPEN}{value}{CLOSE}"


def strict_environment(loader: BaseLoader | None = None) -> ImmutableSandboxedEnvironment:
    """A Jinja environment with nothing in it: no globals, no files but the loader's, no unknown variable unnoticed."""
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, loader=loader, auto_reload=False)
    environment.globals.clear()
    return environment


def bare(template: Template) -> Template:
    """The template without its way to look for globals, of which there are none: a quarter of filling a short text."""
    template.globals = {}
    return template


def _entry_environment() -> ImmutableSandboxedEnvironment:
    environment = strict_environment()
    environment.finalize = _marked
    environment.filters = {name: environment.filters[name] for name in FILTERS}
    return environment


ENTRIES = _entry_environment()


def fill(source: str, names: Names) -> list[str]:
    """The words of a pool text, in turns: the author's, then a value, then the author's, and so on.

    Kept apart so that Markdown never reads a name as markup. CannotRender where the text breaks a rule.
    """
    try:
        return _compiled(source)(names)
    except (TemplateError, TypeError) as error:
        raise CannotRender(f"The template does not work: {error}") from error


@lru_cache(maxsize=8192)
def _compiled(source: str) -> Callable[[Names], list[str]]:
    for problem in faults("template", source):
        raise CannotRender(f"Line {problem.line}: {problem.message}", mend=problem.mend)
    pieces = _pieces(ENTRIES.parse(source))
    if pieces is not None:
        return partial(_with_names, pieces)
    template = bare(ENTRIES.from_string(source))
    return lambda names: MARK.split(template.render(names))


def _pieces(tree: nodes.Template) -> list[str] | None:
    """The words and the variables, in turns, of a text that does no more than name people; None for any other.

    Nearly all texts are such, and putting names in costs a tenth of what Jinja takes.
    """
    pieces = [""]
    for node in tree.body:
        for part in node.nodes if isinstance(node, nodes.Output) else (node,):
            path = _path(part)
            if isinstance(part, nodes.TemplateData):
                pieces[-1] += part.data
            elif path in VARIABLES:
                pieces += [path, ""]
            else:
                return None
    return pieces


def _with_names(pieces: Sequence[str], names: Names) -> list[str]:
    values = {f"{who}.{what}": value for who, about in names.items() for what, value in about.items()}
    filled = list(pieces)
    filled[1::2] = [values[variable] for variable in pieces[1::2]]
    return filled


def faults(field: str, source: str) -> list[Problem]:
    """All that keeps a pool text from being rendered, top to bottom; `field` is carried into each problem."""
    try:
        found = [Problem(field, message, mend, line) for message, mend, line in _walk(ENTRIES.parse(source))]
    except TemplateSyntaxError as error:
        return [Problem(field, f"This is not valid Jinja: {error.message}", None, error.lineno)]
    except (RecursionError, ValueError):
        return [Problem(field, "This is not valid Jinja: nested too deep, or a number far too long", None, 1)]
    if PRIVATE.search(source):
        found.append(Problem(field, "The characters U+E000 to U+F8FF have no meaning to a reader's device", None, 1))
    return found


Complaint = tuple[str, str | None, int]


def _walk(node: nodes.Node, depth: int = 0) -> Iterator[Complaint]:
    if depth > DEEPEST:
        yield "This is nested too deep", None, node.lineno
        return
    path = _path(node)
    if path is not None:
        yield from _unknown("variable", path, VARIABLES, node.lineno)
        return
    if isinstance(node, nodes.Filter):
        yield from _unknown("filter", node.name, FILTERS, node.lineno)
    elif not isinstance(node, HARMLESS) and not _is_letter(node):
        kind = type(node).__name__.lower()
        yield f"`{kind}` has no place in a text: it may name people and choose with `if`", None, node.lineno
        return
    for child in node.iter_child_nodes():
        yield from _walk(child, depth + 1)


def _path(node: nodes.Node) -> str | None:
    """The dotted name a node reads, as in `you.name` or `you["name"]`; None where it reads none."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        return f"{_path(node.node) or '...'}.{node.attr}"
    if isinstance(node, nodes.Getitem) and not _is_letter(node):
        key = node.arg.value if isinstance(node.arg, nodes.Const) else "..."
        return f"{_path(node.node) or '...'}.{key}"
    return None


def _is_letter(node: nodes.Node) -> bool:
    """Whether a node takes one letter out of a name, as French elision needs: `partner.name[0]`."""
    return isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, int)


def _unknown(kind: str, name: str, allowed: tuple[str, ...], line: int) -> Iterator[Complaint]:
    if name in allowed:
        return
    near = get_close_matches(name, allowed, n=1)
    guess = f"Did you mean {near[0]}? " if near else ""
    yield f"The {kind} {name} is unknown", f"{guess}Allowed are {', '.join(allowed)}", line
