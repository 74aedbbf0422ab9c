"""Bind a relative in three steps: notice, form, commitment with signature (家庭共济绑定).

The steps keep nothing on the server: each page carries the fields of those before it, and only the last one writes.
"""

from typing import Any, Final

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Response, Template
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from gongji.core.codes import Relation
from gongji.core.family import BindingState, Limits
from gongji.core.policy import Kin, PolicyBook, SharingReach
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.bindings import BindingRequest, bind_once
from gongji.service.platform import Platform
from gongji.web.form import Form, read_form
from gongji.web.portal.once import message_id, sender_of
from gongji.web.rendering import page
from gongji.web.visitor import Visitor

MOST_POSITIONS: Final = 9

FIELDS: Final = (
    "user_certificate_no",
    "user_name",
    "user_region",
    "relation",
    "starts_on",
    "ends_on",
    "position",
    "cap_per_transaction",
)
"""Fields of the form, which the last step carries along."""

_FIELD_OF_REFUSAL: Final = {"user": "user_name", "relation": "relation", "starts_on": "starts_on", "ends_on": "ends_on"}


@get("/family/new")
async def notice_page(platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]) -> Response[Any]:
    """Step one: the notice in full; who is not real-name verified is sent to do that first."""
    if not visitor.real_name_verified:
        return Redirect("/verify", status_code=HTTP_303_SEE_OTHER)
    return _notice(platform, visitor, "")


@get("/verify")
async def verify_page(visitor: NamedDependency[Visitor]) -> Template:
    """How to verify one's real name (实名认证)."""
    return page("verify.html", visitor=visitor)


def _notice(platform: Platform, visitor: Visitor, problem: str) -> Template:
    today = platform.clock().date()
    kin = platform.book.rule(Kin, visitor.region, "sharing.kin", today)
    reach = platform.book.rule(SharingReach, visitor.region, "sharing.reach", today)
    closed = refuse(Code.SHARING_NOT_OPEN, region=platform.book.name(visitor.region), on=str(today))
    return page(
        "bind_notice.html",
        status=422 if problem else 200,
        visitor=visitor,
        problem=problem,
        region=platform.book.name(visitor.region),
        kin=kin,
        reach=reach,
        closed="" if kin and reach else closed.text,
    )


@post("/family/new/form", status_code=HTTP_200_OK)
async def form_page(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]
) -> Template:
    """Step two: the relative's particulars, once the notice has been agreed to."""
    form = await read_form(request)
    if not form.ticked("notice_accepted"):
        return _notice(platform, visitor, Code.NOTICE_NOT_ACCEPTED.text)
    return _form(platform, visitor, form)


def _form(platform: Platform, visitor: Visitor, form: Form, problem: str = "") -> Template:
    return page(
        "bind_form.html",
        status=422 if problem or form.faults else 200,
        visitor=visitor,
        form=form,
        problem=problem,
        message_id=message_id(form),
        today=platform.clock().date(),
        relations=_relations(platform, visitor),
        regions=_regions(platform.book),
        positions=range(1, MOST_POSITIONS + 1),
    )


def _relations(platform: Platform, visitor: Visitor) -> list[tuple[str, list[Relation]]]:
    """Relations the region allows, then the others: who picks one of these is told the allowed ones."""
    kin = platform.book.rule(Kin, visitor.region, "sharing.kin", platform.clock().date())
    allowed = list(kin.relations) if kin else []
    others = [relation for relation in Relation if relation not in allowed]
    return [("当地可绑定", allowed), ("当地暂不可绑定", others)]


def _regions(book: PolicyBook) -> list[tuple[str, str]]:
    pooling = [region for region in book.regions.values() if region.pooling]
    return [(region.code, region.name) for region in sorted(pooling, key=lambda region: region.code)]


@post("/family/new/commitment", status_code=HTTP_200_OK)
async def commitment_page(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]
) -> Template:
    """Step three: the commitment, to be signed."""
    form = await read_form(request)
    if not form.ticked("notice_accepted"):
        return _notice(platform, visitor, Code.NOTICE_NOT_ACCEPTED.text)
    _request(form, visitor)
    return _form(platform, visitor, form) if form.faults else _commitment(platform, visitor, form)


def _commitment(platform: Platform, visitor: Visitor, form: Form, problem: str = "") -> Template:
    return page(
        "bind_commitment.html",
        status=422 if problem or form.faults else 200,
        visitor=visitor,
        form=form,
        problem=problem,
        carried=("message_id", "notice_accepted", *FIELDS),
        relation=Relation(form.text("relation")).label,
        user_region=platform.book.name(form.text("user_region")),
    )


@post("/family/new", status_code=HTTP_200_OK)
async def submit(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]
) -> Response[Any]:
    """Bind. Pressing twice binds once, because the form carries the number of its message."""
    form = await read_form(request)
    wanted = _request(form, visitor)
    if wanted is None:
        return _form(platform, visitor, form)
    if wanted.notice_accepted and "signature_name" in form.faults:
        return _commitment(platform, visitor, form)
    sender = sender_of(visitor, form, "bind", wanted)
    made = await bind_once(platform, sender, wanted)
    if isinstance(made, Refusal):
        return _refused(platform, visitor, form, made)
    done = "pending" if made.state is BindingState.PENDING else "bound"
    return Redirect(f"/family?done={done}", status_code=HTTP_303_SEE_OTHER)


def _refused(platform: Platform, visitor: Visitor, form: Form, refusal: Refusal) -> Response[Any]:
    """Back to the step where the matter can be mended."""
    if refusal.code is Code.NOTICE_NOT_ACCEPTED:
        return _notice(platform, visitor, refusal.text)
    if refusal.code is Code.NOT_REAL_NAME:
        return Redirect("/verify", status_code=HTTP_303_SEE_OTHER)
    if refusal.code is Code.COMMITMENT_NOT_SIGNED:
        return _commitment(platform, visitor, form, refusal.text)
    field = _FIELD_OF_REFUSAL.get(refusal.field or "")
    if field:
        form.fault(field, refusal.text)
    return _form(platform, visitor, form, refusal.text)


def _request(form: Form, visitor: Visitor) -> BindingRequest | None:
    """The request the form makes, or None when a field cannot be read; faults are noted in the form."""
    number = form.need("user_certificate_no", "请填写使用人的证件号码")
    name = form.need("user_name", "请填写使用人的姓名")
    region = form.need("user_region", "请选择使用人的参保地")
    relation = form.choice("relation", Relation, "请选择使用人与您的关系")
    starts_on, ends_on = form.day("starts_on"), form.day("ends_on")
    position = form.count("position", MOST_POSITIONS)
    cap = form.yuan("cap_per_transaction")
    if form.faults or relation is None:
        return None
    return BindingRequest(
        authoriser=visitor.person_no,
        user_certificate_no=number,
        user_name=name,
        user_region=region,
        relation=relation,
        position=position,
        starts_on=starts_on,
        ends_on=ends_on,
        limits=Limits(per_transaction=cap),
        notice_accepted=form.ticked("notice_accepted"),
        signature=_signature(form, visitor),
        channel=visitor.channel,
    )


def _signature(form: Form, visitor: Visitor) -> str:
    """What was drawn, or the own name typed where nothing can be drawn; empty when there is neither."""
    drawn = form.long_text("signature_drawn")
    if drawn:
        return drawn
    typed = form.text("signature_name")
    if typed and typed != visitor.name:
        form.fault("signature_name", "签名与您的姓名不一致，请填写您本人的姓名")
        return ""
    return typed
