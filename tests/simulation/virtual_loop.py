"""An event loop whose clock only moves when everybody sleeps: hours pass in milliseconds, always in the same order."""

import asyncio
import selectors
from asyncio import Task
from collections.abc import Callable
from contextvars import Context
from typing import Any

from simulation.faults import PROCESS


class StuckError(Exception):
    """Nobody will ever wake up again."""


class _Impatient(selectors.SelectSelector):
    """Waits for nothing: the time it should have waited has passed at once."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise StuckError
        self.seconds += max(0.0, timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs on virtual seconds from 0; what goes to a thread elsewhere is done here in one piece, at its turn."""

    def __init__(self) -> None:
        """Begin at 0."""
        self._impatient = _Impatient()
        super().__init__(self._impatient)
        self.set_task_factory(_owned)

    def time(self) -> float:
        """Virtual seconds since the beginning."""
        return self._impatient.seconds

    def run_in_executor(self, _executor: object, function: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401
        """Do it in one piece; its process may be held up or die right before and right after."""
        return self.create_task(_in_one_piece(function, arguments))


async def _in_one_piece(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:  # noqa: ANN401
    process = PROCESS.get()
    await process.step("before")
    result = function(*arguments)
    await process.step("after")
    return result


def _owned(loop: asyncio.AbstractEventLoop, task: Any, context: Context | None = None) -> "Task[Any]":  # noqa: ANN401
    """Note with each task the process it belongs to, so that it dies with it."""
    made = Task(task, loop=loop, context=context)
    process = PROCESS.get(None)
    if process is not None:
        process.tasks[made] = None
        made.add_done_callback(lambda done: process.tasks.pop(done, None))
    return made
