"""Which transactions are offered: one line, one module."""

from typing import Final

from gongji.channels.nhsa import (
    t1101_person,
    t2101_preview_purchase,
    t2102_purchase,
    t2103_reverse_purchase,
    t2201_register,
    t2202_cancel,
    t2203_describe,
    t2204_upload_fees,
    t2205_drop_fees,
    t2206_preview,
    t2207_settle,
    t2208_reverse,
    t2601_undo,
    t5203_query_settlement,
    t9001_sign_in,
    t9002_sign_out,
    tables,
)
from gongji.channels.nhsa.call import Handler
from gongji.channels.nhsa.departures import plain
from gongji.channels.nhsa.tables import Transaction

HANDLERS: Final[dict[str, Handler]] = {
    "1101": t1101_person.handle,
    "2101": t2101_preview_purchase.handle,
    "2102": t2102_purchase.handle,
    "2103": t2103_reverse_purchase.handle,
    "2201": t2201_register.handle,
    "2202": t2202_cancel.handle,
    "2203": t2203_describe.handle,
    "2204": t2204_upload_fees.handle,
    "2205": t2205_drop_fees.handle,
    "2206": t2206_preview.handle,
    "2207": t2207_settle.handle,
    "2208": t2208_reverse.handle,
    "2601": t2601_undo.handle,
    "5203": t5203_query_settlement.handle,
    "9001": t9001_sign_in.handle,
    "9002": t9002_sign_out.handle,
}


def table_of(infno: str) -> Transaction | None:
    """The table a code is read by: its own, or that of the plain code it stands for; None for an unknown code."""
    return tables.transaction(infno) or tables.transaction(plain(infno))


def title(transaction: Transaction) -> str:
    """The transaction's name (交易名称) without the source's remarks."""
    return transaction.name.partition("（")[0]
