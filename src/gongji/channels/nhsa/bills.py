"""The commands that a bill becomes: an outpatient one (2206, 2207), a stay (2303, 2304), a purchase (2101, 2102)."""

from collections.abc import Sequence
from typing import Final

import msgspec

from gongji.channels.nhsa import codes
from gongji.channels.nhsa.call import Call
from gongji.channels.nhsa.claims import claimed_of
from gongji.channels.nhsa.fields import Record
from gongji.channels.nhsa.lines import raw_line
from gongji.core.codes import Care
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.commands import Purchase, Settle, StatedParts
from gongji.service.inquiries import declared_med_type
from gongji.service.visits import Billed, SplitLine, split_lines

PURCHASE_BATCH: Final = "1"
"""A purchase is one batch; pharmacies have no 收费批次号."""

_ECHOED: Final = ("mdtrt_cert_type", "med_type")


def outpatient_bill(call: Call, stated: StatedParts | None = None) -> Settle | Refusal:
    """The settlement that 2206 previews and 2207 asks for."""
    row = call.values.node("data")
    care = codes.care_of(row["med_type"])
    if isinstance(care, Refusal):
        return care
    return _settle(call, row, care, visit_id=row["mdtrt_id"], batch=row["chrg_bchno"], stated=stated)


async def stay_bill(call: Call) -> Settle | Refusal:
    """The settlement of a stay that 2303 previews and 2304 asks for; its 医疗类别 is that of the admission."""
    row = call.values.node("data")
    mid = row["mid_setl_flag"]
    if mid not in (codes.YES, codes.NO):
        what = f"mid_setl_flag（中途结算标志）{mid} 无法识别，应为 0 出院结算、1 中途结算"
        return refuse(Code.INPUT_INVALID, field="mid_setl_flag", what=what)
    row = row | {
        "acct_used_flag": row["acct_used_flag"] or codes.NO,
        "med_type": await declared_med_type(call.platform, row["mdtrt_id"]),
    }
    command = _settle(call, row, Care.INPATIENT, batch="", visit_id=row["mdtrt_id"], stated=stated_parts(row))
    return command if isinstance(command, Refusal) else msgspec.structs.replace(command, mid_stay=mid == codes.YES)


def stated_parts(row: Record) -> StatedParts:
    """The parts of the bill that the institution repeats from the preview, checked where it sends them."""
    return StatedParts(
        full_self_pay=row["fulamt_ownpay_amt"],
        over_limit=row["overlmt_selfpay"],
        first_self_pay=row["preselfpay_amt"],
        in_scope=row["inscp_scp_amt"],
    )


async def purchase(call: Call) -> tuple[Settle, list[SplitLine]] | Refusal:
    """The purchase that 2101 previews and 2102 asks for, with its lines as they were split."""
    row = call.values.node("druginfo")
    details = call.values.rows("drugdetail")
    care = codes.care_of(row["med_type"])
    if isinstance(care, Refusal):
        return care
    if care is Care.SPECIAL_DISEASE:
        what = f"med_type（医疗类别）{row['med_type']} 在药店暂不受理，定点药店购药请填 41"
        return refuse(Code.INPUT_INVALID, field="med_type", what=what)
    billed = Billed(person_no=row["psn_no"], institution=call.sender.institution, on=row["begntime"].date())
    lines = await split_lines(call.platform, billed, [raw_line(detail) for detail in details])
    if isinstance(lines, Refusal):
        return lines
    bought = Purchase(
        on=row["begntime"].date(),
        prescription=_prescribed(details),
        lines=tuple(line.line for line in lines),
    )
    command = _settle(call, row, Care.PHARMACY, batch=PURCHASE_BATCH, bought=bought)
    return command if isinstance(command, Refusal) else (command, lines)


def _prescribed(details: Sequence[Record]) -> bool:
    """外购处方标志: one prescribed line makes it a purchase on prescription."""
    return any(detail["rx_circ_flag"] == codes.YES for detail in details)


def _settle(
    call: Call,
    row: Record,
    care: Care,
    *,
    batch: str,
    visit_id: str = "",
    bought: Purchase | None = None,
    stated: StatedParts | None = None,
) -> Settle | Refusal:
    claimed = claimed_of(row)
    if isinstance(claimed, Refusal):
        return claimed
    account_use = codes.account_use_of(row["acct_used_flag"])
    if isinstance(account_use, Refusal):
        return account_use
    return Settle(
        sender=call.sender,
        person_no=row["psn_no"],
        claimed=claimed,
        care=care,
        batch=batch,
        total=row["medfee_sumamt"],
        account_use=account_use,
        visit_id=visit_id,
        purchase=bought,
        stated=stated,
        invoice=row.get("invono") or "",
        declared={name: row[name] for name in _ECHOED if row[name]},
    )
