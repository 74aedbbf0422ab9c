"""Family sharing in force over REST: limits, quota, order, family account, uses (共济资金的使用与管理)."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK
from msgspec import Meta

from gongji.channels.rest.amounts import Yuan, amount_of
from gongji.channels.rest.callers import Caller, open_to
from gongji.channels.rest.idempotency import IdempotencyKey, sender_of
from gongji.channels.rest.paging import Cursor, Limit, page, position
from gongji.channels.rest.problems import expect
from gongji.channels.rest.values import clean
from gongji.core.codes import BindingTerm, Care, PlaceKind, Purpose, Relation, SharingMode
from gongji.core.eligibility import limits_left
from gongji.core.family import Binding, BindingState, Limits
from gongji.core.money import Fen, format_yuan
from gongji.core.notices import LIMIT_NAMES
from gongji.core.refusal import Refusal
from gongji.core.scopes import Scope
from gongji.service.binding_life import amend
from gongji.service.choices import change_quota, choose_order
from gongji.service.family_account import FamilyAccount, family_account, move_aside, move_back
from gongji.service.platform import Platform
from gongji.service.uses import Asked, Standing, UseKey, UseView, standing_of, standings_of, uses_of

TAGS: Final = ["共济资金"]
MOST_BINDINGS: Final = 50


class LimitsIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All limits as they are to be; what is left out is not limited. Zero is a pause. A quota is changed by itself."""

    per_transaction: Yuan | None = None
    per_day: Yuan | None = None
    per_year: Yuan | None = None
    total: Yuan | None = None
    purposes: Annotated[list[Purpose], Meta(max_length=30)] | None = None
    places: Annotated[list[PlaceKind], Meta(max_length=10)] | None = None


class AmountIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An amount."""

    amount: Yuan


class OrderIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ids of every binding in which one is the user and that has not ended; who pays first stands first."""

    bindings: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=MOST_BINDINGS)]


class LimitsOut(msgspec.Struct, frozen=True, kw_only=True):
    """What the authoriser allows. The user is told what concerns the next bill: per transaction, purposes, places."""

    per_transaction: str | None = None
    per_day: str | None = None
    per_year: str | None = None
    total: str | None = None
    purposes: list[Purpose] | None = None
    places: list[PlaceKind] | None = None


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """What one limit still allows."""

    limit: str
    amount: str


class UsedOut(msgspec.Struct, frozen=True, kw_only=True):
    """What was drawn and not given back: today, in this calendar year, ever."""

    day: str
    year: str
    total: str


class StandingOut(msgspec.Struct, frozen=True, kw_only=True):
    """A binding as one side may see it.

    ``held`` is what is frozen as its quota, for both sides; for the authoriser also what stands on his family account.
    ``left`` and the limits by day, year and life are the authoriser's alone.
    """

    id: str
    role: str
    other: str
    relation: Relation
    mode: SharingMode
    term: BindingTerm
    state: BindingState
    position: int
    starts_on: date
    ends_on: date | None
    limits: LimitsOut
    used: UsedOut
    left: list[LeftOut]
    held: str | None


class FamilyAccountOut(msgspec.Struct, frozen=True, kw_only=True):
    """The family account; ``moves_back`` null: it is not known whether money may be moved back."""

    balance: str
    users: list[str]
    moves_back: bool | None


class UseOut(msgspec.Struct, frozen=True, kw_only=True):
    """One payment with shared money; a negative amount was given back. ``left`` is the authoriser's alone."""

    at: datetime
    settlement_id: str
    binding_id: str
    authoriser: str
    user: str
    institution: str
    care: Care
    amount: str
    left: list[LeftOut]


def _money(amount: Fen | None) -> str | None:
    return None if amount is None else format_yuan(amount)


