"""1201 医药机构信息获取: an institution by its code or its whole name (tables 11, 12)."""

from typing import Any, Final

from gongji.channels.nhsa.answer import render
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.codes import FIXMEDINS_TYPE, hosp_lv
from gongji.core.person import Institution
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.inquiries import institutions_named
from gongji.service.people import institution_of

_UNNAMED: Final = "fixmedins_code（定点医药机构编号）和 fixmedins_name（定点医药机构名称）至少填写一项"
_AMBIGUOUS: Final = "有多家机构同名，请填写 fixmedins_code（定点医药机构编号）"


async def handle(call: Call) -> Output | Refusal:
    """Tell about one institution; what else is stated must agree with it."""
    row = call.values.node("medinsinfo")
    found = await _found(call, row["fixmedins_code"], row["fixmedins_name"])
    if isinstance(found, Refusal):
        return found
    kind = row["fixmedins_type"]
    if kind is not None and kind != FIXMEDINS_TYPE[found.kind]:
        what = f"fixmedins_type（定点医疗服务机构类型）{kind} 与该机构不符"
        return refuse(Code.INPUT_INVALID, field="fixmedins_type", what=what)
    return {"medinsinfo": render(call.table, "medinsinfo", _words(found))}


async def _found(call: Call, code: str | None, name: str | None) -> Institution | Refusal:
    if code:
        known = await institution_of(call.platform, code)
        named = [known] if known and name in (None, known.name) else []
    elif name:
        named = await institutions_named(call.platform, name)
    else:
        return refuse(Code.INPUT_INVALID, field="fixmedins_code", what=_UNNAMED)
    if len(named) > 1:
        return refuse(Code.INPUT_INVALID, field="fixmedins_name", what=_AMBIGUOUS)
    if not named:
        return refuse(Code.INSTITUTION_UNKNOWN, field="fixmedins_code", institution=code or name or "")
    return named[0]


def _words(institution: Institution) -> dict[str, Any]:
    return {
        "fixmedins_code": institution.code,
        "fixmedins_name": institution.name,
        "fixmedins_type": FIXMEDINS_TYPE[institution.kind],
        "hosp_lv": hosp_lv(institution),
    }
