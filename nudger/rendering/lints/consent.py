"""W501: touch always carries a question, and a way out."""

from collections.abc import Iterator, Sequence

from nudger.domain.pools import Entry, Kind
from nudger.domain.themes import Theme
from nudger.rendering.faults import Problem
from nudger.rendering.lints.passages import Passage
from nudger.rendering.lints.phrases import phrases, small

#: The tag by which couples leave ideas of touch out.
TAG = "touch"


def consent(entry: Entry, texts: Sequence[Passage]) -> Iterator[Problem]:
    """Each way an idea reaches people, where it is about touch and asks nobody; a prompt is a question already."""
    about_touch = TAG in entry.tags or entry.theme is Theme.INTIMACY
    touch = phrases()["W501"]
    for passage in texts if entry.kind is Kind.IDEA else ():
        at, found = next(touch.hits(passage.text), (0, ""))
        concerned = passage.field != "email.subject" and (found or about_touch)
        if concerned and touch.cues and not touch.cues.search(small(passage.text)):
            what = f"'{found}'" if found else "this"
            yield passage.problem(touch.code, touch.severity, f"{what} {touch.about}", touch.mend, at)
