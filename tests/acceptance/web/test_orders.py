"""A hospital sends a bill to the father's phone: he sees who pays what, confirms, and it is paid once (移动支付)."""

import asyncio
import re
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from acceptance.web.conftest import HOSPITAL
from english_pages import in_english, wrong
from gongji.core.case import AccountUse
from gongji.core.codes import Care
from gongji.ledger.verify import verify
from gongji.service.commands import Claimed, Done, ReturnedItem, ReturnPart, Sender
from gongji.service.mobile_orders import Opening, Order, open_order, revoke
from gongji.service.mobile_payment import Paid, pay
from gongji.service.visits import Billed, RawLine, split_lines

_numbers = count(1)


def sender(transaction: str) -> Sender:
    number = f"MO{next(_numbers)}"
    return Sender(institution=HOSPITAL, message_id=number, transaction=transaction, input_hash=number.encode())


async def ordered(town: Any, role: str, quantity: int = 50) -> Order:
    """A consultation of 50.00 and boxes of 12.50, not paid."""
    person, today = town.people[role].person_no, town.platform.clock().date()
    raw = [
        RawLine(line_no="1", item="S001", quantity=Decimal(1), price=Decimal(50), amount=5000),
        RawLine(line_no="2", item="X001", quantity=Decimal(quantity), price=Decimal("12.5"), amount=quantity * 1250),
    ]
    lines = await split_lines(town.platform, Billed(person_no=person, institution=HOSPITAL, on=today), raw)
    assert isinstance(lines, list)
    about = sender("6201")
    opened = await open_order(
        town.platform,
        about,
        Opening(
            org_order=about.message_id,
            person_no=person,
            claimed=Claimed(),
            visit_id="",
            visit_number=about.message_id,
            on=today,
            batch="1",
            care=Care.OUTPATIENT,
            account_use=AccountUse.OWN_THEN_SHARED,
            total=sum(line.amount for line in raw),
            lines=[line.line for line in lines],
        ),
    )
    assert isinstance(opened, Order), opened
    return opened


def hidden(text: str) -> str:
    [value] = re.findall(r'name="confirmed" value="([^"]*)"', text)
    return str(value)


async def test_seen_confirmed_and_paid_once(town: Any, visit: Any, dsn: str) -> None:
    order = await ordered(town, "father")
    father, stranger = await visit("father"), await visit("stranger")
    assert "有 1 张医药费订单等您支付" in (await father.get("/")).text
    listed = (await father.get("/orders")).text
    assert "西安虚构第三医院" in listed
    assert "675.00" in listed
    shown = (await father.get(f"/orders/{order.id}")).text
    assert "虚构感冒片 × 50" in shown
    # 675 less the deductible of 200; 55% for the retired at level three; 50 of his own, the rest of his son's.
    assert re.findall(r"<b>([\d.]+)</b><small>", shown) == ["261.25", "50.00", "363.75", "0.00"]
    assert '卢远的账户支付 <span class="whole">363.75 元</span>' in shown
    reader = await in_english(await visit("father"))
    for page in (await reader.get("/orders"), await reader.get(f"/orders/{order.id}")):
        assert wrong(page.text) == []
    for answer in (
        await stranger.get(f"/orders/{order.id}"),
        await stranger.post(f"/orders/{order.id}/pay", confirmed=hidden(shown)),
        await father.get("/orders/nothing"),
    ):
        assert answer.status_code == 404
    both = await asyncio.gather(*(father.post(f"/orders/{order.id}/pay", confirmed=hidden(shown)) for _ in range(2)))
    assert {answer.status_code for answer in both} == {200}
    assert all("付好了" in answer.text for answer in both)
    receipt = (await father.get(re.findall(r'href="(/settlements/\d+)"', both[0].text)[0])).text
    assert "363.75" in receipt
    assert "等您支付</a>" not in (await father.get("/")).text
    assert "已支付" in (await father.get("/orders")).text
    async with town.platform.pool.connection() as conn:
        cursor = await conn.execute("select count(*) from settlement where visit_id = %s", [order.visit_id])
        assert await cursor.fetchone() == (1,)
        cursor = await conn.execute("select count(*) from outbox where payload->>'order' = %s", [order.id])
        assert await cursor.fetchone() == (1,), "the hospital is told once"
    assert verify(dsn).ok


