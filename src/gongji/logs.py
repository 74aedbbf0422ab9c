"""What the server writes to its log: one JSON object a line, ids only, never a name or a certificate number."""

import asyncio
import logging
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog


def write_log_lines() -> None:
    """Set the log up for a server process."""
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    structlog.configure(
        processors=[_line],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=_Lines,
        cache_logger_on_first_use=True,
    )


class _Lines:
    """Writes lines to standard output; those of one turn of the event loop leave together."""

    def __init__(self, *_: object) -> None:
        self._out = sys.stdout.buffer
        self._waits = False

    def msg(self, line: bytes) -> None:
        """Write one line."""
        self._out.write(line + b"\n")
        if self._waits:
            return
        try:
            asyncio.get_running_loop().call_soon(self._flush)
            self._waits = True
        except RuntimeError:
            self._out.flush()

    log = debug = info = warning = error = critical = exception = msg

    def _flush(self) -> None:
        self._waits = False
        self._out.flush()


def keep_output_clean() -> None:
    """Set the log up for a command: warnings only, beside what it prints."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _line(_logger: object, level: str, event: MutableMapping[str, Any]) -> bytes:
    """The whole line in one step: every message writes one, so it must be quick."""
    event["level"] = level
    event["timestamp"] = datetime.now(UTC)
    return msgspec.json.encode(event)
