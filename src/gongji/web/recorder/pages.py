"""What the gateway received and answered, live, and one pair in words (通信记录). In the sandbox only."""

from typing import Any, Final

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from gongji.core.refusal import Refusal
from gongji.service.messages import MessageState, message_state
from gongji.service.platform import Platform
from gongji.service.recordings import (
    Bodies,
    Recording,
    Wanted,
    clear_recordings,
    recorded_institutions,
    recording,
    recordings,
)
from gongji.service.records import SettlementView, settlement_view
from gongji.service.telling import told_to_institution
from gongji.service.workbench import Workbench
from gongji.web.edge import HEADERS
from gongji.web.faults import NoSuchPageError
from gongji.web.form import read_form
from gongji.web.rendering import page
from gongji.web.split_view import SplitView, split_view

OUTCOMES: Final = {"done": "办成", "refused": "拒绝", "unknown": "结果未知", "rejected": "没有受理"}
STATES: Final = {
    "done": "已办成",
    "refused": "已拒绝，没有办理",
    "void": "已冲正，不再受理",
    "never_seen": "没有收到过",
}
PAGE: Final = 50
_LONGEST: Final = 30

_CSP: Final = "content-security-policy"
_LIVE: Final = {_CSP: HEADERS[_CSP] + "; connect-src 'self'"}
"""The page asks for itself again, which no other page does."""


@get("/")
async def pairs(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], workbench: NamedDependency[Workbench]
) -> Template:
    """The latest pairs; without JavaScript they are looked at again by a link."""
    query = {name: request.query_params.get(name, "").strip()[:_LONGEST].replace("\x00", "") for name in _FILTERS}
    before = request.query_params.get("before", "")
    start = int(before) if before.isascii() and before.isdigit() and len(before) < _LONGEST // 2 else None
    found = await recordings(platform, Wanted(**{name: text or None for name, text in query.items()}), start, PAGE)
    answer = page(
        "recorder.html",
        found=found.recordings,
        further=found.next,
        query=query,
        live=start is None,
        institutions=await recorded_institutions(platform),
        outcomes=OUTCOMES,
        title=workbench.title,
    )
    answer.headers.update(_LIVE)
    return answer


_FILTERS: Final = ("institution", "transaction", "outcome", "message_id")


@get("/{number:int}")
async def pair(
    platform: NamedDependency[Platform], workbench: NamedDependency[Workbench], number: FromPath[int]
) -> Template:
    """One pair with both messages in words."""
    return await _pair(platform, workbench, number, "")


async def _pair(platform: Platform, workbench: Workbench, number: int, problem: str) -> Template:
    found = await recording(platform, number)
    if found is None:
        raise NoSuchPageError
    one, bodies = found
    state, view, split = await _effect(platform, one)
    return page(
        "recorder_pair.html",
        status=409 if problem else 200,
        problem=problem,
        one=one,
        kept=_kept(bodies),
        words=workbench.explain(one, bodies),
        outcomes=OUTCOMES,
        states=STATES,
        state=state,
        view=view,
        split=split,
        title=workbench.title,
    )


def _kept(bodies: Bodies) -> bool:
    return bodies.request is not None


async def _effect(
    platform: Platform, one: Recording
) -> tuple[MessageState | None, SettlementView | None, SplitView | None]:
    """What became of the message by now, and the settlement it made."""
    if not one.message_id:
        return None, None, None
    state = await message_state(platform, one.institution, one.message_id)
    view = await settlement_view(platform, state.settlement) if state.settlement else None
    if view is None or isinstance(view, Refusal):
        return state, None, None
    split = view.settlement.split
    return state, view, split_view(split, told_to_institution(split), platform.clock().date())


@post("/{number:int}/replay", status_code=HTTP_200_OK)
async def replay(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    workbench: NamedDependency[Workbench],
    number: FromPath[int],
) -> Response[Any]:
    """Send the request again and show the new pair."""
    form = await read_form(request)
    made = await workbench.replay(number, renewed=form.ticked("renewed"))
    if isinstance(made, Refusal):
        return await _pair(platform, workbench, number, made.text)
    if made is None:
        return await _pair(platform, workbench, number, "已重发，但没有开启通信记录，看不到应答")
    return Redirect(f"/recorder/{made}", status_code=HTTP_303_SEE_OTHER)


@post("/clear", status_code=HTTP_200_OK)
async def clear(platform: NamedDependency[Platform]) -> Redirect:
    """Forget every pair."""
    await clear_recordings(platform)
    return Redirect("/recorder", status_code=HTTP_303_SEE_OTHER)
