"""Bind a relative in three steps: notice, form, then a signed commitment or papers, as the place asks (家庭共济绑定).

The steps keep nothing on the server but uploaded papers: each page carries the fields of those before it, and only the
last one binds.
"""

from typing import Any, Final

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Response, Template
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from gongji.core.codes import PlaceKind, Relation, SharingMode
from gongji.core.family import BindingState
from gongji.core.policy import PolicyBook
from gongji.core.refusal import Code, Refusal
from gongji.service.bindings import bind_once, bindings_of
from gongji.service.platform import Platform
from gongji.web.form import Form, read_form
from gongji.web.portal import limits
from gongji.web.portal.bind_form import (
    FIELDS,
    MOST_BODY,
    MOST_POSITIONS,
    MOST_SHEETS,
    UPLOADED,
    Lasting,
    Offer,
    again,
    offer_of,
    take_papers,
    uploaded,
    wanted_of,
)
from gongji.web.portal.once import message_id, sender_of
from gongji.web.rendering import page
from gongji.web.visitor import Visitor

_FIELD_OF_REFUSAL: Final = {"user": "user_name", "limits": "per_transaction", "term": "lasting"}
"""Where what a refusal is about stands in the form, unless it has the same name there."""

_DONE: Final = {BindingState.PENDING: "pending", BindingState.REVIEW: "review"}


@get("/family/new")
async def notice_page(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]
) -> Response[Any]:
    """Step one: the notice in full; who is not real-name verified is sent to do that first."""
    if not visitor.real_name_verified:
        return Redirect("/verify", status_code=HTTP_303_SEE_OTHER)
    return _notice(platform, visitor, Form(values={"again": request.query_params.get("again", "")}))


@get("/verify")
async def verify_page(visitor: NamedDependency[Visitor]) -> Template:
    """How to verify one's real name (实名认证)."""
    return page("verify.html", visitor=visitor)


def _notice(platform: Platform, visitor: Visitor, form: Form, problem: str = "") -> Template:
    offer = offer_of(platform, visitor)
    closed = isinstance(offer, Refusal)
    return page(
        "bind_notice.html",
        status=422 if problem else 200,
        visitor=visitor,
        problem=problem,
        form=form,
        region=platform.book.name(visitor.region),
        offer=None if closed else offer,
        usual=None if isinstance(offer, Refusal) else offer.near[0],
        modes=SharingMode,
        closed=offer.text if isinstance(offer, Refusal) else "",
    )


@post("/family/new/form", status_code=HTTP_200_OK)
async def form_page(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]
) -> Template:
    """Step two: the relative's particulars, once the notice has been agreed to."""
    form = await read_form(request)
    offer = offer_of(platform, visitor)
    if isinstance(offer, Refusal) or not form.ticked("notice_accepted"):
        return _notice(platform, visitor, form, "" if isinstance(offer, Refusal) else Code.NOTICE_NOT_ACCEPTED.text)
    await _prefill(platform, visitor, form)
    return _form(platform, visitor, offer, form)


async def _prefill(platform: Platform, visitor: Visitor, form: Form) -> None:
    """Who applies again does not type everything again."""
    for view in await bindings_of(platform, visitor.person_no) if form.text("again") else []:
        if view.binding.id == form.text("again") and view.binding.authoriser == visitor.person_no:
            form.values |= again(view.binding, view.user.name, view.user.region)


def _form(platform: Platform, visitor: Visitor, offer: Offer, form: Form, problem: str = "") -> Template:
    return page(
        "bind_form.html",
        status=422 if problem or form.faults else 200,
        visitor=visitor,
        form=form,
        problem=problem,
        offer=offer,
        message_id=message_id(form),
        uploaded=UPLOADED,
        today=platform.clock().date(),
        relations=_relations(offer),
        regions=_regions(platform.book),
        positions=range(1, MOST_POSITIONS + 1),
        amounts=limits.AMOUNTS,
        purposes=limits.choices(platform, visitor, form),
        places=list(PlaceKind),
    )


