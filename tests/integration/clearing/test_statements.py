"""Statements on paper: what stands in them is what stands in the books, line by line and in sum."""

import io
import subprocess
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from gongji.core.codes import PremiumKind, Relation
from gongji.core.policy import PolicyBook
from gongji.core.premium import Entered, Wanted
from gongji.core.refusal import Code, Refusal
from gongji.core.times import CHINA
from gongji.ledger.verify import verify
from gongji.service import clearing, statements
from gongji.service.commands import ReturnedItem, ReturnPart
from gongji.service.papers.paper import Form
from gongji.service.platform import Platform
from gongji.service.premiums import PremiumView, enter_standard, pay_premium, refund_premium
from gongji.service.statements import StatementError
from world import World, done

XIAN, XIANYANG = "610100", "610400"
NOW = datetime.now(CHINA)
THIS = NOW.date().replace(day=1)


@pytest.fixture
async def world(dsn: str, book: PolicyBook) -> AsyncIterator[World]:
    platform = Platform(dsn, book)
    await platform.open()
    yield await World(platform).open()
    await platform.close()


async def month_of_business(world: World, purchases: int = 60) -> None:
    await world.person("父", 3_000)
    here, world.region = world.region, XIANYANG
    await world.person("子", 100_000_00)
    world.region = here
    assert not isinstance(await world.bind("子", "父", Relation.PARENT), Refusal)
    for n in range(purchases):
        bought = await world.buy("父", 1_000 + n)
        if n % 10 == 9:
            done(await world.reverse(bought))


def cells(content: bytes, sheet: str) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    return [row for row in book[sheet].iter_rows(values_only=True) if any(row)]


async def written(world: World, form: Form, *parties: str) -> bytes:
    target = io.BytesIO()
    if len(parties) == 1:
        refusal = await statements.write_institution(world.platform, target, form, THIS, parties[0])
    else:
        refusal = await statements.write_pair(world.platform, target, form, THIS, (parties[0], parties[1]))
    assert refusal is None
    return target.getvalue()


async def test_the_sums_on_paper_are_those_of_the_books(world: World) -> None:
    await month_of_business(world)
    [pair] = (await clearing.month_of(world.platform, THIS)).pairs
    content = await written(world, Form.XLSX, XIANYANG, XIAN)
    sums = {row[0]: row[1] for row in cells(content, "汇总") if row[0] in ("本月发生", "本月撤销和退费", "应付")}
    assert {name: Decimal(str(amount)) for name, amount in sums.items()} == {
        "本月发生": Decimal(pair.statement.owed) / 100,
        "本月撤销和退费": -Decimal(pair.statement.returned) / 100,
        "应付": Decimal(pair.statement.amount) / 100,
    }
    head, *lines, total = cells(content, "明细")
    assert head[-1] == "金额（元）"
    assert len(lines) == pair.statement.lines
    assert sum(Decimal(str(line[-1])) for line in lines) == Decimal(str(total[-1])) == Decimal(str(sums["应付"]))
    assert {line[3] for line in lines} == {"结算", "撤销"}
    assert {line[5] for line in lines} == {world.pharmacy}

    month = await written(world, Form.XLSX, world.pharmacy)
    told = {row[0]: Decimal(str(row[-1])) for row in cells(month, "汇总") if isinstance(row[-1], int | float)}
    assert told["期末应付"] == told["期初应付"] + told["本月结算"] + told["本月撤销和退费"] + told["本月拨付"]
    async with world.platform.pool.connection() as conn:
        cursor = await conn.execute(
            "select sum(own + shared + pool + supplementary)::bigint from settlement where institution = %s",
            [world.pharmacy],
        )
        [owed] = await cursor.fetchone() or (0,)
    assert told["期末应付"] == Decimal(owed) / 100


