"""Files of the detailed reconciliation (3202): what an institution uploads, what it fetches (t.150, 151).

TXT, tab-separated, one row a line, in a ZIP; a plain TXT is read as well.
"""

import io
import zipfile
from collections.abc import Sequence
from typing import Final

from gongji.channels.nhsa import codes
from gongji.core.money import MoneyError, format_yuan, parse_yuan
from gongji.core.reconciliation import Difference, Held
from gongji.core.refusal import Code, Refusal, refuse

UPLOADED: Final = ("setl_id", "mdtrt_id", "psn_no", "medfee_sumamt", "fund_pay_sumamt", "acct_pay", "refd_setl_flag")
DIFFERENT: Final = "1"
"""对账结果：不平"""

NULL: Final = "null"
MOST_BYTES: Final = 64 * 1024 * 1024
"""Of text: some hundred thousand rows. A ZIP that unfolds to more is not read."""

MEMO: Final = 500
_UNDATED: Final = (1980, 1, 1, 0, 0, 0)
_ID: Final = 30


def read_held(content: bytes) -> list[Held] | Refusal:
    """The rows of an uploaded file, or where it cannot be understood."""
    text = _text(content)
    if isinstance(text, Refusal):
        return text
    rows: list[Held] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith(UPLOADED[0]):
            continue
        row = _held(line.split("\t"))
        if isinstance(row, str):
            return refuse(Code.INPUT_INVALID, field="file_qury_no", what=f"对账文件第 {number} 行：{row}")
        rows.append(row)
    return rows


def _text(content: bytes) -> str | Refusal:
    raw = content
    if zipfile.is_zipfile(io.BytesIO(content)):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                members = [one for one in archive.infolist() if not one.is_dir()]
                if len(members) != 1:
                    return _unreadable("压缩包里应当只有一个 TXT 文件")
                with archive.open(members[0]) as member:
                    raw = member.read(MOST_BYTES + 1)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError):
            return _unreadable("压缩包损坏或有密码，无法解压")
    if len(raw) > MOST_BYTES:
        return _unreadable("文件太大，请按天对账")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return _unreadable("文件不是 UTF-8 文本")


def _unreadable(what: str) -> Refusal:
    return refuse(Code.INPUT_INVALID, field="file_qury_no", what=what)


def _held(cells: list[str]) -> Held | str:
    """A row, or what is wrong with it."""
    if len(cells) < len(UPLOADED):
        return f"应有 {len(UPLOADED)} 列，用制表符分隔，只有 {len(cells)} 列"
    words = ["" if cell.strip().lower() == NULL else cell.strip() for cell in cells[: len(UPLOADED)]]
    settlement, visit, person_no, *amounts, flag = words
    if not settlement or any(len(word) > _ID for word in (settlement, visit, person_no)):
        return "setl_id 不能为空，setl_id、mdtrt_id、psn_no 最长 30 位"
    if flag and not (flag.isascii() and flag.isdigit()):
        return "refd_setl_flag（退费结算标志）应为 0 或 1"
    try:
        total, fund, account = (parse_yuan(word or "0") for word in amounts)
    except MoneyError as error:
        return str(error)
    # The flag has one digit in the dictionary and three in the file of some clients.
    refund = (bool(flag) and int(flag[:3]) != 0) or total < 0
    return Held(
        settlement=settlement, visit=visit, person_no=person_no, total=total, fund=fund, account=account, refund=refund
    )


def write_differences(name: str, differences: Sequence[Difference]) -> bytes:
    """The file of differences, also when there are none; the same differences give the same bytes."""
    text = "".join("\t".join(_row(one)) + "\n" for one in differences)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(f"{name}.txt", _UNDATED), text.encode(), zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _row(one: Difference) -> tuple[str, ...]:
    """What the books have; where they have nothing, what the institution said."""
    row = one.ours or one.theirs
    if row is None:
        return ()
    refund = one.theirs.refund if one.theirs else one.ours is not None and one.ours.reverses is not None
    return (
        row.person_no or NULL,
        row.visit or NULL,
        row.settlement,
        (one.ours.message_id if one.ours else "") or NULL,
        DIFFERENT,
        codes.YES if refund else codes.NO,
        one.memo[:MEMO],
        format_yuan(row.total),
        format_yuan(row.fund),
        format_yuan(row.account),
    )
