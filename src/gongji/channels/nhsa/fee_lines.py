"""Lines of bills that are kept, in national words (5204, 5205)."""

from decimal import Decimal
from typing import Any, Final

from gongji.channels.nhsa import codes
from gongji.channels.nhsa.answer import Ratio
from gongji.channels.nhsa.lines import NO_PRICE_LIMIT
from gongji.core.catalogue import CatalogueItem
from gongji.core.money import WHOLE
from gongji.service.inquiries import PastLine

OWN: Final = frozenset({"quantity", "price"})
"""Details of a line that have a name of the books."""


_OWN_NAME: Final = 100
"""医药机构目录名称 is s(100)."""


def line_words(line: PastLine, item: CatalogueItem | None) -> dict[str, Any]:
    """What the books say about a line; the item is None when the catalogue does not have it."""
    split = line.split
    limit = item.price_limit if item else None
    self_paid = item is None or (split.full_self_pay == split.amount and split.amount > 0)
    return {
        "feedetl_sn": line.line_no,
        "cnt": Decimal(line.details["quantity"]),
        "pric": Decimal(line.details["price"]),
        "det_item_fee_sumamt": split.amount,
        "pric_uplmt_amt": NO_PRICE_LIMIT if limit is None else Decimal(limit) / 100,
        "selfpay_prop": Ratio(WHOLE if self_paid or item is None else item.first_self_pay),
        "fulamt_ownpay_amt": split.full_self_pay,
        "overlmt_amt": split.over_limit,
        "preselfpay_amt": split.first_self_pay,
        "inscp_scp_amt": split.in_scope,
        "chrgitm_lv": codes.CHRGITM_LV[item.level if item else "丙"],
        "hilist_code": line.item,
        "hilist_name": item.name if item else None,
        "med_list_codg": line.item,
        # An institution's own name is not told with a line; the catalogue's says what it is.
        "medins_list_name": item.name[:_OWN_NAME] if item else None,
        "spec": item.specification or None if item else None,
        "dosform_name": item.dosage_form or None if item else None,
        "list_type": codes.list_type_of(item.kind) if item else codes.SERVICE_LIST,
        "med_chrgitm_type": codes.charge_of(item.kind) if item else codes.OTHER_CHARGE,
        "lmt_used_flag": codes.NO,
    }
