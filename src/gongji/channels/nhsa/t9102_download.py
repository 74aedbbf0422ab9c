"""9102 文件下载: a file by its number, as it is (table 373)."""

from gongji.channels.nhsa.call import Call, Output
from gongji.core.refusal import Refusal
from gongji.service.files import get_file


async def handle(call: Call) -> Output | Refusal:
    """Give back a file of the sender's own, or one that is for everybody."""
    return await get_file(call.platform, call.sender.institution, call.values.node("fsDownloadIn")["file_qury_no"])
