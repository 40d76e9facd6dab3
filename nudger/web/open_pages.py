"""Pages that belong to nobody: help, the way out, and what robots may read (nothing)."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from nudger.web.pages import Pages

#: Where "Leave this page" leads: a site on any subject, which anybody may have open at any hour.
ELSEWHERE = "https://www.wikipedia.org/"
#: What the browser has kept of our pages goes with it (W3C Clear Site Data); its history is out of a site's reach.
FORGET = {"Clear-Site-Data": '"cache", "storage"'}


class OpenPages:
    """The few pages without a token."""

    def __init__(self, pages: Pages) -> None:
        """They know nobody."""
        self._pages = pages

    def routes(self) -> list[Route]:
        """All of them."""
        return [Route("/help", self._help), Route("/away", self._away), Route("/robots.txt", self._robots)]

    async def _help(self, _request: Request) -> Response:
        return self._pages.page("help")

    async def _away(self, _request: Request) -> Response:
        return RedirectResponse(ELSEWHERE, 303, headers=FORGET)

    async def _robots(self, _request: Request) -> Response:
        return PlainTextResponse("User-agent: *\nDisallow: /\n")
