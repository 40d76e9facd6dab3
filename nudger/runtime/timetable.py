"""When ticks come. APScheduler goes by the wall clock, which is set and set back, and by which a machine may sleep."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

#: Seconds between two looks at whether the clock was set back.
LOOK_EVERY = 1.0


class Again(BaseTrigger):  # type: ignore[misc]  # the library has no types
    """Every so often. The rounds that a sleep or a step of the clock left out are passed over in one go.

    APScheduler's own interval counts them one by one before it drops them: a minute of standstill for a year.
    """

    def __init__(self, every: timedelta) -> None:
        """`every` is longer than nothing."""
        self.every = every

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The first moment of the rhythm after both; all are aware."""
        if previous_fire_time is None or now < previous_fire_time:
            return (previous_fire_time or now) + self.every
        return previous_fire_time + ((now - previous_fire_time) // self.every + 1) * self.every


async def keep_time(scheduler: AsyncIOScheduler, now: Callable[[], datetime]) -> None:
    """Until cancelled, bring forward what is further away than its period: the clock was set back meanwhile.

    Without this nothing would come, no sign of life either, until the clock is again where it was before.
    """
    while True:
        await asyncio.sleep(LOOK_EVERY)
        moment = now()
        for job in scheduler.get_jobs():
            if job.next_run_time - moment > job.trigger.every:
                job.modify(next_run_time=moment)
