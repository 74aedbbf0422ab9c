"""Refusals and faults as problem details: one mapping from refusal to status (错误应答)."""

from http import HTTPStatus
from typing import Annotated, Any, Final

import msgspec
from litestar import Response
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)
from msgspec import Meta

from gongji.core.refusal import Code, Refusal, refuse

PROBLEM_JSON: Final = "application/problem+json"

STATUS: Final[dict[Code, int]] = {
    Code.LOGIN_FAILED: 401,
    Code.CODE_WRONG: 401,
    Code.LOGIN_LOCKED: 429,
    Code.TOO_MANY_REQUESTS: 429,
    Code.SCOPE_MISSING: 403,
    Code.PASSWORD_CHANGE_NEEDED: 403,
    Code.CHANNEL_UNKNOWN: 404,
    Code.SESSION_UNKNOWN: 404,
    Code.PASSWORD_WEAK: 422,
    Code.NOT_YOURS: 403,
    Code.NOT_REAL_NAME: 403,
    Code.PERSON_UNKNOWN: 404,
    Code.BINDING_UNKNOWN: 404,
    Code.TRANSFER_UNKNOWN: 404,
    Code.SETTLEMENT_UNKNOWN: 404,
    Code.PREMIUM_UNKNOWN: 404,
    Code.INSTITUTION_UNKNOWN: 404,
    Code.INPUT_INVALID: 422,
    Code.PERSON_DETAILS_MISMATCH: 422,
    Code.NOTICE_NOT_ACCEPTED: 422,
    Code.COMMITMENT_NOT_SIGNED: 422,
    Code.PERIOD_INVALID: 422,
    Code.ORDER_INCOMPLETE: 422,
    Code.BUSY: 503,
}
"""Status of a refusal. What is not here is a conflict with the rules or the state of things: 409."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why something was not done (RFC 9457). ``code`` is stable; ``title`` says in Chinese what to do next."""

    status: Annotated[int, Meta(examples=[409])]
    code: Annotated[str, Meta(examples=["already_bound"])]
    title: Annotated[str, Meta(examples=["双方已有生效或待确认的绑定，无需重复办理"])]
    field: Annotated[str | None, Meta(description="出错的字段", examples=["user_name"])] = None


class RefusedError(Exception):
    """Carries a refusal out of a handler."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code.value)
        self.refusal = refusal


LOCKED_SECONDS: Final = 600


def answer(problem: Problem, wait: str | None = None) -> Response[Problem]:
    """The response of a problem; ``wait``: seconds after which it may be tried again."""
    headers = {}
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = "Bearer"
    elif problem.code == Code.SCOPE_MISSING.value:
        headers["www-authenticate"] = 'Bearer error="insufficient_scope"'
    elif problem.status == HTTPStatus.TOO_MANY_REQUESTS:
        headers["retry-after"] = wait or str(LOCKED_SECONDS)
    return Response(problem, status_code=problem.status, media_type=PROBLEM_JSON, headers=headers)


def of_refusal(refusal: Refusal) -> Problem:
    """A business refusal as a problem."""
    return Problem(
        status=STATUS.get(refusal.code, 409),
        code=refusal.code.value,
        title=refusal.text,
        field=refusal.field,
    )


def invalid(what: str, field: str | None = None) -> RefusedError:
    """An input that cannot be read."""
    return RefusedError(refuse(Code.INPUT_INVALID, field=field, what=what))


NOT_SIGNED_IN: Final = Problem(status=401, code="not_signed_in", title="请先登录，再用返回的令牌访问")

_BY_STATUS: Final = {
    404: ("not_found", "没有这个地址或这条记录"),
    405: ("method_not_allowed", "这个地址不支持这种请求方法"),
    413: ("too_large", "请求内容太大"),
    415: ("not_json", "请求内容必须是 JSON，Content-Type 写 application/json"),
    429: ("too_many_requests", "操作太频繁，请稍后再试"),
}

NOT_JSON: Final = Problem(status=415, code=_BY_STATUS[415][0], title=_BY_STATUS[415][1])


def of_fault(fault: Exception) -> Problem:
    """Whatever else went wrong, without detail."""
    if isinstance(fault, RefusedError):
        return of_refusal(fault.refusal)
    if isinstance(fault, ValidationException):
        return _of_validation(fault)
    if isinstance(fault, NotFoundException | MethodNotAllowedException) or _is_known(fault):
        code, title = _BY_STATUS[fault.status_code]  # type: ignore[attr-defined]
        return Problem(status=fault.status_code, code=code, title=title)  # type: ignore[attr-defined]
    if isinstance(fault, HTTPException) and fault.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Problem(status=422, code=Code.INPUT_INVALID.value, title="请求内容不是合规的 JSON，请检查后重新提交")
    return Problem(status=500, code="internal_error", title="系统出了问题，请稍后再试")


def _is_known(fault: Exception) -> bool:
    return isinstance(fault, HTTPException) and fault.status_code in _BY_STATUS


_EXPLAINED: Final = (
    ("unknown field", "不认识的字段：{field}"),
    ("missing required field", "缺少必填字段：{field}"),
    ("", "字段 {field} 的值不正确"),
)


def _of_validation(fault: ValidationException) -> Problem:
    """The first field at fault, from the words of the decoder."""
    first: dict[str, Any] = fault.extra[0] if isinstance(fault.extra, list) and fault.extra else {}
    message = str(first.get("message", ""))
    field = message.partition("field `")[2].partition("`")[0] or str(first.get("key", ""))
    if field in ("", "data"):
        title = "请求内容不正确，请检查后重新提交"
        return Problem(status=422, code=Code.INPUT_INVALID.value, title=title)
    words = next(text for part, text in _EXPLAINED if part in message)
    return Problem(status=422, code=Code.INPUT_INVALID.value, title=words.format(field=field), field=field)
