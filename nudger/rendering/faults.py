"""What can be wrong with a template, for the one who sends and for the one who writes it."""

from dataclasses import dataclass

from nudger.errors import NudgerError


class CannotRender(NudgerError):
    """The template makes no message."""


class TooLong(CannotRender):
    """The text needs more segments than allowed."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault in one field of an entry: `sms`, `email.subject`, `email.body` or `ask`; `line` counts from 1."""

    field: str
    message: str
    mend: str | None
    line: int
