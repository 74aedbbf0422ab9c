"""What people are told: kinds of notices, who is told what, and in which words (消息通知).

A notice keeps only the facts that its text for that person names. So what one side may not know, such as what is left
on the authoriser's account or of the limits he set, is never kept with the other side's notice.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, time, timedelta
from enum import StrEnum
from functools import cache
from string import Formatter
from typing import Final

import msgspec

from gongji.core.account import AccountKind, AccountRef
from gongji.core.case import NotDrawn, Sharer
from gongji.core.codes import Term
from gongji.core.family import Binding, BindingState, Limits
from gongji.core.money import Fen, format_yuan
from gongji.core.record import Settlement
from gongji.core.times import CHINA


class Side(StrEnum):
    """As whom a person is told (通知对象)."""

    AUTHORISER = "authoriser"
    """授权人"""
    USER = "user"
    """使用人"""
    SELF = "self"
    """本人"""


class Channel(Term):
    """Where notices go besides the inbox, for those who agreed to it (通知渠道)."""

    SMS = "sms", "短信"
    MINI_PROGRAM = "mini_program", "小程序订阅消息"


class Kind(Term):
    """Kind of a notice (通知类别); the label is its title."""

    BINDING_IN_REVIEW = "binding_in_review", "家庭共济绑定待审核"
    BINDING_REQUESTED = "binding_requested", "家庭共济绑定已提交"
    BINDING_TO_CONFIRM = "binding_to_confirm", "家庭共济绑定待您确认"
    BINDING_FOR_WARD = "binding_for_ward", "孩子的家庭共济绑定待您确认"
    BINDING_CONFIRMED = "binding_confirmed", "家庭共济绑定已生效"
    BINDING_REFUSED = "binding_refused", "家庭共济绑定未成立"
    BINDING_AMENDED = "binding_amended", "家庭共济绑定已变更"
    BINDING_FROZEN = "binding_frozen", "家庭共济绑定已冻结"
    BINDING_UNFROZEN = "binding_unfrozen", "家庭共济绑定已恢复"
    BINDING_PAUSED = "binding_paused", "家庭共济绑定暂停使用"
    BINDING_RESUMED = "binding_resumed", "家庭共济绑定恢复使用"
    BINDING_ENDED = "binding_ended", "家庭共济绑定已解除"
    SHARED_MONEY_USED = "shared_money_used", "共济资金已使用"
    SHARED_MONEY_RETURNED = "shared_money_returned", "共济资金已退回"
    LIMIT_REACHED = "limit_reached", "共济限额已用完"
    CODE_TO_ALLOW = "code_to_allow", "亲情账户待您同意"
    CODE_ALLOWED = "code_allowed", "亲情账户已开通"
    CODE_ENDED = "code_ended", "亲情账户已解除"
    ACCOUNT_FROZEN = "account_frozen", "个人账户已封停"
    ACCOUNT_UNFROZEN = "account_unfrozen", "个人账户已解封"
    INSURANCE_MOVED = "insurance_moved", "参保地已转移"
    QUOTA_CHANGED = "quota_changed", "共济额度已变更"
    QUOTA_RETURNED = "quota_returned", "共济额度已退回"
    MONEY_SET_ASIDE = "money_set_aside", "家庭共济账户已划拨"
    MONEY_MOVED_BACK = "money_moved_back", "家庭共济账户已转回"
    TRANSFER_SENT = "transfer_sent", "医保钱包转账已转出"
    TRANSFER_RECEIVED = "transfer_received", "收到医保钱包转账"
    TRANSFER_ACCEPTED = "transfer_accepted", "医保钱包转账已接收"
    TRANSFER_RETURNED = "transfer_returned", "医保钱包转账已退回"
    PREMIUM_PAID = "premium_paid", "医保缴费成功"
    PREMIUM_REFUNDED = "premium_refunded", "医保缴费已退还"
    CONSENT_WITHDRAWN = "consent_withdrawn", "第三方授权已撤回"
    NEW_DEVICE = "new_device", "新设备登录提醒"
    SIGN_IN_CODE = "sign_in_code", "登录验证码"


class EndReason(Term):
    """Why a binding ended (解除原因)."""

    ENDED_BY_AUTHORISER = "ended_by_authoriser", "授权人解除"
    ENDED_BY_USER = "ended_by_user", "使用人解除"
    EXPIRED = "expired", "有效期已满"
    USED_UP = "used_up", "临时绑定已使用一次"
    DIED = "died", "一方已故"
    INSURANCE_CHANGED = "insurance_changed", "一方参保关系变更"
    DIVORCED = "divorced", "双方已离婚"
    MOVED = "moved", "一方转移参保地，两地之间不能共济"
    ENDED_BY_AGENCY = "ended_by_agency", "医保经办机构解除"
    DECLINED = "declined", "使用人没有同意"
    REJECTED = "rejected", "材料审核没有通过"


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to tell one person.

    Attributes:
        to: person number.
        side: as whom he is told.
        other: person number of the other side, whose name the text gives, or empty.
        place: code of the institution the text names, or empty.
        about: id of the settlement or binding, or empty.
        facts: what the text names besides; only what this person may know.
    """

    to: str
    kind: Kind
    side: Side
    other: str = ""
    place: str = ""
    about: str = ""
    facts: dict[str, str] = {}


