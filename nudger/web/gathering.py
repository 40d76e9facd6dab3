"""Receipts that arrive together are written together: one transaction for all that came while the last one ran.

A provider may report hundreds of times a second, and each commit costs milliseconds of disk. Nobody is answered before
what they brought is durable.
"""

import asyncio
from collections.abc import Callable, Sequence

from nudger.channels.events import Receipt

Apply = Callable[[Sequence[Receipt]], None]
Waiting = tuple[Sequence[Receipt], "asyncio.Future[None]"]
#: Deliveries in one transaction at most, so that it stays short.
TOGETHER = 200


class Gathering:
    """Collects receipts while a worker thread is busy with those before."""

    def __init__(self, apply: Apply) -> None:
        """`apply` writes receipts in one transaction; it runs in a thread, never twice at once."""
        self._apply = apply
        self._waiting: list[Waiting] = []
        self._worker: asyncio.Task[None] | None = None

    async def bring(self, receipts: Sequence[Receipt]) -> None:
        """Return when they are written. Raises what writing them raised."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((receipts, done))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        await done

    async def _work(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
            await self._write(batch)

    async def _write(self, batch: Sequence[Waiting]) -> None:
        """All in one; where that fails each by itself, so that nobody's fault is another's."""
        try:
            await asyncio.to_thread(self._apply, [receipt for receipts, _ in batch for receipt in receipts])
        except Exception as error:  # noqa: BLE001 (whatever it is, those who wait must learn of it)
            if len(batch) > 1:
                for one in batch:
                    await self._write([one])
            else:
                _tell(batch, error)
        else:
            _tell(batch, None)


def _tell(batch: Sequence[Waiting], error: Exception | None) -> None:
    for _, done in batch:
        if done.done():  # whoever waited has gone
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