def _standing(standing: Standing) -> StandingOut:
    view, binding = standing.view, standing.view.binding
    limits, mine = binding.limits, standing.mine
    left = limits_left(limits, standing.used) if mine else ()
    return StandingOut(
        id=binding.id,
        role="authoriser" if mine else "user",
        other=(view.user if mine else view.authoriser).name,
        relation=binding.relation,
        mode=binding.mode,
        term=binding.term,
        state=binding.state,
        position=binding.position,
        starts_on=binding.starts_on,
        ends_on=binding.ends_on,
        limits=LimitsOut(
            per_transaction=_money(limits.per_transaction),
            per_day=_money(limits.per_day) if mine else None,
            per_year=_money(limits.per_year) if mine else None,
            total=_money(limits.total) if mine else None,
            purposes=None if limits.purposes is None else list(limits.purposes),
            places=None if limits.places is None else list(limits.places),
        ),
        used=UsedOut(
            day=format_yuan(standing.used.day),
            year=format_yuan(standing.used.year),
            total=format_yuan(standing.used.total),
        ),
        left=[LeftOut(limit=LIMIT_NAMES[each.reason], amount=format_yuan(each.amount)) for each in left],
        held=_money(standing.held),
    )


@get("/sharing", tags=TAGS, **open_to(Scope.BINDINGS_READ))
async def my_sharing(platform: NamedDependency[Platform], caller: NamedDependency[Caller]) -> list[StandingOut]:
    """The household: every binding on either side with limits, use and what is left, newest first."""
    return [_standing(standing) for standing in await standings_of(platform, caller.person_no)]


@get("/bindings/{binding_id:str}", tags=TAGS, **open_to(Scope.BINDINGS_READ))
async def my_binding(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller], binding_id: FromPath[str]
) -> StandingOut:
    """One binding with limits, use and what is left."""
    return await _mine(platform, caller, clean(binding_id, "binding_id"))


async def _mine(platform: Platform, caller: Caller, binding_id: str) -> StandingOut:
    return _standing(expect(await standing_of(platform, caller.person_no, binding_id)))


async def _changed(
    platform: Platform, caller: Caller, binding_id: str, change: Callable[[str], Awaitable[Binding | Refusal]]
) -> StandingOut:
    """A binding as it stands after a change; one that is not the caller's is not found, whatever was asked of it."""
    number = clean(binding_id, "binding_id")
    await _mine(platform, caller, number)
    expect(await change(number))
    return await _mine(platform, caller, number)


@put("/bindings/{binding_id:str}/limits", tags=TAGS, **open_to(Scope.BINDINGS_WRITE))
async def put_limits(
    platform: NamedDependency[Platform],
    caller: NamedDependency[Caller],
    binding_id: FromPath[str],
    data: JSONBody[LimitsIn],
) -> StandingOut:
    """Set what the authoriser allows; it holds for the next settlement."""
    limits = _limits(data)
    return await _changed(
        platform, caller, binding_id, lambda number: amend(platform, number, caller.person_no, limits, caller.channel)
    )


def _limits(data: LimitsIn) -> Limits:
    def fen(field: str) -> Fen | None:
        text = getattr(data, field)
        return None if text is None else amount_of(text, field, zero=True)

    return Limits(
        per_transaction=fen("per_transaction"),
        per_day=fen("per_day"),
        per_year=fen("per_year"),
        total=fen("total"),
        purposes=None if data.purposes is None else tuple(dict.fromkeys(data.purposes)),
        places=None if data.places is None else tuple(dict.fromkeys(data.places)),
    )


@put("/bindings/{binding_id:str}/quota", tags=TAGS, **open_to(Scope.BINDINGS_WRITE))
async def put_quota(
    platform: NamedDependency[Platform],
    caller: NamedDependency[Caller],
    binding_id: FromPath[str],
    data: JSONBody[AmountIn],
) -> StandingOut:
    """Freeze exactly this much for the binding from now on; what is too much comes back at once."""
    amount = amount_of(data.amount, "amount", zero=True)
    return await _changed(
        platform,
        caller,
        binding_id,
        lambda number: change_quota(platform, number, caller.person_no, amount, caller.channel),
    )


