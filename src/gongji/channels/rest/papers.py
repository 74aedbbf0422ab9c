"""A paper as the answer of a route (单据下载)."""

import tempfile
from collections.abc import Awaitable, Callable
from typing import IO, Final
from urllib.parse import quote

from litestar import Response

from gongji.channels.rest.problems import RefusedError
from gongji.core.refusal import Refusal
from gongji.service.papers.paper import Form

IN_MEMORY: Final = 8 * 1024 * 1024
"""Bytes from which a paper is written on disk while it grows."""


async def paper_response(
    form: Form, name: str, write: Callable[[IO[bytes]], Awaitable[Refusal | None]]
) -> Response[bytes]:
    """Write a paper and answer it as a file to keep."""
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as target:
        refusal = await write(target)
        if refusal:
            raise RefusedError(refusal)
        target.seek(0)
        content = target.read()
    named = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return Response(content, media_type=form.media_type, headers={"content-disposition": named})
