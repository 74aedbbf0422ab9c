"""9101 文件上传: keep a file that came in a form, or as bytes inside the message (tables 371, 372)."""

import base64
import binascii
from typing import Any, Final

from gongji.channels.nhsa.answer import render
from gongji.channels.nhsa.call import Call, Output
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.files import upload

DIRECTLY: Final = "(directly under output)"
"""The table's word for fields that stand in the output itself."""

_MISSING: Final = "没有文件：请按规范附录A用 multipart/form-data 上传，报文放 jsonStr，文件放 file"


async def handle(call: Call) -> Output | Refusal:
    """Keep the file under the sender's name and tell its number."""
    row = call.values.node("fsUploadIn")
    content = call.file.content if call.file else inline(row["in"])
    if isinstance(content, Refusal):
        return content
    name: str = row["filename"]
    answer = await upload(call.platform, call.sender, name, content)
    if isinstance(answer, Refusal):
        return answer
    words = {
        "file_qury_no": answer["number"],
        "filename": name,
        "fixmedins_code": call.sender.institution,
        "dld_endtime": answer["until"],
    }
    return render(call.table, DIRECTLY, words)


def inline(raw: Any) -> bytes | Refusal:
    """The bytes of a file inside the message: numbers of bytes as Java and C write them, or base64."""
    if isinstance(raw, list) and all(type(one) is int and -128 <= one <= 255 for one in raw):  # noqa: PLR2004 - a byte
        return bytes(one % 256 for one in raw) if raw else _no_file()
    if isinstance(raw, str):
        try:
            return base64.b64decode(raw, validate=True) or _no_file()
        except (binascii.Error, ValueError):
            return _no_file()
    return _no_file()


def _no_file() -> Refusal:
    return refuse(Code.INPUT_INVALID, field="in", what=_MISSING)
