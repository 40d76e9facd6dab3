"""The tests' stand-in for SendGrid as a process that reads each request and counts its messages, and no more.

    python -m benchmarks.quick_sendgrid

SendGrid's own work is not ours to measure: checking and keeping each message costs the tests' stand-in as much as
sending it costs us.
"""

import sys
from pathlib import Path
from typing import Any

from aiohttp import web

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from parts.fake_provider import serve_from_command_line
from parts.fake_sendgrid import FakeSendGrid


class QuickSendGrid(FakeSendGrid):
    """Takes whatever it is given."""

    def _dislike(self, body: dict[str, Any]) -> web.Response | None:
        return None if body["personalizations"] else web.Response(status=400)

    def _take(self, body: dict[str, Any]) -> str:  # noqa: ARG002 (it is counted already)
        return f"fake-{self.requests:06d}"


if __name__ == "__main__":
    serve_from_command_line(QuickSendGrid)
