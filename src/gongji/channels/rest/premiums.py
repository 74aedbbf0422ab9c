"""Premiums over REST: what one would pay, pay it, look it up, have it given back (保费代缴)."""

from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED
from msgspec import Meta

from gongji.channels.rest import values
from gongji.channels.rest.callers import Caller, open_to
from gongji.channels.rest.idempotency import IdempotencyKey, sender_of
from gongji.channels.rest.paging import Cursor, Limit, page, position
from gongji.channels.rest.problems import RefusedError, invalid
from gongji.core.codes import Business, Confidence, PremiumKind
from gongji.core.money import Fen, MoneyError, format_yuan, parse_yuan
from gongji.core.premium import Part, Wanted
from gongji.core.refusal import Code, Refusal, refuse
from gongji.core.scopes import Scope
from gongji.service.bindings import bindings_of
from gongji.service.platform import Platform
from gongji.service.premiums import (
    PremiumKey,
    PremiumView,
    Quote,
    pay_premium,
    premium_of,
    premiums_of,
    quote_premium,
    refund_premium,
)

TAGS = ["保费代缴"]

Year = Annotated[int, Meta(ge=1990, le=2100, description="参保年度；补缴年限时是所缺的年份", examples=[2027])]
Amount = Annotated[str, Meta(description="确认页上显示的金额，元", examples=["400.00"])]


class QuoteIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A premium one would pay. ``binding_id`` names the relative whom it is for; without it, it is one's own."""

    kind: PremiumKind
    year: Year
    binding_id: str | None = None
    product: str = ""


