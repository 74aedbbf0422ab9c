"""What a place offers who binds a relative, and what he asks for in the form (绑定表单)."""

from collections.abc import Sequence
from enum import Enum
from typing import Any, Final

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile

from gongji.core.codes import BindingChannel, BindingTerm, PaperKind, ProofWay, Relation, SharingMode
from gongji.core.eligibility import across, modes_offered, proof_for
from gongji.core.family import Binding
from gongji.core.papers import MOST_PAPER
from gongji.core.policy import Kin, LinkTerms, ProofPapers, SharingReach
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.bindings import BindingRequest
from gongji.service.platform import Platform
from gongji.service.proof_papers import upload
from gongji.web.form import Form
from gongji.web.portal import limits
from gongji.web.visitor import Visitor

MOST_POSITIONS: Final = 9
MOST_SHEETS: Final = 4
"""Files that may be sent of one kind of paper: a household register has several pages."""

MOST_BODY: Final = 8 * MOST_PAPER
"""Bytes of a form with papers; each paper has its own limit besides."""


class Lasting(Enum):
    """How long a binding is to last, as people are asked (有效期)."""

    OPEN = "open"
    UNTIL = "until"
    ONCE = "once"


FIELDS: Final = (
    "user_certificate_no",
    "user_name",
    "user_region",
    "user_card_no",
    "relation",
    "lasting",
    "starts_on",
    "ends_on",
    "mode",
    "quota",
    "position",
    *limits.FIELDS,
)
"""Fields of the form, which the last step carries along."""


UPLOADED: Final = tuple(f"uploaded-{kind.value}" for kind in PaperKind)
"""Fields that carry the numbers of papers that are there already."""


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What a place offers on a day.

    Attributes:
        near: ways to share within the province, the usual one first; ``far`` is the way to another province, or None.
        papers: what is to be uploaded; empty where a signed commitment is enough.
        once: whether a binding for a single use is made; ``long_for_employees`` whether one for long is made between
            employees only.
    """

    kin: Kin
    reach: SharingReach
    notice: str
    commitment: str
    confirm_by_user: bool
    near: tuple[SharingMode, ...]
    far: SharingMode | None
    papers: tuple[PaperKind, ...]
    reviewed: bool
    asks_card: bool
    once: bool
    long_for_employees: bool

    @property
    def modes(self) -> tuple[SharingMode, ...]:
        """Every way there is."""
        return tuple(dict.fromkeys((*self.near, *([self.far] if self.far else []))))


def offer_of(platform: Platform, visitor: Visitor) -> Offer | Refusal:
    """What the visitor's place offers today by the channel he came through."""
    book, region, today = platform.book, visitor.region, platform.clock().date()
    kin = book.rule(Kin, region, "sharing.kin", today)
    reach = book.rule(SharingReach, region, "sharing.reach", today)
    if kin is None or reach is None:
        return refuse(Code.SHARING_NOT_OPEN, region=book.name(region), on=str(today))
    proof = book.rule(ProofPapers, region, "sharing.proof", today)
    if proof and visitor.channel.partition("/")[0] in [one.value for one in proof.closed]:
        channel = BindingChannel(visitor.channel.partition("/")[0])
        return refuse(Code.WAY_NOT_OFFERED, field="channel", region=book.name(region), channel=channel.label)
    words = proof_for(book, region, today)
    terms = book.rule(LinkTerms, region, "sharing.terms", today)
    far = across(book, region, region, today)
    reviewed = proof is not None and proof.online is ProofWay.DOCUMENTS
    return Offer(
        kin=kin,
        reach=reach,
        notice=words.notice if words else "个人账户共济绑定告知书",
        commitment=words.commitment if words else "个人承诺书",
        confirm_by_user=bool(words and words.confirm_by_user),
        near=modes_offered(book, region, region, today),
        far=far.mode if far else None,
        papers=proof.documents if proof and reviewed else (),
        reviewed=reviewed,
        asks_card=bool(proof and proof.asks_card),
        once=terms is None or terms.single_use,
        long_for_employees=bool(terms and terms.long_term_employees_only),
    )


