"""What the cashier fills in: whose bill, what was bought, which accounts may pay (收费单)."""

import hashlib
import re
import secrets
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

import msgspec

from gongji.core.case import AccountUse
from gongji.core.catalogue import CatalogueItem
from gongji.core.codes import ItemKind
from gongji.core.lines import product
from gongji.core.money import Fen
from gongji.service.visits import RawLine
from gongji.web.form import Form

ROWS: Final = 4
"""Lines of items on the form."""

MOST_OF_AN_ITEM: Final = 999

SERVICES: Final = frozenset(
    {ItemKind.CONSULTATION, ItemKind.EXAMINATION, ItemKind.TREATMENT, ItemKind.SURGERY, ItemKind.SERVICE}
)
"""Kinds whose price may be whatever was charged."""

_MESSAGE_ID = re.compile(r"CASHIER-[A-Za-z0-9_-]{24}", re.ASCII)


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A bill as it was filled in.

    Attributes:
        patient: certificate or card number of the patient, or his code.
        shown: number of the credential that was shown; empty when it is the patient's number itself.
        items: catalogue codes with quantities.
        amount: or just an amount in fen, for one service.
        message_id: number of the settlement's message: the same bill settles once however often it is sent.
        visit: the visit that was registered for it, empty at pharmacies.
    """

    institution: str
    patient: str
    shown: str
    items: tuple[tuple[str, int], ...]
    amount: Fen | None
    prescription: bool
    account_use: AccountUse
    message_id: str
    visit: str = ""

    @property
    def digest(self) -> bytes:
        """Hash of the content, by which a repeat is known as such."""
        return hashlib.sha256(msgspec.json.encode(self)).digest()


def new_message_id() -> str:
    """A number nobody can guess, since the receipt is found by it."""
    return f"CASHIER-{secrets.token_urlsafe(18)}"


def is_message_id(text: str) -> bool:
    """Whether it can be a number of ours."""
    return _MESSAGE_ID.fullmatch(text) is not None


def read_draft(form: Form, catalogue: dict[str, CatalogueItem]) -> Draft | None:
    """The bill of a form, or None when a field is at fault."""
    institution = form.need("institution", "请选择机构")
    patient = form.text("patient") or form.text("patient_demo")
    if not patient:
        form.fault("patient", "请填写就医者的证件号码或社保卡号")
    items = _items(form, catalogue)
    amount = form.yuan("amount")
    if not items and amount is None and not form.faults:
        form.fault("item1", "请选择项目，或在下面直接填写金额")
    if items and amount is not None:
        form.fault("amount", "项目和金额只填一样")
    if amount is not None and service_item(catalogue.values()) is None:
        form.fault("amount", "目录里没有诊疗服务项目，请选择项目和数量")
    use = form.text("account_use")
    if use not in {str(int(member)) for member in AccountUse}:
        form.fault("account_use", "请选择用谁的账户")
    if form.faults:
        return None
    stated = form.text("message_id")
    return Draft(
        institution=institution,
        patient=patient.upper(),
        shown=form.text("shown").upper(),
        items=items,
        amount=amount,
        prescription=form.ticked("prescription"),
        account_use=AccountUse(int(use)),
        message_id=stated if is_message_id(stated) else new_message_id(),
        visit=form.text("visit"),
    )


def _items(form: Form, catalogue: dict[str, CatalogueItem]) -> tuple[tuple[str, int], ...]:
    items = []
    for row in range(1, ROWS + 1):
        code = form.text(f"item{row}")
        if not code:
            continue
        if code not in catalogue:
            form.fault(f"item{row}", "目录里没有这个项目，请重新选择")
        items.append((code, form.count(f"quantity{row}", MOST_OF_AN_ITEM) or 1))
    return tuple(items)


def service_item(items: Iterable[CatalogueItem]) -> CatalogueItem | None:
    """The service whose price is whatever was charged: wholly in scope and without a price limit."""
    fitting = (item for item in items if item.level == "甲" and item.price_limit is None and item.kind in SERVICES)
    return max(fitting, key=lambda item: (item.price, item.code), default=None)


def raw_lines(draft: Draft, catalogue: dict[str, CatalogueItem]) -> list[RawLine]:
    """The lines of the bill at the catalogue's prices."""
    if draft.amount is not None:
        service = service_item(catalogue.values())
        priced = [(service.code if service else "", 1, draft.amount)]
    else:
        priced = [(code, quantity, catalogue[code].price) for code, quantity in draft.items if code in catalogue]
    lines = []
    for number, (code, quantity, price) in enumerate(priced, start=1):
        each = Decimal(price) / 100
        total = product(Decimal(quantity), each)
        lines.append(RawLine(line_no=str(number), item=code, quantity=Decimal(quantity), price=each, amount=total))
    return lines
