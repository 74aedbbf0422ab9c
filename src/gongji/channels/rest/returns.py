"""A partial return in one call: the bill again without what was returned (部分退费)."""

import hashlib
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from litestar import Request, post
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody
from msgspec import Meta

from gongji.channels.rest import values
from gongji.channels.rest.callers import LONGEST, institution_caller, public
from gongji.channels.rest.problems import RefusedError, invalid
from gongji.core.money import format_yuan
from gongji.core.record import Settlement
from gongji.core.refusal import Refusal
from gongji.service.commands import ReturnedItem, ReturnPart, Sender
from gongji.service.platform import Platform

Quantity = Annotated[
    str, Meta(pattern=r"^\d{1,12}(\.\d{1,4})?$", description="退回的数量，至多四位小数", examples=["1"])
]
Key = Annotated[str, Meta(min_length=1, max_length=30, pattern=r"^[!-~]+$")]


class ReturnedLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line of the bill (feedetl_sn), and how much of its quantity comes back."""

    line: Key
    quantity: Quantity


class ReturnIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which settlement, whose, and what comes back."""

    settlement: Key
    psn_no: Key
    items: Annotated[list[ReturnedLine], Meta(min_length=1, max_length=200)]


class GivenBack(msgspec.Struct, frozen=True, kw_only=True):
    """What a payer gets back, in yuan: cash, shared, own, wallet, supplementary or pool."""

    payer: str
    amount: str


class ReturnOut(msgspec.Struct, frozen=True, kw_only=True):
    """The settlement of the rest of the bill, and what goes back, the last payer first."""

    settlement: str
    replaces: str
    total: str
    fund: str
    own: str
    shared: str
    cash: str
    given_back: list[GivenBack]


@post("/returns/{institution:str}/{message_id:str}", tags=["机构"], **public())
async def return_part(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    institution: FromPath[str],
    message_id: FromPath[str],
    data: JSONBody[ReturnIn],
    apikey: Annotated[str | None, HeaderParameter(description="机构的 apikey；沙箱里可以不带")] = None,
) -> ReturnOut:
    """Run a bill again without what was returned; each payer gets his exact difference, the last payer first.

    The same message id with the same content gets the first answer again.
    """
    await institution_caller(request, platform, institution, apikey, None)
    if len(message_id) > LONGEST or not message_id.isascii() or not message_id.isprintable():
        raise invalid(f"message_id 是 1 到 {LONGEST} 个可见的 ASCII 字符", "message_id")
    content = hashlib.sha256(msgspec.json.encode(data)).digest()
    command = ReturnPart(
        sender=Sender(institution=institution, message_id=message_id, transaction="partial_return", input_hash=content),
        person_no=values.clean(data.psn_no, "psn_no"),
        settlement_id=data.settlement,
        items=tuple(ReturnedItem(line_no=item.line, quantity=Decimal(item.quantity)) for item in data.items),
    )
    done = await platform.batcher.submit(command)
    if isinstance(done, Refusal):
        raise RefusedError(done)
    return _out(done.settlement)


def _out(rest: Settlement) -> ReturnOut:
    change, split = rest.change, rest.split
    wallet = sum(-p.amount for p in rest.booked if p.purpose == "wallet")
    back = (
        ("cash", change.cash),
        ("shared", change.shared),
        ("wallet", wallet),
        ("own", change.own - wallet),
        ("supplementary", change.supplementary),
        ("pool", change.pool),
    )
    return ReturnOut(
        settlement=rest.id,
        replaces=rest.instead_of.settlement if rest.instead_of else "",
        total=format_yuan(split.total),
        fund=format_yuan(split.fund),
        own=format_yuan(split.own_total),
        shared=format_yuan(split.shared_total),
        cash=format_yuan(split.cash),
        given_back=[GivenBack(payer=payer, amount=format_yuan(-amount)) for payer, amount in back if amount],
    )
