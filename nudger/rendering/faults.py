"""What can be wrong with a template, for the one who sends and for the one who writes it."""

from dataclasses import dataclass
from typing import Literal

from nudger.errors import NudgerError


class CannotRender(NudgerError):
    """The template makes no message."""


class TooLong(CannotRender):
    """The text needs more segments than allowed."""


#: An `error` can hurt someone, or cannot be sent; `advice` is a friend's remark, and the author may know better.
Severity = Literal["error", "advice"]


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding in one field of an entry: `sms`, `email.subject`, `email.body` or `ask`; `line` counts from 1.

    `code` is stable and explained in docs/writing-pools.md.
    """

    field: str
    message: str
    mend: str | None
    line: int
    code: str = "W101"
    severity: Severity = "error"
