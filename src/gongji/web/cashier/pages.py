"""Pages of the cashier (收费窗口). They stand in the sandbox only: outside it staff must sign in first."""

from typing import Any, Final

from litestar import Request, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from gongji.core.case import AccountUse
from gongji.core.catalogue import CatalogueItem
from gongji.core.codes import ItemKind
from gongji.core.record import Settlement
from gongji.core.refusal import Refusal
from gongji.service.catalogue import priced_items
from gongji.service.collector import OutcomeUnknownError
from gongji.service.people import all_institutions
from gongji.service.platform import Platform
from gongji.service.records import SettlementView, settlement_of_message, settlement_view
from gongji.service.telling import told_to_institution
from gongji.web.cashier.bill import MOST_OF_AN_ITEM, ROWS, is_message_id, new_message_id, read_draft
from gongji.web.cashier.counter import Preview, preview, settle, take_back, withdraw
from gongji.web.demo_city import demo_city
from gongji.web.faults import NoSuchPageError
from gongji.web.form import Form, read_form
from gongji.web.rendering import page
from gongji.web.split_view import SplitView, split_view

ACCOUNT_USES: Final = (
    (AccountUse.OWN_THEN_SHARED, "先本人，后共济", "本人账户不够时，用家人的账户"),
    (AccountUse.OWN, "只用本人账户", "不动用家人的账户"),
    (AccountUse.NONE, "不使用账户", "统筹之外全部付现金"),
)

_FIELDS: Final = {
    "fixmedins_code": "institution",
    "psn_no": "patient",
    "certno": "patient",
    "mdtrt_cert_no": "shown",
    "acct_used_flag": "account_use",
}
"""The form's field for the national interface's name of it."""

CARRIED: Final = (
    "institution",
    "patient",
    "shown",
    "amount",
    "prescription",
    "account_use",
    *(f"item{row}" for row in range(1, ROWS + 1)),
    *(f"quantity{row}" for row in range(1, ROWS + 1)),
)
"""Fields that the preview carries on to the settlement."""


@get("/")
async def start(request: Request[Any, Any, Any], platform: NamedDependency[Platform]) -> Template:
    """An empty bill."""
    form = Form(values={"institution": request.query_params.get("institution", ""), "account_use": "2"})
    return await _bill_page(platform, form)


async def _bill_page(platform: Platform, form: Form, problem: str = "", status: int = 200) -> Template:
    city = await demo_city(platform)
    return page(
        "cashier.html",
        status=422 if form.faults and status == HTTP_200_OK else status,
        form=form,
        problem=problem,
        institutions=await all_institutions(platform),
        regions={region.code: region.name for region in platform.book.regions.values()},
        people=[person for person in city.people if person.certno],
        catalogue=_by_kind(await priced_items(platform)),
        rows=range(1, ROWS + 1),
        most=MOST_OF_AN_ITEM,
        uses=ACCOUNT_USES,
    )


def _by_kind(items: dict[str, CatalogueItem]) -> list[tuple[str, list[CatalogueItem]]]:
    """Items under the word for their kind, in the order people think of them."""
    groups = [(kind.label, [item for item in items.values() if item.kind is kind]) for kind in ItemKind]
    return [(label, found) for label, found in groups if found]


@post("/preview", status_code=HTTP_200_OK)
async def preview_page(request: Request[Any, Any, Any], platform: NamedDependency[Platform]) -> Template:
    """Show who would pay what."""
    form = await read_form(request)
    # A new preview is a new bill: the numbers of an earlier one are not used again.
    form.values |= {"message_id": new_message_id(), "visit": ""}
    draft = read_draft(form, await priced_items(platform))
    if draft is None:
        return await _bill_page(platform, form)
    outcome = await preview(platform, draft)
    if isinstance(outcome, Refusal):
        return await _refused(platform, form, outcome)
    form.values |= {"patient": draft.patient, "message_id": draft.message_id, "visit": outcome.draft.visit}
    return _preview(platform, form, outcome)


