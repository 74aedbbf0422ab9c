"""Pages for what went wrong: friendly, in Chinese, with what to do, and never with detail (错误页)."""

import traceback
from typing import Any
from urllib.parse import urlencode

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_303_SEE_OTHER, HTTP_500_INTERNAL_SERVER_ERROR

from gongji.web.rendering import page
from gongji.web.visitor import PASSWORD_PAGE, PasswordChangeNeededError, SignInNeededError

log = structlog.get_logger()

_WORDS = {
    403: ("页面放得太久了", "为保护您的账户，这次提交没有办理。请返回上一页，刷新后再提交一次。"),
    404: ("没有找到这个页面", "它可能不存在，或者不是您可以看的内容。请回到首页重新进入。"),
    405: ("不能这样打开这个页面", "请回到首页，从页面上的按钮进入。"),
    413: ("提交的内容太大", "请返回上一页，减少内容后再提交。"),
    429: ("操作太频繁", "请稍等几分钟再试。"),
    500: ("系统出了点问题", "您的钱和记录没有受影响。请稍后再试；如果一直这样，请联系医保经办机构。"),
    503: ("系统繁忙", "请稍后再试，不会重复扣款。"),
}
_OTHER = ("没有看懂提交的内容", "请返回上一页，检查后再提交。")


class NoSuchPageError(Exception):
    """There is nothing here for this visitor; whether it exists for others is not told."""


def fault_page(status: int) -> Template:
    """The page of a status."""
    title, advice = _WORDS.get(status, _OTHER)
    return page("fault.html", status=status, title=title, advice=advice)


def answer_fault(request: Request[Any, Any, Any], fault: Exception) -> Response[Any]:
    """The answer to an exception that reached the edge."""
    if isinstance(fault, SignInNeededError):
        # A form that was sent after the session ended cannot be sent again by a link.
        target = f"/login?{urlencode({'next': fault.path}, safe='/')}" if request.method == "GET" else "/login"
        return Redirect(target, status_code=HTTP_303_SEE_OTHER)
    if isinstance(fault, PasswordChangeNeededError):
        return Redirect(PASSWORD_PAGE, status_code=HTTP_303_SEE_OTHER)
    if isinstance(fault, NoSuchPageError):
        return fault_page(404)
    if isinstance(fault, HTTPException) and fault.status_code < HTTP_500_INTERNAL_SERVER_ERROR:
        return fault_page(fault.status_code)
    log_fault(request, fault)
    return fault_page(500)


def log_fault(request: Request[Any, Any, Any], fault: Exception) -> None:
    """Note where an unexpected error came from; neither its message nor the address, which may hold personal data."""
    frames = traceback.extract_tb(fault.__traceback__)[-6:]
    log.error(
        "unexpected error",
        error=type(fault).__name__,
        method=request.method,
        at=[f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames],
    )
