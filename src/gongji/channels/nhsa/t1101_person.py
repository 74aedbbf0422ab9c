"""1101 人员信息获取: who it is, how he is insured, and what his own account holds (tables 7 to 10)."""

from typing import Any

from gongji.channels.nhsa import codes
from gongji.channels.nhsa.answer import render
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.claims import claimed_of
from gongji.core.codes import Scheme, Segment
from gongji.core.money import format_yuan
from gongji.core.refusal import Refusal
from gongji.service.people import Holding, person_claimed


async def handle(call: Call) -> Output | Refusal:
    """Read a person by the credential shown; what relatives share is never told here."""
    claimed = claimed_of(call.values.node("data"))
    if isinstance(claimed, Refusal):
        return claimed
    holding = await person_claimed(call.platform, call.sender, claimed)
    if isinstance(holding, Refusal):
        return holding
    return person_nodes(call, holding)


def person_nodes(call: Call, holding: Holding) -> dict[str, Any]:
    """The three nodes that tell of a person (1101, 1161, 1162)."""
    return {
        "baseinfo": render(call.table, "baseinfo", _base(call, holding)),
        "insuinfo": [render(call.table, "insuinfo", insurance(call, holding))],
        "idetinfo": [],
    }


def _base(call: Call, holding: Holding) -> dict[str, Any]:
    person = holding.person
    return {
        "psn_no": person.person_no,
        "psn_cert_type": person.certificate_type,
        "certno": person.certificate_no,
        "psn_name": person.name,
        "gend": person.gender,
        "brdy": person.birth_date,
        "age": person.age_on(call.platform.clock().date()),
        "exp_content": _segments(holding),
    }


def insurance(call: Call, holding: Holding) -> dict[str, Any]:
    """How he is insured, and what his own account holds."""
    person = holding.person
    return {
        "balc": holding.balance if person.scheme is Scheme.EMPLOYEE else 0,
        "insutype": codes.INSUTYPE[person.scheme],
        "psn_type": codes.PSN_TYPE[person.status],
        "psn_insu_stas": codes.PSN_INSU_STAS[person.state_on(call.platform.clock().date())],
        "psn_insu_date": person.insured_since,
        "paus_insu_date": person.suspended_on,
        "cvlserv_flag": codes.NO,
        "insuplc_admdvs": person.region,
        "emp_name": person.employer or None,
    }


def _segments(holding: Holding) -> str | None:
    """Current-year and historical money, where the region keeps both, in the words Zhejiang uses."""
    if all(account.segment is Segment.WHOLE for account in holding.accounts):
        return None
    current, historical = holding.of(Segment.CURRENT_YEAR), holding.of(Segment.HISTORICAL)
    return f'{{"crtYearBalc":{format_yuan(current)},"calYearBalc":{format_yuan(historical)}}}'
