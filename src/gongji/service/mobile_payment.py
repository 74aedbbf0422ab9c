"""Pay and return an order (医保移动支付、退费): the same settlement engine, once, whoever asks and however often.

The payment's message id is the order's id, the refund's is that with an ``R``. So a repeat, a second process or a
payment that a crash interrupted comes to the same settlement. The letter that tells the institution is written before
the settlement: if the process dies between, whoever delivers the letter finishes the payment.
"""

import hashlib
from typing import Final

import msgspec
from psycopg import AsyncConnection

from gongji.core.case import AccountUse
from gongji.core.money import Fen, format_yuan
from gongji.core.record import Settlement
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import store
from gongji.service.commands import Claimed, Done, Reverse, Sender, Settle
from gongji.service.mobile_orders import Order, read_order, state_words
from gongji.service.outbox import Letter, post
from gongji.service.platform import Platform
from gongji.service.presettle import presettle
from gongji.service.records import SettlementView, settlement_view, standing_view
from gongji.service.transact import all_or_nothing

LETTER: Final = "mobile_payment"
"""Kind of the letters that tell institutions of payments."""
CHANNEL: Final = "6302"
PAY: Final = "6202"
REFUND: Final = "6203"


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    """An order with its settlement, None until the insurance has paid."""

    order: Order
    settlement: Settlement | None


class RefundWanted(msgspec.Struct, frozen=True, kw_only=True):
    """What an institution wants returned, in fen.

    Attributes:
        serial: its own number of the refund.
        kind: ``ALL``, ``CASH`` (what the patient paid himself) or ``HI`` (what insurance paid).
    """

    serial: str
    kind: str
    total: Fen
    account: Fen | None
    fund: Fen | None
    cash: Fen


def _command(order: Order) -> Settle:
    return Settle(
        sender=_sender(order, order.id, PAY),
        person_no=order.person_no,
        claimed=Claimed(),
        care=order.care,
        batch=order.batch,
        total=order.total,
        account_use=AccountUse(order.account_use),
        visit_id=order.visit_id,
        declared=order.declared,
    )


def _sender(order: Order, message_id: str, transaction: str) -> Sender:
    digest = hashlib.sha256(f"{transaction}\n{order.id}".encode()).digest()
    return Sender(institution=order.institution, message_id=message_id, transaction=transaction, input_hash=digest)


async def preview_order(platform: Platform, order: Order) -> Settlement | Refusal:
    """Who would pay what if the order were paid now; nothing is written."""
    return await presettle(platform, _command(order))


async def pay(platform: Platform, order_id: str) -> Paid | Refusal:
    """Pay an order whose patient has agreed: the caller has made sure of that.

    Raises:
        OutcomeUnknownError: the database failed; asking again finds out.
    """

    async def claim(conn: AsyncConnection) -> Order | Refusal:
        order = await read_order(conn, order_id, lock=True)
        if order is None:
            return refuse(Code.ORDER_UNKNOWN, field="payOrdId")
        if order.state == "revoked" or order.reversal_id:
            return refuse(Code.ORDER_STATE, field="payOrdId", state=state_words(order))
        if order.state == "saved":
            now = platform.clock()
            await store.run(conn, "enter_mobile_order", id=order.id, state="paying", at=now)
            await post(conn, [_letter(order)], now)
        return order

    order = await all_or_nothing(platform, claim)
    if isinstance(order, Refusal):
        return order
    if order.paid:
        return await paid_order(platform, order)
    return await _settle(platform, order)


def _letter(order: Order) -> Letter:
    return Letter(kind=LETTER, channel=CHANNEL, recipient=order.institution, payload={"order": order.id})


async def _settle(platform: Platform, order: Order) -> Paid | Refusal:
    outcome = await platform.batcher.submit(_command(order))

    async def finish(conn: AsyncConnection) -> Paid | Refusal:
        current, now = await read_order(conn, order.id, lock=True), platform.clock()
        if current is None:
            return refuse(Code.ORDER_UNKNOWN, field="payOrdId")
        if isinstance(outcome, Refusal):
            if current.state == "paying":
                await store.run(conn, "enter_mobile_order", id=order.id, state="saved", at=now)
            return Paid(order=current, settlement=None)
        settlement = outcome.settlement
        if not current.paid:
            cash = settlement.split.cash
            await store.run(
                conn,
                "pay_mobile_order",
                id=order.id,
                state="insured_paid" if cash else "done",
                settlement=settlement.id,
                own_pay=cash,
                at=now,
            )
            current = await read_order(conn, order.id) or current
        return Paid(order=current, settlement=settlement)

    finished = await all_or_nothing(platform, finish)
    if isinstance(outcome, Done) or isinstance(finished, Refusal):
        return finished
    return outcome


async def paid_order(platform: Platform, order: Order) -> Paid:
    """An order with its settlement as it stands in the books."""
    view = await settlement_view(platform, order.settlement_id) if order.settlement_id else None
    return Paid(order=order, settlement=view.settlement if isinstance(view, SettlementView) else None)


async def settled(platform: Platform, order_id: str) -> Paid | Refusal:
    """An order after whatever was begun has been finished."""
    async with platform.pool.connection() as conn:
        order = await read_order(conn, order_id)
    if order is None:
        return refuse(Code.ORDER_UNKNOWN, field="payOrdId")
    if order.state == "paying":
        finished = await pay(platform, order_id)
        if isinstance(finished, Paid):
            return finished
        async with platform.pool.connection() as conn:
            order = await read_order(conn, order_id) or order
    return await paid_order(platform, order)


