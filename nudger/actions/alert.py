"""Alert: tell the operator what is wrong with the service: once, then at most daily, and once more when it is over.

    look (what is wrong)  ->  keep  ->  tell  ->  note that it was told

A crash between the last two tells twice; an operator rather hears twice than never.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from nudger.actions.conditions import Bounds, Trouble, troubles
from nudger.observability import logger
from nudger.storage import alerts
from nudger.storage.alerts import Standing
from nudger.storage.database import Database

log = logger(__name__)

REMIND_AFTER = timedelta(days=1)
#: What comes back within this was never over.
OVER_AFTER = timedelta(minutes=5)


class Kind(StrEnum):
    """What a word is about."""

    RAISED = "raised"
    REMINDER = "reminder"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Word:
    """One thing to tell."""

    kind: Kind
    trouble: Standing
    mend: str | None = None

    @property
    def line(self) -> str:
        """As the operator reads it."""
        if self.kind is Kind.OVER:
            return f"Over: {self.trouble.detail}"
        still = "Still: " if self.kind is Kind.REMINDER else ""
        return f"{still}{self.trouble.detail}\n  Mend: {self.mend}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to keep in mind, what to forget without a word, and what to tell."""

    kept: Sequence[Standing]
    dropped: Sequence[str]
    words: Sequence[Word]


class Wire(Protocol):
    """A way to the operator."""

    async def tell(self, subject: str, text: str) -> bool:
        """Whether it was taken; never raises for what the other side does, and always times out."""
        ...


class Alerting:
    """Looks and tells. What stands is in the database, so a restart neither forgets nor repeats."""

    def __init__(self, database: Database, wires: Sequence[Wire], bounds: Bounds, name: str = "Nudger") -> None:
        """Tell by all of these wires, or by the log alone where there are none; `name` is the installation's."""
        self._database = database
        self._wires = wires
        self._bounds = bounds
        self._name = name

    async def look(self, now: datetime) -> Sequence[Word]:
        """Tell what there is to tell at `now` (aware). StorageError where the database does not answer."""
        verdict = await asyncio.to_thread(self._judge, now)
        if verdict.words and await self._tell(verdict.words):
            await asyncio.to_thread(self._note, verdict.words, now)
        return verdict.words

    def _judge(self, now: datetime) -> Verdict:
        with self._database.write() as connection:
            verdict = judge(troubles(connection, now, self._bounds), alerts.standing(connection), now)
            for trouble in verdict.kept:
                alerts.keep(connection, trouble)
            for name in verdict.dropped:
                alerts.drop(connection, name)
        return verdict

    async def _tell(self, words: Sequence[Word]) -> bool:
        for word in words:
            say = log.info if word.kind is Kind.OVER else log.error
            say(f"trouble_{word.kind}", condition=word.trouble.name, detail=word.trouble.detail)
        subject = f"{self._name}: {_heading(words)}"
        text = "\n\n".join(word.line for word in words) + "\n"
        took = await asyncio.gather(*(wire.tell(subject, text) for wire in self._wires))
        if self._wires and not any(took):
            log.error("operator_not_told", conditions=[word.trouble.name for word in words])
            return False
        return True

    def _note(self, words: Sequence[Word], now: datetime) -> None:
        with self._database.write() as connection:
            for word in words:
                if word.kind is Kind.OVER:
                    alerts.drop(connection, word.trouble.name)
                else:
                    alerts.keep(connection, replace(word.trouble, told_at=now))


def judge(found: Iterable[Trouble], known: Mapping[str, Standing], now: datetime) -> Verdict:
    """Compare what is wrong now with what stands since earlier; `now` is aware."""
    here = [(trouble, _standing(trouble, known.get(trouble.name))) for trouble in found]
    names = {trouble.name for trouble, _ in here}
    gone = [replace(one, gone_at=one.gone_at or now) for name, one in known.items() if name not in names]
    told = [one for one in gone if one.told_at is not None]
    words = [Word(kind, one, trouble.mend) for trouble, one in here if (kind := _due(trouble, one, now))]
    words += [Word(Kind.OVER, one) for one in told if one.gone_at and now - one.gone_at >= OVER_AFTER]
    return Verdict(
        kept=[one for _, one in here] + told,
        dropped=[one.name for one in gone if one.told_at is None],
        words=words,
    )


def _standing(trouble: Trouble, before: Standing | None) -> Standing:
    if before is None:
        return Standing(trouble.name, trouble.detail, trouble.since)
    return replace(before, detail=trouble.detail, gone_at=None)


def _due(trouble: Trouble, one: Standing, now: datetime) -> Kind | None:
    """What there is to say of a trouble that holds now, if anything."""
    if one.told_at is None:
        return Kind.RAISED if now - one.since >= trouble.patience else None
    return Kind.REMINDER if now - one.told_at >= REMIND_AFTER else None


def _heading(words: Sequence[Word]) -> str:
    raised = [word for word in words if word.kind is not Kind.OVER]
    if not raised:
        return "over again"
    return "something needs you" if len(raised) == 1 else f"{len(raised)} things need you"