Words = tuple[str, ...]
"""Clauses of a text. The first always stands; a later one stands where all its facts are known."""

_HELD: Final = "您的账户已不能收款，这笔钱由医保经办机构代为保管{held}，请联系参保地经办机构。"

WORDS: Final[dict[Kind, dict[Side, Words]]] = {
    Kind.BINDING_IN_REVIEW: {Side.AUTHORISER: ("您已提交与{other}的家庭共济绑定，经办机构审核后生效。",)},
    Kind.BINDING_REQUESTED: {Side.AUTHORISER: ("您已提交与{other}的家庭共济绑定，对方确认后生效。",)},
    Kind.BINDING_TO_CONFIRM: {
        Side.USER: ("{other}申请把个人账户共享给您使用，请在“家庭共济”中确认或拒绝。",),
    },
    Kind.BINDING_FOR_WARD: {
        Side.SELF: ("有亲属申请把个人账户共享给您的孩子使用，请您作为监护人在“家庭共济”中确认或拒绝。",),
    },
    Kind.BINDING_CONFIRMED: {
        Side.AUTHORISER: ("您与{other}的家庭共济绑定已生效，{other}可以使用您共享的资金。", "您设定的限额：{limits}。"),
        Side.USER: ("您与{other}的家庭共济绑定已生效，本人账户不够时可以使用{other}共享的资金。",),
    },
    Kind.BINDING_REFUSED: {
        Side.AUTHORISER: ("您与{other}的家庭共济绑定没有成立。", "原因：{reason}。"),
        Side.USER: ("您与{other}的家庭共济绑定没有成立。", "原因：{reason}。"),
    },
    Kind.BINDING_AMENDED: {
        Side.AUTHORISER: ("您与{other}的家庭共济绑定已变更，下一次结算起生效。", "现在的限额：{changes}。"),
        Side.USER: ("{other}变更了与您的家庭共济绑定，下一次结算起生效。",),
    },
    Kind.BINDING_FROZEN: {
        Side.AUTHORISER: ("您与{other}的家庭共济绑定已于{when}冻结，暂时不能使用。", "原因：{reason}。"),
        Side.USER: ("您与{other}的家庭共济绑定已于{when}冻结，暂时不能使用。",),
    },
    Kind.BINDING_UNFROZEN: {
        Side.AUTHORISER: ("您与{other}的家庭共济绑定已于{when}恢复，{other}可以继续使用。",),
        Side.USER: ("您与{other}的家庭共济绑定已于{when}恢复，可以继续使用。",),
    },
    Kind.BINDING_PAUSED: {
        Side.AUTHORISER: ("您与{other}的家庭共济绑定于{when}暂停使用：{reason}。恢复后可以继续使用。",),
        Side.USER: ("您与{other}的家庭共济绑定于{when}暂停使用，恢复后可以继续使用。",),
    },
    Kind.BINDING_RESUMED: {
        Side.AUTHORISER: ("您与{other}的家庭共济绑定于{when}恢复使用。",),
        Side.USER: ("您与{other}的家庭共济绑定于{when}恢复使用。",),
    },
    Kind.BINDING_ENDED: {
        Side.AUTHORISER: ("您与{other}的家庭共济绑定已于{when}解除（{reason}），{other}不能再使用您的资金。",),
        Side.USER: ("您与{other}的家庭共济绑定已于{when}解除（{reason}），您不能再使用{other}的资金。",),
    },
    Kind.SHARED_MONEY_USED: {
        Side.AUTHORISER: (
            "{other}于{when}在{place}使用您共享的资金 {amount} 元，用于{purpose}。",
            "您设定的{left}。",
        ),
        Side.USER: ("您于{when}在{place}使用了{other}共享的资金 {amount} 元，用于{purpose}。",),
    },
    Kind.SHARED_MONEY_RETURNED: {
        Side.AUTHORISER: ("{other}在{place}的一笔结算已于{when}撤销，{amount} 元退还给您。", _HELD),
        Side.USER: ("您在{place}的一笔结算已于{when}撤销，{other}共享的 {amount} 元已退还给{other}。",),
    },
    Kind.LIMIT_REACHED: {
        Side.AUTHORISER: ("{other}已用完您设定的{limits}。", "如需调整，请在“家庭共济”中办理。"),
        Side.USER: ("{other}共享给您的资金已达到使用限额，超出部分请用其他方式支付。",),
    },
    Kind.CODE_TO_ALLOW: {
        Side.AUTHORISER: (
            "{other}申请在自己的手机上为您出示医保码，请在“医保码”中同意或不同意。出示医保码不能动用任何人的共济资金。",
        ),
    },
    Kind.CODE_ALLOWED: {
        Side.AUTHORISER: ("{other}可以在自己的手机上为您出示医保码。", "您可以随时在“医保码”中解除。"),
        Side.USER: ("您可以在自己的手机上为{other}出示医保码。",),
    },
    Kind.CODE_ENDED: {
        Side.AUTHORISER: ("{other}从{when}起不能再为您出示医保码。",),
        Side.USER: ("您从{when}起不能再为{other}出示医保码。",),
    },
    Kind.ACCOUNT_FROZEN: {
        Side.SELF: ("您的个人账户已于{when}封停，不能支付。", "原因：{reason}。", "如有疑问请联系参保地经办机构。"),
    },
    Kind.ACCOUNT_UNFROZEN: {Side.SELF: ("您的个人账户已于{when}解封，可以正常使用。",)},
    Kind.INSURANCE_MOVED: {
        Side.SELF: (
            "您的参保关系从{on}起由{before}转到{to}。",
            "个人账户余额 {amount} 元已随同转移。",
            "{to}不接收个人账户余额，{held} 元由{before}代为保管，请联系原参保地经办机构。",
        ),
    },
    Kind.QUOTA_CHANGED: {
        Side.AUTHORISER: ("您给{other}的共济额度已变更为 {amount} 元。",),
        Side.USER: ("{other}给您的共济额度已变更为 {amount} 元。",),
    },
    Kind.QUOTA_RETURNED: {
        Side.AUTHORISER: ("您给{other}的共济额度中未使用的 {amount} 元已退回您的个人账户。",),
        Side.USER: ("{other}给您的共济额度中未使用的 {amount} 元已退回对方账户。",),
    },
    Kind.MONEY_SET_ASIDE: {
        Side.SELF: ("您于{when}向家庭共济账户划拨 {amount} 元，绑定的家人可以使用。",),
    },
    Kind.MONEY_MOVED_BACK: {
        Side.SELF: ("家庭共济账户中的 {amount} 元已于{when}转回您的个人账户。", "原因：{reason}。"),
    },
    Kind.TRANSFER_SENT: {
        Side.AUTHORISER: (
            "您于{when}向{other}的医保钱包转账 {amount} 元，等待对方接收。",
            "{until}前未接收将自动退回。",
        ),
    },
    Kind.TRANSFER_RECEIVED: {
        Side.USER: ("{other}向您的医保钱包转账 {amount} 元，请及时接收。", "{until}前未接收将自动退回。"),
    },
    Kind.TRANSFER_ACCEPTED: {
        Side.AUTHORISER: ("{other}已接收您的医保钱包转账 {amount} 元，不能再退回。",),
        Side.USER: ("您已接收{other}的医保钱包转账 {amount} 元，可在参保地看病购药时使用，不能转回个人账户。",),
    },
    Kind.TRANSFER_RETURNED: {
        Side.AUTHORISER: ("您转给{other}的 {amount} 元{reason}，已退还给您。", _HELD),
        Side.USER: ("{other}转给您的 {amount} 元{reason}，已退还给对方。",),
    },
    Kind.PREMIUM_PAID: {
        Side.AUTHORISER: ("您的个人账户已为{other}支付{premium} {amount} 元。",),
        Side.USER: ("{other}的个人账户已为您支付{premium} {amount} 元。",),
        Side.SELF: ("您的个人账户已支付{premium} {amount} 元。",),
    },
    Kind.PREMIUM_REFUNDED: {
        Side.AUTHORISER: ("您为{other}支付的{premium}已退还，{amount} 元退回您的账户。", _HELD),
        Side.USER: ("{other}为您支付的{premium}已退还，{amount} 元退回{other}的账户。",),
        Side.SELF: ("您支付的{premium}已退还，{amount} 元退回您的个人账户。", _HELD),
    },
    Kind.CONSENT_WITHDRAWN: {Side.SELF: ("您对“{client}”的授权已于{when}撤回，它不能再读取您的信息。",)},
    Kind.NEW_DEVICE: {Side.SELF: ("您的账号于{when}在一台新设备上登录。", "如非本人操作，请立即修改密码。")},
    Kind.SIGN_IN_CODE: {Side.SELF: ("登录验证码 {code}，{minutes} 分钟内有效。请勿告诉他人。",)},
}
"""Who is told of a kind, and in which words."""

