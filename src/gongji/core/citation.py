"""Where a rule stands and who says so (出处)."""

from datetime import date

import msgspec

from gongji.core.codes import Confidence


class Citation(msgspec.Struct, frozen=True, kw_only=True):
    """Where a rule stands and who says so.

    Attributes:
        region: code of the region whose file holds the block (it may be an ancestor of the one asked for).
        file: path of the policy file, ``regions/610100/outpatient.toml``.
        rule: name of the rule, ``outpatient.deductible``.
        start: first day in force.
        end: last day in force, or None.
        source: document number, title or publisher, as known.
        confidence: how sure the figures are.
        verified_on: day someone last compared the figures with the source.
        review_by: day after which the figures must be checked again.
    """

    region: str
    file: str
    rule: str
    start: date
    end: date | None = None
    source: str
    confidence: Confidence
    verified_on: date
    review_by: date

    def overdue(self, on: date) -> bool:
        """Whether the figures are past their review date."""
        return on > self.review_by
