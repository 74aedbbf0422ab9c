"""1318 医保目录限价信息查询 and 1319 医保目录先自付比例信息查询 (tables 47 to 50)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from gongji.channels.nhsa import codes
from gongji.channels.nhsa.answer import Ratio
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.catalogue_pages import made, page_asked, page_output, record_no, unanswerable
from gongji.core.codes import Scheme
from gongji.core.refusal import Refusal
from gongji.service.catalogue_query import Page, TermRow, first_self_pay_page, price_limits_page

_NOT_KEPT: Final = ("rid", "tabname", "poolarea_no")

OVER_LIMIT_BORNE: Final = "1"
"""医保目录超限处理方式: what is over the limit is borne by the person; no dictionary lists the code."""

FIRST_SHARE: Final = "10"
"""目录自付比例类别：目录先自付比例"""

_NOWHERE: Final = "-"
_SCHEMES: Final = {code: scheme.value for scheme, code in codes.INSUTYPE.items()}


async def price_limits(call: Call) -> Output | Refusal:
    """1318: highest unit prices in scope, by level of institution."""
    row = call.values.node("data")
    asked = page_asked(call, "hilist_code")
    if isinstance(asked, Refusal):
        return asked
    none = unanswerable(row, {"overlmt_dspo_way": OVER_LIMIT_BORNE}, _NOT_KEPT)
    if isinstance(none, Refusal):
        return none
    level = _NOWHERE if none else row["hilist_lmtpric_type"]
    page: Page[TermRow] = await price_limits_page(call.platform, asked, level, row["enddate"])
    return page_output(call, page, _limit_words)


async def first_self_pay(call: Call) -> Output | Refusal:
    """1319: shares that the person bears first, by scheme."""
    row = call.values.node("data")
    asked = page_asked(call, "hilist_code")
    if isinstance(asked, Refusal):
        return asked
    none = unanswerable(row, {"selfpay_prop_type": FIRST_SHARE}, _NOT_KEPT)
    if isinstance(none, Refusal):
        return none
    people = row["selfpay_prop_psn_type"]
    scheme = None if people is None and not none else _SCHEMES.get(people or "", _NOWHERE)
    page: Page[TermRow] = await first_self_pay_page(call.platform, asked, scheme, row["enddate"])
    return page_output(call, page, _share_words)


def _common(term: TermRow) -> dict[str, Any]:
    return made(term.updated_on) | {
        "hilist_code": term.code,
        "insu_admdvs": term.region,
        "begndate": term.begins_on,
        "enddate": term.ends_on,
        "vali_flag": codes.YES if term.valid else codes.NO,
        "rid": record_no(term.code, term.region, term.part, term.begins_on, term.amount),
    }


def _limit_words(term: TermRow) -> Mapping[str, Any]:
    return _common(term) | {
        "hilist_lmtpric_type": term.part,
        "overlmt_dspo_way": OVER_LIMIT_BORNE,
        "hilist_pric_uplmt_amt": Decimal(term.amount) / 100,
    }


def _share_words(term: TermRow) -> Mapping[str, Any]:
    return _common(term) | {
        "selfpay_prop_psn_type": codes.INSUTYPE[Scheme(term.part)],
        "selfpay_prop_type": FIRST_SHARE,
        "selfpay_prop": Ratio(term.amount),
    }