@put("/me/payers", tags=TAGS, **open_to(Scope.BINDINGS_WRITE))
async def put_order(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller], data: JSONBody[OrderIn]
) -> list[StandingOut]:
    """Choose whose money pays first for oneself, where the place leaves it to the family."""
    wanted = [clean(number, "bindings") for number in data.bindings]
    chosen = expect(await choose_order(platform, caller.person_no, wanted, caller.channel))
    places = {view.binding.id: place for place, view in enumerate(chosen)}
    standings = [s for s in await standings_of(platform, caller.person_no) if s.view.binding.id in places]
    return [_standing(s) for s in sorted(standings, key=lambda s: places[s.view.binding.id])]


@get("/me/family-account", tags=TAGS, **open_to(Scope.BINDINGS_READ))
async def my_family_account(platform: NamedDependency[Platform], caller: NamedDependency[Caller]) -> FamilyAccountOut:
    """What one has moved aside for the family, and who may use it."""
    return _family(expect(await family_account(platform, caller.person_no)))


def _family(found: FamilyAccount) -> FamilyAccountOut:
    return FamilyAccountOut(
        balance=format_yuan(found.balance),
        users=[view.user.name for view in found.users],
        moves_back=found.moves_back,
    )


@post("/me/family-account/deposits", status_code=HTTP_200_OK, tags=TAGS, **open_to(Scope.BINDINGS_WRITE))
async def deposit(
    platform: NamedDependency[Platform],
    caller: NamedDependency[Caller],
    data: JSONBody[AmountIn],
    key: IdempotencyKey = None,
) -> FamilyAccountOut:
    """Move money from one's account to the family account (划拨)."""
    amount = amount_of(data.amount, "amount")
    sender = sender_of(caller, key, "family.deposit", amount)
    return _family(expect(await move_aside(platform, sender, caller.person_no, amount)))


@post("/me/family-account/returns", status_code=HTTP_200_OK, tags=TAGS, **open_to(Scope.BINDINGS_WRITE))
async def take_back(
    platform: NamedDependency[Platform],
    caller: NamedDependency[Caller],
    data: JSONBody[AmountIn],
    key: IdempotencyKey = None,
) -> FamilyAccountOut:
    """Move money from the family account back to one's account, where the place is known to allow it."""
    amount = amount_of(data.amount, "amount")
    sender = sender_of(caller, key, "family.return", amount)
    return _family(expect(await move_back(platform, sender, caller.person_no, amount)))


@get("/sharing/uses", tags=TAGS, **open_to(Scope.BINDINGS_READ))
async def my_uses(
    *,
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    caller: NamedDependency[Caller],
    given: Annotated[bool, QueryParameter(description="true 看家人用了我的钱，false 看我用了家人的钱")] = True,
    care: Annotated[Care | None, QueryParameter(description="医疗类别")] = None,
    binding: Annotated[str, QueryParameter(max_length=40, description="只看这条绑定")] = "",
    since: Annotated[date | None, QueryParameter(description="从这一天起")] = None,
    until: Annotated[date | None, QueryParameter(description="到这一天止")] = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Response[list[UseOut]]:
    """Each use: place, time, amount, kind of care, and for the authoriser what his limits left; newest first."""
    asked = Asked(given=given, care=care, binding=clean(binding, "binding"), since=since, until=until)
    found = await uses_of(platform, caller.person_no, asked, limit + 1, position(cursor, UseKey))
    return page(request, found, limit, _use, _key)


def _key(view: UseView) -> UseKey:
    return view.use.key


def _use(view: UseView) -> UseOut:
    use = view.use
    return UseOut(
        at=use.at,
        settlement_id=use.settlement,
        binding_id=use.binding,
        authoriser=view.authoriser,
        user=view.user,
        institution=view.institution,
        care=use.care,
        amount=format_yuan(use.amount),
        left=[LeftOut(limit=name, amount=format_yuan(amount)) for name, amount in use.left],
    )


ROUTES: Final = (
    my_sharing,
    my_uses,
    my_binding,
    put_limits,
    put_quota,
    put_order,
    my_family_account,
    deposit,
    take_back,
)
