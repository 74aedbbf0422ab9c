"""The evening of a demo day: every institution sends its rows, the platform tells what differs (3202 明细对账)."""

import io
import zipfile
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from gongji.demo.his import Desk

Key = tuple[str, str]
"""An institution, and the region whose insured were treated."""

PERSON, VISIT, SETTLEMENT, MESSAGE, REFUND, MEMO = 0, 1, 2, 3, 5, 6
AMOUNTS: Final = slice(7, 10)
"""Columns of the file of differences."""


def reconcile(desk: Desk, first: date, last: date) -> list[str]:
    """Send the day's rows and return what differs, in words; rows from before the day are held to be right.

    Args:
        desk: who sent the messages of the day and kept the rows.
        first: day on which the first settlement may have been booked.
        last: day on which the last one may have been.
    """
    found = []
    for key, rows in sorted(desk.books.rows.items()):
        differences = _differences(desk, key, rows, first, last)
        before = [one for one in differences if not _of_the_day(desk, rows, one)]
        if before:
            # The institution keeps these as well; it only did not write them down today.
            differences = _differences(desk, key, [*rows, *map(_held, before)], first, last)
        found += [f"{key[0]} {one[SETTLEMENT]}：{one[MEMO]}" for one in differences if _of_the_day(desk, rows, one)]
    return found


def _of_the_day(desk: Desk, rows: Sequence[str], difference: Sequence[str]) -> bool:
    return desk.run in difference[MESSAGE] or any(row.startswith(f"{difference[SETTLEMENT]}\t") for row in rows)


def _held(difference: Sequence[str]) -> str:
    """A row as the institution has it, from what the platform told of it."""
    named = (difference[SETTLEMENT], difference[VISIT], difference[PERSON])
    return "\t".join((*named, *difference[AMOUNTS], difference[REFUND]))


def _differences(desk: Desk, key: Key, rows: Sequence[str], first: date, last: date) -> list[list[str]]:
    institution, region = key
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("list.txt", "\n".join(rows))
    sent = {"in": list(packed.getvalue()), "filename": "list.zip", "fixmedins_code": institution}
    number = desk.call(institution, "9101", {"fsUploadIn": sent})["file_qury_no"]
    asked: dict[str, Any] = {
        "setl_optins": region,
        "file_qury_no": number,
        "stmt_begndate": f"{first}",
        "stmt_enddate": f"{last}",
        "medfee_sumamt": "0",
        "fund_pay_sumamt": "0",
        "cash_payamt": "0",
        "fixmedins_setl_cnt": len(rows),
    }
    told = desk.call(institution, "3202", {"data": asked})["fileinfo"]
    wanted = {"file_qury_no": told["file_qury_no"], "filename": told["filename"]}
    content = desk.fetch(institution, "9102", {"fsDownloadIn": wanted})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        text = archive.read(archive.namelist()[0]).decode()
    return [line.split("\t") for line in text.splitlines()]
