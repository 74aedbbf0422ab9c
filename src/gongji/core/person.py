"""Insured people and designated institutions (参保人、定点医药机构)."""

from datetime import date

import msgspec

from gongji.core.codes import Care, Filing, Grade, Insurance, Level, Place, Scheme, Status
from gongji.core.facts import Facts


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """An insured person (参保人).

    ``region`` is the pooling area of insurance; ``certificate_no`` and ``card_no`` identify him at a counter.
    ``covered`` are the first and last days of the spans that paid premiums cover. ``moved`` are his moves between
    pooling areas in turn (转移接续): the first day in the new one, and the one he left.
    """

    person_no: str
    region: str
    name: str
    certificate_type: str
    certificate_no: str
    card_no: str
    phone: str
    gender: str
    birth_date: date
    scheme: Scheme
    status: Status
    insurance: Insurance
    insured_since: date | None
    suspended_on: date | None
    retired_on: date | None
    gp_signed: bool
    missing_years: int
    employer: str
    real_name_verified: bool
    covered: tuple[tuple[date, date], ...] = ()
    moved: tuple[tuple[date, str], ...] = ()

    def region_on(self, day: date) -> str:
        """The pooling area that answers for care on a day."""
        return next((before for on, before in self.moved if day < on), self.region)

    def insured_on(self, day: date) -> bool:
        """Whether he is insured on a day: the agency says so now, or the day is paid for."""
        return self.insurance is Insurance.INSURED or any(first <= day <= last for first, last in self.covered)

    def state_on(self, day: date) -> Insurance:
        """State of the insurance relation as treatment on a day sees it (参保状态)."""
        return Insurance.INSURED if self.insured_on(day) else self.insurance

    def age_on(self, day: date) -> int:
        """Age in full years."""
        return day.year - self.birth_date.year - ((day.month, day.day) < (self.birth_date.month, self.birth_date.day))


class Institution(msgspec.Struct, frozen=True, kw_only=True):
    """A hospital, clinic or pharmacy (医药机构).

    ``designated`` says whether insurance may be used there, ``checkup`` whether account money may pay check-ups.
    ``village`` is a village clinic (村卫生室), ``top`` a special or listed hospital of the third level (三级特等).
    """

    code: str
    region: str
    name: str
    kind: str
    level: Level | None
    grade: Grade | None
    community: bool
    designated: bool
    checkup: bool = False
    village: bool = False
    top: bool = False


def facts_of(
    person: Person,
    institution: Institution,
    care: Care,
    on: date,
    place: Place = Place.HOME,
    filing: Filing = Filing.NONE,
) -> Facts:
    """What rules may ask about this patient at this institution."""
    return Facts(
        scheme=person.scheme,
        status=person.status,
        age=person.age_on(on),
        retired_on=person.retired_on,
        gp_signed=person.gp_signed,
        missing_years=person.missing_years,
        care=care,
        level=institution.level,
        grade=institution.grade,
        community=institution.community,
        village=institution.village,
        top=institution.top,
        place=place,
        filing=filing,
    )