def wanted_of(form: Form, visitor: Visitor) -> BindingRequest | None:
    """The request the form makes, or None when a field cannot be read; faults are noted in the form."""
    number = form.need("user_certificate_no", "请填写使用人的证件号码")
    name = form.need("user_name", "请填写使用人的姓名")
    region = form.need("user_region", "请选择使用人的参保地")
    relation = form.choice("relation", Relation, "请选择使用人与您的关系")
    mode = form.choice("mode", SharingMode, "请选择列出的共济方式") if form.text("mode") else None
    lasting = form.choice("lasting", Lasting, "请选择有效期") if form.text("lasting") else Lasting.OPEN
    starts_on, ends_on = form.day("starts_on"), form.day("ends_on")
    if lasting is Lasting.UNTIL and ends_on is None:
        form.fault("ends_on", "请填写结束日期")
    position = form.count("position", MOST_POSITIONS)
    allowed = msgspec.structs.replace(limits.read_limits(form), quota=form.yuan("quota"))
    if form.faults or relation is None:
        return None
    return BindingRequest(
        authoriser=visitor.person_no,
        user_certificate_no=number,
        user_name=name,
        user_region=region,
        user_card_no=form.text("user_card_no"),
        relation=relation,
        position=position,
        starts_on=starts_on,
        ends_on=ends_on,
        limits=allowed,
        mode=mode,
        term=BindingTerm.SINGLE_USE if lasting is Lasting.ONCE else BindingTerm.LONG_TERM,
        notice_accepted=form.ticked("notice_accepted"),
        signature=_signature(form, visitor),
        papers=tuple(number for kind in PaperKind for number in uploaded(form, kind)),
        channel=visitor.channel,
    )


def _signature(form: Form, visitor: Visitor) -> str:
    """What was drawn, or the own name typed where nothing can be drawn; empty when there is neither."""
    drawn = form.long_text("signature_drawn")
    if drawn:
        return drawn
    typed = form.text("signature_name")
    if typed and typed != visitor.name:
        form.fault("signature_name", "签名与您的姓名不一致，请填写您本人的姓名")
        return ""
    return typed


def uploaded(form: Form, kind: PaperKind) -> list[str]:
    """Numbers of the papers of a kind that are there already, which the form carries."""
    return form.long_text(f"uploaded-{kind.value}").split()


async def take_papers(
    request: Request[Any, Any, Any], platform: Platform, visitor: Visitor, form: Form, kinds: Sequence[PaperKind]
) -> None:
    """Keep the files of a form and note their numbers in it, so that none is sent twice; faults stand at the field."""
    fields = await request.form()
    for kind in kinds:
        name = f"paper-{kind.value}"
        files = [one for one in fields.getall(name, []) if isinstance(one, UploadFile) and one.filename]
        if len(files) + len(uploaded(form, kind)) > MOST_SHEETS:
            form.fault(name, f"每种材料最多 {MOST_SHEETS} 个文件")
            continue
        for one in files:
            number = await upload(platform, visitor.person_no, kind, one.filename.replace("\x00", ""), await one.read())
            if isinstance(number, Refusal):
                form.fault(name, number.text)
                break
            form.values[f"uploaded-{kind.value}"] = " ".join([*uploaded(form, kind), number])
        if not uploaded(form, kind):
            form.fault(name, f"请上传{kind.label}的照片或扫描件")


def again(binding: Binding, name: str, region: str) -> dict[str, str]:
    """A binding that came to nothing as the fields of a new form; the number is to be typed again."""
    once = binding.term is BindingTerm.SINGLE_USE
    lasting = Lasting.ONCE if once else Lasting.UNTIL if binding.ends_on else Lasting.OPEN
    values = {"user_name": name, "user_region": region, "relation": binding.relation.value, "lasting": lasting.value}
    if binding.ends_on:
        values["ends_on"] = binding.ends_on.isoformat()
    return values | limits.values_of(binding.limits)