def _preview(platform: Platform, form: Form, outcome: Preview) -> Template:
    return page(
        "cashier_preview.html",
        form=form,
        carried=(*CARRIED, "message_id", "visit"),
        institution=outcome.institution,
        patient=outcome.patient.person,
        region=platform.book.name(outcome.patient.person.region),
        care=outcome.settlement.care.label,
        split=_split(platform, outcome.settlement),
    )


def _split(platform: Platform, settlement: Settlement) -> SplitView:
    split = settlement.split
    return split_view(split, told_to_institution(split), platform.clock().date())


async def _refused(platform: Platform, form: Form, refusal: Refusal) -> Template:
    field = _FIELDS.get(refusal.field or "")
    if field:
        form.fault(field, refusal.text)
    return await _bill_page(platform, form, refusal.text, 409)


@post("/change", status_code=HTTP_200_OK)
async def change(request: Request[Any, Any, Any], platform: NamedDependency[Platform]) -> Template:
    """Back to the bill to change it; its visit is taken back."""
    form = await read_form(request)
    draft = read_draft(form, await priced_items(platform))
    if draft is not None:
        await withdraw(platform, draft)
    return await _bill_page(platform, form)


@post("/settle", status_code=HTTP_200_OK)
async def settle_page(request: Request[Any, Any, Any], platform: NamedDependency[Platform]) -> Response[Any]:
    """Settle and show the receipt. Pressing twice, or reloading, settles once."""
    form = await read_form(request)
    stated = form.text("message_id")
    draft = read_draft(form, await priced_items(platform))
    if draft is None or draft.message_id != stated:
        return await _bill_page(platform, form, "请先预结算，再结算", 422)
    try:
        outcome = await settle(platform, draft)
    except OutcomeUnknownError:
        return page("cashier_unknown.html", status=503, form=form, carried=(*CARRIED, "message_id", "visit"))
    if isinstance(outcome, Refusal):
        return await _refused(platform, form, outcome)
    return Redirect(f"/cashier/receipts/{draft.institution}/{stated}", status_code=HTTP_303_SEE_OTHER)


async def _view(platform: Platform, institution: str, message_id: str) -> SettlementView:
    """The settlement of a cashier's message.

    Raises:
        NoSuchPageError: the message made none, or is not the cashier's.
    """
    known = await settlement_of_message(platform, institution, message_id) if is_message_id(message_id) else None
    view = await settlement_view(platform, known) if known else None
    if view is None or isinstance(view, Refusal):
        raise NoSuchPageError
    return view


@get("/receipts/{institution:str}/{message_id:str}")
async def receipt(
    platform: NamedDependency[Platform], institution: FromPath[str], message_id: FromPath[str]
) -> Template:
    """The receipt, to be printed for the patient."""
    return _receipt(platform, await _view(platform, institution, message_id), "")


def _receipt(platform: Platform, view: SettlementView, problem: str) -> Template:
    return page(
        "cashier_receipt.html",
        status=409 if problem else 200,
        view=view,
        problem=problem,
        region=platform.book.name(view.patient.region),
        split=_split(platform, view.settlement),
    )


@post("/receipts/{institution:str}/{message_id:str}/reverse", status_code=HTTP_200_OK)
async def reverse(
    platform: NamedDependency[Platform], institution: FromPath[str], message_id: FromPath[str]
) -> Response[Any]:
    """Take the settlement back; each payer gets his own part."""
    view = await _view(platform, institution, message_id)
    try:
        outcome = await take_back(platform, view)
    except OutcomeUnknownError:
        return _receipt(platform, view, "没有等到撤销结果，请再按一次“撤销结算”，不会重复退款。")
    if isinstance(outcome, Refusal):
        return _receipt(platform, await _view(platform, institution, message_id), outcome.text)
    return Redirect(f"/cashier/receipts/{institution}/{message_id}", status_code=HTTP_303_SEE_OTHER)


def cashier_routes() -> Router:
    """The cashier, under /cashier."""
    return Router(
        path="/cashier",
        include_in_schema=False,
        route_handlers=[start, preview_page, change, settle_page, receipt, reverse],
    )