async def test_premiums_and_returns_between_regions_are_lines_with_names(world: World, dsn: str) -> None:
    """A son of another region pays and takes back a premium, and helps with a purchase of which a part is returned."""
    platform = world.platform
    await month_of_business(world, 10)
    year = NOW.year + 1
    entered = Entered(region=XIAN, kind=PremiumKind.LTC, year=year, amount=400_00, source="试验数值")
    await enter_standard(platform, entered, "test")
    son = world.people["子"]
    asked = Wanted(person_no=world.people["父"], kind=PremiumKind.LTC, year=year)
    paid = await pay_premium(platform, world.sender(f"rest/{son}", "premium"), son, asked, 400_00, "portal")
    assert isinstance(paid, PremiumView), paid
    back = await refund_premium(platform, world.sender(f"rest/{son}", "refund"), son, paid.id, "portal")
    assert isinstance(back, PremiumView), back
    bought = await world.buy("父", 50_00)
    command = ReturnPart(
        sender=world.sender(world.pharmacy, "partial_return"),
        person_no=bought.person_no,
        settlement_id=bought.id,
        items=(ReturnedItem(line_no="1", quantity=Decimal("0.3")),),
    )
    rest = done(await platform.batcher.submit(command))
    content = await written(world, Form.XLSX, XIANYANG, XIAN)
    _, *lines, total = cells(content, "明细")
    assert {line[3] for line in lines} == {"结算", "撤销", "部分退费", "缴费", "缴费退回"}, "others of the month too"
    assert not any(isinstance(cell, str) and cell.isascii() and cell.isalpha() for line in lines for cell in line)
    returned = next(line for line in lines if line[3] == "部分退费")
    assert (returned[2], returned[5], returned[-1]) == (rest.id, world.pharmacy, -15)
    [pair] = (await clearing.month_of(platform, THIS)).pairs
    assert (
        sum(Decimal(str(line[-1])) for line in lines) == Decimal(str(total[-1])) == Decimal(pair.statement.amount) / 100
    )
    assert verify(dsn).ok


def text_of(path: Path) -> str:
    """What a reader of PDF finds in it."""
    done_ = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True, text=True)
    return done_.stdout


async def test_pages_can_be_printed(world: World, tmp_path: Path) -> None:
    await month_of_business(world, 70)
    for name, parties in (("pair", (XIANYANG, XIAN)), ("month", (world.pharmacy,))):
        content = await written(world, Form.PDF, *parties)
        assert content.startswith(b"%PDF-")
        assert content == await written(world, Form.PDF, *parties), "the same books give the same bytes"
        (tmp_path / f"{name}.pdf").write_bytes(content)
        text = text_of(tmp_path / f"{name}.pdf")
        assert "合计" in text
        assert text.count("序号") == text.count("\f") >= 3, "each page has the headings"


async def test_lines_that_are_not_the_statement_make_no_paper(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await month_of_business(world, 3)

    async def short(*_: Any) -> AsyncIterator[list[clearing.Line]]:
        yield []

    monkeypatch.setattr(statements, "pair_lines", short)
    with pytest.raises(StatementError):
        await statements.write_pair(world.platform, io.BytesIO(), Form.XLSX, THIS, (XIANYANG, XIAN))


async def test_what_is_not_there_is_refused(world: World) -> None:
    answer = await statements.write_pair(world.platform, io.BytesIO(), Form.PDF, THIS, (XIAN, "370200"))
    assert isinstance(answer, Refusal)
    assert answer.code is Code.RECORD_UNKNOWN
    answer = await statements.write_institution(world.platform, io.BytesIO(), Form.PDF, THIS, "H0")
    assert isinstance(answer, Refusal)
    assert answer.code is Code.INSTITUTION_UNKNOWN


async def test_a_month_without_business_is_a_paper_too(world: World) -> None:
    before = (THIS - timedelta(days=1)).replace(day=1)
    target = io.BytesIO()
    assert await statements.write_institution(world.platform, target, Form.XLSX, before, world.hospital) is None
    head, total = cells(target.getvalue(), "明细")
    assert total[-1] == 0
    assert len(head) == 8