URGENT: Final = frozenset({Kind.SIGN_IN_CODE})
"""Sent at night as well, and never kept in the inbox."""

CHOSEN: Final = tuple(kind for kind in Kind if kind not in URGENT)
"""Kinds that a person may choose for a channel; all of them stand in the inbox anyway."""

_LOOKED_UP: Final = frozenset({"other", "place"})


@cache
def named_facts(kind: Kind, side: Side) -> frozenset[str]:
    """The facts that a text names."""
    return frozenset(name for clause in WORDS[kind][side] for name in _fields(clause))


@cache
def _fields(clause: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(clause) if name is not None)


def text_of(kind: Kind, side: Side, facts: Mapping[str, str]) -> str:
    """The text of a notice. A person or place that is not known any more is called 对方 or 医药机构."""
    known = {"other": "对方", "place": "医药机构", **facts}
    first, *more = WORDS[kind][side]
    clauses = [first, *(clause for clause in more if _fields(clause) <= known.keys())]
    return "".join(clause.format_map(known) for clause in clauses)


def told_of(kind: Kind, at: datetime, people: Mapping[Side, str], *, about: str = "", **facts: str) -> list[Notice]:
    """One notice for each side that is told of a kind and stands in ``people``.

    Args:
        kind: what happened.
        at: when.
        people: person number by side; of authoriser and user each is the other's other side.
        about: id of the settlement or binding.
        facts: everything that is known; each side keeps only what its text names. ``place`` is an institution's code.

    Raises:
        ValueError: a text names a fact that is not there.
    """
    place = facts.pop("place", "")
    known = {"when": spoken_time(at), **facts}
    notices = []
    for side, words in WORDS[kind].items():
        if side not in people:
            continue
        missing = _fields(words[0]) - known.keys() - _LOOKED_UP
        if missing:
            raise ValueError(f"{kind} for {side} lacks {sorted(missing)}")
        kept = named_facts(kind, side)
        notices.append(
            Notice(
                to=people[side],
                kind=kind,
                side=side,
                other=people.get(_OPPOSITE[side], "") if side in _OPPOSITE else "",
                place=place if "place" in kept else "",
                about=about,
                facts={name: value for name, value in known.items() if name in kept},
            )
        )
    return notices


