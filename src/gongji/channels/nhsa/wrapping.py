"""What a message is wrapped in on the way (报文外壳): a form of parts with a file (9101), or a form field.

Annex A of the specification: an upload is ``multipart/form-data`` with the message in the part ``jsonStr`` and the
file in the part ``file``.
"""

import io
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs

import msgspec
from multipart import MultipartError, MultipartParser, parse_options_header

MESSAGE_FIELDS: Final = ("jsonStr", "jsonstr", "json", "data", "param")
"""Names of the form field that holds the message; the first is the specification's."""

_PARTS_MAX: Final = 16


class SentFile(msgspec.Struct, frozen=True):
    """A file that came beside the message."""

    name: str
    content: bytes


class Unwrapped(msgspec.Struct, frozen=True):
    """The message itself; ``form`` tells that it was wrapped in a form."""

    body: bytes
    file: SentFile | None = None
    form: str = ""


def unwrap(body: bytes, headers: Mapping[str, str]) -> Unwrapped:
    """Take the message out of a form; anything else is the message itself. Never raises."""
    content_type = headers.get("content-type", "")
    if not content_type.startswith(("multipart/form-data", "application/x-www-form-urlencoded")):
        return Unwrapped(body)
    if content_type.startswith("application/x-www-form-urlencoded"):
        return unwrap_text(body)
    try:
        return _parts(body, parse_options_header(content_type)[1].get("boundary", ""))
    except (MultipartError, UnicodeError, ValueError):
        return Unwrapped(body)


def unwrap_text(body: bytes) -> Unwrapped:
    """Take the message out of ``jsonStr=%7B...``; a body that begins like JSON is the message itself."""
    text = body.lstrip()
    if text[:1] in (b"{", b"[", b"\xef") or b"=" not in text:
        return Unwrapped(body)
    try:
        fields = parse_qs(text.decode(), max_num_fields=_PARTS_MAX)
    except (UnicodeError, ValueError):
        return Unwrapped(body)
    for name in MESSAGE_FIELDS:
        if name in fields:
            return Unwrapped(fields[name][0].encode(), form="application/x-www-form-urlencoded")
    return Unwrapped(body)


def _parts(body: bytes, boundary: str) -> Unwrapped:
    message, file = body, None
    for part in MultipartParser(
        io.BytesIO(body), boundary, part_limit=_PARTS_MAX, memory_limit=len(body) + 1, spool_limit=len(body) + 1
    ):
        if part.name in MESSAGE_FIELDS:
            message = part.raw
        elif part.filename or part.name == "file":
            file = SentFile(part.filename or "", part.raw)
    return Unwrapped(message, file, "multipart/form-data")
