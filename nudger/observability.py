"""Logs: constant event names with facts as keys, and never a name, number, address or message."""

import logging
import sys
from typing import Any, TextIO

import structlog


def logger(name: str) -> Any:  # noqa: ANN401 (structlog's own type is lazy)
    """A logger for one module."""
    return structlog.get_logger(module=name)


def configure(level: str = "info", style: str = "auto", stream: TextIO | None = None) -> None:
    """Log to `stream` (stderr): readable on a terminal, JSON lines otherwise, or as `style` says (console, json)."""
    out = stream or sys.stderr
    readable = style == "console" or (style == "auto" and out.isatty())
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
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )
    # APScheduler speaks through the standard library; only its warnings matter to an operator.
    logging.basicConfig(level=logging.WARNING, stream=out, format="%(levelname)s %(name)s %(message)s", force=True)
