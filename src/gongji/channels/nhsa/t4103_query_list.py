"""4103 医疗保障基金结算清单信息查询: a list as it was uploaded, with what the books say (tables 214 to 222)."""

from typing import Any, Final

from gongji.channels.nhsa import codes
from gongji.channels.nhsa.answer import render_known
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.kept import typed
from gongji.channels.nhsa.settlements import payments, person_words
from gongji.core.refusal import Refusal
from gongji.service.settlement_lists import ListView, list_view

_PARTS: Final = {
    "opspdiseinfo": "setl_list_opsp_trt_id",
    "diseinfo": "setl_list_diag_id",
    "oprninfo": "setl_list_oprn_id",
    "icuinfo": "setl_list_scs_cutd_id",
    "bldinfo": "setl_List_bld_Id",
}
"""Parts of a list, and the field that numbers the rows of each."""

_RENAMED: Final = {
    "poscode": "emp_poscode",
    "opsp_mdtrt_date": "opsp_mdtrt_time",
    "adm_way": "adm_way_code",
    "refldept_dept": "refl_caty",
    "wm_dise_code": "otp_wm_diag_dise_code",
    "tcm_dise_code": "otp_tcm_diag_dise_code",
    "adm_dept_code": "adm_dept_codg",
    "dscg_dept_code": "dscg_dept_codg",
    "age_days": "age_daus",
}
"""Fields of 4101 that have another name in the answer."""


async def handle(call: Call) -> Output | Refusal:
    """Tell a list of the sender's own."""
    row = call.values.node("data")
    view = await list_view(call.platform, call.sender.institution, row["setl_id"], row["psn_no"])
    if isinstance(view, Refusal):
        return view
    ids = {"setl_id": row["setl_id"], "psn_no": row["psn_no"], "mdtrt_id": view.settlement.settlement.visit_id}
    return {
        "setlinfo": _info(call, view, ids),
        "payinfo": _payments(call, view, ids),
        **{part: _part(call, view, part, ids) for part in _PARTS},
        "iteminfo": [],
        "drgAppyinfo": None,
    }


def _info(call: Call, view: ListView, ids: dict[str, str]) -> dict[str, Any]:
    settlement, split = view.settlement.settlement, view.settlement.settlement.split
    uploaded = {_RENAMED.get(name, name): value for name, value in view.document["setlinfo"].items()}
    account = split.own_total + split.shared_total
    books = person_words(settlement, view.settlement.patient) | ids
    books |= {
        "setl_list_sn": view.serial,
        "patn_cert_type": view.settlement.patient.certificate_type,
        "fixmedins_name": view.settlement.institution.name,
        "fixmedins_code": view.settlement.institution.code,
        "insu_admdvs": settlement.region,
        "hi_no": settlement.person_no,
        "hi_type": codes.INSUTYPE[settlement.case.facts.scheme],
        "stas_type": view.state,
        "psn_selfpay": account + split.cash - split.bill.full_self_pay,
        "psn_ownpay": split.bill.full_self_pay,
        "acct_pay": account,
        "psn_cashpay": split.cash,
        "setl_time": settlement.settled_at,
    }
    return render_known(call.table, "setlinfo", typed(call.table, "setlinfo", uploaded) | books)


def _payments(call: Call, view: ListView, ids: dict[str, str]) -> list[dict[str, Any]]:
    """The payments of the books, not those of the list: what differs stands in the quality check."""
    return [
        render_known(
            call.table,
            "payinfo",
            ids
            | {
                "fund_pay_type": kind,
                "poolarea_fund_pay_type": kind,
                "poolarea_fund_pay_name": codes.fund_name(kind),
                "fund_payamt": amount,
            },
        )
        for kind, amount in payments(view.settlement.settlement).items()
    ]


def _part(call: Call, view: ListView, part: str, ids: dict[str, str]) -> list[dict[str, Any]]:
    number = _PARTS[part]
    return [
        render_known(call.table, part, typed(call.table, part, row) | ids | {number: f"{view.serial}{place:03d}"})
        for place, row in enumerate(view.document.get(part) or [], start=1)
    ]
