"""From database rows to values of the core: the column order of the statements is written down once, here."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from gongji.core.account import AccountKind, PersonalAccount
from gongji.core.case import PurposePart
from gongji.core.catalogue import CatalogueItem, CatalogueTerm
from gongji.core.codes import (
    AccountState,
    BindingTerm,
    Care,
    Filing,
    Grade,
    Insurance,
    ItemKind,
    Level,
    PremiumKind,
    Purpose,
    Relation,
    Scheme,
    Segment,
    SharingMode,
    Status,
)
from gongji.core.family import NO_LIMITS, Binding, BindingState, Limits
from gongji.core.filing import Filed, Subject
from gongji.core.lines import LineSplit
from gongji.core.moving import Moved
from gongji.core.person import Institution, Person
from gongji.core.premium import Entered, PremiumPayment
from gongji.core.record import Settlement
from gongji.core.wallet import Source, Transfer, TransferState

Row = Sequence[Any]

# Looked up several times a settlement: a table is quicker than the enumeration itself.
_SCHEME = {code.value: code for code in Scheme}
_STATUS = {code.value: code for code in Status}
_INSURANCE = {code.value: code for code in Insurance}
_SEGMENT = {code.value: code for code in Segment}
_ACCOUNTKIND = {code.value: code for code in AccountKind}
_ACCOUNTSTATE = {code.value: code for code in AccountState}
_RELATION = {code.value: code for code in Relation}
_SHARINGMODE = {code.value: code for code in SharingMode}
_CARE = {code.value: code for code in Care}
_PURPOSE = {code.value: code for code in Purpose}
_ITEMKIND = {code.value: code for code in ItemKind}
_LEVEL = {code.value: code for code in Level}
_GRADE = {code.value: code for code in Grade}
_BINDINGTERM = {code.value: code for code in BindingTerm}
_BINDINGSTATE = {code.value: code for code in BindingState}

settlement_decoder = msgspec.json.Decoder(Settlement)
premium_decoder = msgspec.json.Decoder(PremiumPayment)
move_decoder = msgspec.json.Decoder(Moved)
transfer_decoder = msgspec.json.Decoder(Transfer)
encode = msgspec.json.Encoder().encode


def person(row: Row) -> Person:
    """A person, from the columns of the ``person_*`` statements."""
    return Person(
        person_no=row[0],
        region=row[1],
        name=row[2],
        certificate_type=row[3],
        certificate_no=row[4],
        card_no=row[5],
        phone=row[6],
        gender=row[7],
        birth_date=row[8],
        scheme=_SCHEME[row[9]],
        status=_STATUS[row[10]],
        insurance=_INSURANCE[row[11]],
        insured_since=row[12],
        suspended_on=row[13],
        retired_on=row[14],
        gp_signed=row[15],
        missing_years=row[16],
        employer=row[17],
        real_name_verified=row[18],
        covered=tuple(zip(row[19][::2], row[19][1::2], strict=True)) if row[19] else (),
        moved=tuple(zip(row[20], row[21], strict=True)) if row[20] else (),
    )


def institution(row: Row) -> Institution:
    """An institution, from ``institutions``."""
    return Institution(
        code=row[0],
        region=row[1],
        name=row[2],
        kind=row[3],
        level=_LEVEL[row[4]] if row[4] else None,
        grade=_GRADE[row[5]] if row[5] else None,
        community=row[6],
        designated=row[7],
        checkup=row[8],
        village=row[9],
        top=row[10],
    )


def account(row: Row) -> PersonalAccount:
    """A personal account, from ``lock_accounts`` or ``read_accounts``."""
    return PersonalAccount(
        id=row[0],
        region=row[1],
        owner=row[2],
        segment=_SEGMENT[row[3]],
        state=_ACCOUNTSTATE[row[4]],
        balance=row[5],
        kind=_ACCOUNTKIND[row[6]],
        binding=row[7],
    )


def binding(row: Row) -> Binding:
    """A binding, from ``bindings_of_users``."""
    return Binding(
        id=row[0],
        authoriser=row[1],
        user=row[2],
        relation=_RELATION[row[3]],
        mode=_SHARINGMODE[row[4]],
        position=row[5],
        state=_BINDINGSTATE[row[6]],
        starts_on=row[7],
        ends_on=row[8],
        limits=limits(row[9]),
        term=_BINDINGTERM[row[10]],
        created_at=row[11],
        ended_reason=row[12] or "",
    )


def filed(row: Row) -> Filed:
    """What was filed, from the first columns of ``filings_of``."""
    return Filed(
        id=row[0],
        person_no=row[1],
        subject=Subject(row[2]),
        kind=Filing(row[3]),
        place=row[4],
        begins_on=row[5],
        ends_on=row[6],
    )


def limits(kept: dict[str, Any]) -> Limits:
    """What an authoriser allows, from the column ``limits``."""
    return msgspec.convert(kept, Limits) if kept else NO_LIMITS


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """A registered visit (就诊); ``ended_on`` is the day of discharge from hospital."""

    id: str
    region: str
    person_no: str
    institution: str
    number: str
    care: Care
    began_on: date
    state: str
    ended_on: date | None = None

    @property
    def stay(self) -> bool:
        """Whether it is a stay in hospital."""
        return self.care is Care.INPATIENT


def visit(row: Row) -> Visit:
    """A visit, from ``visits``."""
    return Visit(
        id=row[0],
        region=row[1],
        person_no=row[2],
        institution=row[3],
        number=row[4],
        care=_CARE[row[5]],
        began_on=row[6],
        state=row[7],
        ended_on=row[8],
    )


def line_split(row: Row) -> LineSplit:
    """Lines of a batch that have one purpose, or none, from ``batch_totals``."""
    parts = (PurposePart(purpose=_PURPOSE[row[2]], amount=row[5]),) if row[2] else ()
    return LineSplit(amount=row[4], full_self_pay=row[5], over_limit=row[6], first_self_pay=row[7], by_purpose=parts)


def catalogue_item(row: Row) -> CatalogueItem:
    """A catalogue item that can be charged, from the ``catalogue_items_*`` statements."""
    return CatalogueItem(
        file=row[0],
        code=row[1],
        begins_on=row[2],
        ends_on=row[3],
        name=row[4],
        kind=_ITEMKIND[row[5]],
        level=row[6],
        first_self_pay=row[7],
        price_limit=row[8],
        price=row[9],
        unit=row[10],
        dosage_form=row[11],
        specification=row[12],
        restriction=row[13],
        version=row[14],
        valid=row[15],
    )


def catalogue_term(row: Row) -> CatalogueTerm:
    """What a region decides about an item, from ``catalogue_terms_of``."""
    return CatalogueTerm(
        code=row[0],
        region=row[1],
        scheme=_SCHEME[row[2]] if row[2] else None,
        hospital_level=Level(row[3]) if row[3] else None,
        begins_on=row[4],
        ends_on=row[5],
        kind=_ITEMKIND[row[6]] if row[6] else None,
        level=row[7],
        first_self_pay=row[8],
        price_limit=row[9],
        restriction=row[10],
    )


def premium_standard(row: Row) -> Entered:
    """A figure that an agency entered, from ``premium_standards``."""
    return Entered(
        region=row[0],
        kind=PremiumKind(row[1]),
        year=row[2],
        amount=row[3],
        source=row[4],
        status=_STATUS[row[5]] if row[5] else None,
        product=row[6],
        name=row[7],
        opens_on=row[8],
        closes_on=row[9],
    )


def transfer(row: Row) -> Transfer:
    """A wallet transfer, from the columns of the ``wallet_transfer*`` statements."""
    return Transfer(
        id=row[0],
        sender=row[1],
        receiver=row[2],
        relation=_RELATION[row[3]],
        source=Source(row[4]),
        amount=row[5],
        state=TransferState(row[6]),
        sent_at=row[7],
        returns_at=row[8],
        decided_at=row[9],
    )
