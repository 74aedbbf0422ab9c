"""3201 and 3202 with 9101 and 9102: a day of hundreds of purchases, and each deliberate difference is found."""

import asyncio
import io
import random
import zipfile
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from gongji.core.reconciliation import Kind
from gongji.core.times import CHINA
from gongji.ledger.verify import verify
from gongji.service.reconciliation import days_as_times, live

SETTLEMENTS = 300
TODAY = datetime.now(CHINA).date()


@dataclass
class Row:
    """What a pharmacy's own books say of one settlement."""

    setl_id: str
    mdtrt_id: str
    psn_no: str
    total: str
    fund: str
    account: str
    refund: str = "0"

    def line(self) -> str:
        return "\t".join(vars(self).values())


def row_of(answer: Any) -> Row:
    info = answer.info
    amounts = (str(info[name]) for name in ("medfee_sumamt", "fund_pay_sumamt", "acct_pay"))
    return Row(info["setl_id"], info["mdtrt_id"], info["psn_no"], *amounts)


def refund_of(answer: Any, back: Any) -> Row:
    row = row_of(answer)
    return Row(back.info["setl_id"], row.mdtrt_id, row.psn_no, f"-{row.total}", row.fund, f"-{row.account}", "1")


def zipped(rows: list[Row]) -> list[int]:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("list.txt", "\n".join(row.line() for row in rows))
    return list(target.getvalue())


async def uploaded(shop: Any, content: list[int]) -> str:
    sent = {"fsUploadIn": {"in": content, "filename": "list.zip", "fixmedins_code": shop.code}}
    number: str = (await shop.call("9101", sent)).output["file_qury_no"]
    return number


def asked(number: str, count: int, **other: Any) -> dict[str, Any]:
    return {
        "data": {
            "setl_optins": "610100",
            "file_qury_no": number,
            "stmt_begndate": str(TODAY),
            "stmt_enddate": str(TODAY),
            "medfee_sumamt": "0",
            "fund_pay_sumamt": "0",
            "cash_payamt": "0",
            "fixmedins_setl_cnt": count,
            "clr_type": "41",
            "fixmedins_refd_setl_flag": "1",
        }
        | other
    }


async def differences(city: Any, shop: Any, rows: list[Row], **other: Any) -> list[list[str]]:
    answer = await shop.call("3202", asked(await uploaded(shop, zipped(rows)), len(rows), **other))
    info = answer.output["fileinfo"]
    message = shop.message("9102", {"fsDownloadIn": {"file_qury_no": info["file_qury_no"], "filename": "x"}})
    response = await city.http.post("/nhsa/9102", json=message)
    assert response.headers["content-type"] == "application/octet-stream"
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        [name] = archive.namelist()
        assert f"{name.removesuffix('.txt')}.zip" == info["filename"]
        return [line.split("\t") for line in archive.read(name).decode().splitlines()]


async def day(city: Any, shop: Any, count: int) -> list[Any]:
    """Purchases of several people, all at once."""
    people = [await city.person(1_000_000) for _ in range(6)]
    chance = random.Random(5)  # noqa: S311 - figures of a test
    bought = [
        shop.call("2102", shop.purchase(people[n % 6], f"{chance.randint(1, 90)}.{chance.randint(10, 99)}"))
        for n in range(count)
    ]
    answers = await asyncio.gather(*bought)
    assert all(answer.ok for answer in answers)
    return answers


async def reversed_(shop: Any, answer: Any) -> Any:
    info = answer.info
    sent = {"setl_id": info["setl_id"], "mdtrt_id": info["mdtrt_id"], "psn_no": info["psn_no"]}
    back = await shop.call("2103", {"data": sent})
    assert back.ok, back.content
    return back


