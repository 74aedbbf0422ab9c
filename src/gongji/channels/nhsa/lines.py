"""Lines of a bill (费用明细): from ``feedetail`` and ``drugdetail`` to ``result`` and ``detlcutinfo``."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from gongji.channels.nhsa import codes
from gongji.channels.nhsa.answer import Ratio, render_known
from gongji.channels.nhsa.fields import Record
from gongji.channels.nhsa.tables import Transaction
from gongji.core.catalogue import CatalogueItem
from gongji.core.lines import LineSplit
from gongji.core.money import WHOLE
from gongji.service.visits import RawLine, SplitLine

NO_PRICE_LIMIT: Final = Decimal(999999)
"""定价上限金额 of an item without one, as the platform sends it."""

MEMO: Final = 500
"""备注 is s(500)."""

_OWN: Final = frozenset({"feedetl_sn", "init_feedetl_sn", "med_list_codg", "cnt", "pric", "det_item_fee_sumamt"})


def raw_line(row: Record) -> RawLine:
    """A line as the institution sent it; what isn't needed to split it is kept as details."""
    return RawLine(
        line_no=row["feedetl_sn"],
        item=row["med_list_codg"],
        quantity=row["cnt"],
        price=row["pric"],
        amount=row["det_item_fee_sumamt"],
        on=row["fee_ocur_time"].date() if row["fee_ocur_time"] else None,
        approved=row.get("hosp_appr_flag") != codes.NOT_APPROVED,
        returns=row.get("init_feedetl_sn"),
        details=stated({name: value for name, value in row.items() if name not in _OWN}),
    )


def stated(row: Record) -> dict[str, Any]:
    """What a row states, as plain JSON: empty fields left out."""
    kept: dict[str, Any] = msgspec.to_builtins({name: value for name, value in row.items() if value is not None})
    return kept


def line_rows(table: Transaction, node: str, lines: Sequence[SplitLine]) -> list[dict[str, Any]]:
    """How each line was split (明细拆分结果).

    A purchase that is asked for again has no row for an item that has left the catalogue since.
    """
    return [render_known(table, node, _row(line, line.item)) for line in lines if line.item]


def _row(split_line: SplitLine, item: CatalogueItem) -> dict[str, Any]:
    line = split_line.line
    split = line.split
    self_paid = split.full_self_pay == split.amount != 0
    return {
        "feedetl_sn": line.line_no,
        "det_item_fee_sumamt": split.amount,
        "cnt": line.quantity,
        "pric": line.price,
        "pric_uplmt_amt": NO_PRICE_LIMIT if item.price_limit is None else Decimal(item.price_limit) / 100,
        "selfpay_prop": Ratio(WHOLE if self_paid else split_line.first_self_pay),
        "fulamt_ownpay_amt": split.full_self_pay,
        "overlmt_amt": split.over_limit,
        "preselfpay_amt": split.first_self_pay,
        "inscp_scp_amt": split.in_scope,
        "chrgitm_lv": codes.CHRGITM_LV[item.level],
        "med_chrgitm_type": codes.charge_of(item.kind),
        "lmt_used_flag": codes.YES if item.restriction else codes.NO,
        "hosp_part_amt": 0,
        "memo": _memo(item, split, split_line.area),
    }


def _memo(item: CatalogueItem, split: LineSplit, area: str) -> str | None:
    """Whose catalogue was used away from home, and why a line is not what its level would make it."""
    told = [f"按就医地（{area}）医保目录"] if area else []
    if item.purpose:
        told.append(f"{item.purpose.label}，统筹基金不支付")
    elif item.restriction and item.level != "丙":
        unmet = "，不符合，按全自费处理" if split.full_self_pay else ""
        told.append(f"限制使用：{item.restriction}{unmet}")
    return "；".join(told)[:MEMO] or None
