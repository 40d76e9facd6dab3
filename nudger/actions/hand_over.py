"""Hand over: what has been let go leaves by its lane, and what came of it is written down, many results to a commit.

    admitted  ->  waiting  ->  under way  ->  landed  ->  recorded

Each stage works at its own pace, so that while some messages are under way others are already being claimed.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from nudger.actions.admit import Parcel
from nudger.actions.lanes import Done, Wires
from nudger.errors import StorageError
from nudger.observability import logger

log = logger(__name__)

#: Seconds that a result waits for others to be written down in the same commit, while some are still under way.
GATHER = 0.05
#: Results between two words about how far a long run has come.
NEWS_EVERY = 1000


Record = Callable[[Sequence[Done]], Counter[str]]


class HandingOver:
    """One run: `add` what was let go; on leaving, all of it has landed and all results are written down.

    What goes wrong with one send is raised in the end, when the results of all the others are safe. A record that
    fails is tried again with the next results, whenever somebody waits for the run to settle, and at last on leaving.
    """

    def __init__(self, wires: Wires, record: Record) -> None:
        """`record` writes results down, in a thread, and says how many messages came to which state."""
        self.outcomes: Counter[str] = Counter()
        self._wires = wires
        self._record = record
        self._open = 0  # requests added and not landed
        self._faults: list[Exception] = []
        self._finished: list[Done] = []
        self._told = 0
        self._leaving = False
        self._news, self._landed, self._moved = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def __aenter__(self) -> Self:
        """Start to write down what lands."""
        self._recording = asyncio.ensure_future(self._record_results())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for everything; when cancelled, leave what is in flight in doubt."""
        try:
            if not isinstance(error, asyncio.CancelledError):
                await self._finish()
        finally:
            self._let_go_of_everything()
        if error is None and self._faults:
            raise self._faults[0]

    def _let_go_of_everything(self) -> None:
        """Nothing is left but where this run was cut off."""
        self._wires.forget(self)
        self._recording.cancel()

    async def _finish(self) -> None:
        while self._open:
            self._landed.clear()
            await self._landed.wait()
        self._leaving = True
        self._news.set()
        await self._recording  # never cut off: what it holds may be half written down
        await self._write_down()
        if self.outcomes:
            log.info("dispatched", **self.outcomes)

    @property
    def idle(self) -> bool:
        """Whether nothing is in flight, and everything is written down."""
        return not self._open and not self._finished

    def add(self, parcels: Sequence[Parcel], committed: float) -> None:
        """Hand these over, in their order, each channel's beside the others'."""
        for lane, groups in self._wires.groups(parcels):
            self._open += len(groups)
            self._landed.clear()
            lane.add(self, groups, committed)

    def begun(self) -> None:
        """All of one batch is under way: there is room for more."""
        self._moved.set()

    def landed(self, done: Sequence[Done]) -> None:
        """What came of one request; it is written down soon."""
        self._finished += done
        self._close()

    def broken(self, error: Exception) -> None:
        """One request ended by a fault of ours; what it carried stays in doubt."""
        self._faults.append(error)
        self._close()

    def _close(self) -> None:
        self._open -= 1
        self._news.set()
        if not self._open:
            self._landed.set()

    async def pause(self, seconds: float) -> None:
        """Wait until there is room for more or nothing is left to do, for so long at most."""
        if self._recording.done():
            self._recording.result()
        self._news.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._moved.wait()
        self._moved.clear()

    async def _record_results(self) -> None:
        while not self._leaving:
            await self._news.wait()
            await self._gather()
            self._news.clear()
            with suppress(StorageError):
                await self._write_down()

    async def _gather(self) -> None:
        """Let others land: a commit costs as much for one result as for ten."""
        if self._open:
            with suppress(TimeoutError):
                async with asyncio.timeout(GATHER):
                    await self._landed.wait()

    async def _write_down(self) -> None:
        count = len(self._finished)
        if count:
            self.outcomes.update(await asyncio.to_thread(self._record, self._finished[:count]))
            del self._finished[:count]
            self._tell()
        if self.idle:
            self._moved.set()

    def _tell(self) -> None:
        total = self.outcomes.total()
        if total - self._told >= NEWS_EVERY:
            self._told = total
            log.info("dispatching", **self.outcomes)
