"""Logs: constant event names with facts as keys, and never a name, number, address or message."""

import json
import logging
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from traceback import extract_tb
from typing import Any, TextIO, cast

import structlog

#: How many of the innermost frames of a library's exception are told.
FRAMES = 5


def logger(name: str) -> Any:  # noqa: ANN401 (structlog's own type is lazy)
    """A logger for one module."""
    return structlog.get_logger(module=name)


def configure(level: str = "info", style: str = "auto", stream: TextIO | None = None) -> None:
    """Log to `stream` (stderr): readable on a terminal, JSON lines otherwise, or as `style` says (console, json)."""
    wanted = stream or sys.stderr
    readable = style == "console" or (style == "auto" and wanted.isatty())
    out = _Unfailing(wanted)
    number = logging.getLevelNamesMapping()[level.upper()]
    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer(),
    ]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=cast(TextIO, out)),
        cache_logger_on_first_use=False,
    )
    _configure_libraries(out, readable=readable)


class _Unfailing:
    """A stream that may not take what is written: on a full disk, or once its reader has gone.

    Nobody's work ends with that, least of all the stop that a signal asks for, which is logged like everything else.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def _configure_libraries(out: _Unfailing, *, readable: bool) -> None:
    """What libraries say through the standard library goes the same way; only their warnings matter to an operator."""
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s") if readable else LibraryFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    # It warns of each tick that finds the one before it still at work, which is as it should be.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


class LibraryFormatter(logging.Formatter):
    """One JSON line, like those of our own events.

    Of a message only the pattern is told and of an exception only its kind and whereabouts: the rest may name people.
    Of several lines the first: asyncio writes the exception itself, text and all, into those that follow.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        event: dict[str, Any] = {"event": "library", "said": str(record.msg).partition("\n")[0], "module": record.name}
        kind, fault, trace = record.exc_info or (None, None, None)
        if fault is not None:
            event["error"] = getattr(kind, "__name__", str(kind))
            event["where"] = [f"{Path(one.filename).name}:{one.lineno}" for one in extract_tb(trace)[-FRAMES:]]
        moment = datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
        return json.dumps(event | {"level": record.levelname.lower(), "timestamp": moment})
