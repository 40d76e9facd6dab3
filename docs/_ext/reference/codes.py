"""What ends with which code: commands, messages, remarks on words, answers of Twilio."""

import ast
import inspect
import itertools
import re
from enum import StrEnum
from pathlib import Path

from nudger.channels import twilio_codes as twilio
from nudger.domain.messages import Reason, State
from nudger.errors import NudgerError
from reference.tables import code, table

WRITING_POOLS = Path(__file__).parents[2] / "writing-pools.md"
HEADING = re.compile(r"^### ((W\d{3}) (error|advice): (.+))$", flags=re.MULTILINE)
TWILIO_LINE = re.compile(r"^    (\d+): (\w+),  # (.+)$", flags=re.MULTILINE)


def exit_codes() -> str:
    """Every error of ours, with the exit code it ends a command with."""
    rows = (
        (code(error.__name__), code(error.exit_code), inspect.getdoc(error) or "") for error in _errors(NudgerError)
    )
    return table(("error", "exit code", "says"), rows)


def _errors(family: type[NudgerError]) -> list[type[NudgerError]]:
    named = [error for error in family.__subclasses__() if error.__module__ == NudgerError.__module__]
    return [found for error in named for found in (error, *_errors(error))]


def reasons() -> str:
    """The states of a message, and why it came to be in one."""
    states = table(("state", "meaning"), _members(State))
    return f"### States\n\n{states}\n\n### Reasons\n\n{table(('reason', 'meaning'), _members(Reason))}"


def _members(kind: type[StrEnum]) -> list[tuple[str, str]]:
    """Each member with the docstring that stands below it."""
    body = ast.parse(inspect.getsource(kind)).body[0].body  # type: ignore[attr-defined]
    told = {
        name.targets[0].id: text.value.value  # type: ignore[attr-defined, union-attr]
        for name, text in itertools.pairwise(body)
        if isinstance(name, ast.Assign) and isinstance(text, ast.Expr)
    }
    return [(code(member.value), str(told[member.name])) for member in kind]


def lint_codes() -> str:
    """Each remark, linked to the section of the writers' page that shows a bad and a good example."""
    rows = (
        (f"[{number}](../writing-pools.md#{_anchor(title)})", severity, about)
        for title, number, severity, about in HEADING.findall(WRITING_POOLS.read_text(encoding="utf-8"))
    )
    return table(("code", "severity", "about"), rows)


def _anchor(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def twilio_codes() -> str:
    """Twilio's codes, what they say, and what is done about it."""
    rows = (
        (code(number), about, _verdict(name)) for number, name, about in TWILIO_LINE.findall(inspect.getsource(twilio))
    )
    return table(("code", "means", "so"), rows)


def _verdict(name: str) -> str:
    verdict: twilio.Verdict = getattr(twilio, name)
    if verdict.suppress:
        return "never written to again, as after STOP"
    if verdict.bad_number:
        return "the number is given up"
    wait = f", after {int(verdict.wait.total_seconds()) // 60} minutes" if verdict.wait else ""
    return {"transient": f"tried again{wait}", "busy": "tried again, slower", "permanent": "not tried again"}.get(
        verdict.kind.value, "the operator has something to mend"
    )
