"""Let go wrong what a vendor wants to see, and begin anew (故障注入、重置演示城市)."""

from typing import Any, Final

from litestar import Request, Router, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Response, Template
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from gongji.core.refusal import Refusal
from gongji.service.faults import LONGEST_MILLISECONDS, MOST_TIMES, Fault, FaultKind, drop_fault, put_fault, set_faults
from gongji.service.people import all_institutions
from gongji.service.platform import Platform
from gongji.service.workbench import Workbench
from gongji.web.form import Form, read_form
from gongji.web.recorder.pages import clear, pair, pairs, replay
from gongji.web.rendering import page

_LONGEST_CODE: Final = 6


@get("/faults")
async def faults(platform: NamedDependency[Platform]) -> Template:
    """What is set, and a form to set more."""
    return await _faults(platform, Form(values={"kind": FaultKind.ERROR_AFTER.value, "times": "1"}))


async def _faults(platform: Platform, form: Form) -> Template:
    institutions = await all_institutions(platform)
    return page(
        "recorder_faults.html",
        status=422 if form.faults else 200,
        form=form,
        faults=await set_faults(platform),
        institutions=institutions,
        names={one.code: one.name for one in institutions},
        kinds=list(FaultKind),
    )


@post("/faults", status_code=HTTP_200_OK)
async def put(request: Request[Any, Any, Any], platform: NamedDependency[Platform]) -> Response[Any]:
    """Let an institution's next messages fail."""
    form = await read_form(request)
    institution = form.need("institution", "请选择机构")
    kind = form.choice("kind", FaultKind, "请选择故障")
    times = form.count("times", MOST_TIMES)
    milliseconds = form.count("milliseconds", LONGEST_MILLISECONDS)
    transaction = form.text("transaction")
    if len(transaction) > _LONGEST_CODE:
        form.fault("transaction", "交易编号至多 6 位，例如 2207")
    if kind and not form.faults:
        fault = Fault(kind, (milliseconds or kind.default) if kind.default else 0)
        refused = await put_fault(platform, institution, fault, transaction, times)
        if refused is None:
            return Redirect("/recorder/faults", status_code=HTTP_303_SEE_OTHER)
        form.fault("institution", refused.text)
    return await _faults(platform, form)


@post("/faults/end", status_code=HTTP_200_OK)
async def end(request: Request[Any, Any, Any], platform: NamedDependency[Platform]) -> Redirect:
    """End what is set for an institution."""
    form = await read_form(request)
    await drop_fault(platform, form.text("institution"))
    return Redirect("/recorder/faults", status_code=HTTP_303_SEE_OTHER)


@get("/reset")
async def ask_reset() -> Template:
    """What a reset does, and the button."""
    return page("recorder_reset.html", problem="", done=False)


@post("/reset", status_code=HTTP_200_OK)
async def reset(workbench: NamedDependency[Workbench]) -> Template:
    """Build the demo city anew."""
    refused = await workbench.reset()
    problem = refused.text if isinstance(refused, Refusal) else ""
    return page("recorder_reset.html", status=409 if problem else 200, problem=problem, done=not problem)


def recorder_routes() -> Router:
    """The vendor's pages, under /recorder."""
    return Router(
        path="/recorder",
        include_in_schema=False,
        route_handlers=[pairs, pair, replay, clear, faults, put, end, ask_reset, reset],
    )
