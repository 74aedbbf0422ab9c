"""A hospital's day of every kind of payment: totals, rows, application and monthly paper agree to the fen."""

import io
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from gongji.core.money import format_yuan
from gongji.core.reconciliation import Difference, Held, Kind
from gongji.core.record import Settlement
from gongji.core.refusal import Refusal
from gongji.core.times import CHINA
from gongji.ledger.verify import verify
from gongji.service.commands import Done, ReturnedItem, ReturnPart, Sender
from gongji.service.mobile_orders import consent
from gongji.service.mobile_payment import pay
from gongji.service.papers.paper import Form
from gongji.service.reconciliation import Range, compare_list
from gongji.service.statements import write_institution
from stays import Ward

TODAY = datetime.now(CHINA).date()
OUTPATIENT, INPATIENT = "11", "21"


@dataclass(frozen=True)
class Row:
    """A row of the hospital's own books, in fen; of a partial return the amounts of whole and rest are kept beside."""

    kind: str
    settlement: str
    visit: str
    person: str
    total: int
    fund: int
    account: int
    refund: bool = False

    def held(self) -> Held:
        return Held(
            settlement=self.settlement,
            visit=self.visit,
            person_no=self.person,
            total=self.total,
            fund=self.fund,
            account=self.account,
            refund=self.refund,
        )


def fen(amount: Any) -> int:
    return int(Decimal(amount) * 100)


