"""What looks like misuse (线索): categories, states, and what each is about."""

from datetime import datetime
from typing import Any, Final

import msgspec

from gongji.core.codes import Term


class IncidentKind(Term):
    """Category of an incident (线索类别)."""

    IMPERSONATION = "credential_mismatch", "冒用他人医保凭证"
    BROKER = "broker", "疑似代人集中绑定"
    PING_PONG = "ping_pong", "反复绑定解绑"
    MANY_SINGLE_USE = "single_use", "频繁办理临时关联"
    QUICK_SERIES = "quick_series", "短时间多店购药"
    TWO_PLACES = "two_places", "同一时间两地就医购药"
    AFTER_DEATH = "after_death", "死亡之后仍有结算"
    AFTER_INSURANCE = "after_insurance", "参保终止之后仍有结算"
    AFTER_DIVORCE = "after_divorce", "离婚之后仍使用原配偶的资金"
    AFTER_MOVE = "after_move", "转移参保地之后仍按原参保地结算"
    FORGED_PAPERS = "forged_papers", "伪造材料"
    CASH_OUT = "cash_out", "违规套现"
    AGENT = "agent", "中介代办代提"
    COMPLAINT = "complaint", "投诉"


REPORTED: Final = (IncidentKind.IMPERSONATION, IncidentKind.CASH_OUT, IncidentKind.AGENT, IncidentKind.COMPLAINT)
"""What anybody who is signed in may report."""

WARNINGS: Final = {
    IncidentKind.IMPERSONATION: "冒用他人医保凭证就医、购药属于违规行为，可能承担法律责任",
    IncidentKind.CASH_OUT: "违规套取个人账户资金可能面临刑事处罚",
    IncidentKind.AGENT: "找中介代提个人账户涉嫌违法，请勿把证件、密码和验证码交给他人",
    IncidentKind.FORGED_PAPERS: "伪造材料会被罚款，并列入失信名单",
}
"""What people are told of the consequences."""


class IncidentState(Term):
    """State of an incident (处理状态)."""

    OPEN = "open", "待核实"
    CONFIRMED = "confirmed", "已认定"
    DISMISSED = "dismissed", "已排除"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that looks like misuse, with its evidence.

    Attributes:
        key: the same misuse has the same key, so that a second look finds it known; empty where each is a new one.
        persons: numbers of those concerned, the one it is about first.
        region: region that looks into it.
        institution: where it happened, or None.
        evidence: ids, amounts in fen and times; never a name or a certificate number.
    """

    kind: IncidentKind
    key: str
    at: datetime
    persons: tuple[str, ...]
    region: str
    institution: str | None = None
    evidence: dict[str, Any]
