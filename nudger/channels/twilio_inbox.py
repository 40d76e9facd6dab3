"""Texts that people wrote, asked for at Twilio: for an installation that no provider can reach from outside."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Any

from nudger.channels.contract import CannotTell
from nudger.channels.events import Inbound
from nudger.channels.quiet import silence_sdk_loggers
from nudger.channels.twilio import (
    CLOCK_SLACK,
    FAR_BACK,
    FAULTS,
    TwilioConfig,
    TwilioSms,
    account_of,
    all_before,
    code_of,
    created,
)

#: Twilio's largest page, and so many of them: 20,000 texts to and fro since the last look.
PAGE_SIZE, MOST_PAGES = 1000, 20


class TwilioInbox:
    """One Twilio account's incoming texts; it has connections of its own."""

    def __init__(self, config: TwilioConfig) -> None:
        """Nothing is opened before the first call."""
        silence_sdk_loggers()
        self._config = config
        self._account = account_of(config)

    async def since(self, moment: datetime) -> list[Inbound] | CannotTell:
        """The texts that came in since an aware moment, oldest first; some of just before it may be told again.

        CannotTell where Twilio did not answer in full: then ask again from the same moment, or a STOP is lost.
        With a number of ours as the sender only texts to it are read; with a messaging service all of the account's.
        """
        account = self._account.opened()
        try:
            return await self._read(account, moment - CLOCK_SLACK)
        except FAULTS as fault:
            return CannotTell(code_of(fault))

    async def aclose(self) -> None:
        """Close the connections; a later call would open new ones."""
        await self._account.aclose()

    async def _read(self, account: Any, moment: datetime) -> list[Inbound] | CannotTell:  # noqa: ANN401 (the SDK has no types)
        page = await self._in_time(account.messages.page_async(**self._wanted(moment)))
        newest_first: list[Inbound] = []
        for _ in range(MOST_PAGES):
            messages = list(page)
            newest_first += [inbound_of(message) for message in messages if came_in(message, moment)]
            if all_before(messages, moment - FAR_BACK) or not page.next_page_url:
                return newest_first[::-1]
            page = await self._in_time(page.next_page_async())
        return CannotTell("too_many")

    async def _in_time(self, page: Awaitable[Any]) -> Any:  # noqa: ANN401 (the SDK has no types)
        """One page, within the limit for one answer."""
        async with asyncio.timeout(self._config.timeout):
            return await page

    def _wanted(self, moment: datetime) -> dict[str, Any]:
        mine = {"to": self._config.sender} if self._config.sender and not self._config.messaging_service_sid else {}
        # The SDK writes the hour as it stands and calls it UTC.
        return {"date_sent_after": moment.astimezone(UTC), "page_size": PAGE_SIZE, **mine}


def came_in(message: Any, since: datetime) -> bool:  # noqa: ANN401 (the SDK has no types)
    """Whether a listed message is one that somebody wrote to us since a moment."""
    return str(message.direction) == "inbound" and created(message) >= since


def inbound_of(message: Any) -> Inbound:  # noqa: ANN401 (the SDK has no types)
    """A listed message; ValueError where it cannot be read."""
    sid, sender = message.sid, message.from_
    if not (isinstance(sid, str) and isinstance(sender, str)):
        raise ValueError("A message without id or sender.")  # noqa: TRY004 (an answer we cannot read, like the others)
    return Inbound(TwilioSms.name, sid, sender, str(message.body or ""), created(message))
