"""Deletes single messages at Twilio: to people who asked to be forgotten, and from them."""

import asyncio

from nudger.channels.quiet import silence_sdk_loggers
from nudger.channels.twilio import FAULTS, TwilioConfig, account_of
from nudger.channels.twilio_http import Answered

NOT_FOUND = 404


class TwilioShredder:
    """One account; any number of calls may be under way at once, in one event loop."""

    def __init__(self, config: TwilioConfig) -> None:
        """Nothing is opened before the first call."""
        silence_sdk_loggers()
        self._timeout = config.timeout
        self._account = account_of(config)

    async def remove(self, name: str) -> bool:
        """Delete a message with its number and words; True also where Twilio has none of that name any more.

        Not before it came to its end: Twilio refuses till then (docs: Message resource, "Delete a Message resource").
        """
        account = self._account.opened()
        try:
            async with asyncio.timeout(self._timeout):
                return bool(await account.messages(name).delete_async())
        except Answered as answer:
            return answer.status == NOT_FOUND
        except FAULTS:
            return False

    async def aclose(self) -> None:
        """Close the connections."""
        await self._account.aclose()