_OPPOSITE: Final = {Side.AUTHORISER: Side.USER, Side.USER: Side.AUTHORISER}


def spoken_time(at: datetime) -> str:
    """A time as people read it, in China."""
    local = at.astimezone(CHINA)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"


def of_binding(binding: Binding, what: str, at: datetime, **facts: str) -> list[Notice]:
    """What both sides are told of a step in the life of a binding.

    Args:
        binding: as it is after the step.
        what: ``bound``, ``approved``, ``confirmed``, ``declined``, ``rejected``, ``amended``, ``frozen``, ``unfrozen``,
            ``paused``, ``resumed``, or an ``EndReason``.
        at: when.
        facts: ``reason`` of a refusal, freezing or pause, ``changes`` of an amendment: the limits as they are now.

    Raises:
        ValueError: ``what`` is none of these.
    """
    both = {Side.AUTHORISER: binding.authoriser, Side.USER: binding.user}
    if what in _STEPS:
        return told_of(_STEPS[what], at, both, about=binding.id, **facts)
    if binding.state is BindingState.PENDING:
        kinds = (Kind.BINDING_REQUESTED, Kind.BINDING_TO_CONFIRM)
        return [notice for kind in kinds for notice in told_of(kind, at, both, about=binding.id)]
    if binding.state is BindingState.REVIEW:
        return told_of(Kind.BINDING_IN_REVIEW, at, both, about=binding.id)
    if what in ("bound", "approved", "confirmed"):
        return told_of(Kind.BINDING_CONFIRMED, at, both, about=binding.id, limits=limits_in_words(binding.limits))
    return told_of(Kind.BINDING_ENDED, at, both, about=binding.id, reason=EndReason(what).label)


