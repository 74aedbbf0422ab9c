"""Orders of a message as the reviews see them, and findings in national words (3101, 3102; tables 128 to 135)."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Final

from gongji.channels.nhsa.answer import render
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.fields import Record
from gongji.core.refusal import Code, Refusal, refuse
from gongji.core.review import Order, Rule, Visit
from gongji.service.reviews import Found, review

_DRUGS: Final = frozenset({"11", "12", "13"})
"""药品项目类型: 西药、中草药、中药饮片"""

_ITEM_FINDING: Final = "2"
"""违规行为分类: 项目类"""

_AMOUNT_KNOWN: Final = "1"
"""违规金额计算状态: 正常"""

_AT_FAULT: Final = "1"
"""违规明细类型: 违规项"""


async def reviewed(call: Call, kind: str) -> Output | Refusal:
    """Review every visit of every patient of the message, and answer what was found."""
    row = call.values.node("data")
    chosen = _chosen(row["rule_ids"])
    if isinstance(chosen, Refusal):
        return chosen
    visits = [
        (patient["patn_id"], _visit(patient, encounter))
        for patient in row["patient_dtos"]
        for encounter in patient["fsi_encounter_dtos"]
    ]
    found = await review(call.platform, call.sender, kind, visits, chosen)
    return found if isinstance(found, Refusal) else {"result": [_result(call, one) for one in found]}


def _chosen(named: Any) -> list[Rule] | Refusal:
    """The rules a message asks for by their ids; all of them when it asks for none."""
    ids = [part.strip() for part in named.split(",")] if isinstance(named, str) else named
    if not ids:
        return list(Rule)
    known = {rule.value: rule for rule in Rule}
    if not isinstance(ids, list) or any(not isinstance(one, str) or one not in known for one in ids):
        offered = "、".join(f"{rule.value} {rule.label}" for rule in Rule)
        what = f"rule_ids（规则标识集合）中有本平台没有的规则，可填：{offered}"
        return refuse(Code.INPUT_INVALID, field="rule_ids", what=what)
    return [known[one] for one in dict.fromkeys(ids)]


def _visit(patient: Record, encounter: Record) -> Visit:
    born: date = patient["brdy"]
    on: date = encounter["adm_date"]
    return Visit(
        id=encounter["mdtrt_id"],
        gender=patient["gend"],
        age=max(0, on.year - born.year - ((on.month, on.day) < (born.month, born.day))),
        diagnoses=tuple(_diagnoses(encounter)),
        orders=tuple(_order(order) for order in encounter["fsi_order_dtos"]),
    )


def _diagnoses(encounter: Record) -> Iterator[str]:
    yield encounter["dscg_main_dise_codg"]
    for diagnosis in encounter["fsi_diagnose_dtos"]:
        yield diagnosis["dise_codg"]


def _order(order: Record) -> Order:
    return Order(
        id=order["rx_id"],
        item=order["hilist_code"],
        name=order["hilist_name"],
        drug=order["hilist_type"] in _DRUGS,
        on=order["drord_begn_date"],
        quantity=order["cnt"],
        price=Decimal(order["pric"]) / 100,
        amount=order["sumamt"],
    )


def _result(call: Call, found: Found) -> dict[str, Any]:
    finding = found.finding
    about = {"patn_id": found.patient, "mdtrt_id": found.visit}
    details = [
        render(
            call.table,
            "judge_result_detail_dtos",
            about
            | {
                "jrd_id": f"{found.id}{place:04d}",
                "rx_id": order,
                "vola_item_type": _AT_FAULT,
                # The amount belongs to the finding; it is told once, with its first order.
                "vola_amt": finding.amount if place == 1 else 0,
            },
        )
        for place, order in enumerate(finding.orders, start=1)
    ]
    words = about | {
        "jr_id": found.id,
        "rule_id": finding.rule,
        "rule_name": Rule(finding.rule).label,
        "vola_cont": finding.content[:500],
        "judge_result_detail_dtos": details,
        "vola_amt": finding.amount,
        "vola_amt_stas": _AMOUNT_KNOWN,
        "sev_deg": finding.severity.value,
        "vola_evid": finding.basis[:500],
        "vola_bhvr_type": _ITEM_FINDING,
    }
    return render(call.table, "result", words)
