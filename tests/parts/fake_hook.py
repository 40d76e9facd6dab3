"""An HTTP server that takes whatever is told to it: the calls of a dead man's switch, and what Apprise pushes."""

import json
from typing import Unpack

from aiohttp import web
from parts.fake_provider import FakeHttpProvider, Manner, Wishes


class FakeHook(FakeHttpProvider):
    """Writes down the path of each call, and of a push its title and message."""

    def __init__(self, **wishes: Unpack[Wishes]) -> None:
        """Willing, and nothing has been told yet."""
        super().__init__(**wishes)
        self.called: list[str] = []

    def routes(self) -> list[web.RouteDef]:
        """Everything is a call."""
        return [web.get("/{path:.*}", self._call), web.post("/{path:.*}", self._push)]

    async def _call(self, request: web.Request) -> web.Response:
        order = self.next_order()
        if order is not None:
            return await self._misbehave(order.manner, order.status, request)
        self.called.append(request.path_qs)
        return web.Response(text="OK")

    async def _push(self, request: web.Request) -> web.Response:
        told = json.loads(await request.text())
        order = self.next_order()
        if order is not None and order.manner in {Manner.REFUSE, Manner.HANG, Manner.GARBAGE}:
            return await self._misbehave(order.manner, order.status, request)
        self.accept({"to": request.path.removeprefix("/"), "title": told["title"], "text": told["message"]})
        return await self.misbehave_after(order, request) if order else web.json_response({})

    async def _misbehave(self, manner: Manner, status: int, request: web.Request) -> web.Response:
        if manner is Manner.HANG:
            await self.hang_on()
        if manner is Manner.GARBAGE and request.transport is not None:  # no HTTP at all
            request.transport.write(b"\x00\x01\x02 what? \r\n\r\n")  # type: ignore[attr-defined]
            request.transport.close()
        return web.Response(status=status)
