"""What a person has and what happened to it (个人账户)."""

from datetime import datetime
from itertools import groupby

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.response import Template

from gongji.core.codes import AccountState, Segment
from gongji.core.money import Fen
from gongji.core.record import Settlement
from gongji.core.refusal import Refusal
from gongji.core.times import CHINA
from gongji.service.people import Holding
from gongji.service.platform import Platform
from gongji.service.records import Movement, whole_account
from gongji.web.faults import NoSuchPageError
from gongji.web.rendering import page
from gongji.web.visitor import Visitor

_PURPOSES = {"own": "本人使用", "shared": "家庭共济", "credit": "个人账户划入"}
_KINDS = {
    "reversal": "撤销退回",
    "partial_return": "部分退费",
    "correction": "更正",
    "premium_refund": "退费",
    "set_aside": "划拨共济",
    "given_back": "共济退回",
    "transfer": "钱包转账",
    "transfer_accepted": "钱包收款",
    "transfer_returned": "转账退回",
    "moved": "参保地转移",
}
LIMITED = (AccountState.FROZEN, AccountState.CLOSED)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One movement as a person reads it."""

    at: datetime
    amount: Fen
    title: str
    what: str
    who: str
    place: str
    settlement: str | None
    premium: str | None


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """Movements of one month, newest first."""

    name: str
    lines: tuple[Line, ...]


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """A bill of one's own, whoever paid it."""

    id: str
    at: datetime
    place: str
    care: str
    total: Fen
    fund: Fen
    own: Fen
    shared: Fen
    cash: Fen
    reversal: bool
    taken_back: bool


@get("/account")
async def account(platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]) -> Template:
    """Balance, yearly figures, movements and bills."""
    whole = await whole_account(platform, visitor.person_no)
    if isinstance(whole, Refusal):
        raise NoSuchPageError
    found, bills = whole
    holding = found.holding
    return page(
        "account.html",
        visitor=visitor,
        person=holding.person,
        region=platform.book.name(holding.person.region),
        has_account=holding.state is not AccountState.NONE,
        limited=holding.state.label if holding.state in LIMITED else "",
        balance=holding.balance,
        available=holding.available,
        blocked=holding.balance - holding.available,
        segments=segments_of(holding),
        year=found.year,
        year_to_date=found.year_to_date,
        months=months_of(found.movements, visitor.person_no),
        visits=_visits(bills),
    )


def segments_of(holding: Holding) -> list[tuple[str, Fen]]:
    """Current-year and historical money, where the region keeps them apart."""
    return [
        (segment.label, holding.of(segment))
        for segment in (Segment.CURRENT_YEAR, Segment.HISTORICAL)
        if any(account.segment is segment for account in holding.personal)
    ]


def months_of(movements: list[Movement], person_no: str) -> list[Month]:
    """Movements by month; what one bill took from several segments is one line."""
    merged: dict[tuple[object, ...], Movement] = {}
    for number, movement in enumerate(movements):
        key = (movement.settlement or movement.premium or number, movement.purpose)
        before = merged.get(key)
        amount = movement.amount + (before.amount if before else 0)
        merged[key] = msgspec.structs.replace(movement, amount=amount)
    return [
        Month(name=name, lines=tuple(_line(movement, person_no) for movement in group))
        for name, group in groupby(merged.values(), key=_month_name)
    ]


def _month_name(movement: Movement) -> str:
    local = movement.at.astimezone(CHINA)
    return f"{local.year}年{local.month}月"


def _line(movement: Movement, person_no: str) -> Line:
    for_other = movement.person_no is not None and movement.person_no != person_no
    return Line(
        at=movement.at,
        amount=movement.amount,
        title=title_of(movement),
        what=movement.care.label if movement.care else "",
        who=_who(movement) if for_other else "",
        place=movement.institution,
        settlement=movement.settlement,
        premium=movement.premium,
    )


def _who(movement: Movement) -> str:
    """The relative whom the money was for."""
    return f"给{movement.person_name}" if movement.premium else f"{movement.person_name} 使用"


def title_of(movement: Movement) -> str:
    """What a movement was, in a few words."""
    if movement.premium_kind and movement.kind == "premium":
        return f"缴{movement.premium_year}年{movement.premium_kind.label}"
    return _KINDS.get(movement.kind) or _PURPOSES.get(movement.purpose, "其他")


def _visits(bills: list[tuple[Settlement, str]]) -> list[Visit]:
    gone = {s.takes_back for s, _ in bills if s.takes_back}
    return [
        Visit(
            id=s.id,
            at=s.settled_at,
            place=place,
            care=s.care.label,
            total=s.sign * s.split.total,
            fund=s.sign * s.split.fund,
            own=s.sign * s.split.own_total,
            shared=s.sign * s.split.shared_total,
            cash=s.sign * s.split.cash,
            reversal=s.reverses is not None,
            taken_back=s.id in gone,
        )
        for s, place in bills
    ]
