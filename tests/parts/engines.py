"""The two engines that must behave alike, as real processes."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from parts.daemon import Daemon
from parts.desks import Desk

Command = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Engine:
    """What gives out work, and what does it."""

    schedulers: tuple[Command, ...]
    worker: Command

    @contextmanager
    def scheduling(self, desk: Desk) -> Iterator[list[Daemon]]:
        """All schedulers, started."""
        with ExitStack() as stack:
            yield [stack.enter_context(_process(desk, command)) for command in self.schedulers]

    def working(self, desk: Desk) -> Daemon:
        """One worker."""
        return _process(desk, self.worker)


def _process(desk: Desk, command: Command) -> Daemon:
    return Daemon(desk.folder, *command[1:], command=command[0])


def alone() -> Engine:
    """One daemon that does everything."""
    return Engine((), ("run", "--no-web"))


def cluster() -> Engine:
    """A scheduler, and workers."""
    return Engine((("run", "--role", "scheduler"),), ("worker", "--concurrency", "2"))
