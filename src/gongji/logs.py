"""What the server writes to its log: one JSON object a line, ids only, never a name or a certificate number."""

import logging
import sys

import msgspec
import structlog


def write_log_lines() -> None:
    """Set the log up for a server process."""
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.JSONRenderer(serializer=_line),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(),
        cache_logger_on_first_use=True,
    )


def keep_output_clean() -> None:
    """Set the log up for a command: warnings only, beside what it prints."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _line(event: dict[str, object], **_: object) -> bytes:
    """Every message writes a line, so it must be quick."""
    return msgspec.json.encode(event)
