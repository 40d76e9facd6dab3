"""Words handed to Apprise, which carries them to ntfy, Signal, Telegram, Matrix and a hundred other services.

Apprise answers yes or no. What kind of no it was stands in its log alone: an HTTP status where the other side gave
one. Where it gave none, nobody knows whether the words arrived.
"""

import asyncio
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from apprise import Apprise, AppriseAsset
from apprise.common import PersistentStoreMode

from nudger.channels.contract import Accepted, Refusal, Refused, SendResult, Unclear
from nudger.channels.quiet import silence_sdk_loggers

#: Seconds to connect, and as many to wait for an answer.
PATIENCE = 10.0
#: Sends at the same time; each is a thread of its own, so that a slow service holds up nobody else's work.
AT_ONCE = 8
#: How every service of Apprise's writes the HTTP status it was answered with.
STATUS = re.compile(r"\berror=([1-5]\d\d)\b")
TOO_MANY, FIRST_REFUSAL, FIRST_FAULT = 429, 300, 500
SLOW_DOWN = timedelta(minutes=1)


class AppriseWire:
    """One connection to whatever a URL names. It never retries, and follows no redirect."""

    def __init__(self, patience: float = PATIENCE) -> None:
        """`patience` in seconds; nothing is opened yet, but all that is needed is read in."""
        silence_sdk_loggers()
        _hush()
        self._patience = patience
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="apprise")
        self.service("json://localhost")  # reads in all its plugins, which takes half a second: now, not at a send

    def service(self, url: str) -> Any:  # noqa: ANN401 (one of Apprise's plugins)
        """The service a URL names, bound to our limits; None where it names none."""
        asset = AppriseAsset(app_id="Nudger", storage_mode=PersistentStoreMode.MEMORY, async_mode=False)
        service: Any = Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
        if service is not None:  # whatever the URL asks for
            service.retry, service.redirects = 0, False
            service.socket_connect_timeout = service.socket_read_timeout = self._patience
        return service

    async def push(self, service: Any, title: str, text: str) -> SendResult:  # noqa: ANN401 (as above)
        """Hand over a text, with a title where it is not empty."""
        going = asyncio.get_running_loop().run_in_executor(self._threads, self._push, service, title, text)
        try:
            async with asyncio.timeout(2 * self._patience):
                return await going
        except TimeoutError:
            return Unclear("timeout")

    def _push(self, service: Any, title: str, text: str) -> SendResult:  # noqa: ANN401 (as above)
        carrier = Apprise(asset=service.asset)
        carrier.add(service)
        result = carrier.notify(body=text, title=title, log_level=logging.WARNING)
        if result:
            return Accepted()
        told = [found[1] for line in result.logs() if (found := STATUS.search(line.message))]
        return _refusal(int(told[-1])) if told else Unclear("no_clear_answer")

    def close(self) -> None:
        """Take nothing more; what is under way ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _refusal(status: int) -> SendResult:
    """What an HTTP status says of a message; a fault of the other side's says nothing about it."""
    if status == TOO_MANY:
        return Refused(Refusal.BUSY, "429", SLOW_DOWN)
    if FIRST_REFUSAL <= status < FIRST_FAULT:
        return Refused(Refusal.PERMANENT, str(status))
    return Unclear(str(status))


def _hush() -> None:
    """Its warnings hold addresses: they are for us to read, and never for the log."""
    logger = logging.getLogger("apprise")
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    logger.handlers = [logging.NullHandler()]
