"""A settlement or its reversal in national words: ``setlinfo`` and ``setldetail`` (结算信息、结算基金分项信息).

One place for all nine settlement transactions and 5203 (tables 60 to 101, 269, 270). The sums hold by construction:
medfee_sumamt = fund_pay_sumamt + psn_part_amt + hosp_part_amt; psn_part_amt = acct_pay + psn_cash_pay; acct_pay
includes acct_mulaid_pay; medfee_sumamt = fulamt_ownpay_amt + overlmt_selfpay + preselfpay_amt + inscp_scp_amt.
"""

from typing import Any

import msgspec

from gongji.channels.nhsa import codes
from gongji.channels.nhsa.answer import Ratio, render_text
from gongji.channels.nhsa.tables import Transaction
from gongji.core.codes import Scheme
from gongji.core.person import Person
from gongji.core.record import Settlement


def settlement_nodes(
    table: Transaction, settlement: Settlement, patient: Person, *, visited: bool = True
) -> dict[str, Any]:
    """The two nodes by which a settlement is answered; a preview has no id and no time.

    ``visited`` is False where no visit has been issued, as in the preview of a purchase.
    """
    words = {**identity(settlement), **person_words(settlement, patient), **amounts(settlement)}
    if not visited:
        words["mdtrt_id"] = None
    return {
        "setlinfo": render_text(table, "setlinfo", words),
        "setldetail": fund_rows(table, settlement),
    }


def payments(settlement: Settlement) -> dict[str, int]:
    """What each payer but cash pays, in fen by 基金支付类型; negative in a reversal."""
    sign, split = settlement.sign, settlement.split
    scheme = settlement.case.facts.scheme
    paid = (
        (codes.POOL_FUND[scheme], split.pool),
        (codes.SUPPLEMENTARY_FUND[scheme], split.supplementary),
        (codes.PERSONAL_ACCOUNT, split.own_total + split.shared_total),
    )
    return {code: sign * amount for code, amount in paid if amount}


def fund_rows(table: Transaction, settlement: Settlement) -> list[msgspec.Raw]:
    """One row for each payer but cash; negative in a reversal."""
    in_scope = settlement.sign * settlement.split.bill.eligible
    return [
        render_text(
            table,
            "setldetail",
            {
                "fund_pay_type": code,
                "fund_pay_type_name": codes.fund_name(code),
                "inscp_scp_amt": in_scope,
                "fund_payamt": amount,
            },
        )
        for code, amount in payments(settlement).items()
    ]


def person_words(settlement: Settlement, patient: Person) -> dict[str, Any]:
    """The patient; what the rules depended on is told as it was then."""
    facts = settlement.case.facts
    return {
        "psn_no": settlement.person_no,
        "psn_name": patient.name,
        "psn_cert_type": patient.certificate_type,
        "certno": patient.certificate_no,
        "gend": patient.gender,
        "brdy": patient.birth_date,
        "age": facts.age,
        "insutype": codes.INSUTYPE[facts.scheme],
        "psn_type": codes.PSN_TYPE[facts.status],
        "cvlserv_flag": codes.NO,
    }


def amounts(settlement: Settlement) -> dict[str, Any]:
    """Who pays what, in fen; negative in a reversal, but for the balance and the ratio."""
    sign, split = settlement.sign, settlement.split
    account = split.own_total + split.shared_total
    above = sign * split.supplementary
    resident = settlement.case.facts.scheme is Scheme.RESIDENT
    return {
        "medfee_sumamt": sign * split.total,
        "fulamt_ownpay_amt": sign * split.bill.full_self_pay,
        "overlmt_selfpay": sign * split.bill.over_limit,
        "preselfpay_amt": sign * split.bill.first_self_pay,
        "inscp_scp_amt": sign * split.bill.eligible,
        "act_pay_dedc": sign * split.deductible,
        "hifp_pay": sign * split.pool,
        "pool_prop_selfpay": Ratio(split.ratio),
        "cvlserv_pay": 0,
        "hifes_pay": 0,
        "hifmi_pay": above if resident else 0,
        "hifob_pay": 0 if resident else above,
        "maf_pay": 0,
        "hifdm_pay": 0,
        "oth_pay": 0,
        "fund_pay_sumamt": sign * split.fund,
        "psn_part_amt": sign * (account + split.cash),
        "hosp_part_amt": 0,
        "acct_pay": sign * account,
        "psn_cash_pay": sign * split.cash,
        "pdn_cash_pay": sign * split.cash,
        "acct_mulaid_pay": sign * split.shared_total,
        "balc": settlement.balance_after,
    }


def identity(settlement: Settlement) -> dict[str, Any]:
    """Which settlement it is; a preview has no id, no time and no clearing yet."""
    settled = bool(settlement.id)
    return {
        "setl_id": settlement.id or None,
        "mdtrt_id": settlement.visit_id,
        "setl_time": settlement.settled_at if settled else None,
        "mdtrt_cert_type": settlement.declared.get("mdtrt_cert_type"),
        "med_type": med_type(settlement),
        "medins_setl_id": settlement.message_id,
        "clr_optins": settlement.region if settled else None,
        "clr_way": codes.CLR_WAY_BY_ITEM if settled else None,
        "clr_type": codes.CLR_TYPE[settlement.care],
    }


def med_type(settlement: Settlement) -> str:
    """医疗类别 as it was declared."""
    return settlement.declared.get("med_type") or codes.MED_TYPE_OF_CARE[settlement.care]
