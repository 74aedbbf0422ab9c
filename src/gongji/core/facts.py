"""What rules may ask about a patient and an institution, and which bills a row of a rule is for (待遇要素与条件)."""

from datetime import date

import msgspec

from gongji.core.codes import Care, Filing, Grade, Level, Place, Scheme, Status


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What rules may ask about the patient and the institution (待遇要素)."""

    scheme: Scheme
    status: Status
    age: int | None = None
    retired_on: date | None = None
    gp_signed: bool = False
    missing_years: int = 0
    care: Care
    level: Level | None = None
    grade: Grade | None = None
    community: bool = False
    village: bool = False
    top: bool = False
    stay: int = 1
    place: Place = Place.HOME
    filing: Filing = Filing.NONE


class MissingFactError(LookupError):
    """A rule asks for a fact that the case does not give; ``fact`` names it as the quote contract does."""

    def __init__(self, fact: str) -> None:
        super().__init__(fact)
        self.fact = fact


class When(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Which bills a row is for. What is not named does not matter; the first row that matches is used."""

    level: Level | None = None
    grade: Grade | None = None
    status: Status | None = None
    care: Care | None = None
    community: bool | None = None
    village: bool | None = None
    top: bool | None = None
    gp_signed: bool | None = None
    age_from: int | None = None
    age_below: int | None = None
    retired_from: date | None = None
    retired_before: date | None = None
    stay: int | None = None
    stay_from: int | None = None
    missing_years_from: int | None = None
    place: Place | None = None
    filing: Filing | None = None

    def matches(self, facts: Facts) -> bool:
        """Whether the row is for this bill.

        Raises:
            MissingFactError: the row asks for an age, a level or a date of retirement that is not given.
        """
        # Status and level rule out most rows, so they come first.
        if self.status is not None and self.status is not facts.status:
            return False
        if self.level is not None and facts.level is not None and self.level is not facts.level:
            return False
        return (
            (self.care is None or self.care is facts.care)
            and (self.gp_signed is None or self.gp_signed is facts.gp_signed)
            and (self.place is None or self.place is facts.place)
            and (self.filing is None or self.filing is facts.filing)
            and (self.stay is None or facts.stay == self.stay)
            and (self.stay_from is None or facts.stay >= self.stay_from)
            and (self.missing_years_from is None or facts.missing_years >= self.missing_years_from)
            and self._institution_matches(facts)
            and self._age_matches(facts)
            and self._retirement_matches(facts)
        )

    def _institution_matches(self, facts: Facts) -> bool:
        if not (
            (self.community is None or self.community is facts.community)
            and (self.village is None or self.village is facts.village)
            and (self.top is None or self.top is facts.top)
        ):
            return False
        if self.level is not None:
            if facts.level is None:
                raise MissingFactError("care.level")
            if self.level is not facts.level:
                return False
        if self.grade is not None:
            if facts.grade is None:
                raise MissingFactError("care.grade")
            return self.grade is facts.grade
        return True

    def _age_matches(self, facts: Facts) -> bool:
        if self.age_from is None and self.age_below is None:
            return True
        if facts.age is None:
            raise MissingFactError("person.birth_date")
        return (self.age_from is None or facts.age >= self.age_from) and (
            self.age_below is None or facts.age < self.age_below
        )

    def _retirement_matches(self, facts: Facts) -> bool:
        if self.retired_from is None and self.retired_before is None:
            return True
        if facts.retired_on is None:
            raise MissingFactError("person.retired_on")
        return (self.retired_from is None or facts.retired_on >= self.retired_from) and (
            self.retired_before is None or facts.retired_on < self.retired_before
        )


FACT_NAMES = {
    "care.level": "医院级别",
    "care.grade": "医院等次",
    "person.birth_date": "出生日期或年龄",
    "person.retired_on": "退休日期",
}
"""What each fact that may be missing is called."""
