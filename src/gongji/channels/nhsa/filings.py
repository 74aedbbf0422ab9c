"""Filings in national words (备案): what 2501 to 2507 file, and what 5301, 5302 and 5304 tell."""

from typing import Any

from gongji.channels.nhsa.answer import render
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.fields import Record
from gongji.channels.nhsa.lines import stated
from gongji.core.filing import Subject
from gongji.core.refusal import Refusal
from gongji.service.filings import FilingRequest, FilingView, file, revoke, views_of


def told(row: Record, about: str) -> dict[str, Any]:
    """What is told about a filing; ``about`` tells two filings of one subject apart."""
    return {"about": about, "told": stated({name: value for name, value in row.items() if name != "psn_no"})}


async def file_it(call: Call, request: FilingRequest) -> Output | Refusal:
    """File; the answer has the number by which the filing is taken back (待遇申报明细流水号)."""
    answer = await file(call.platform, call.sender, request)
    if isinstance(answer, Refusal):
        return answer
    return {"result": render(call.table, "result", {"trt_dcla_detl_sn": answer["filing"]})}


async def take_back(call: Call, subject: Subject) -> Output | Refusal:
    """Take a filing of the sender's back; no output."""
    row = call.values.node("data")
    number, memo = row["trt_dcla_detl_sn"], row["memo"] or ""
    answer = await revoke(call.platform, call.sender, row["psn_no"], number, subject, memo)
    return answer if isinstance(answer, Refusal) else None


async def filed_for(call: Call, subject: Subject) -> list[FilingView] | Refusal:
    """What was filed about a subject for the person whom the message names."""
    found = await views_of(call.platform, call.values.node("data")["psn_no"])
    if isinstance(found, Refusal):
        return found
    return [view for view in found[1] if view.filed.subject is subject]
