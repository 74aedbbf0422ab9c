"""Whom I share with and who shares with me; confirm and end (家庭共济)."""

from datetime import date
from typing import Any, Final

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from gongji.core.family import Binding, BindingState
from gongji.core.money import Fen
from gongji.core.refusal import Refusal
from gongji.service.binding_life import confirm, decline, end
from gongji.service.bindings import BindingView, bindings_for_wards, bindings_of
from gongji.service.platform import Platform
from gongji.web.faults import NoSuchPageError
from gongji.web.rendering import page
from gongji.web.visitor import Visitor

_DONE: Final = {
    "bound": "绑定成功。家人下次就医购药时，先用他自己的账户，不够的部分用您的账户。",
    "pending": "已提交。请家人登录后在“家庭共济”里确认，确认后才能使用。",
    "review": "已提交，等经办机构审核材料。审核通过后才能使用，结果会发消息告诉您。",
    "ward": "已同意。孩子可以用这份共济了。",
    "ward_declined": "已拒绝。对方会收到通知。",
    "confirmed": "已确认。您下次就医购药时，本人账户不够的部分会用家人的账户。",
    "declined": "已拒绝。对方会收到通知。",
    "order": "先后已保存，从下一次结算起按新的来。",
    "ended": "已解除。从现在起不再使用这个账户付款，以前的记录不变。",
}
"""What is said after each piece of business."""


_TURNED_DOWN: Final = ("rejected", "declined")


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A binding as one side sees it.

    ``live`` is False once nothing can be paid by it any more; ``why`` says to the authoriser why it was turned down,
    and ``again`` that he may apply again.
    """

    id: str
    other: str
    relation: str
    state: str
    live: bool
    to_confirm: bool
    mine: bool
    starts_on: date
    ends_on: date | None
    cap: Fen | None
    position: int
    channel: str
    why: str
    again: bool


@get("/family")
async def family(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]
) -> Template:
    """All bindings of the visitor, on either side."""
    views = await bindings_of(platform, visitor.person_no)
    today = platform.clock().date()
    wards = await bindings_for_wards(platform, visitor.person_no)
    cards = [(view.binding.authoriser == visitor.person_no, _card(view, visitor, today)) for view in views]
    return page(
        "family.html",
        visitor=visitor,
        given=[card for mine, card in cards if mine and card.live],
        taken=[card for mine, card in cards if not mine and card.live],
        ended=[card for _, card in cards if not card.live],
        wards=wards,
        done=_DONE.get(request.query_params.get("done", ""), ""),
    )


def _card(view: BindingView, visitor: Visitor, today: date) -> Card:
    binding = view.binding
    mine = binding.authoriser == visitor.person_no
    label = binding.relation.label
    return Card(
        id=binding.id,
        other=(view.user if mine else view.authoriser).name,
        relation=f"使用人是您的{label}" if mine else f"您是授权人的{label}",
        state=state_words(binding, today),
        live=binding.state is not BindingState.ENDED and not _over(binding, today),
        to_confirm=binding.state is BindingState.PENDING and not mine,
        mine=mine,
        starts_on=binding.starts_on,
        ends_on=binding.ends_on,
        cap=binding.limits.per_transaction,
        position=binding.position,
        channel=view.channel,
        why=view.why if mine and binding.ended_reason in _TURNED_DOWN else "",
        again=mine and binding.ended_reason in _TURNED_DOWN,
    )


def _over(binding: Binding, today: date) -> bool:
    return binding.ends_on is not None and binding.ends_on < today


def state_words(binding: Binding, today: date) -> str:
    """The state as people say it, by the day."""
    if binding.state is BindingState.ACTIVE:
        if _over(binding, today):
            return "已到期"
        if today < binding.starts_on:
            return "未到开始日期"
    return binding.label


async def _mine(platform: Platform, visitor: Visitor, binding_id: str) -> BindingView:
    """A binding of the visitor's that has not ended.

    Raises:
        NoSuchPageError: there is none, or it is other people's.
    """
    for view in await bindings_of(platform, visitor.person_no):
        if view.binding.id == binding_id and view.binding.state is not BindingState.ENDED:
            return view
    raise NoSuchPageError


@get("/family/{binding_id:str}/end")
async def end_page(
    platform: NamedDependency[Platform], visitor: NamedDependency[Visitor], binding_id: FromPath[str]
) -> Template:
    """Ask once more before ending."""
    return await _end_page(platform, visitor, binding_id, "")


async def _end_page(platform: Platform, visitor: Visitor, binding_id: str, problem: str) -> Template:
    view = await _mine(platform, visitor, binding_id)
    card = _card(view, visitor, platform.clock().date())
    mine = view.binding.authoriser == visitor.person_no
    status = 409 if problem else 200
    return page("family_end.html", status=status, visitor=visitor, card=card, mine=mine, problem=problem)


@post("/family/{binding_id:str}/end", status_code=HTTP_200_OK)
async def end_binding(
    platform: NamedDependency[Platform], visitor: NamedDependency[Visitor], binding_id: FromPath[str]
) -> Response[Any]:
    """End a binding of one's own."""
    await _mine(platform, visitor, binding_id)
    ended = await end(platform, binding_id, visitor.person_no, visitor.channel)
    if isinstance(ended, Refusal):
        return await _end_page(platform, visitor, binding_id, ended.text)
    return Redirect("/family?done=ended", status_code=HTTP_303_SEE_OTHER)


@post("/family/{binding_id:str}/confirm", status_code=HTTP_200_OK)
async def confirm_binding(
    platform: NamedDependency[Platform], visitor: NamedDependency[Visitor], binding_id: FromPath[str]
) -> Response[Any]:
    """Give one's own consent to a binding that waits for it."""
    view = await _mine(platform, visitor, binding_id)
    if view.binding.user != visitor.person_no:
        raise NoSuchPageError
    if view.binding.state is BindingState.PENDING:
        confirmed = await confirm(platform, binding_id, visitor.person_no, visitor.channel)
        if isinstance(confirmed, Refusal):
            return await _end_page(platform, visitor, binding_id, confirmed.text)
    return Redirect("/family?done=confirmed", status_code=HTTP_303_SEE_OTHER)


@post("/family/{binding_id:str}/decline", status_code=HTTP_200_OK)
async def decline_binding(
    platform: NamedDependency[Platform], visitor: NamedDependency[Visitor], binding_id: FromPath[str]
) -> Response[Any]:
    """Refuse a binding that waits for one's consent."""
    view = await _mine(platform, visitor, binding_id)
    if view.binding.user != visitor.person_no:
        raise NoSuchPageError
    declined = await decline(platform, binding_id, visitor.person_no, visitor.channel)
    if isinstance(declined, Refusal):
        return await _end_page(platform, visitor, binding_id, declined.text)
    return Redirect("/family?done=declined", status_code=HTTP_303_SEE_OTHER)
