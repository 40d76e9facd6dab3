"""`/n/<token>`: the words of a message that came as a mere sign, for those who keep theirs off the lock screen."""

from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nudger.actions.look import words_for
from nudger.doors import Doors
from nudger.storage.links import Purpose, find_link
from nudger.web.pages import Pages


class Note:
    """Shows one message to the one it was for; opening it leaves no trace."""

    def __init__(self, doors: Doors, pages: Pages) -> None:
        """Nothing is kept between two requests."""
        self._doors = doors
        self._pages = pages

    def routes(self) -> list[Route]:
        """One address, to read alone."""
        return [Route("/n/{token}", self._show)]

    async def _show(self, request: Request) -> Response:
        return await run_in_threadpool(self._shown, request.path_params["token"], self._doors.now())

    def _shown(self, token: str, now: datetime) -> Response:
        with self._doors.database.read() as connection:
            link = find_link(connection, token, Purpose.NOTE, now)
        if link is None or link.message_id is None:
            return self._pages.no_such_link()
        words = words_for(self._doors.database, link.partner_id, link.message_id)
        return self._pages.page("note", {"text": words}) if words else self._pages.no_such_link()
