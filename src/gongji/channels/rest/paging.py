"""Long lists in pages: a cursor names the last row seen, so rows that come meanwhile move nothing (分页).

The body stays a plain list. The next page stands in the Link header (RFC 8288), which is missing on the last one.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response
from litestar.params import QueryParameter

from gongji.channels.rest.problems import invalid

MOST: Final = 100

Cursor = Annotated[str, QueryParameter(max_length=200, description="下一页的位置，取自上一页 Link 头")]
"""Type of a handler's parameter ``cursor``."""
Limit = Annotated[int, QueryParameter(ge=1, le=MOST, description=f"一页最多几条，1 到 {MOST}")]
"""Type of a handler's parameter ``limit``."""

Row = TypeVar("Row")
Out = TypeVar("Out")


def position(cursor: str, kind: Any) -> Any:
    """The sort key of the last row seen, or None at the beginning. It names a place, and opens nothing.

    Args:
        cursor: as it came.
        kind: type of the key, for msgspec.
    """
    if not cursor:
        return None
    try:
        return msgspec.json.decode(base64.b64decode(cursor, altchars=b"-_", validate=True), type=kind)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise invalid("cursor 不正确，请原样使用上一页 Link 头里的地址", "cursor") from None


def page(
    request: Request[Any, Any, Any],
    rows: Sequence[Row],
    limit: int,
    out: Callable[[Row], Out],
    key: Callable[[Row], object],
) -> Response[list[Out]]:
    """Answer the first ``limit`` rows; ``rows`` holds one more when there is a next page.

    Args:
        request: the request, for the address of the next page.
        rows: what was found, one more than asked.
        limit: how many are answered.
        out: what is told of a row.
        key: the sort key of a row: what ``position`` will read.
    """
    shown = list(rows[:limit])
    headers = {}
    if len(rows) > limit:
        text = base64.urlsafe_b64encode(msgspec.json.encode(key(shown[-1]))).decode()
        asked = {key: value for key, value in request.query_params.items() if key not in ("cursor", "limit")}
        headers["link"] = f'<{request.url.path}?{urlencode(asked | {"cursor": text, "limit": limit})}>; rel="next"'
    return Response([out(row) for row in shown], headers=headers)
