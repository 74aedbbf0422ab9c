"""Family sharing over REST: bind, confirm, end (家庭共济绑定)."""

import hashlib
from typing import Annotated, Final

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from gongji.channels.rest import values
from gongji.channels.rest.callers import Caller, open_to
from gongji.channels.rest.idempotency import IdempotencyKey, sender_of
from gongji.channels.rest.problems import RefusedError, invalid
from gongji.core.family import Limits
from gongji.core.money import Fen, MoneyError, parse_yuan
from gongji.core.refusal import Code, Refusal, refuse
from gongji.core.scopes import Scope
from gongji.service.binding_life import confirm, end
from gongji.service.bindings import BindingRequest, BindingView, bind_once, bindings_of
from gongji.service.platform import Platform

MOST_POSITIONS: Final = 9


DeviceMark = Annotated[
    str | None,
    HeaderParameter(name="Device-Id", max_length=200, description="应用为这台设备生成的固定标识，只保存它的哈希"),
]
TAGS = ["家庭共济"]


@get("/bindings", tags=TAGS, **open_to(Scope.BINDINGS_READ))
async def my_bindings(platform: NamedDependency[Platform], caller: NamedDependency[Caller]) -> list[values.BindingOut]:
    """Bindings in which one is either side, newest first."""
    return [values.binding_out(view, caller.person_no) for view in await bindings_of(platform, caller.person_no)]


@post("/bindings", status_code=HTTP_201_CREATED, tags=TAGS, **open_to(Scope.BINDINGS_WRITE))
async def add_binding(
    platform: NamedDependency[Platform],
    caller: NamedDependency[Caller],
    data: JSONBody[values.BindingIn],
    key: IdempotencyKey = None,
    device: DeviceMark = None,
) -> values.BindingOut:
    """Bind a relative."""
    wanted = _wanted(data, caller, device)
    sender = sender_of(caller, key, "bind", wanted)
    made = await bind_once(platform, sender, wanted)
    if isinstance(made, Refusal):
        raise RefusedError(made)
    return values.binding_out(await _mine(platform, caller, made.id), caller.person_no)


def _wanted(data: values.BindingIn, caller: Caller, device: str | None) -> BindingRequest:
    if data.position is not None and not 1 <= data.position <= MOST_POSITIONS:
        raise invalid(f"position 是 1 到 {MOST_POSITIONS} 的整数", "position")
    return BindingRequest(
        authoriser=caller.person_no,
        user_certificate_no=values.clean(data.user_certificate_no, "user_certificate_no"),
        user_name=values.clean(data.user_name, "user_name"),
        user_region=values.clean(data.user_region, "user_region"),
        relation=data.relation,
        position=data.position,
        starts_on=data.starts_on,
        ends_on=data.ends_on,
        limits=Limits(per_transaction=_cap(data.cap_per_transaction)),
        notice_accepted=data.notice_accepted,
        signature=data.signature,
        user_card_no=values.clean(data.user_card_no, "user_card_no"),
        term=data.term,
        papers=tuple(values.clean(number, "papers") for number in data.papers),
        device=hashlib.sha256(device.encode()).hexdigest() if device else "",
        channel=caller.channel,
    )


def _cap(text: str | None) -> Fen | None:
    if text is None:
        return None
    try:
        amount = parse_yuan(text)
    except MoneyError:
        amount = 0
    if amount <= 0:
        raise invalid("cap_per_transaction 是大于零、最多两位小数的金额，例如 200.00", "cap_per_transaction")
    return amount


async def _mine(platform: Platform, caller: Caller, binding_id: str) -> BindingView:
    """A binding of the caller's; other people's are unknown to him."""
    for view in await bindings_of(platform, caller.person_no):
        if view.binding.id == binding_id:
            return view
    raise RefusedError(refuse(Code.BINDING_UNKNOWN, field="id"))


@post("/bindings/{binding_id:str}/confirm", status_code=HTTP_200_OK, tags=TAGS, **open_to(Scope.BINDINGS_WRITE))
async def confirm_binding(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller], binding_id: FromPath[str]
) -> values.BindingOut:
    """The relative's own consent, where the region asks for it."""
    await _mine(platform, caller, binding_id)
    confirmed = await confirm(platform, binding_id, caller.person_no, caller.channel)
    if isinstance(confirmed, Refusal):
        raise RefusedError(confirmed)
    return values.binding_out(await _mine(platform, caller, binding_id), caller.person_no)


@post("/bindings/{binding_id:str}/end", status_code=HTTP_200_OK, tags=TAGS, **open_to(Scope.BINDINGS_WRITE))
async def end_binding(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller], binding_id: FromPath[str]
) -> values.BindingOut:
    """End a binding, from either side."""
    await _mine(platform, caller, binding_id)
    ended = await end(platform, binding_id, caller.person_no, caller.channel)
    if isinstance(ended, Refusal):
        raise RefusedError(ended)
    return values.binding_out(await _mine(platform, caller, binding_id), caller.person_no)