async def confirm_own_pay(platform: Platform, order: Order) -> Order | Refusal:
    """The patient has paid his own part to the institution (医保订单信息同步)."""

    async def work(conn: AsyncConnection) -> Order | Refusal:
        current = await read_order(conn, order.id, lock=True)
        if current is None or not current.paid or current.reversal_id:
            return refuse(Code.ORDER_STATE, field="payOrdId", state=state_words(current or order))
        if current.state == "insured_paid":
            await store.run(conn, "enter_mobile_order", id=order.id, state="done", at=platform.clock())
        return await read_order(conn, order.id) or current

    return await all_or_nothing(platform, work)


async def refund(platform: Platform, order: Order, wanted: RefundWanted) -> Order | Refusal:
    """Return an order, or one side of it; the same serial again gets the same answer."""
    async with platform.pool.connection() as conn:
        known = await _known(conn, order, wanted)
    if known is not None:
        return known
    # What was returned in part at a counter is gone already: the rest stands in its place.
    view = await standing_view(platform, order.settlement_id) if order.settlement_id else None
    if not isinstance(view, SettlementView):
        return refuse(Code.ORDER_STATE, field="payOrdId", state=state_words(order))
    standing = view.settlement
    refusal = _refund_fault(order, standing, wanted)
    if refusal:
        return refusal
    reversal = None
    if wanted.kind != "CASH":
        command = Reverse(
            sender=_sender(order, f"{order.id}R", REFUND),
            person_no=order.person_no,
            settlement_id=standing.id,
            visit_id=order.visit_id,
        )
        outcome = await platform.batcher.submit(command)
        if isinstance(outcome, Refusal):
            return outcome
        reversal = outcome.settlement.id
    return await _return(platform, order, wanted, reversal)


async def _known(conn: AsyncConnection, order: Order, wanted: RefundWanted) -> Order | Refusal | None:
    """The order, if this refund has been made before; a refusal, if its serial was another's."""
    cursor = await store.run(conn, "mobile_refund", institution=order.institution, serial=wanted.serial)
    row = await cursor.fetchone()
    if row is None:
        return None
    if row[:3] != (order.id, wanted.kind, wanted.cash):
        return refuse(Code.MESSAGE_REUSED, field="appRefdSn", message_id=wanted.serial)
    return await read_order(conn, order.id) or order


def _refund_fault(order: Order, settlement: Settlement, wanted: RefundWanted) -> Refusal | None:
    """Insurance is returned whole; what the patient paid himself, as far as it has not been returned."""
    split = settlement.split
    left = split.cash - order.own_pay_returned
    account = split.own_total + split.shared_total
    if wanted.kind != "CASH" and order.reversal_id:
        return refuse(Code.ALREADY_REVERSED, field="refdType", settlement=settlement.id)
    insured = account + split.fund
    expected = {"ALL": (left, insured + left), "HI": (0, insured), "CASH": (wanted.cash, wanted.cash)}
    cash, total = expected[wanted.kind]
    if wanted.kind == "CASH" and not 0 < wanted.cash <= left:
        return _mismatch("cashRefdAmt", "现金退费金额", wanted.cash, left)
    checks = [("cashRefdAmt", "现金退费金额", wanted.cash, cash)]
    if wanted.kind != "CASH":
        checks += [
            ("psnAcctRefdAmt", "个人账户退费金额", account if wanted.account is None else wanted.account, account),
            ("fundRefdAmt", "基金退费金额", split.fund if wanted.fund is None else wanted.fund, split.fund),
        ]
    if wanted.total != split.total:
        # The document calls it the original total; some send what is returned now.
        checks.append(("totlRefdAmt", "总退费金额", wanted.total, total))
    return next((_mismatch(*check) for check in checks if check[2] != check[3]), None)


def _mismatch(field: str, part: str, stated: Fen, counted: Fen) -> Refusal:
    return refuse(
        Code.REFUND_MISMATCH, field=field, part=part, stated=format_yuan(stated), counted=format_yuan(counted)
    )


async def _return(platform: Platform, order: Order, wanted: RefundWanted, reversal: str | None) -> Order | Refusal:
    async def finish(conn: AsyncConnection) -> Order | Refusal:
        current, now = await read_order(conn, order.id, lock=True), platform.clock()
        if current is None:
            return refuse(Code.ORDER_UNKNOWN, field="payOrdId")
        known = await _known(conn, current, wanted)
        if known is not None:
            return known
        if current.own_pay_returned + wanted.cash > current.own_pay:
            return _mismatch("cashRefdAmt", "现金退费金额", wanted.cash, current.own_pay - current.own_pay_returned)
        await store.run(
            conn,
            "add_mobile_refund",
            institution=order.institution,
            serial=wanted.serial,
            order=order.id,
            kind=wanted.kind,
            cash=wanted.cash,
            reversal=reversal,
            at=now,
        )
        await store.run(conn, "return_mobile_order", id=order.id, reversal=reversal, cash=wanted.cash, at=now)
        return await read_order(conn, order.id) or current

    return await all_or_nothing(platform, finish)
