"""A parent's consent to what somebody wants to share with his child (监护人确认)."""

from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from gongji.core.refusal import Refusal
from gongji.service.binding_life import confirm, decline
from gongji.service.bindings import BindingView, bindings_for_wards
from gongji.service.platform import Platform
from gongji.web.faults import NoSuchPageError
from gongji.web.form import Form, read_form
from gongji.web.portal import limits
from gongji.web.rendering import page
from gongji.web.visitor import Visitor


@get("/family/wards/{binding_id:str}")
async def ward_page(
    platform: NamedDependency[Platform], visitor: NamedDependency[Visitor], binding_id: FromPath[str]
) -> Template:
    """What one is asked to consent to for one's child."""
    return _page(visitor, await _waiting(platform, visitor, binding_id), Form(values={}))


@post("/family/wards/{binding_id:str}", status_code=HTTP_200_OK)
async def answer_for_ward(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    visitor: NamedDependency[Visitor],
    binding_id: FromPath[str],
) -> Response[Any]:
    """Yes or no, said as the parent."""
    view = await _waiting(platform, visitor, binding_id)
    form = await read_form(request)
    agrees = form.text("answer") == "yes"
    if agrees and not form.ticked("guardian"):
        form.fault("guardian", "请先勾选：您是孩子的父母")
        return _page(visitor, view, form)
    answer = confirm if agrees else decline
    outcome = await answer(platform, binding_id, visitor.person_no, visitor.channel)
    if isinstance(outcome, Refusal):
        return _page(visitor, view, form, outcome.text)
    return Redirect(f"/family?done={'ward' if agrees else 'ward_declined'}", status_code=HTTP_303_SEE_OTHER)


async def _waiting(platform: Platform, visitor: Visitor, binding_id: str) -> BindingView:
    """A binding that waits for the visitor's word.

    Raises:
        NoSuchPageError: there is none, or it is for other people's children.
    """
    for view in await bindings_for_wards(platform, visitor.person_no):
        if view.binding.id == binding_id:
            return view
    raise NoSuchPageError


def _page(visitor: Visitor, view: BindingView, form: Form, problem: str = "") -> Template:
    return page(
        "ward.html",
        status=422 if problem or form.faults else 200,
        visitor=visitor,
        view=view,
        binding=view.binding,
        limits=limits.in_words(view.binding.limits, mine=False),
        form=form,
        problem=problem,
    )
