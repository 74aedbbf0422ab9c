"""What would be paid by whom (算一算): a form over the same calculation as a settlement."""

from datetime import date
from typing import Any, Final

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.response import Template

from gongji.core.codes import EMPLOYEE_STATUSES, Care, Level, Relation, Scheme, Segment, Status
from gongji.core.explain import explain
from gongji.core.money import Fen, format_yuan
from gongji.core.refusal import Refusal
from gongji.core.rules import Segments
from gongji.service.json_object import InputFaultError
from gongji.service.platform import Platform
from gongji.service.quote import Worked, work_out
from gongji.service.quote_input import read_case
from gongji.web.form import LONGEST_TEXT, Form
from gongji.web.portal.ask import region_names
from gongji.web.rendering import page
from gongji.web.split_view import split_view
from gongji.web.visitor import Visitor

FIELDS: Final = (
    "region",
    "date",
    "status",
    "age",
    "care",
    "level",
    "amount",
    "full_self_pay",
    "deductible",
    "balance",
    "current_year",
    "relation",
    "shared",
)
OLDEST: Final = 120
_SHOWN: Final = {
    "region": "region",
    "date": "date",
    "person.birth_date": "age",
    "person.age": "age",
    "person.retired_on": "status",
    "care.level": "level",
    "bill.total": "amount",
    "bill.full_self_pay": "full_self_pay",
    "year_to_date.deductible": "deductible",
    "accounts": "balance",
    "accounts.balance": "balance",
}
"""At which field of the form a fault of the case is shown."""


@get("/quote")
async def quote_page(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], guest: NamedDependency[Visitor | None]
) -> Template:
    """The form and, once a bill is given, who would pay it. Nothing is booked, and nobody's balance is looked at."""
    form = Form(values={name: request.query_params.get(name, "")[:LONGEST_TEXT] for name in FIELDS})
    today = platform.clock().date()
    worked = None
    if any(form.values.values()):
        worked = _worked(platform, form)
    else:
        form.values |= {"region": platform.book.name(guest.region) if guest else "", "date": str(today)}
    return page(
        "quote.html",
        visitor=guest,
        form=form,
        regions=region_names(platform),
        statuses=list(Status),
        cares=list(Care),
        levels=list(Level),
        relations=list(Relation),
        split=split_view(worked.split, [explain(step) for step in worked.split.steps], today) if worked else None,
        notes=worked.notes if worked else (),
        status=422 if form.faults else 200,
    )


def _worked(platform: Platform, form: Form) -> Worked | None:
    """The case of the form worked out, or None with the faults noted in the form."""
    case = _case(platform, form)
    if form.faults:
        return None
    try:
        worked = work_out(platform.book, read_case(case))
    except InputFaultError as fault:
        worked = fault.refusal
    if isinstance(worked, Refusal):
        form.fault(_SHOWN.get(worked.field or "", "region"), worked.text)
        return None
    return worked


def _case(platform: Platform, form: Form) -> dict[str, Any]:
    """The case as the contract of ``gongji quote`` has it."""
    region = form.need("region", "请填写参保地，例如 西安")
    status = form.choice("status", Status, "请选择人员类别") or Status.ACTIVE
    care = form.choice("care", Care, "请选择就医类别") or Care.OUTPATIENT
    amount = form.yuan("amount")
    if amount is None:
        form.fault("amount", "请填写账单总额，例如 600")
    scheme = Scheme.EMPLOYEE if status in EMPLOYEE_STATUSES else Scheme.RESIDENT
    on = form.day("date") or platform.clock().date()
    person: dict[str, Any] = {"scheme": scheme.value, "status": status.value}
    age = form.count("age", OLDEST)
    if age is not None:
        person["age"] = age
    place: dict[str, Any] = {"type": care.value}
    if care is not Care.PHARMACY:
        level = form.choice("level", Level, "请选择医院级别")
        place["level"] = level.value if level else None
    case: dict[str, Any] = {"region": region, "date": str(on), "person": person, "care": place}
    case["bill"] = {"total": _yuan(amount), "full_self_pay": _yuan(form.yuan("full_self_pay"))}
    case["year_to_date"] = {"deductible": _yuan(form.yuan("deductible"))}
    case["accounts"] = _accounts(platform, region, on, form, scheme)
    shared = form.yuan("shared")
    if shared is not None:
        relation = form.choice("relation", Relation, "请选择家人是您的什么人")
        case["sharing"] = [
            {"id": "relative", "relation": relation.value if relation else "", "available": _yuan(shared)}
        ]
    return case


def _yuan(amount: Fen | None) -> str:
    return format_yuan(amount or 0)


def _accounts(platform: Platform, region: str, on: date, form: Form, scheme: Scheme) -> dict[str, str]:
    """Own money, in the segments that the region keeps."""
    balance, current = form.yuan("balance"), form.yuan("current_year") or 0
    if balance is None:
        return {}
    if scheme is Scheme.RESIDENT:
        form.fault("balance", "居民医保没有个人账户，请留空")
        return {}
    found = platform.book.find(region)
    segments = platform.book.rule(Segments, found.code, "account.segments", on) if found else None
    if segments is None or not segments.kept:
        return {"balance": _yuan(balance)}
    if current > balance:
        form.fault("current_year", "不能多于账户余额")
        return {}
    return {Segment.CURRENT_YEAR.value: _yuan(current), Segment.HISTORICAL.value: _yuan(balance - current)}
