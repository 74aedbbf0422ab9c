"""The families of the demo city, read from ``families.toml`` (演示城市的家庭)."""

from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import msgspec

from gongji.core.codes import EMPLOYEE_STATUSES, Insurance, Relation, Scheme, Segment, Status
from gongji.core.family import NO_LIMITS, Limits
from gongji.core.money import parse_yuan
from gongji.core.person import Person
from gongji.core.times import CHINA
from gongji.demo.numbers import card_number, identity_number, person_number, phone_number
from gongji.service.bindings import BindingRequest
from gongji.service.enrol import Credit, Enrolment

PASSWORD: Final = "gongji-demo"  # noqa: S105 - the sandbox publishes it
"""Everybody's password: one hash for all keeps the start fast."""

EARLIEST_INSURED: Final = date(2010, 1, 1)


class Member(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A member of a family as the file has it; money is text in yuan.

    Attributes:
        role: the name by which programs find the person.
        who: what he is in the family and what is special about him, for readers.
        region: where he is insured, when it is not the family's.
        current_year, historical: instead of ``balance`` where the region keeps segments.
        work: his employer.
        verified: whether he has been real-name verified.
        phone: whether he has one.
    """

    role: str
    who: str
    name: str
    sex: Literal["男", "女"]
    born: date
    status: Status
    region: str = ""
    insurance: Insurance = Insurance.INSURED
    balance: str = "0.00"
    current_year: str = "0.00"
    historical: str = "0.00"
    retired_on: date | None = None
    suspended_on: date | None = None
    work: str = ""
    verified: bool = True
    phone: bool = True


class Bond(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A binding that exists from the start; people by name, ``cap`` in yuan, ``signed_at`` where it has its own."""

    authoriser: str
    user: str
    relation: Relation
    position: int | None = None
    cap: str | None = None
    signed_at: datetime | None = None


class Family(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A family and the story it tells."""

    no: int
    name: str
    region: str
    story: str
    members: tuple[Member, ...]
    bindings: tuple[Bond, ...] = ()


class Families(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file; ``signed_at`` is when the bindings were made."""

    signed_at: datetime
    families: tuple[Family, ...]


class Citizen(msgspec.Struct, frozen=True, kw_only=True):
    """A member with the insured person made of him."""

    member: Member
    person: Person

    @property
    def credits(self) -> tuple[Credit, ...]:
        """What his accounts start with."""
        amounts = (
            (Segment.WHOLE, self.member.balance),
            (Segment.CURRENT_YEAR, self.member.current_year),
            (Segment.HISTORICAL, self.member.historical),
        )
        number = self.person.person_no
        return tuple(
            Credit(person_no=number, amount=fen, segment=segment, reference=f"demo-{number}-{segment}")
            for segment, fen in ((segment, parse_yuan(text)) for segment, text in amounts)
            if fen
        )

    def enrolment(self, password_hash: str) -> Enrolment:
        """What takes him into the books."""
        return Enrolment(person=self.person, password_hash=password_hash, fictitious=True)


@cache
def families() -> Families:
    """The file as values."""
    text = files("gongji.demo").joinpath("families.toml").read_bytes()
    return msgspec.toml.decode(text, type=Families)


@cache
def citizens() -> dict[str, Citizen]:
    """Everybody by name, family by family."""
    return {
        member.name: Citizen(member=member, person=_person(family, place, member))
        for family in families().families
        for place, member in enumerate(family.members, start=1)
    }


@cache
def roles() -> dict[str, str]:
    """Roles by person number."""
    return {citizen.person.person_no: citizen.member.role for citizen in citizens().values()}


def binding_requests() -> Iterator[tuple[BindingRequest, datetime]]:
    """The forms of the bindings that exist from the start, each with the time at which it was signed."""
    people = citizens()
    for family in families().families:
        for bond in family.bindings:
            user = people[bond.user].person
            request = BindingRequest(
                authoriser=people[bond.authoriser].person.person_no,
                user_certificate_no=user.certificate_no,
                user_name=user.name,
                user_region=user.region,
                relation=bond.relation,
                position=bond.position,
                limits=Limits(per_transaction=parse_yuan(bond.cap)) if bond.cap else NO_LIMITS,
                notice_accepted=True,
                signature=bond.authoriser,
            )
            yield request, (bond.signed_at or families().signed_at).astimezone(CHINA)


def _person(family: Family, place: int, member: Member) -> Person:
    serial = family.no * 100 + place
    region = member.region or family.region
    male = member.sex == "男"
    insured = member.insurance is not Insurance.NONE
    return Person(
        person_no=person_number(region, serial),
        region=region,
        name=member.name,
        certificate_type="01",
        certificate_no=identity_number(region, member.born, place, male=male),
        card_no=card_number(serial),
        phone=phone_number(serial) if member.phone else "",
        gender="1" if male else "2",
        birth_date=member.born,
        scheme=Scheme.EMPLOYEE if member.status in EMPLOYEE_STATUSES else Scheme.RESIDENT,
        status=member.status,
        insurance=member.insurance,
        insured_since=max(EARLIEST_INSURED, member.born) if insured else None,
        suspended_on=member.suspended_on,
        retired_on=member.retired_on,
        gp_signed=False,
        missing_years=0,
        employer=member.work,
        real_name_verified=member.verified,
    )