_STEPS: Final = {
    "declined": Kind.BINDING_REFUSED,
    "rejected": Kind.BINDING_REFUSED,
    "paused": Kind.BINDING_PAUSED,
    "resumed": Kind.BINDING_RESUMED,
    "amended": Kind.BINDING_AMENDED,
    "frozen": Kind.BINDING_FROZEN,
    "unfrozen": Kind.BINDING_UNFROZEN,
}


def limits_in_words(limits: Limits) -> str:
    """The amounts that an authoriser set."""
    stated = (
        ("每次", limits.per_transaction),
        ("每日", limits.per_day),
        ("每年", limits.per_year),
        ("总额", limits.total),
    )
    return "，".join(f"{span} {format_yuan(amount)} 元" for span, amount in stated if amount is not None) or "金额不限"


def of_settlements(settlements: Iterable[Settlement], used_up: Collection[str] = ()) -> list[Notice]:
    """What patients and relatives are told of shared money drawn or given back; nothing where there was none.

    Args:
        settlements: settlements and reversals that were just made.
        used_up: bindings for a single use that ended with them.
    """
    return [notice for s in settlements if s.drawn for notice in _of_settlement(s, used_up)]


def _of_settlement(settlement: Settlement, used_up: Collection[str]) -> list[Notice]:
    payers = {payer.binding: payer.authoriser for payer in settlement.payers}
    sharers = {sharer.id: sharer for sharer in settlement.case.sharers}
    notices = []
    for binding, moved in settlement.drawn.items():
        both = {Side.AUTHORISER: payers[binding], Side.USER: settlement.person_no}
        amount, at = format_yuan(abs(moved)), settlement.settled_at
        facts = {"about": settlement.id, "place": settlement.institution, "amount": amount}
        if moved < 0:
            facts |= _held(settlement, payers[binding])
            notices += told_of(Kind.SHARED_MONEY_RETURNED, at, both, **facts)
            continue
        left = left_after(sharers.get(binding), moved)
        words = {"left": "，".join(f"{limit}还剩 {format_yuan(fen)} 元" for limit, fen in left)} if left else {}
        notices += told_of(Kind.SHARED_MONEY_USED, at, both, purpose=settlement.care.label, **facts, **words)
        reached = [limit for limit, fen in left if not fen]
        if reached:
            notices += told_of(Kind.LIMIT_REACHED, at, both, about=settlement.id, limits="、".join(reached))
        if binding in used_up:
            notices += told_of(Kind.BINDING_ENDED, at, both, about=binding, reason=EndReason.USED_UP.label)
    return notices


LIMIT_NAMES: Final = {
    NotDrawn.DAY_LIMIT_REACHED: "每日限额",
    NotDrawn.YEAR_LIMIT_REACHED: "每年限额",
    NotDrawn.TOTAL_LIMIT_REACHED: "总额",
}
"""What each limit of an authoriser is called while something is left of it."""


def left_after(sharer: Sharer | None, drawn: Fen) -> list[tuple[str, Fen]]:
    """What an authoriser's limits allow after a payment, each with its name."""
    if sharer is None:
        return []
    cap = [] if sharer.cap_per_transaction is None else [("本次限额", sharer.cap_per_transaction - drawn)]
    return cap + [(LIMIT_NAMES[limit.reason], limit.amount - drawn) for limit in sharer.left]


def _held(reversal: Settlement, authoriser: str) -> dict[str, str]:
    """Whether the authoriser's part waits in suspense because his account is closed."""
    for posting in reversal.booked:
        to = posting.to
        if isinstance(to, AccountRef) and to.kind is AccountKind.SUSPENSE and to.owner == authoriser:
            return {"held": "（待领取）"}
    return {}


QUIET_FROM: Final = time(21)
QUIET_UNTIL: Final = time(8)


def quiet_until(kind: Kind, channel: Channel, now: datetime) -> datetime | None:
    """When a notice may be sent if not now: no text messages at night, except what somebody is waiting for."""
    local = now.astimezone(CHINA)
    if channel is not Channel.SMS or kind in URGENT or QUIET_UNTIL <= local.time() < QUIET_FROM:
        return None
    day = local.date() + timedelta(days=1 if local.time() >= QUIET_FROM else 0)
    return datetime.combine(day, QUIET_UNTIL, CHINA)


def masked_name(name: str) -> str:
    """A name as it may leave for another network: the first character."""
    return name[:1] + "*" * (len(name) - 1)


def masked_phone(number: str) -> str:
    """A telephone number as it may be shown to others: first three and last four digits."""
    return f"{number[:3]}****{number[-4:]}" if len(number) >= len("13800000000") else "****"
