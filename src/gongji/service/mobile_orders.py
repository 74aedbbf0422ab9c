"""Orders of mobile payment (移动支付订单): opened by an institution, consented to by the patient, taken back unpaid."""

from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from gongji.core.case import AccountUse
from gongji.core.codes import Care
from gongji.core.money import Fen, format_yuan
from gongji.core.refusal import Code, Refusal, refuse
from gongji.core.vouchers import Sort, seal, unseal
from gongji.ledger import rows, store
from gongji.service.commands import Claimed, FeeLine, Sender
from gongji.service.messages import Answer, once
from gongji.service.platform import Platform
from gongji.service.transact import all_or_nothing
from gongji.service.visits import Registration, add_lines, drop_lines, open_visit
from gongji.service.voucher_keys import new_id, secret_of, signing_key

CONSENT_LIFE: Final = timedelta(minutes=5)
UNDO_LIFE: Final = timedelta(hours=1)
"""How long an institution may take a payment back by its revsToken (the document's table 303)."""
MOST_LISTED: Final = 50


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order as it is kept; amounts in fen.

    Attributes:
        number: the random number from which its tokens are made.
        own_pay: what the patient pays beside insurance, once the insurance has paid.
        own_pay_returned: what of it was returned.
    """

    id: str
    number: int
    key_no: int
    institution: str
    org_order: str
    person_no: str
    visit_id: str
    batch: str
    care: Care
    account_use: AccountUse
    total: Fen
    declared: dict[str, str]
    state: str
    consent_id: int | None
    consent_until: datetime | None
    settlement_id: str | None
    reversal_id: str | None
    own_pay: Fen
    own_pay_returned: Fen
    paid_at: datetime | None
    created_at: datetime

    @property
    def paid(self) -> bool:
        """Whether the insurance's part stands, or stood, in the books."""
        return self.settlement_id is not None


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """A bill that is to be paid on a phone; without a visit one is registered."""

    org_order: str
    person_no: str
    claimed: Claimed
    visit_id: str
    visit_number: str
    on: date
    batch: str
    care: Care
    account_use: AccountUse
    total: Fen
    lines: list[FeeLine]
    declared: dict[str, str] = {}
    details: dict[str, Any] = {}


async def open_order(platform: Platform, sender: Sender, opening: Opening) -> Order | Refusal:
    """Keep the bill with its visit and lines, all of it or nothing; nothing is paid."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        now, visit = platform.clock(), opening.visit_id
        if not visit:
            registration = Registration(
                person_no=opening.person_no,
                claimed=opening.claimed,
                number=opening.visit_number,
                on=opening.on,
                care=opening.care,
                details=opening.details,
            )
            made = await open_visit(conn, sender, registration, now)
            if isinstance(made, Refusal):
                return made
            visit = made["visit"]
        counted = sum(line.split.amount for line in opening.lines)
        if counted != opening.total:
            stated, sum_ = format_yuan(opening.total), format_yuan(counted)
            return refuse(Code.TOTAL_MISMATCH, field="medfeeSumamt", stated=stated, counted=sum_)
        batches = {(visit, opening.batch): opening.lines}
        refusal = await add_lines(conn, sender, opening.person_no, batches)
        if refusal:
            return refusal
        return await _add(conn, sender, opening, visit, now)

    answer = await once(platform, sender, opening.person_no, work, opening.claimed)
    return answer if isinstance(answer, Refusal) else await order_of(platform, sender.institution, answer["order"])


async def _add(conn: AsyncConnection, sender: Sender, opening: Opening, visit: str, now: datetime) -> Answer | Refusal:
    key, number = await signing_key(conn, now), new_id()
    order_id = f"{visit[:6]}{now:%Y%m%d}{number:019d}"
    cursor = await store.run(
        conn,
        "add_mobile_order",
        id=order_id,
        number=number,
        key_no=key.no,
        institution=sender.institution,
        org_order=opening.org_order,
        person_no=opening.person_no,
        visit=visit,
        batch=opening.batch,
        care=opening.care.value,
        account_use=int(opening.account_use),
        total=opening.total,
        declared=Jsonb(opening.declared),
        at=now,
    )
    if await cursor.fetchone() is None:
        return refuse(Code.ORDER_EXISTS, field="medOrgOrd", order=opening.org_order)
    return {"order": order_id}


async def order_of(platform: Platform, institution: str, order_id: str) -> Order | Refusal:
    """An order of an institution's own."""
    async with platform.pool.connection() as conn:
        order = await read_order(conn, order_id)
    if order is None or order.institution != institution:
        return refuse(Code.ORDER_UNKNOWN, field="payOrdId")
    return order


async def order_for(platform: Platform, person_no: str, order_id: str) -> Order | Refusal:
    """An order of a person's own."""
    async with platform.pool.connection() as conn:
        order = await read_order(conn, order_id)
    if order is None or order.person_no != person_no:
        return refuse(Code.ORDER_UNKNOWN, field="id")
    return order