class PremiumIn(QuoteIn, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A premium to pay, with the amount that was confirmed."""

    amount: Amount


class PartOut(msgspec.Struct, frozen=True, kw_only=True):
    """What one account holder pays; ``relative`` says whether through a binding."""

    name: str
    amount: str
    relative: bool


class QuoteOut(msgspec.Struct, frozen=True, kw_only=True):
    """What the confirmation step shows: amount, purpose, for whom, and who pays."""

    person: str
    kind: PremiumKind
    year: int
    product: str
    name: str
    amount: str
    purpose: str
    covers_from: date
    covers_to: date
    source: str
    confidence: Confidence
    parts: list[PartOut]


class PremiumOut(msgspec.Struct, frozen=True, kw_only=True):
    """A premium that was paid, or given back (``refunds`` names the payment).

    ``my_part`` is what the person of the token paid or got back. ``parts`` holds every part for the insured
    person, and for a payer his own.
    """

    id: str
    business: Business
    business_name: str
    at: datetime
    person: str
    kind: PremiumKind
    year: int
    product: str
    name: str
    amount: str
    my_part: str
    parts: list[PartOut]
    covers_from: date
    covers_to: date
    refunds: str | None
    refunded_by: str | None


@get("/me/premiums", tags=TAGS, **open_to(Scope.PREMIUMS_READ))
async def my_premiums(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    caller: NamedDependency[Caller],
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Response[list[PremiumOut]]:
    """Premiums paid for oneself and those one paid for relatives (代缴信息), newest first."""
    before = position(cursor, PremiumKey)
    found = await premiums_of(platform, caller.person_no, limit + 1, before)
    return page(request, found, limit, lambda view: premium_out(view, caller.person_no), lambda view: view.key)


@post("/premiums/quote", status_code=HTTP_200_OK, tags=TAGS, **open_to(Scope.PREMIUMS_WRITE))
async def quote(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller], data: JSONBody[QuoteIn]
) -> QuoteOut:
    """What a premium comes to and who would pay it, for the confirmation before paying; nothing is written."""
    told = await quote_premium(platform, caller.person_no, await _wanted(platform, caller, data))
    if isinstance(told, Refusal):
        raise RefusedError(told)
    return _quote_out(told)


@post("/premiums", status_code=HTTP_201_CREATED, tags=TAGS, **open_to(Scope.PREMIUMS_WRITE))
async def pay(
    platform: NamedDependency[Platform],
    caller: NamedDependency[Caller],
    data: JSONBody[PremiumIn],
    key: IdempotencyKey = None,
) -> PremiumOut:
    """Pay a premium, all of it or nothing; ``amount`` is what the quote said and the person confirmed."""
    amount = _amount(data.amount)
    wanted = await _wanted(platform, caller, data)
    sender = sender_of(caller, key, "premium", data)
    paid = await pay_premium(platform, sender, caller.person_no, wanted, amount, caller.channel)
    if isinstance(paid, Refusal):
        raise RefusedError(paid)
    return premium_out(paid, caller.person_no)


@get("/premiums/{premium_id:str}", tags=TAGS, **open_to(Scope.PREMIUMS_READ))
async def premium(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller], premium_id: FromPath[str]
) -> PremiumOut:
    """A premium, for the insured person and those who paid; unknown to anybody else."""
    found = await premium_of(platform, caller.person_no, premium_id)
    if isinstance(found, Refusal):
        raise RefusedError(found)
    return premium_out(found, caller.person_no)


@post("/premiums/{premium_id:str}/refund", status_code=HTTP_201_CREATED, tags=TAGS, **open_to(Scope.PREMIUMS_WRITE))
async def refund(
    platform: NamedDependency[Platform],
    caller: NamedDependency[Caller],
    premium_id: FromPath[str],
    key: IdempotencyKey = None,
) -> PremiumOut:
    """Have a premium given back before its cover begins: each payer gets exactly his part."""
    sender = sender_of(caller, key, "premium_refund", premium_id)
    back = await refund_premium(platform, sender, caller.person_no, premium_id, caller.channel)
    if isinstance(back, Refusal):
        raise RefusedError(back)
    return premium_out(back, caller.person_no)


async def _wanted(platform: Platform, caller: Caller, data: QuoteIn) -> Wanted:
    """What is asked for. A relative is named by a binding in which one is the authoriser; others are unknown."""
    whose = caller.person_no
    if data.binding_id is not None:
        views = await bindings_of(platform, caller.person_no)
        asked = (data.binding_id, caller.person_no)
        mine = [v.binding for v in views if (v.binding.id, v.binding.authoriser) == asked]
        if not mine:
            raise RefusedError(refuse(Code.BINDING_UNKNOWN, field="binding_id"))
        whose = mine[0].user
    return Wanted(person_no=whose, kind=data.kind, year=data.year, product=values.clean(data.product, "product"))


def _amount(text: str) -> Fen:
    try:
        amount = parse_yuan(text)
    except MoneyError:
        amount = 0
    if amount <= 0:
        raise invalid("amount 是大于零、最多两位小数的金额，例如 400.00", "amount")
    return amount


def _quote_out(told: Quote) -> QuoteOut:
    standard = told.standard
    return QuoteOut(
        person=told.insured.name,
        kind=told.wanted.kind,
        year=told.wanted.year,
        product=told.wanted.product,
        name=standard.name,
        amount=format_yuan(standard.amount),
        purpose=told.wanted.kind.purpose.label,
        covers_from=told.covers_from,
        covers_to=told.covers_to,
        source=standard.source,
        confidence=standard.confidence,
        parts=[_part(part, told.payers[part.payer].name) for part in told.shares.parts],
    )


def _part(part: Part, name: str) -> PartOut:
    return PartOut(name=name, amount=format_yuan(part.amount), relative=bool(part.binding))


def premium_out(view: PremiumView, person_no: str) -> PremiumOut:
    """A premium as one of those concerned may see it: the insured person all of it, a payer his own part."""
    payment = view.payment
    wanted = payment.wanted
    sees_all = person_no == wanted.person_no
    return PremiumOut(
        id=view.id,
        business=Business.PREMIUM,
        business_name=Business.PREMIUM.label,
        at=payment.paid_at,
        person=view.people[wanted.person_no].name,
        kind=wanted.kind,
        year=wanted.year,
        product=wanted.product,
        name=payment.standard.name,
        amount=format_yuan(payment.standard.amount),
        my_part=format_yuan(sum(part.amount for part in payment.parts if part.payer == person_no)),
        parts=[
            _part(part, view.people[part.payer].name) for part in payment.parts if sees_all or part.payer == person_no
        ],
        covers_from=payment.covers_from,
        covers_to=payment.covers_to,
        refunds=payment.refunds,
        refunded_by=view.refunded_by,
    )
