"""3202 医药机构费用结算对明细账: a list row by row; the differences are a file (tables 148 to 151)."""

from collections.abc import Sequence
from datetime import datetime

from gongji.channels.nhsa.answer import render_known
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.clearing_words import cares_of, days_of
from gongji.channels.nhsa.reconciliation_file import read_held, write_differences
from gongji.core.reconciliation import Difference, Held
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.reconciliation import Range, compare_file


async def handle(call: Call) -> Output | Refusal:
    """Compare, keep what the institution holds for the live list, and tell where the differences are."""
    row = call.values.node("data")
    cares, days = cares_of(row["clr_type"]) if row["clr_type"] else None, days_of(row)
    if isinstance(cares, Refusal):
        return cares
    if isinstance(days, Refusal):
        return days
    wanted = Range(first=days[0], last=days[1], region=row["setl_optins"], cares=cares)
    stated: int = row["fixmedins_setl_cnt"]
    name = f"3202_{call.sender.institution}_{days[0]:%Y%m%d}_{days[1]:%Y%m%d}_{row['clr_type'] or 'all'}"

    def read(content: bytes) -> list[Held] | Refusal:
        held = read_held(content)
        return held if isinstance(held, Refusal) else _whole(held, stated)

    def write(differences: Sequence[Difference]) -> tuple[str, bytes]:
        return f"{name}.zip", write_differences(name, differences)

    answer = await compare_file(call.platform, call.sender, row["file_qury_no"], wanted, read, write)
    if isinstance(answer, Refusal):
        return answer
    words = {
        "file_qury_no": answer["number"],
        "filename": answer["name"],
        "dld_endtime": datetime.fromisoformat(answer["until"]),
    }
    return {"fileinfo": render_known(call.table, "fileinfo", words)}


def _whole(held: list[Held], stated: int) -> list[Held] | Refusal:
    """A file that was cut off is not compared: its missing rows would all be told as differences.

    Clients count every row, or leave refunds out, or leave out both rows of what was refunded.
    """
    refunds = sum(row.refund for row in held)
    if stated in (len(held), len(held) - refunds, len(held) - 2 * refunds):
        return held
    what = f"对账文件有 {len(held)} 行（其中退费 {refunds} 行），与报文的结算笔数 {stated} 不符，请核对后重新上传"
    return refuse(Code.INPUT_INVALID, field="fixmedins_setl_cnt", what=what)