async def totals(shop: Any, rows: list[Row], **other: Any) -> tuple[str, str]:
    def fen(text: str) -> int:
        return round(float(text) * 100)

    data = {
        "insutype": "310",
        "clr_type": "41",
        "setl_optins": "610100",
        "stmt_begndate": str(TODAY),
        "stmt_enddate": str(TODAY),
        "medfee_sumamt": f"{sum(fen(r.total) for r in rows) / 100:.2f}",
        "fund_pay_sumamt": f"{sum(fen(r.fund) for r in rows) / 100:.2f}",
        "acct_pay": f"{sum(fen(r.account) for r in rows) / 100:.2f}",
        "fixmedins_setl_cnt": len(rows),
        "fixmedins_refd_setl_flag": "1",
    }
    info = (await shop.call("3201", {"data": data | other})).output["stmtinfo"]
    return info["stmt_rslt"], info["stmt_rslt_dscr"]


async def test_a_days_deliberate_differences_are_found_line_by_line(city: Any, dsn: str) -> None:
    shop = city.pharmacy
    answers = await day(city, shop, SETTLEMENTS)
    # What both sides know to be taken back, and what was undone for lack of an answer.
    both = answers[:10]
    backs = [await reversed_(shop, answer) for answer in both]
    undone = answers[10:13]
    for answer in undone:
        info = answer.info
        sent = {"psn_no": info["psn_no"], "omsgid": info["medins_setl_id"], "oinfno": "2102"}
        assert (await shop.call("2601", {"data": sent})).ok
    rows = [row_of(a) for a in answers if a not in undone] + [refund_of(a, b) for a, b in zip(both, backs, strict=True)]

    assert await totals(shop, rows) == ("0", "平")
    assert await differences(city, shop, rows) == []
    standing = [r for r in rows[10:] if r.refund == "0"]
    assert await totals(shop, standing, refd_setl_flag="0") == ("0", "平")

    # 12 missing there, 5 missing here, 7 other amounts, 4 doubled, 6 reversed here only, 3 there only, 2 other persons
    expected: Counter[tuple[str, str]] = Counter()
    kept = rows[:]

    def changed(index: int, kind: Kind, **facts: str) -> Row:
        row = Row(**(vars(kept[index]) | facts))
        expected[kind.label[:5], row.setl_id] += 1
        return row

    for index in range(20, 27):
        kept[index] = changed(index, Kind.AMOUNT, total="99999.99")
    for index in range(30, 32):
        kept[index] = changed(index, Kind.DETAILS, psn_no="somebody else")
    kept += [changed(index, Kind.DOUBLED) for index in range(40, 44)]
    kept += [changed(index, Kind.REVERSED_THERE, refund="1") for index in range(50, 53)]
    for index in range(60, 66):
        answer = next(a for a in answers if a.info["setl_id"] == kept[index].setl_id)
        expected[Kind.REVERSED_HERE.label[:5], (await reversed_(shop, answer)).info["setl_id"]] += 1
    for n in range(5):
        row = Row(f"61010020260101{n:016d}", "1" * 30, "nobody", "1.00", "0", "1.00")
        kept.append(row)
        expected[Kind.MISSING_HERE.label[:5], row.setl_id] += 1
    for row in kept[100:112]:
        expected[Kind.MISSING_THERE.label[:5], row.setl_id] += 1
    del kept[100:112]

    found = await differences(city, shop, kept)
    assert Counter((line[6][:5], line[2]) for line in found) == expected
    assert {line[4] for line in found} == {"1"}
    assert all(len(line) == 10 for line in found)
    amount = next(line for line in found if line[6].startswith("金额"))
    assert "医疗费总额：机构 99999.99 元，中心" in amount[6]
    missing = next(line for line in found if line[6].startswith("中心有"))
    assert missing[3].startswith(shop.code[:12])
    result, told = await totals(shop, kept)
    assert result == "1"
    assert told.startswith("不平。笔数：机构")
    assert len(told) <= 200

    # The live list knows the same, at once, from what the file said.
    now = await live(city.platform, shop.code, datetime.combine(TODAY, datetime.min.time(), CHINA))
    counted = Counter(d.kind for d in now.differences)
    # settled within the last minute, the books' rows are still on their way: only what the list itself says is wrong
    assert counted[Kind.DOUBLED] in (0, 4)
    assert verify(dsn).ok


