"""The stylesheet and the icon, under names that hold a hash of what is in them: a new one has a new address."""

from hashlib import blake2b
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

FOREVER = "public, max-age=31536000, immutable"
KINDS = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
NAMES = ("style.css", "icon.svg")


class Assets:
    """What pages refer to, read once."""

    def __init__(self, folder: Path) -> None:
        """Read the files of the pages' folder."""
        self._addresses: dict[str, str] = {}
        self._contents: dict[str, tuple[bytes, str]] = {}
        for name in NAMES:
            file = folder / name
            content = file.read_bytes()
            digest = blake2b(content, digest_size=8).hexdigest()
            address = f"/{file.stem}-{digest}{file.suffix}"
            self._addresses[name] = address
            self._contents[address] = content, KINDS[file.suffix]

    def address(self, name: str) -> str:
        """Where a file is served."""
        return self._addresses[name]

    def serves(self, path: str) -> bool:
        """Whether a path is one of these files."""
        return path in self._contents

    def routes(self) -> list[Route]:
        """One route for each file, and no other file can be reached."""
        return [Route(address, self._serve) for address in self._contents]

    async def _serve(self, request: Request) -> Response:
        content, kind = self._contents[request.url.path]
        return Response(content, media_type=kind, headers={"Cache-Control": FOREVER})
