"""One binding with what was used and what is left, its limits, the order of payers, and every use (共济资金)."""

from typing import Any, Final

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from gongji.core.codes import Care, PlaceKind, SharingMode
from gongji.core.eligibility import limits_left
from gongji.core.family import BindingState
from gongji.core.money import format_yuan
from gongji.core.notices import LIMIT_NAMES
from gongji.core.refusal import Refusal
from gongji.service.binding_history import history_for
from gongji.service.binding_life import amend
from gongji.service.choices import change_quota, choose_order
from gongji.service.platform import Platform
from gongji.service.uses import Asked, Standing, standing_of, standings_of, uses_of
from gongji.web.faults import NoSuchPageError
from gongji.web.form import Form, read_form
from gongji.web.portal.family import state_words
from gongji.web.portal.limits import AMOUNTS, choices, in_words, read_limits, values_of
from gongji.web.rendering import page
from gongji.web.visitor import Visitor

MOST_USES: Final = 100
RECENT: Final = 5


async def _standing(platform: Platform, visitor: Visitor, binding_id: str) -> Standing:
    """A binding of the visitor's.

    Raises:
        NoSuchPageError: there is none, or it is other people's.
    """
    found = await standing_of(platform, visitor.person_no, binding_id)
    if isinstance(found, Refusal):
        raise NoSuchPageError
    return found


async def _authorised(platform: Platform, visitor: Visitor, binding_id: str) -> Standing:
    """A binding in which the visitor is the authoriser and that has not ended."""
    standing = await _standing(platform, visitor, binding_id)
    if not standing.mine or standing.view.binding.state is BindingState.ENDED:
        raise NoSuchPageError
    return standing


@get("/family/{binding_id:str}")
async def binding_page(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    visitor: NamedDependency[Visitor],
    binding_id: FromPath[str],
) -> Template:
    """Where a binding stands: limits, what was used, what is left, the latest uses."""
    standing = await _standing(platform, visitor, binding_id)
    asked = Asked(given=standing.mine, binding=binding_id)
    binding = standing.view.binding
    told = await history_for(platform, binding_id, visitor.person_no)
    return page(
        "binding.html",
        visitor=visitor,
        standing=standing,
        binding=binding,
        other=(standing.view.user if standing.mine else standing.view.authoriser).name,
        state=state_words(binding, platform.clock().date()),
        live=binding.state is not BindingState.ENDED,
        limits=in_words(binding.limits, mine=standing.mine),
        left=[(LIMIT_NAMES[one.reason], one.amount) for one in limits_left(binding.limits, standing.used)]
        if standing.mine
        else [],
        quota=binding.mode is SharingMode.QUOTA_HOLD,
        uses=await uses_of(platform, visitor.person_no, asked, RECENT),
        events=[] if isinstance(told, Refusal) else told.events,
        done=request.query_params.get("done", ""),
    )


@get("/family/{binding_id:str}/slip")
async def slip_page(
    platform: NamedDependency[Platform], visitor: NamedDependency[Visitor], binding_id: FromPath[str]
) -> Template:
    """The binding on one sheet to print: who, what, until when, and what was signed (绑定凭条)."""
    standing = await _standing(platform, visitor, binding_id)
    binding, today = standing.view.binding, platform.clock().date()
    told = await history_for(platform, binding_id, visitor.person_no)
    signed = [] if isinstance(told, Refusal) else [event for event in told.events if event.what == "bound"]
    return page(
        "binding_slip.html",
        visitor=visitor,
        standing=standing,
        view=standing.view,
        binding=binding,
        regions={
            code: platform.book.name(code) for code in (standing.view.authoriser.region, standing.view.user.region)
        },
        state=state_words(binding, today),
        limits=in_words(binding.limits, mine=standing.mine),
        signed=signed[0].details if signed else {},
        signed_at=binding.created_at,
        printed_at=platform.clock(),
    )


@get("/family/{binding_id:str}/limits")
async def limits_page(
    platform: NamedDependency[Platform], visitor: NamedDependency[Visitor], binding_id: FromPath[str]
) -> Template:
    """The limits as they are, to be changed."""
    standing = await _authorised(platform, visitor, binding_id)
    values = values_of(standing.view.binding.limits)
    values["quota"] = format_yuan(standing.held or 0)
    return _limits(platform, visitor, standing, Form(values=values))


