"""What would be drawn first (支付顺序), in words."""

from datetime import date

from gongji.core.codes import Scheme, SharingMode
from gongji.core.policy import PolicyBook
from gongji.core.rules import Draw, Segments

_ORDERS = {"chosen": "按家庭排的顺序", "largest_balance": "余额大的先用"}


def own_first(book: PolicyBook, region: str, on: date) -> tuple[str, ...]:
    """Who pays in turn when nobody else's account is asked for."""
    return (_mine(book, region, on), "现金")


def shared_first(book: PolicyBook, region: str, user: tuple[str, Scheme | None], on: date) -> tuple[str, ...]:
    """Who pays in turn for a relative; empty when the order is not known. ``user``: his region and scheme."""
    draw = book.rule(Draw, region, "sharing.draw", on)
    if draw is None:
        return ()
    user_region, scheme = user
    if scheme is Scheme.RESIDENT:
        return (_shared(draw), "现金")
    skipped = "" if scheme else "，没有账户的跳过"
    return (f"使用人{_mine(book, user_region, on)}{skipped}", _shared(draw), "现金")


def _mine(book: PolicyBook, region: str, on: date) -> str:
    segments = book.rule(Segments, region, "account.segments", on)
    return "本人账户（先当年，后历年）" if segments and segments.kept else "本人账户"


def _shared(draw: Draw) -> str:
    conditions = (
        (draw.mode is SharingMode.FAMILY_ACCOUNT, "须先划拨到家庭共济账户"),
        (draw.own_must_be_zero, "使用人自己的账户为零才用"),
        (draw.historical_only, "只用授权人的历年账户"),
        (draw.one_account_must_cover, "一个账户付得清才付"),
        (draw.one_account_per_settlement, "一次只用一个账户"),
        (draw.automatic, "结算时自动使用"),
    )
    told = [_ORDERS[draw.order], *(text for holds, text in conditions if holds)]
    return f"共济账户（{'；'.join(told)}）"