def row_of(info: dict[str, Any], *, refund: bool = False) -> Row:
    amounts = [fen(info[name]) for name in ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")]
    return Row(info["clr_type"], info["setl_id"], info["mdtrt_id"], info["psn_no"], *amounts, refund)


def rest_of(rest: Settlement, kind: str) -> Row:
    split = rest.split
    account = split.own_total + split.shared_total
    return Row(kind, rest.id, rest.visit_id, rest.person_no, split.total, split.fund, account)


def back(row: Row, settlement: str = "", less: Row | None = None) -> Row:
    """The refund of a row, whole, or as the difference to what is left."""
    left = (less.total, less.fund, less.account) if less else (0, 0, 0)
    amounts = [b - a for a, b in zip((row.total, row.fund, row.account), left, strict=True)]
    names = ("total", "fund", "account")
    return replace(row, settlement=settlement or row.settlement, refund=True, **dict(zip(names, amounts, strict=True)))


async def give_back(city: Any, row: Row, line: str, quantity: str) -> Row:
    sender = Sender(
        institution=city.hospital.code,
        message_id=city.hospital.message("x", {})["msgid"],
        transaction="partial_return",
        input_hash=b"",
    )
    item = ReturnedItem(line_no=line, quantity=Decimal(quantity))
    outcome = await city.platform.batcher.submit(
        ReturnPart(sender=sender, person_no=row.person, settlement_id=row.settlement, items=(item,))
    )
    assert isinstance(outcome, Done), outcome
    return rest_of(outcome.settlement, row.kind)


async def outpatient(city: Any, person: Any, total: str) -> tuple[Row, str]:
    """A bill of one line of ten, and the line's number."""
    visit = await city.hospital.visit(person)
    price = str(Decimal(total) / 10)
    line = city.hospital.line(person, visit, det_item_fee_sumamt=total, cnt="10", pric=price)
    assert (await city.hospital.call("2204", {"feedetail": [line]})).ok
    answer = await city.hospital.call("2207", city.hospital.bill(person, visit, total))
    return row_of(answer.info), line["feedetl_sn"]


async def ordered(city: Any, person: Any, total: str) -> Row:
    """Paid on the phone."""
    from integration.nhsa.test_mobile_payment import ordered as order_of  # noqa: PLC0415 - its helpers

    order = await order_of(city, person, total)
    assert not isinstance(await consent(city.platform, person.person_no, order["payOrdId"], "portal"), Refusal)
    paid = await pay(city.platform, order["payOrdId"])
    assert not isinstance(paid, Refusal)
    assert paid.settlement
    return rest_of(paid.settlement, OUTPATIENT)


@dataclass
class Day:
    """The hospital's books of a day, with refunds as whole rows and as differences, and what stands in the evening."""

    whole: list[Row]
    differences: list[Row]
    standing: list[Row]


async def day(city: Any) -> Day:
    father, son = await city.person(150_00), await city.person(2_000_00)
    await city.share(son, father)
    plain, _ = await outpatient(city, father, "300.00")
    undone, _ = await outpatient(city, father, "120.50")
    undo = {"setl_id": undone.settlement, "mdtrt_id": undone.visit, "psn_no": undone.person}
    reversal = row_of((await city.hospital.call("2208", {"data": undo})).info, refund=True)
    once, line = await outpatient(city, father, "1000.30")
    once_left = await give_back(city, once, line, "3")
    twice, line = await outpatient(city, son, "800.00")
    twice_left = await give_back(city, twice, line, "2.5")
    last_left = await give_back(city, twice_left, line, "5")
    mobile = await ordered(city, son, "77.77")
    ward = Ward(city.hospital)
    visit = await ward.stay(father, "9000.00")
    mid = row_of((await ward.settle(father, visit, "9000.00", mid_setl_flag="1")).info)
    number = await ward.charge(father, visit, "2500.00", cnt="5", pric="500")
    final = row_of((await ward.settle(father, visit, "2500.00")).info)
    final_left = await give_back(city, final, number, "1")
    settled = [plain, undone, reversal, once, twice, mobile, mid, final]
    returns = [(once, once_left), (twice, twice_left), (twice_left, last_left), (final, final_left)]
    return Day(
        whole=settled + [row for was, left in returns for row in (back(was), left)],
        differences=settled + [back(was, left.settlement, left) for was, left in returns],
        standing=[plain, once_left, last_left, mobile, mid, final_left],
    )


async def totals(city: Any, kind: str, rows: list[Row], refunds: str = "1") -> tuple[str, str]:
    about = [row for row in rows if row.kind == kind]
    data = {
        "insutype": "310",
        "clr_type": kind,
        "setl_optins": "610100",
        "stmt_begndate": str(TODAY),
        "stmt_enddate": str(TODAY),
        "medfee_sumamt": format_yuan(sum(row.total for row in about)),
        "fund_pay_sumamt": format_yuan(sum(row.fund for row in about)),
        "acct_pay": format_yuan(sum(row.account for row in about)),
        "fixmedins_setl_cnt": len(about),
        "refd_setl_flag": refunds,
    }
    info = (await city.hospital.call("3201", {"data": data})).output["stmtinfo"]
    return info["stmt_rslt"], info["stmt_rslt_dscr"]


async def found(city: Any, rows: list[Row], hospital: Any = None) -> list[Difference]:
    wanted = Range(first=TODAY, last=TODAY)
    async with city.platform.pool.connection() as conn, conn.transaction():
        code = (hospital or city.hospital).code
        return await compare_list(conn, code, wanted, [row.held() for row in rows], city.platform.clock())


async def test_every_kind_of_payment_agrees_to_the_fen(city: Any, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    books = await day(city)
    for kind in (OUTPATIENT, INPATIENT):
        assert await totals(city, kind, books.whole) == ("0", "平")
        assert await totals(city, kind, books.differences) == ("0", "平")
        assert await totals(city, kind, books.standing, refunds="0") == ("0", "平")
        less = [replace(row, account=row.account - 1) if row is books.standing[0] else row for row in books.standing]
        assert (await totals(city, kind, less, refunds="0"))[0] == ("1" if kind == OUTPATIENT else "0")
    for rows in (books.whole, books.differences, books.standing):
        assert await found(city, rows) == []

    await differences_are_found(city, books)
    await the_months_paper_has_every_line(city, books)
    await an_application_is_for_what_the_books_have(city, books, monkeypatch)
    assert verify(dsn).ok


async def differences_are_found(city: Any, books: Day) -> None:
    rows, gone = books.differences, books.differences[8]
    [one] = await found(city, [row for row in rows if row is not gone])
    assert (one.kind, one.ours and one.ours.total) == (Kind.RETURNED_HERE, gone.total)
    [one] = await found(city, [replace(row, account=row.account - 1) if row is gone else row for row in rows])
    assert one.kind is Kind.AMOUNT
    assert f"机构 {format_yuan(1 - gone.account)} 元，中心 {format_yuan(-gone.account)} 元" in one.memo
    mid = next(row for row in rows if row.kind == INPATIENT)
    [one] = await found(city, [row for row in rows if row is not mid])
    assert (one.kind, one.ours and one.ours.settlement) == (Kind.MISSING_THERE, mid.settlement)
    # What another institution settled is not here, and nothing is told about it.
    told = await found(city, [mid], city.other_hospital)
    assert [(d.kind, d.ours) for d in told] == [(Kind.MISSING_HERE, None)]


async def the_months_paper_has_every_line(city: Any, books: Day) -> None:
    target = io.BytesIO()
    month = TODAY.replace(day=1)
    assert await write_institution(city.platform, target, Form.XLSX, month, city.hospital.code) is None
    lines = list(openpyxl.load_workbook(target, read_only=True)["明细"].iter_rows(values_only=True))[1:-1]
    owed = sum(row.fund + row.account for row in books.whole)
    assert sum(fen(str(line[-1])) for line in lines) == owed
    assert {line[3] for line in lines} == {"结算", "撤销", "部分退费"}
    assert {line[4] for line in lines} == {"统筹基金", "个人账户", "家庭共济"}
    assert {line[2] for line in lines} <= {row.settlement for row in books.whole} | {
        row.settlement for row in books.differences
    }, "each line names a settlement"


async def an_application_is_for_what_the_books_have(city: Any, books: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    tomorrow = datetime.now(CHINA) + timedelta(days=1, hours=13)
    monkeypatch.setattr(city.platform, "clock", lambda: tomorrow)
    for kind, off in ((OUTPATIENT, 1), (OUTPATIENT, 0), (INPATIENT, 0)):
        rows = [row for row in books.standing if row.kind == kind]
        total, fund, account = (sum(getattr(row, name) for row in rows) for name in ("total", "fund", "account"))
        data = {
            "clr_type": kind,
            "clr_way": "1",
            "setlym": f"{TODAY:%Y%m}",
            "psntime": len(rows),
            "medfee_sumamt": format_yuan(total),
            "med_sumfee": format_yuan(total),
            "fund_appy_sum": format_yuan(fund),
            "acct_pay": format_yuan(account + off),
            "cash_payamt": format_yuan(total - fund - account - off),
            "begndate": str(TODAY),
            "enddate": str(TODAY),
        }
        answer = await city.hospital.call("3203", {"data": data})
        if off:
            assert "请先用 3201、3202 对账" in answer.error
        else:
            assert len(answer.output["result"]["clr_appy_evt_id"]) == 30
