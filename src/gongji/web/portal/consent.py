"""A person allows a third-party channel something, sees what he has allowed, and takes it back (第三方渠道授权)."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from gongji.core.refusal import Refusal
from gongji.service.oauth.exchange import ASKED, RejectedError, Wanted, back_to, consent, consent_wanted
from gongji.service.oauth.granted import accesses_of, end_grant, grants_of
from gongji.service.platform import Platform
from gongji.web.edge import HEADERS
from gongji.web.faults import NoSuchPageError
from gongji.web.form import read_form
from gongji.web.rendering import page
from gongji.web.visitor import Visitor

LATEST: Final = 50

_WHY: Final = {
    "person": "您已停止",
    "client": "渠道已停止",
    "replaced": "已由新的授权代替",
    "reused": "令牌被重复使用，为了安全已自动停止",
}
_STATES: Final = {"active": "授权中", "expired": "已到期", "closed": "渠道已关闭"}


@get("/oauth/authorize")
async def ask_consent(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]
) -> Response[Any]:
    """Which channel, what it will see, and for how long."""
    values = _asked(request.query_params)
    if values is None:
        return _rejected(visitor, None)
    try:
        wanted = await consent_wanted(platform, visitor.person_no, values)
    except RejectedError as fault:
        return _rejected(visitor, fault.back)
    return _consent_page(visitor, wanted, values)


@post("/oauth/authorize", status_code=HTTP_200_OK)
async def answer_consent(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]
) -> Response[Any]:
    """Yes or no."""
    form = await read_form(request)
    values = {name: form.long_text(name) for name in ASKED if form.long_text(name)}
    try:
        wanted = await consent_wanted(platform, visitor.person_no, values)
        if form.text("answer") != "yes":
            return _onward(back_to(wanted, values, error="access_denied"))
        target = await consent(platform, visitor.person_no, values, form.text("card_no"))
    except RejectedError as fault:
        return _rejected(visitor, fault.back)
    if isinstance(target, Refusal):
        return _consent_page(visitor, wanted, values, target)
    return _onward(target)


def _asked(params: Any) -> dict[str, str] | None:
    """The parameters, each once; a request that says something twice is not one to answer."""
    if any(len(params.getall(name, [])) > 1 or "\x00" in params.get(name, "") for name in ASKED):
        return None
    return {name: params[name] for name in ASKED if params.get(name)}


def _consent_page(
    visitor: Visitor, wanted: Wanted, values: Mapping[str, str], refusal: Refusal | None = None
) -> Template:
    at_field = refusal.text if refusal and refusal.field == "card_no" else ""
    answer = page(
        "consent.html",
        status=422 if refusal else HTTP_200_OK,
        visitor=visitor,
        wanted=wanted,
        values=values,
        place=_place(wanted.redirect_uri),
        verified=visitor.real_name_verified,
        card_fault=at_field,
        problem=refusal.text if refusal and not at_field else "",
    )
    # Browsers hold the address a form leads on to against the policy as well.
    policy = HEADERS["content-security-policy"]
    answer.headers["content-security-policy"] = policy.replace(
        "form-action 'self'", f"form-action 'self' {_source(wanted.redirect_uri)}"
    )
    return answer


def _place(uri: str) -> str:
    """Where the person will be, as he may recognise it."""
    return urlsplit(uri).hostname or urlsplit(uri).scheme


def _source(uri: str) -> str:
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else f"{parts.scheme}:"


def _onward(target: str) -> Response[Any]:
    return Response(
        None, status_code=HTTP_303_SEE_OTHER, headers={"location": target, "referrer-policy": "no-referrer"}
    )


def _rejected(visitor: Visitor, back: str | None) -> Response[Any]:
    return _onward(back) if back else page("consent_rejected.html", status=400, visitor=visitor)


@get("/channels")
async def channels(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]
) -> Template:
    """What one has allowed, and who looked at what."""
    grants = await grants_of(platform, visitor.person_no)
    return page(
        "channels.html",
        visitor=visitor,
        live=[grant for grant in grants if grant.state == "active"],
        ended=[
            (grant, _WHY[grant.ended_why] if grant.ended_why else _STATES[grant.state])
            for grant in grants
            if grant.state != "active"
        ],
        accesses=await accesses_of(platform, visitor.person_no, LATEST),
        done="授权已停止，这个渠道不能再查看或办理您的业务。" if request.query_params.get("done") else "",
    )


@post("/channels/{grant_id:str}/end", status_code=HTTP_200_OK)
async def end_channel(
    platform: NamedDependency[Platform], visitor: NamedDependency[Visitor], grant_id: FromPath[str]
) -> Redirect:
    """Take it back."""
    if "\x00" in grant_id or await end_grant(platform, visitor.person_no, grant_id):
        raise NoSuchPageError
    return Redirect("/channels?done=1", status_code=HTTP_303_SEE_OTHER)
