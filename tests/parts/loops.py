"""Asynchronous tests without a plugin."""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import ParamSpec

P = ParamSpec("P")
#: Seconds; a test that takes as long hangs, or the machine is very busy with others.
LONGEST_TEST = 60.0


def in_loop(test: Callable[P, Awaitable[None]]) -> Callable[P, None]:
    """Run an asynchronous test in an event loop of its own, within a minute."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        async def bounded() -> None:
            async with asyncio.timeout(LONGEST_TEST):
                await test(*args, **kwargs)

        asyncio.run(bounded())

    return run
