"""What a person may let a third-party channel see or do (授权范围)."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class Scope(StrEnum):
    """A scope; ``label`` is what the person is told he allows."""

    ACCOUNT_READ = "account:read"
    SETTLEMENTS_READ = "settlements:read"
    BINDINGS_READ = "bindings:read"
    BINDINGS_WRITE = "bindings:write"
    NOTICES_READ = "notices:read"
    PREMIUMS_READ = "premiums:read"
    PREMIUMS_WRITE = "premiums:write"
    WALLET = "wallet"
    VOUCHER = "voucher"
    MESSAGES_READ = "messages:read"
    GATEWAY = "gateway"
    RECONCILE = "reconcile"

    @property
    def label(self) -> str:
        """What it means, as people are told."""
        return _LABELS[self]

    @property
    def personal(self) -> bool:
        """Whether a person grants it; the others belong to an institution itself."""
        return self not in (Scope.MESSAGES_READ, Scope.GATEWAY, Scope.RECONCILE)

    @property
    def changes(self) -> bool:
        """Whether it lets the channel do something, not only look."""
        return self in (Scope.BINDINGS_WRITE, Scope.PREMIUMS_WRITE, Scope.WALLET, Scope.VOUCHER, Scope.RECONCILE)


_LABELS: Final = {
    Scope.ACCOUNT_READ: "查看姓名、参保状态、个人账户余额和收支明细",
    Scope.SETTLEMENTS_READ: "查看就医购药的结算记录和每一笔的原因",
    Scope.BINDINGS_READ: "查看家庭共济的绑定和使用情况",
    Scope.BINDINGS_WRITE: "替您办理家庭共济：绑定、确认、修改、解除",
    Scope.NOTICES_READ: "查看发给您的通知",
    Scope.PREMIUMS_READ: "查看参保缴费记录",
    Scope.PREMIUMS_WRITE: "替您用个人账户缴纳参保费用",
    Scope.WALLET: "查看医保钱包，并替您办理转入转出",
    Scope.VOUCHER: "替您出示医保码",
    Scope.GATEWAY: "以本机构的身份向国家接口发送报文（只给机构，不涉及个人授权）",
    Scope.MESSAGES_READ: "查询本机构报文的办理结果（只给机构，不涉及个人授权）",
    Scope.RECONCILE: "上报本机构的结算清单，查看差异和月度对账单（只给机构，不涉及个人授权）",
}


def read_scopes(text: str) -> tuple[Scope, ...]:
    """The scopes of a space-separated list, each once, in our order.

    Raises:
        ValueError: one is unknown.
    """
    return in_order(Scope(part) for part in text.split())


def in_order(scopes: Iterable[Scope]) -> tuple[Scope, ...]:
    """Each once, in the order of the table."""
    wanted = set(scopes)
    return tuple(scope for scope in Scope if scope in wanted)
