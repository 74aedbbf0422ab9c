"""Lines of a bill (费用明细): from ``feedetail`` and ``drugdetail`` to ``result`` and ``detlcutinfo``."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from gongji.channels.nhsa import codes
from gongji.channels.nhsa.answer import Ratio, render_known
from gongji.channels.nhsa.fields import Record
from gongji.channels.nhsa.tables import Transaction
from gongji.core.money import WHOLE
from gongji.service.visits import RawLine, SplitLine

NO_PRICE_LIMIT: Final = Decimal(999999)
"""定价上限金额 of an item without one, as the platform sends it."""

OUTSIDE: Final = "目录外项目，按全自费处理"

_OWN: Final = frozenset({"feedetl_sn", "med_list_codg", "cnt", "pric", "det_item_fee_sumamt"})


def raw_line(row: Record) -> RawLine:
    """A line as the institution sent it; what isn't needed to split it is kept as details."""
    return RawLine(
        line_no=row["feedetl_sn"],
        item=row["med_list_codg"],
        quantity=row["cnt"],
        price=row["pric"],
        amount=row["det_item_fee_sumamt"],
        details=stated({name: value for name, value in row.items() if name not in _OWN}),
    )


def stated(row: Record) -> dict[str, Any]:
    """What a row states, as plain JSON: empty fields left out."""
    kept: dict[str, Any] = msgspec.to_builtins({name: value for name, value in row.items() if value is not None})
    return kept


def line_rows(table: Transaction, node: str, lines: Sequence[SplitLine]) -> list[dict[str, Any]]:
    """How each line was split (明细拆分结果)."""
    return [render_known(table, node, _row(line)) for line in lines]


def _row(split_line: SplitLine) -> dict[str, Any]:
    line, item = split_line.line, split_line.item
    split = line.split
    limit = item.price_limit if item else None
    self_paid = split.full_self_pay == split.amount and split.amount > 0
    level = codes.CHRGITM_LV[item.level] if item else codes.OUTSIDE_CATALOGUE
    return {
        "feedetl_sn": line.line_no,
        "det_item_fee_sumamt": split.amount,
        "cnt": line.quantity,
        "pric": line.price,
        "pric_uplmt_amt": NO_PRICE_LIMIT if limit is None else Decimal(limit) / 100,
        "selfpay_prop": Ratio(WHOLE if self_paid or item is None else split_line.first_self_pay),
        "fulamt_ownpay_amt": split.full_self_pay,
        "overlmt_amt": split.over_limit,
        "preselfpay_amt": split.first_self_pay,
        "inscp_scp_amt": split.in_scope,
        "chrgitm_lv": level,
        "med_chrgitm_type": codes.MED_CHRGITM_TYPE.get(item.kind, codes.OTHER_CHARGE) if item else codes.OTHER_CHARGE,
        "lmt_used_flag": codes.NO,
        "hosp_part_amt": 0,
        "memo": None if item else OUTSIDE,
    }
