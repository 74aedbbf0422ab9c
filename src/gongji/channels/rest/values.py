"""What REST takes and gives: money as strings in yuan, dates as ISO days (REST 数据)."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from gongji.channels.rest.problems import invalid
from gongji.core.case import Step
from gongji.core.codes import BindingTerm, Business, PremiumKind, Relation, Segment
from gongji.core.family import BindingState
from gongji.core.money import format_yuan
from gongji.core.notices import EndReason
from gongji.core.scopes import Scope
from gongji.service.bindings import BindingView
from gongji.service.oauth.granted import Access, Granted
from gongji.service.records import AccountPage, Movement, SettlementView
from gongji.service.sessions import Device
from gongji.service.telling import told_to_patient

LONGEST_TEXT = 200


def clean(text: str, field: str) -> str:
    """A text that can be kept and looked up."""
    if "\x00" in text or len(text) > LONGEST_TEXT:
        raise invalid(f"字段 {field} 的值不正确", field)
    return text


LONGEST_REMARK = 500


def clean_long(text: str, field: str) -> str:
    """A remark that can be kept."""
    if "\x00" in text or len(text) > LONGEST_REMARK:
        raise invalid(f"字段 {field} 最多 {LONGEST_REMARK} 个字", field)
    return text


Number = Annotated[int, Meta(ge=1, le=2**62)]
"""A row number in a cursor."""
Login = Annotated[str, Meta(description="证件号码、社保卡号或人员编号", examples=["999901197001000011"])]
Word = Annotated[str, Meta(description="密码", examples=["correct-horse-7"])]
PhoneCode = Annotated[str, Meta(description="短信验证码，六位数字", examples=["304519"])]


class SignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number and the password."""

    login: Login
    password: Word


class SignInWithCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number and the code that was sent to its owner's phone."""

    login: Login
    code: PhoneCode


class AskForCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose phone, and what for."""

    login: Login
    purpose: Literal["sign_in", "reset_password"] = "sign_in"


class ResetPassword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new password with a code instead of the old one."""

    login: Login
    code: PhoneCode
    new_password: Word


class ChangePassword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The old password and the new one."""

    old_password: Word
    new_password: Word


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """Words for the person."""

    text: str


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What later requests carry as ``Authorization: Bearer``."""

    token: str


