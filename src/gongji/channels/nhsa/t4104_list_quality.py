"""4104 医疗保障基金结算清单质控结果查询: what the quality check found (tables 223, 224, 225)."""

from datetime import date
from typing import Any, Final

from gongji.channels.nhsa import codes
from gongji.channels.nhsa.answer import render_known
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.list_quality import ERROR
from gongji.channels.nhsa.paging import page_of, paged
from gongji.core.person import Person
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.people import institution_of, persons
from gongji.service.settlement_lists import Checked, checked_lists

DIRECTLY: Final = "(directly under output)"
VERSION: Final = "1"
"""质控版本号: of the checks in list_quality."""

_PASSED, _FAILED = "1", "0"
_MONTH: Final = 6


async def handle(call: Call) -> Output | Refusal:
    """A page of the lists of one month of settlement, each with its findings."""
    row = call.values.node("data")
    months = _months(row["setl_ym"])
    page = page_of(row["page_num"], row["page_size"])
    if isinstance(months, Refusal):
        return months
    if isinstance(page, Refusal):
        return page
    lists, total = await checked_lists(
        call.platform,
        call.sender.institution,
        months,
        settlement=row["setl_id"],
        person_no=row["psn_no"],
        level=row["err_lv"],
        page=page,
    )
    people = await persons(call.platform, [one.person_no for one in lists])
    place = await institution_of(call.platform, call.sender.institution)
    about = {
        "fixmedins_code": call.sender.institution,
        "fixmedins_name": place.name if place else None,
        "setl_ym": row["setl_ym"],
    }
    return paged([_row(call, one, people[one.person_no], about) for one in lists], total, page)


def _months(text: str) -> tuple[date, date] | Refusal:
    """First day of the month, and of the next one."""
    if len(text) == _MONTH and text.isascii() and text.isdecimal():
        year, month = int(text[:4]), int(text[4:])
        if 1 <= year < date.max.year and 1 <= month <= 12:  # noqa: PLR2004 - months
            return date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)
    what = f"setl_ym（结算年月）{text} 应为 6 位年月，例如 202601"
    return refuse(Code.INPUT_INVALID, field="setl_ym", what=what)


def _row(call: Call, one: Checked, person: Person, about: dict[str, Any]) -> dict[str, Any]:
    worst = min((finding.level for finding in one.findings), default=None)
    returned = codes.YES if worst == ERROR else codes.NO
    details = [
        render_known(
            call.table,
            "detailinfo",
            {
                "exam_data_fld": finding.field,
                "qltctrl_chk_rslt": finding.problem[:100],
                "err_lv": finding.level,
                "retn_flag": codes.YES if finding.level == ERROR else codes.NO,
                "init_val": finding.value[:60],
            },
        )
        for finding in one.findings
    ]
    words = about | {
        "setl_id": one.settlement,
        "psn_no": one.person_no,
        "psn_name": person.name,
        "psn_cert_type": person.certificate_type,
        "cert_no": person.certificate_no,
        "qltctrl_rslt": _FAILED if returned == codes.YES else _PASSED,
        "err_lv": worst,
        "retn_flag": returned,
        "qltctrl_ver": VERSION,
        "qltctrl_time": one.at,
        "detailinfo": details,
    }
    return render_known(call.table, DIRECTLY, words)
