"""What account money of a region may be spent on, class by class (个人账户用途目录)."""

from datetime import date

import msgspec

from gongji.core.codes import Purpose
from gongji.core.policy import Categories, Citation, Payable, PolicyBook
from gongji.core.sharing import PURPOSE_OF_CARE
from gongji.core.terms import Uses, uses_of


class PurposeState(msgspec.Struct, frozen=True, kw_only=True):
    """Whether own money and relatives' money may pay for a purpose, and the block that decides it."""

    purpose: Purpose
    own: bool
    shared: bool
    cite: Citation | None


class CategoryState(msgspec.Struct, frozen=True, kw_only=True):
    """A class of spending with its purposes; ``source`` says why the class is counted among the eight."""

    key: str
    name: str
    source: str
    purposes: tuple[PurposeState, ...]

    @property
    def enabled(self) -> bool:
        """Whether anything of it may be paid."""
        return any(state.own or state.shared for state in self.purposes)


def purpose_catalogue(book: PolicyBook, region: str, on: date) -> tuple[CategoryState, ...]:
    """The classes of spending with what a region opens of them on a day."""
    rule = book.rule(Categories, region, "account.categories", on)
    uses = uses_of(book, region, on)
    payable = book.rule(Payable, region, "account.payable", on)
    return tuple(
        CategoryState(
            key=row.key,
            name=row.name,
            source=row.source,
            purposes=tuple(_state(uses, payable, purpose) for purpose in row.purposes),
        )
        for row in (rule.rows if rule else ())
    )


_CARE_OF_PURPOSE = {purpose: care for care, purpose in PURPOSE_OF_CARE.items()}


def _state(uses: Uses, payable: Payable | None, purpose: Purpose) -> PurposeState:
    shared = purpose in uses.allowed
    care = _CARE_OF_PURPOSE.get(purpose)
    own = shared if care is None else payable is not None and bool(payable.parts(care))
    # Whoever has an account is an employee, and pays no resident premium for himself.
    return PurposeState(
        purpose=purpose, own=own and purpose is not Purpose.RESIDENT_PREMIUM, shared=shared, cite=uses.cite(purpose)
    )