class DeviceOut(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in; ``current`` is the one that asks."""

    id: str
    device: str
    signed_in_at: datetime
    seen_at: datetime
    expires_at: datetime
    current: bool


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How many sessions ended."""

    ended: int


class ScopeOut(msgspec.Struct, frozen=True, kw_only=True):
    """A scope and what it means."""

    scope: Scope
    text: str


class GrantOut(msgspec.Struct, frozen=True, kw_only=True):
    """What one channel was allowed; ``state`` is active, revoked, expired or closed."""

    id: str
    channel: str
    scopes: list[ScopeOut]
    granted_at: datetime
    expires_at: datetime
    state: str
    ended_at: datetime | None
    last_access: datetime | None


class AccessOut(msgspec.Struct, frozen=True, kw_only=True):
    """A look at one's data by a channel, or a refused try."""

    at: datetime
    channel: str
    what: str
    scope: str | None
    allowed: bool


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """The person of the token. The certificate number is not repeated."""

    psn_no: str
    name: str
    region: str
    region_name: str
    scheme: str
    status: str
    insurance: str
    real_name_verified: bool


class MovementOut(msgspec.Struct, frozen=True, kw_only=True):
    """Money into (positive) or out of (negative) the account; ``person`` is whose bill or premium it was."""

    at: datetime
    amount: str
    balance_after: str
    purpose: str
    kind: str
    settlement_id: str | None
    person: str
    institution: str
    care: str | None
    business: Business
    business_name: Annotated[str, Meta(description="业务类型", examples=["代缴保险费"])]
    premium_id: str | None
    premium_kind: PremiumKind | None
    premium_year: int | None


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Balance, yearly figures and latest movements."""

    state: str
    balance: str
    available: str
    frozen: str
    current_year: str | None
    historical: str | None
    year: int
    deductible_used: str
    pool_paid: str
    movements: list[MovementOut]


class StepOut(msgspec.Struct, frozen=True, kw_only=True):
    """One reason of a split."""

    rule: str
    text: str
    amount: str
    file: str | None
    source: str | None
    confidence: str | None


class SharedOut(msgspec.Struct, frozen=True, kw_only=True):
    """What one relative's account paid."""

    name: str
    amount: str


class SettlementOut(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A settlement. A relative who paid gets ``view: "part"``: his own amount, when, where and whose bill."""

    id: str
    view: str
    at: datetime
    institution: str
    person: str
    care: str
    my_part: str | None = None
    total: str | None = None
    fund: str | None = None
    own: str | None = None
    shared: str | None = None
    cash: str | None = None
    shared_by: list[SharedOut] = []
    trace: list[StepOut] = []
    reverses: str | None = None
    reversed_by: str | None = None


class SettlementLine(msgspec.Struct, frozen=True, kw_only=True):
    """A settlement in a list; the amounts of a reversal are negative."""

    id: str
    at: datetime
    institution: str
    care: str
    total: str
    fund: str
    own: str
    shared: str
    cash: str
    reverses: str | None


class BindingIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A relative to bind; the authoriser is the person of the token. ``relation``: what the user is to him."""

    user_certificate_no: str
    user_name: str
    relation: Relation
    user_region: str = ""
    position: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    cap_per_transaction: str | None = None
    notice_accepted: bool = False
    signature: str = ""
    user_card_no: str = ""
    term: BindingTerm = BindingTerm.LONG_TERM
    papers: Annotated[list[str], Meta(max_length=20, description="POST /api/papers 得到的编号")] = []


class BindingOut(msgspec.Struct, frozen=True, kw_only=True):
    """A binding. ``role`` is the side of the person of the token."""

    id: str
    role: str
    authoriser: str
    user: str
    relation: Relation
    mode: str
    position: int
    state: BindingState
    state_text: str
    term: BindingTerm
    ended_reason: str | None
    starts_on: date
    ends_on: date | None
    cap_per_transaction: str | None


def account_out(page: AccountPage) -> Account:
    """A person's own account."""
    holding = page.holding
    kept = {account.segment for account in holding.accounts}
    return Account(
        state=holding.state.value,
        balance=format_yuan(holding.balance),
        available=format_yuan(holding.available),
        frozen=format_yuan(holding.balance - holding.available),
        current_year=format_yuan(holding.of(Segment.CURRENT_YEAR)) if Segment.CURRENT_YEAR in kept else None,
        historical=format_yuan(holding.of(Segment.HISTORICAL)) if Segment.HISTORICAL in kept else None,
        year=page.year,
        deductible_used=format_yuan(page.year_to_date.deductible),
        pool_paid=format_yuan(page.year_to_date.pool),
        movements=[movement_out(movement) for movement in page.movements],
    )


def movement_out(movement: Movement) -> MovementOut:
    """Money in or out."""
    return MovementOut(
        at=movement.at,
        amount=format_yuan(movement.amount),
        balance_after=format_yuan(movement.after),
        purpose=movement.purpose,
        kind=movement.kind,
        settlement_id=movement.settlement,
        person=movement.person_name,
        institution=movement.institution,
        care=movement.care.value if movement.care else None,
        business=movement.business,
        business_name=movement.business.label,
        premium_id=movement.premium,
        premium_kind=movement.premium_kind,
        premium_year=movement.premium_year,
    )


def patient_view(view: SettlementView) -> SettlementOut:
    """The whole settlement, for the patient."""
    settlement = view.settlement
    split = settlement.split
    texts = told_to_patient(split, {binding: person.name for binding, person in view.authorisers.items()})
    return SettlementOut(
        id=settlement.id,
        view="patient",
        at=settlement.settled_at,
        institution=view.institution.name,
        person=view.patient.name,
        care=settlement.care.value,
        total=format_yuan(split.total),
        fund=format_yuan(split.fund),
        own=format_yuan(split.own_total),
        shared=format_yuan(split.shared_total),
        cash=format_yuan(split.cash),
        shared_by=[
            SharedOut(name=view.authorisers[drawn.id].name, amount=format_yuan(drawn.amount))
            for drawn in split.shared
            if drawn.amount
        ],
        trace=[_step(step, text) for step, text in zip(split.steps, texts, strict=True)],
        reverses=settlement.reverses,
        reversed_by=view.reversed_by,
    )


def _step(step: Step, text: str) -> StepOut:
    cite = step.cite
    return StepOut(
        rule=step.rule,
        text=text,
        amount=format_yuan(step.amount),
        file=cite.file if cite else None,
        source=cite.source if cite else None,
        confidence=cite.confidence.value if cite else None,
    )


def part_view(view: SettlementView, part: int) -> SettlementOut:
    """A relative's own part, and nothing of the illness or of others."""
    return SettlementOut(
        id=view.settlement.id,
        view="part",
        at=view.settlement.settled_at,
        institution=view.institution.name,
        person=view.patient.name,
        care=view.settlement.care.value,
        my_part=format_yuan(part),
        reverses=view.settlement.reverses,
        reversed_by=view.reversed_by,
    )


def binding_out(view: BindingView, person_no: str) -> BindingOut:
    """A binding as one side sees it."""
    binding = view.binding
    cap = binding.limits.per_transaction
    return BindingOut(
        id=binding.id,
        role="authoriser" if binding.authoriser == person_no else "user",
        authoriser=view.authoriser.name,
        user=view.user.name,
        relation=binding.relation,
        mode=binding.mode.value,
        position=binding.position,
        state=binding.state,
        state_text=binding.label,
        term=binding.term,
        ended_reason=EndReason(binding.ended_reason).label if binding.ended_reason else None,
        starts_on=binding.starts_on,
        ends_on=binding.ends_on,
        cap_per_transaction=None if cap is None else format_yuan(cap),
    )


def device_out(device: Device, session: str | None) -> DeviceOut:
    """A sign-in as its person sees it."""
    return DeviceOut(
        id=device.id,
        device=device.device,
        signed_in_at=device.signed_in_at,
        seen_at=device.seen_at,
        expires_at=device.expires_at,
        current=device.id == session,
    )


def grant_out(grant: Granted) -> GrantOut:
    """A consent as its person sees it."""
    return GrantOut(
        id=grant.id,
        channel=grant.name,
        scopes=[ScopeOut(scope=scope, text=scope.label) for scope in grant.scopes],
        granted_at=grant.granted_at,
        expires_at=grant.expires_at,
        state=grant.state,
        ended_at=grant.ended_at,
        last_access=grant.last_access,
    )


def access_out(access: Access) -> AccessOut:
    """A look at one's data."""
    return AccessOut(at=access.at, channel=access.channel, what=access.what, scope=access.scope, allowed=access.allowed)