async def test_rows_of_other_ranges_are_told_apart_and_one_list_replaces_another(city: Any) -> None:
    shop = city.pharmacy
    answers = await day(city, shop, 3)
    rows = [row_of(answer) for answer in answers]
    yesterday = str(TODAY - timedelta(days=1))
    found = await differences(city, shop, rows, stmt_begndate=yesterday, stmt_enddate=yesterday)
    assert {line[6] for line in found} == {Kind.OUT_OF_RANGE.label}
    other = await differences(city, shop, rows, setl_optins="370200")
    assert {line[6] for line in other} == {Kind.OUT_OF_RANGE.label}
    all_kinds = asked(await uploaded(shop, zipped(rows)), 3)
    del all_kinds["data"]["clr_type"]
    assert (await shop.call("3202", all_kinds)).ok
    held = await city.rows("select count(*), count(distinct from_at) from holding where institution = %s", shop.code)
    assert held[0][0] >= 3


@pytest.mark.parametrize(
    ("content", "count", "field", "says"),
    [
        (b"1\t2\t3", 1, {}, "第 1 行：应有 7 列"),
        (b"a\tb\tc\t1.001\t0\t0\t0", 1, {}, "不是最多两位小数的金额"),
        (b"\t\t\t1\t0\t0\t0", 1, {}, "setl_id 不能为空"),
        (b"a\tb\tc\t1\t0\t0\tx", 1, {}, "refd_setl_flag"),
        (b"PK\x03\x04broken", 1, {}, "第 1 行"),
        (b"a\tb\tc\t1\t0\t0\t0", 2, {}, "对账文件有 1 行"),
        (b"a\tb\tc\t1\t0\t0\t0", 1, {"clr_type": "12"}, "可选：11 门诊、21 住院、41 药店购药"),
        (b"a\tb\tc\t1\t0\t0\t0", 1, {"stmt_enddate": "2020-01-01"}, "早于开始日期"),
        (b"a\tb\tc\t1\t0\t0\t0", 1, {"stmt_begndate": "2020-01-01"}, "一次最多对 366 天"),
        (b"a\tb\tc\t1\t0\t0\t0", 1, {"file_qury_no": "nothing"}, "未找到文件 nothing"),
    ],
)
async def test_what_cannot_be_compared_is_refused(
    city: Any, content: bytes, count: int, field: dict[str, str], says: str
) -> None:
    shop = city.pharmacy
    sent = asked(await uploaded(shop, list(content)), count) | {}
    sent["data"] |= field
    before = await city.rows("select count(*) from stored_file")
    assert says in (await shop.call("3202", sent)).error
    assert await city.rows("select count(*) from stored_file") == before


async def test_a_file_of_somebody_else_is_not_there(city: Any) -> None:
    number = await uploaded(city.hospital, zipped([]))
    assert "未找到文件" in (await city.pharmacy.call("3202", asked(number, 0))).error


async def test_an_empty_file_with_no_settlements_is_equal(city: Any) -> None:
    shop = city.other_hospital
    assert await differences(city, shop, [], stmt_begndate="2026-01-01", stmt_enddate="2026-01-01") == []
    sent = asked(await uploaded(shop, zipped([])), 0)
    message = shop.message("3202", sent)
    first, again = await shop.send(message), await shop.send(message)
    assert first.output == again.output


def test_days_begin_and_end_in_china() -> None:
    first, last = days_as_times(date(2026, 1, 1), date(2026, 1, 2))
    assert (first.isoformat(), last.isoformat()) == ("2026-01-01T00:00:00+08:00", "2026-01-03T00:00:00+08:00")