def _limits(platform: Platform, visitor: Visitor, standing: Standing, form: Form, problem: str = "") -> Template:
    return page(
        "binding_limits.html",
        status=422 if problem or form.faults else 200,
        visitor=visitor,
        binding=standing.view.binding,
        other=standing.view.user.name,
        form=form,
        problem=problem,
        amounts=AMOUNTS,
        purposes=choices(platform, visitor, form),
        places=list(PlaceKind),
        quota=standing.view.binding.mode is SharingMode.QUOTA_HOLD,
    )


@post("/family/{binding_id:str}/limits", status_code=HTTP_200_OK)
async def put_limits(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    visitor: NamedDependency[Visitor],
    binding_id: FromPath[str],
) -> Response[Any]:
    """Set the limits; they hold for the next settlement. What is left empty is not limited."""
    standing = await _authorised(platform, visitor, binding_id)
    form = await read_form(request)
    limits = read_limits(form)
    if form.faults:
        return _limits(platform, visitor, standing, form)
    outcome = await amend(platform, binding_id, visitor.person_no, limits, visitor.channel)
    if isinstance(outcome, Refusal):
        return _limits(platform, visitor, standing, form, outcome.text)
    return Redirect(f"/family/{binding_id}?done=limits", status_code=HTTP_303_SEE_OTHER)


@post("/family/{binding_id:str}/quota", status_code=HTTP_200_OK)
async def put_quota(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    visitor: NamedDependency[Visitor],
    binding_id: FromPath[str],
) -> Response[Any]:
    """Freeze exactly this much for the binding; what is too much comes back at once."""
    standing = await _authorised(platform, visitor, binding_id)
    form = await read_form(request)
    amount = 0 if form.text("quota") in ("0", "0.00") else form.yuan("quota")
    if amount is None:
        form.fault("quota", "请填写要冻结的金额；不再冻结写 0")
        return _limits(platform, visitor, standing, form)
    outcome = await change_quota(platform, binding_id, visitor.person_no, amount, visitor.channel)
    if isinstance(outcome, Refusal):
        return _limits(platform, visitor, standing, form, outcome.text)
    return Redirect(f"/family/{binding_id}?done=quota", status_code=HTTP_303_SEE_OTHER)


@get("/family/order")
async def order_page(platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]) -> Template:
    """Whose money pays first for oneself."""
    return await _order(platform, visitor, Form(values={}))


async def _order(platform: Platform, visitor: Visitor, form: Form, problem: str = "") -> Template:
    payers = [s.view for s in await standings_of(platform, visitor.person_no) if not s.mine]
    payers = [view for view in payers if view.binding.state is not BindingState.ENDED]
    payers.sort(key=lambda view: view.binding.position)
    for place, view in enumerate(payers, start=1):
        form.values.setdefault(f"place-{view.binding.id}", str(place))
    status = 422 if problem or form.faults else 200
    return page("payer_order.html", status=status, visitor=visitor, payers=payers, form=form, problem=problem)


@post("/family/order", status_code=HTTP_200_OK)
async def put_order(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]
) -> Response[Any]:
    """Choose the order. Each place is taken once."""
    form = await read_form(request)
    ids = [name.partition("-")[2] for name in form.values if name.startswith("place-")]
    places = {number: form.count(f"place-{number}", len(ids)) for number in ids}
    if len({place for place in places.values() if place}) < len(ids):
        return await _order(platform, visitor, form, "每位家人的先后要不一样，从 1 开始。")
    wanted = sorted(ids, key=lambda number: places[number] or 0)
    outcome = await choose_order(platform, visitor.person_no, wanted, visitor.channel)
    if isinstance(outcome, Refusal):
        return await _order(platform, visitor, form, outcome.text)
    return Redirect("/family?done=order", status_code=HTTP_303_SEE_OTHER)


@get("/family/uses")
async def uses_page(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]
) -> Template:
    """Every use of shared money: place, time, amount, kind; for the authoriser also what his limits left."""
    fields = ("side", "care", "since", "until")
    form = Form(values={name: request.query_params.get(name, "") for name in fields})
    care = form.choice("care", Care, "没有这个类别") if form.text("care") else None
    asked = Asked(given=form.text("side") != "taken", care=care, since=form.day("since"), until=form.day("until"))
    return page(
        "uses.html",
        status=422 if form.faults else 200,
        visitor=visitor,
        form=form,
        given=asked.given,
        cares=list(Care),
        uses=[] if form.faults else await uses_of(platform, visitor.person_no, asked, MOST_USES),
    )
