"""Pay a premium for oneself or a relative: choose, confirm amount and purpose, pay (保费代缴)."""

from typing import Any, Final

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from gongji.core.codes import PremiumKind
from gongji.core.family import BindingState
from gongji.core.money import format_yuan
from gongji.core.premium import Wanted
from gongji.core.refusal import Code, Refusal
from gongji.service.bindings import bindings_of
from gongji.service.platform import Platform
from gongji.service.premiums import (
    PAGE,
    PremiumView,
    pay_premium,
    premium_of,
    premiums_of,
    quote_premium,
    refund_premium,
)
from gongji.web.faults import NoSuchPageError
from gongji.web.form import Form, read_form
from gongji.web.portal.once import message_id, sender_of
from gongji.web.rendering import page
from gongji.web.visitor import Visitor

OWN: Final = "self"
YEARS_AHEAD: Final = 1
YEARS_BACK: Final = 15
"""Missing years may lie long ago."""

_FIELDS: Final = ("whose", "kind", "year", "product")


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    """A premium in a list."""

    view: PremiumView
    person: str
    mine: int


@get("/pay")
async def pay_page(platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]) -> Template:
    """What is to be paid and for whom, and what was paid."""
    return await _choose(platform, visitor, Form(values={"year": str(platform.clock().year + YEARS_AHEAD)}))


async def _choose(platform: Platform, visitor: Visitor, form: Form, problem: str = "") -> Template:
    views = await premiums_of(platform, visitor.person_no, PAGE)
    today = platform.clock().date()
    return page(
        "pay.html",
        status=422 if problem or form.faults else 200,
        visitor=visitor,
        form=form,
        problem=problem,
        people=[(OWN, f"{visitor.name}（本人）"), *await _users(platform, visitor)],
        kinds=list(PremiumKind),
        years=[(str(y), f"{y} 年") for y in range(today.year + YEARS_AHEAD, today.year - YEARS_BACK, -1)],
        paid=[_paid(view, visitor) for view in views],
    )


async def _users(platform: Platform, visitor: Visitor) -> list[tuple[str, str]]:
    """The relatives whom the visitor may pay for, by binding."""
    return [
        (view.binding.id, f"{view.user.name}（{view.binding.relation.label}）")
        for view in await bindings_of(platform, visitor.person_no)
        if view.binding.authoriser == visitor.person_no and view.binding.state is BindingState.ACTIVE
    ]


def _paid(view: PremiumView, visitor: Visitor) -> Paid:
    payment = view.payment
    sign = 1 if payment.refunds else -1
    mine = sum(part.amount for part in payment.parts if part.payer == visitor.person_no)
    return Paid(view=view, person=view.people[payment.wanted.person_no].name, mine=sign * mine)


@post("/pay/confirm", status_code=HTTP_200_OK)
async def confirm_page(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]
) -> Template:
    """Amount, purpose, and who pays; nothing is paid yet."""
    form = await read_form(request)
    wanted = await _wanted(platform, visitor, form)
    if wanted is None:
        return await _choose(platform, visitor, form)
    return await _confirm(platform, visitor, form, wanted)


async def _confirm(platform: Platform, visitor: Visitor, form: Form, wanted: Wanted, problem: str = "") -> Template:
    quote = await quote_premium(platform, visitor.person_no, wanted)
    if isinstance(quote, Refusal):
        return await _choose(platform, visitor, form, quote.text)
    form.values |= {"message_id": message_id(form), "amount": format_yuan(quote.standard.amount)}
    return page(
        "pay_confirm.html",
        status=409 if problem else 200,
        visitor=visitor,
        form=form,
        problem=problem,
        carried=("message_id", "amount", *_FIELDS),
        quote=quote,
        own=sum(part.amount for part in quote.shares.parts if part.payer == visitor.person_no),
    )


@post("/pay", status_code=HTTP_200_OK)
async def pay(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]
) -> Response[Any]:
    """Pay what was confirmed. Pressing twice pays once, because the form carries the number of its message."""
    form = await read_form(request)
    wanted = await _wanted(platform, visitor, form)
    amount = form.yuan("amount")
    if wanted is None or amount is None:
        return await _choose(platform, visitor, form)
    sender = sender_of(visitor, form, "premium", (wanted, amount))
    paid = await pay_premium(platform, sender, visitor.person_no, wanted, amount, visitor.channel)
    if isinstance(paid, Refusal):
        return await _confirm(platform, visitor, form, wanted, paid.text)
    return Redirect(f"/premiums/{paid.id}?done=paid", status_code=HTTP_303_SEE_OTHER)


async def _wanted(platform: Platform, visitor: Visitor, form: Form) -> Wanted | None:
    """What the form asks for, or None with the faults noted in it. A relative is named by the visitor's own binding."""
    kind = form.choice("kind", PremiumKind, "请选择缴什么费")
    year = form.count("year", platform.clock().year + YEARS_AHEAD)
    if year is None:
        form.fault("year", "请选择年度")
    whose = form.text("whose")
    person_no = visitor.person_no
    if whose != OWN:
        views = await bindings_of(platform, visitor.person_no)
        users = [view.user for view in views if (view.binding.id, view.binding.authoriser) == (whose, person_no)]
        if not users:
            form.fault("whose", Code.BINDING_UNKNOWN.text if whose else "请选择给谁缴")
            return None
        person_no = users[0].person_no
    if form.faults or kind is None or year is None:
        return None
    return Wanted(person_no=person_no, kind=kind, year=year, product=form.text("product"))


@get("/premiums/{premium_id:str}")
async def premium_page(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    visitor: NamedDependency[Visitor],
    premium_id: FromPath[str],
) -> Template:
    """The receipt of a premium, for the insured person and those who paid."""
    return await _receipt(platform, visitor, premium_id, done=request.query_params.get("done", ""))


async def _receipt(
    platform: Platform, visitor: Visitor, premium_id: str, *, done: str = "", problem: str = ""
) -> Template:
    view = await premium_of(platform, visitor.person_no, premium_id)
    if isinstance(view, Refusal):
        raise NoSuchPageError
    payment = view.payment
    sees_all = payment.wanted.person_no == visitor.person_no
    return page(
        "premium.html",
        status=409 if problem else 200,
        visitor=visitor,
        view=view,
        payment=payment,
        insured=view.people[payment.wanted.person_no],
        parts=[
            (view.people[part.payer].name, part.amount)
            for part in payment.parts
            if sees_all or part.payer == visitor.person_no
        ],
        done=done,
        problem=problem,
        refundable=not payment.refunds and not view.refunded_by,
        message_id=message_id(Form(values={})),
    )


@post("/premiums/{premium_id:str}/refund", status_code=HTTP_200_OK)
async def refund(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    visitor: NamedDependency[Visitor],
    premium_id: FromPath[str],
) -> Response[Any]:
    """Have a premium given back before its cover begins."""
    form = await read_form(request)
    sender = sender_of(visitor, form, "premium_refund", premium_id)
    back = await refund_premium(platform, sender, visitor.person_no, premium_id, visitor.channel)
    if isinstance(back, Refusal):
        return await _receipt(platform, visitor, premium_id, problem=back.text)
    return Redirect(f"/premiums/{back.id}?done=refunded", status_code=HTTP_303_SEE_OTHER)