def _relations(offer: Offer) -> list[tuple[str, list[Relation]]]:
    """Relations the region allows, then the others: who picks one of these is told the allowed ones."""
    allowed = list(offer.kin.relations)
    return [("当地可绑定", allowed), ("当地暂不可绑定", [one for one in Relation if one not in allowed])]


def _regions(book: PolicyBook) -> list[tuple[str, str]]:
    pooling = [region for region in book.regions.values() if region.pooling]
    return [(region.code, region.name) for region in sorted(pooling, key=lambda region: region.code)]


@post("/family/new/commitment", status_code=HTTP_200_OK)
async def commitment_page(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]
) -> Template:
    """Step three: the commitment to be signed, or the papers to be uploaded."""
    form = await read_form(request)
    offer = offer_of(platform, visitor)
    if isinstance(offer, Refusal) or not form.ticked("notice_accepted"):
        return _notice(platform, visitor, form, "" if isinstance(offer, Refusal) else Code.NOTICE_NOT_ACCEPTED.text)
    wanted_of(form, visitor)
    if form.faults:
        return _form(platform, visitor, offer, form)
    return _last(platform, visitor, offer, form)


def _last(platform: Platform, visitor: Visitor, offer: Offer, form: Form, problem: str = "") -> Template:
    allowed = limits.in_words(limits.read_limits(Form(values=form.values)), mine=True)
    return page(
        "bind_papers.html" if offer.reviewed else "bind_commitment.html",
        status=422 if problem or form.faults else 200,
        visitor=visitor,
        form=form,
        problem=problem,
        offer=offer,
        carried=("message_id", "notice_accepted", *FIELDS, *UPLOADED),
        relation=Relation(form.text("relation")).label,
        user_region=platform.book.name(form.text("user_region")),
        once=form.text("lasting") == Lasting.ONCE.value,
        mode=SharingMode(form.text("mode")).label if form.text("mode") else "按两地的规定",
        allowed=allowed,
        papers=[(kind, len(uploaded(form, kind))) for kind in offer.papers],
        most=MOST_SHEETS,
    )


@post("/family/new", status_code=HTTP_200_OK, request_max_body_size=MOST_BODY)
async def submit(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]
) -> Response[Any]:
    """Bind. Pressing twice binds once, because the form carries the number of its message."""
    form = await read_form(request)
    offer = offer_of(platform, visitor)
    if isinstance(offer, Refusal):
        return _notice(platform, visitor, form)
    if wanted_of(form, visitor) is None:
        return _form(platform, visitor, offer, form)
    if form.ticked("notice_accepted"):
        await take_papers(request, platform, visitor, form, offer.papers)
    wanted = wanted_of(form, visitor)
    if wanted is None or form.faults:
        return _last(platform, visitor, offer, form)
    # The same papers sent again got other numbers; it is the same business all the same.
    sender = sender_of(visitor, form, "bind", msgspec.structs.replace(wanted, papers=()))
    made = await bind_once(platform, sender, wanted)
    if isinstance(made, Refusal):
        return _refused(platform, visitor, offer, form, made)
    return Redirect(f"/family?done={_DONE.get(made.state, 'bound')}", status_code=HTTP_303_SEE_OTHER)


def _refused(platform: Platform, visitor: Visitor, offer: Offer, form: Form, refusal: Refusal) -> Response[Any]:
    """Back to the step where the matter can be mended."""
    if refusal.code is Code.NOTICE_NOT_ACCEPTED:
        return _notice(platform, visitor, form, refusal.text)
    if refusal.code is Code.NOT_REAL_NAME:
        return Redirect("/verify", status_code=HTTP_303_SEE_OTHER)
    if refusal.code in (Code.COMMITMENT_NOT_SIGNED, Code.SIGNATURE_INVALID, Code.PAPERS_MISSING, Code.PAPER_INVALID):
        return _last(platform, visitor, offer, form, refusal.text)
    field = _FIELD_OF_REFUSAL.get(refusal.field or "", refusal.field or "")
    if field in FIELDS:
        form.fault(field, refusal.text)
    return _form(platform, visitor, offer, form, refusal.text)