async def orders_of(platform: Platform, person_no: str) -> list[Order]:
    """A person's latest orders, newest first."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "mobile_orders_of", person_no=person_no, most=MOST_LISTED)
        return [_order(row) for row in await cursor.fetchall()]


async def orders_waiting(platform: Platform, person_no: str) -> int:
    """How many orders wait for a person to pay them."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "mobile_orders_waiting", person_no=person_no)
        row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def read_order(conn: AsyncConnection, order_id: str, *, lock: bool = False) -> Order | None:
    """An order by its id, locked if asked."""
    cursor = await store.run(conn, "mobile_order_for_change" if lock else "mobile_order", id=order_id)
    row = await cursor.fetchone()
    return _order(row) if row else None


async def consent(platform: Platform, person_no: str, order_id: str, channel: str) -> str | Refusal:
    """The patient agrees to pay: the code (payAuthNo) with which the institution may have the order paid."""

    async def work(conn: AsyncConnection) -> str | Refusal:
        order = await read_order(conn, order_id, lock=True)
        if order is None or order.person_no != person_no:
            return refuse(Code.ORDER_UNKNOWN, field="id")
        if order.state != "saved":
            return refuse(Code.ORDER_STATE, field="id", state=state_words(order))
        now = platform.clock()
        key, number, until = await signing_key(conn, now), new_id(), now + CONSENT_LIFE
        await store.run(
            conn, "consent_to_mobile_order", id=order_id, consent=number, until=until, channel=channel, at=now
        )
        return key.seal(Sort.CONSENT, number, order_id)

    return await all_or_nothing(platform, work)


async def consent_fault(conn: AsyncConnection, order: Order, code: str, now: datetime) -> Refusal | None:
    """Why a consent does not open an order; None when it does."""
    sealed = unseal(code)
    secret = await secret_of(conn, sealed.key_no) if sealed else None
    good = (
        sealed is not None
        and secret is not None
        and sealed.id == order.consent_id
        and sealed.fits(Sort.CONSENT, secret, order.id)
        and order.consent_until is not None
        and now < order.consent_until
    )
    return None if good else refuse(Code.CONSENT_MISSING, field="payAuthNo")


async def pay_token(conn: AsyncConnection, order: Order) -> str:
    """支付令牌: by which the institution names the order besides its id."""
    secret = await secret_of(conn, order.key_no)
    return seal(Sort.ORDER, secret or b"", order.key_no, order.number, order.id)


async def undo_token(conn: AsyncConnection, order: Order) -> str:
    """冲正授权: by which the institution may take the payment back within an hour."""
    secret = await secret_of(conn, order.key_no)
    return seal(Sort.UNDO, secret or b"", order.key_no, order.number, order.id)


async def may_undo(conn: AsyncConnection, order: Order, text: str, now: datetime) -> bool:
    """Whether a text is the order's revsToken and still good."""
    if order.paid_at is None or now > order.paid_at + UNDO_LIFE:
        return False
    return text.strip().upper() == await undo_token(conn, order)


async def revoke(platform: Platform, sender: Sender, order: Order) -> Answer | Refusal:
    """Take an unpaid order back with its lines (费用明细上传撤销)."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        now = platform.clock()
        current = await read_order(conn, order.id, lock=True)
        if current is None or current.state not in ("saved", "revoked"):
            return refuse(Code.ORDER_STATE, field="payOrdId", state=state_words(current or order))
        if current.state == "saved":
            # The accounts are locked: a payment that was on its way has settled the batch before, or finds no lines.
            dropped = await drop_lines(conn, sender, order.person_no, order.visit_id, order.batch)
            if isinstance(dropped, Refusal):
                return dropped
            await store.run(conn, "enter_mobile_order", id=order.id, state="revoked", at=now)
        return {}

    return await once(platform, sender, order.person_no, work)


def state_words(order: Order) -> str:
    """The state as people say it."""
    if order.reversal_id:
        return "已退款"
    return _STATES[order.state]


_STATES: Final = {
    "saved": "待支付",
    "paying": "支付处理中",
    "insured_paid": "医保已支付，还有自费部分待付",
    "done": "已支付",
    "revoked": "已撤销",
}


def _order(row: rows.Row) -> Order:
    return Order(
        id=row[0],
        number=row[1],
        key_no=row[2],
        institution=row[3],
        org_order=row[4],
        person_no=row[5],
        visit_id=row[6],
        batch=row[7],
        care=Care(row[8]),
        account_use=AccountUse(row[9]),
        total=row[10],
        declared=row[11],
        state=row[12],
        consent_id=row[13],
        consent_until=row[14],
        settlement_id=row[15],
        reversal_id=row[16],
        own_pay=row[17],
        own_pay_returned=row[18],
        paid_at=row[19],
        created_at=row[20],
    )
