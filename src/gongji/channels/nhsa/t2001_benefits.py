"""2001 人员待遇享受检查: which funds pay for a person's care at a time (tables 57, 58)."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from gongji.channels.nhsa import codes
from gongji.channels.nhsa.answer import render
from gongji.channels.nhsa.call import Call, Output
from gongji.core.codes import AccountState, Care, Scheme
from gongji.core.refusal import Code, Refusal, refuse
from gongji.core.terms import Terms, terms_for
from gongji.service.commands import Claimed
from gongji.service.people import Holding, holding_of, institution_of
from gongji.service.platform import Platform
from gongji.service.settle import check_institution, check_person


async def handle(call: Call) -> Output | Refusal:
    """One row for each fund, with the reason where it does not pay."""
    row = call.values.node("data")
    scheme = codes.scheme_of(row["insutype"])
    care = codes.benefit_of(row["med_type"])
    holding = await holding_of(call.platform, row["psn_no"])
    if isinstance(scheme, Refusal):
        return scheme
    if isinstance(care, Refusal):
        return care
    if isinstance(holding, Refusal):
        return holding
    code = row["fixmedins_code"]
    refusal = check_institution(await institution_of(call.platform, code), code)
    if refusal:
        return refusal
    on = row["begntime"].date()
    rows = list(_checked(call.platform, holding, Claimed(scheme=scheme), care, on))
    return {"trtinfo": [_row(call, holding, fund, reason) for fund, reason in rows]}


def _checked(platform: Platform, holding: Holding, claimed: Claimed, care: Care, on: date) -> Iterator[tuple[str, str]]:
    """Each fund with the reason why it does not pay; an empty reason when it does."""
    person = holding.person
    _, refusal = check_person(person, claimed, on)
    terms = terms_for(platform.book, person.region, on, person.scheme, care)
    unknown = terms.text if isinstance(terms, Refusal) else _without_benefit(terms)
    excluded = refusal.text if refusal else ""
    yield codes.POOL_FUND[person.scheme], excluded or unknown
    yield codes.SUPPLEMENTARY_FUND[person.scheme], excluded or unknown
    if person.scheme is Scheme.EMPLOYEE:
        state = holding.state
        closed = "" if state is AccountState.OPEN else f"个人账户{state.label}"
        yield codes.PERSONAL_ACCOUNT, excluded or closed


def _without_benefit(terms: Terms) -> str:
    if terms.benefit is not None:
        return ""
    what = f"{terms.scheme.label}{terms.care.label}待遇（{terms.on}）"
    return refuse(Code.RULE_UNKNOWN, region=terms.region_name, what=what).text


def _row(call: Call, holding: Holding, fund: str, reason: str) -> dict[str, Any]:
    words = {
        "psn_no": holding.person.person_no,
        "trt_chk_type": codes.FUND_CHECK,
        "fund_pay_type": fund,
        "trt_enjymnt_flag": codes.NO if reason else codes.YES,
        "begndate": holding.person.insured_since,
        "enddate": holding.person.suspended_on,
        "trt_chk_rslt": reason or "可以享受",
    }
    return render(call.table, "trtinfo", words)
