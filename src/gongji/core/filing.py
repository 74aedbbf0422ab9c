"""What was filed for a person: care away from home, a special disease, an accident, a chosen institution (备案)."""

from collections.abc import Iterable
from datetime import date
from typing import Final

import msgspec

from gongji.core.codes import Filing, Term
from gongji.core.policy import ancestry


class Subject(Term):
    """What a filing is about (备案类别)."""

    AWAY = "away", "异地就医备案"
    SPECIAL_DISEASE = "special_disease", "门诊慢特病备案"
    DESIGNATED = "designated", "定点备案"
    """人员定点备案"""
    ACCIDENT = "accident", "意外伤害备案"


class Filed(msgspec.Struct, frozen=True, kw_only=True):
    """A filing that was not taken back.

    Attributes:
        kind: why care is given away from home; ``none`` for other subjects.
        place: code of the region where care is to be given, with everything below it; empty for everywhere.
        ends_on: last day, or None.
    """

    id: str
    person_no: str
    subject: Subject
    kind: Filing = Filing.NONE
    place: str = ""
    begins_on: date
    ends_on: date | None = None

    def covers(self, subject: Subject, on: date, place: str) -> bool:
        """Whether it is about the subject and holds on a day at a place."""
        return (
            self.subject is subject
            and self.begins_on <= on
            and (self.ends_on is None or on <= self.ends_on)
            and (not self.place or self.place in ancestry(place))
        )


_BEST: Final = (Filing.LONG_TERM, Filing.EMERGENCY, Filing.REFERRAL, Filing.TEMPORARY)
"""Where several hold, the one that costs the patient least: long-term residents are treated as at home."""


def filing_on(filings: Iterable[Filed], on: date, place: str, *, emergency: bool) -> Filing:
    """How care away from home was filed on the day of care.

    Args:
        filings: what was filed for the patient.
        on: day of care.
        place: region of the institution.
        emergency: care in an emergency counts as filed (急诊抢救视同已备案，医保发〔2022〕22号).
    """
    held = {filed.kind for filed in filings if filed.covers(Subject.AWAY, on, place)}
    if emergency:
        held.add(Filing.EMERGENCY)
    return next((kind for kind in _BEST if kind in held), Filing.NONE)
