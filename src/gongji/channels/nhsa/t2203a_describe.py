"""2203A 定点零售药店门诊就诊信息上传: 2203 of a pharmacy, with the prescription it fills (tables 77, 88)."""

from datetime import timedelta
from typing import Any, Final

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.t2203_describe import tell
from gongji.channels.nhsa.t9101_upload import inline
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.files import Upload

KEPT: Final = timedelta(days=3 * 366)
"""The longest time that any prescription is to be kept (处方管理办法, 卫生部令第53号, 第五十条)."""


async def handle(call: Call) -> Output | Refusal:
    """Keep what is told about a visit, and the picture of the prescription as a file of its own. No output."""
    row = call.values.node("mdtrtinfo")
    scan = _scan(row)
    if isinstance(scan, Refusal):
        return scan
    return await tell(call, {name: value for name, value in row.items() if name != "rxIn"}, scan)


def _scan(row: dict[str, Any]) -> Upload | Refusal | None:
    content, name = row["rxIn"], row["rxfilename"]
    if content in (None, "", []):
        if name:
            what = "填写了 rxfilename（文件名），但没有 rxIn（文件数据）"
            return refuse(Code.INPUT_INVALID, field="rxIn", what=what)
        return None
    if not name:
        what = "有 rxIn（文件数据）时，rxfilename（文件名）必填"
        return refuse(Code.INPUT_INVALID, field="rxfilename", what=what)
    scan = inline(content)
    if isinstance(scan, Refusal):
        what = "rxIn（文件数据）应为字节数组（-128 至 255）或 base64 文本"
        return refuse(Code.INPUT_INVALID, field="rxIn", what=what)
    return Upload(name=name, content=scan, kept=KEPT)
