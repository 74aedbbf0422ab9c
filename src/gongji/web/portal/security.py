"""Devices that are signed in, and one's password (登录设备、修改密码)."""

from typing import Any, Final

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from gongji.core.passwords import SHORTEST
from gongji.service.passwords import change_password
from gongji.service.platform import Platform
from gongji.service.sessions import devices_of, sign_out_device, sign_out_everywhere
from gongji.web.faults import NoSuchPageError
from gongji.web.form import Form, read_form
from gongji.web.rendering import page
from gongji.web.visitor import COOKIE, PASSWORD_PAGE, Visitor

_DONE: Final = {
    "device": "那台设备已经退出。",
    "others": "其他设备都已退出。",
    "password": "密码已修改，其他设备都已退出。",
}


@get("/security")
async def security(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]
) -> Template:
    """Where one is signed in."""
    done = _DONE.get(request.query_params.get("done", ""), "")
    devices = await devices_of(platform, visitor.person_no)
    return page("security.html", visitor=visitor, devices=devices, done=done)


@post("/security/devices/{session_id:str}/end", status_code=HTTP_200_OK)
async def end_device(
    platform: NamedDependency[Platform], visitor: NamedDependency[Visitor], session_id: FromPath[str]
) -> Redirect:
    """Sign one device out."""
    if "\x00" in session_id or await sign_out_device(platform, visitor.person_no, session_id):
        raise NoSuchPageError
    return Redirect("/security?done=device", status_code=HTTP_303_SEE_OTHER)


@post("/security/others/end", status_code=HTTP_200_OK)
async def end_others(platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]) -> Redirect:
    """Sign out everywhere else."""
    await sign_out_everywhere(platform, visitor.person_no, but=visitor.session)
    return Redirect("/security?done=others", status_code=HTTP_303_SEE_OTHER)


@post("/security/all/end", status_code=HTTP_200_OK)
async def end_all(platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]) -> Redirect:
    """Sign out everywhere, here too."""
    await sign_out_everywhere(platform, visitor.person_no)
    answer = Redirect("/login", status_code=HTTP_303_SEE_OTHER)
    answer.delete_cookie(COOKIE)
    return answer


@get(PASSWORD_PAGE)
async def password_page(visitor: NamedDependency[Visitor]) -> Template:
    """The form."""
    return _form(visitor, Form(values={}))


@post(PASSWORD_PAGE, status_code=HTTP_200_OK)
async def password(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]
) -> Response[Any]:
    """Change it."""
    form = await read_form(request)
    old, new = form.long_text("old_password"), form.long_text("new_password")
    if not old:
        form.fault("old_password", "请填写现在的密码")
    if not new:
        form.fault("new_password", "请填写新密码")
    elif new != form.long_text("again"):
        form.fault("again", "两次填写的新密码不一样，请重新填写")
    if not form.faults:
        refusal = await change_password(platform, visitor.person_no, old, new, visitor.session)
        if refusal is None:
            return Redirect("/security?done=password", status_code=HTTP_303_SEE_OTHER)
        wrong = "现在的密码不正确" if refusal.field == "old_password" else refusal.text
        form.fault(refusal.field or "old_password", wrong)
    return _form(visitor, form, status=422)


def _form(visitor: Visitor, form: Form, status: int = 200) -> Template:
    # What was typed is not sent back.
    blank = Form(values={}, faults=form.faults)
    return page("password.html", status=status, visitor=visitor, form=blank, shortest=SHORTEST)
