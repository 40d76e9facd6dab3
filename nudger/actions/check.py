"""Check what an operator wrote: files, references, moments that cannot come, words that a friend would not say."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Protocol

from nudger.domain.calendars import calendar_of
from nudger.domain.feasibility import Obstacle, ObstacleKind, obstacles
from nudger.domain.pools import Entry, Pool
from nudger.domain.schedules import Schedule
from nudger.files.faults import Fault
from nudger.files.loaded import Loaded
from nudger.rendering.faults import Problem

MENDS: Mapping[ObstacleKind, str] = {
    ObstacleKind.SWALLOWED: "move the moment out of the quiet hours, or the quiet hours themselves",
    ObstacleKind.TOO_TIGHT: "ask for fewer moments, a shorter apart or a longer between",
}


class Proofreader(Protocol):
    """Whoever can tell what is wrong with the words of pools: the renderer."""

    def problems(self, entry: Entry, locale: str) -> list[Problem]:
        """All that is wrong with an entry; nothing where it renders well for everyone."""
        ...

    def pool_problems(self, pool: Pool) -> Iterable[tuple[str, Problem]]:
        """What a careful reader finds in a pool, each finding with the id of its entry."""
        ...


def check(loaded: Loaded, renderer: Proofreader | None) -> list[Fault]:
    """Every fault there is, in the order of files and lines; without a renderer the words are neither tried nor read.

    What is only advice has that severity.
    """
    found = {*loaded.faults}
    for schedule in loaded.schedules:
        found.update(_obstacles(loaded, schedule))
    if renderer is not None:
        found.update(_problems(loaded, renderer))
    return sorted(found)


def _obstacles(loaded: Loaded, schedule: Schedule) -> Iterator[Fault]:
    """What stands in a schedule's way: each kind once, for the first couple it happens to, with a count of the rest."""
    met: dict[ObstacleKind, tuple[str, Obstacle]] = {}
    couples: dict[ObstacleKind, set[str]] = {}
    for couple in loaded.couples:
        for obstacle in obstacles(schedule, calendar_of(couple)) if schedule.target.covers(couple) else ():
            met.setdefault(obstacle.kind, (couple.key, obstacle))
            couples.setdefault(obstacle.kind, set()).add(couple.key)
    for kind, (key, obstacle) in met.items():
        others = len(couples[kind]) - 1
        rest = f" (and {others} more)" if others else ""
        message = f"for {obstacle.partner} of {key}{rest}: {obstacle.detail}"
        yield loaded.fault(message, MENDS[kind], "schedules", schedule.key, "when")


def _problems(loaded: Loaded, renderer: Proofreader) -> Iterator[Fault]:
    """What is wrong with the words of every entry, and with every pool as a whole, on the line of its text."""
    for locale, pool in loaded.pools.items():
        for entry in pool.entries:
            for problem in renderer.problems(entry, locale):
                yield _at_its_text(loaded, locale, entry.id, problem)
        for entry_id, problem in renderer.pool_problems(pool):
            yield _at_its_text(loaded, locale, entry_id, problem)


def _at_its_text(loaded: Loaded, locale: str, entry_id: str, problem: Problem) -> Fault:
    where = ("pools", locale, entry_id, *problem.field.split("."))
    fault = loaded.fault_inside(problem.message, problem.mend, problem.line - 1, *where)
    return replace(fault, code=problem.code, severity=problem.severity)