async def test_what_was_returned_in_part_is_told_on_the_receipts(town: Any, visit: Any) -> None:
    """The father gives 45 of 50 boxes back; what is left needs less of his son."""
    order = await ordered(town, "father")
    paid = await pay(town.platform, order.id)
    assert isinstance(paid, Paid)
    assert paid.settlement
    command = ReturnPart(
        sender=sender("partial_return"),
        person_no=order.person_no,
        settlement_id=paid.settlement.id,
        items=(ReturnedItem(line_no="2", quantity=Decimal(45)),),
    )
    outcome = await town.platform.batcher.submit(command)
    assert isinstance(outcome, Done)
    rest = outcome.settlement
    father, son = await visit("father"), await visit("son")
    whole = (await father.get(f"/settlements/{paid.settlement.id}")).text
    assert "已部分退费" in whole
    assert "已撤销" not in whole
    assert f'href="/settlements/{rest.id}"' in whole
    left = (await father.get(f"/settlements/{rest.id}")).text
    assert "部分退费以后" in left
    assert f'href="/settlements/{paid.settlement.id}"' in left
    seen = (await son.get(f"/settlements/{paid.settlement.id}")).text
    assert "退的钱已经回到您的账户" in seen
    assert (await son.get(f"/settlements/{rest.id}")).status_code == 200


async def test_what_was_seen_is_what_is_paid(town: Any, visit: Any) -> None:
    """Two orders seen at one time: the first uses up what the second counted on."""
    mother = await visit("mother")
    first, second = await ordered(town, "mother"), await ordered(town, "mother", 8)
    seen = [hidden((await mother.get(f"/orders/{order.id}")).text) for order in (first, second)]
    paid = await mother.post(f"/orders/{first.id}/pay", confirmed=seen[0])
    assert "医保部分已经付好。还有自费 <b>313.75</b> 元" in paid.text
    again = await mother.post(f"/orders/{second.id}/pay", confirmed=seen[1])
    assert again.status_code == 409
    assert "还没有扣款" in again.text
    assert hidden(again.text) != seen[1]
    empty = await mother.post(f"/orders/{second.id}/pay")
    assert empty.status_code == 409
    assert await revoke(town.platform, sender("6401"), second) == {}
    gone = await mother.post(f"/orders/{second.id}/pay", confirmed=hidden(again.text))
    assert gone.status_code == 409
    assert "已撤销" in (await mother.get("/orders")).text
    assert "确认支付" not in gone.text


async def test_why_it_cannot_be_paid_is_said(town: Any, visit: Any) -> None:
    frozen = await visit("frozen")
    order = await ordered(town, "frozen")
    shown = (await frozen.get(f"/orders/{order.id}")).text
    assert 'role="alert"' in shown
    assert "确认支付" not in shown
    answer = await frozen.post(f"/orders/{order.id}/pay", confirmed="0-0-0-0")
    assert answer.status_code == 409


@pytest.mark.parametrize("size", ["phone", "desktop"])
async def test_paying_an_order_in_the_browser(size: str, town: Any, browse: Any, log_in: Any, shoot: Any) -> None:
    order = await ordered(town, "father", 60)
    page = await browse(size, script=size == "desktop")
    await log_in(page, "father")
    await shoot(page, f"home-with-an-order-{size}")
    await page.get_by_role("link", name="有 1 张医药费订单等您支付").click()
    await shoot(page, f"orders-{size}")
    await page.get_by_role("link", name="西安虚构第三医院").first.click()
    await page.wait_for_url(f"**/orders/{order.id}")
    await page.get_by_text("费用明细").click()
    await shoot(page, f"order-{size}")
    await page.get_by_role("button", name="确认支付").click()
    await page.get_by_role("status").wait_for()
    await shoot(page, f"order-paid-{size}")
    await page.get_by_role("link", name="看结算单").click()
    assert await page.locator(".bar").count() == 1
