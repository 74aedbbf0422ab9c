"""A settlement's receipt: whole for the patient, his own part for a relative who paid (结算单)."""

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from gongji.core.money import Fen
from gongji.core.refusal import Refusal
from gongji.service.platform import Platform
from gongji.service.records import SettlementView, paid_by, settlement_view
from gongji.service.telling import told_to_patient
from gongji.web.faults import NoSuchPageError
from gongji.web.rendering import page
from gongji.web.split_view import split_view
from gongji.web.visitor import Visitor


class PaidBy(msgspec.Struct, frozen=True, kw_only=True):
    """A relative who paid a part."""

    name: str
    amount: Fen


@get("/settlements/{settlement_id:str}")
async def receipt(
    platform: NamedDependency[Platform], visitor: NamedDependency[Visitor], settlement_id: FromPath[str]
) -> Template:
    """The receipt, as far as the visitor may see it; for a stranger there is no such page."""
    view = await settlement_view(platform, settlement_id)
    if isinstance(view, Refusal):
        raise NoSuchPageError
    if view.patient.person_no == visitor.person_no:
        split = view.settlement.split
        texts = told_to_patient(split, {binding: person.name for binding, person in view.authorisers.items()})
        return page(
            "receipt.html",
            visitor=visitor,
            view=view,
            split=split_view(split, texts, platform.clock().date()),
            relatives=relatives_of(view),
        )
    part = paid_by(view, visitor.person_no)
    # After a return the rest may need nothing of a relative who had paid of the whole.
    had_paid = view.settlement.instead_of and any(p.authoriser == visitor.person_no for p in view.settlement.payers)
    if part == 0 and not had_paid:
        raise NoSuchPageError
    return page("receipt_part.html", visitor=visitor, view=view, part=part)


def relatives_of(view: SettlementView) -> list[PaidBy]:
    """The relatives who paid, for the patient's eyes: their parts, never what they have."""
    return [
        PaidBy(name=view.authorisers[drawn.id].name, amount=drawn.amount)
        for drawn in view.settlement.split.shared
        if drawn.amount
    ]
