"""A settlement as it is kept: inputs, split, reasons and parties (结算记录)."""

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

import msgspec

from gongji.core.case import AccountUse, Case, Split
from gongji.core.codes import Care
from gongji.core.lines import LineSplit
from gongji.core.money import Fen
from gongji.core.posting import Posting


class SharedBy(msgspec.Struct, frozen=True, kw_only=True):
    """Whose account a binding draws on."""

    binding: str
    authoriser: str


class Amounts(msgspec.Struct, frozen=True, kw_only=True):
    """Who paid what of a bill, and what it counted to the year, in fen."""

    total: Fen
    pool: Fen
    supplementary: Fen
    own: Fen
    shared: Fen
    cash: Fen
    deductible: Fen
    eligible: Fen

    def plus(self, sign: int, other: "Amounts") -> "Amounts":
        """These amounts with others added (1) or taken off (-1)."""
        mine, theirs = msgspec.structs.astuple(self), msgspec.structs.astuple(other)
        names = self.__struct_fields__
        return Amounts(**{n: a + sign * b for n, a, b in zip(names, mine, theirs, strict=True)})


NO_AMOUNTS = Amounts(total=0, pool=0, supplementary=0, own=0, shared=0, cash=0, deductible=0, eligible=0)


def amounts_of(split: Split) -> Amounts:
    """The amounts of a split."""
    return Amounts(
        total=split.total,
        pool=split.pool,
        supplementary=split.supplementary,
        own=split.own_total,
        shared=split.shared_total,
        cash=split.cash,
        deductible=split.deductible,
        eligible=split.eligible,
    )


class Returned(msgspec.Struct, frozen=True, kw_only=True):
    """What was returned of a line of a bill; ``parts`` are positive amounts."""

    line_no: str
    item: str
    quantity: Decimal
    price: Decimal
    parts: LineSplit


class Replaced(msgspec.Struct, frozen=True, kw_only=True):
    """The settlement of the whole bill, in whose place that of the rest stands after a return (部分退费).

    Attributes:
        settlement: its id.
        amounts: its amounts.
        drawn: what it drew through each binding.
        returned: what was returned.
        given_back: what the return booked: the exact difference of each payer, the last payer first.
    """

    settlement: str
    amounts: Amounts
    drawn: dict[str, Fen]
    returned: tuple[Returned, ...]
    given_back: tuple[Posting, ...]


class Settlement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One settlement, or one reversal of a settlement.

    Attributes:
        id: public id: insured region, day of booking, journal number.
        year: medical year whose yearly figures it moved; benefit: which figures, or None when none.
        balance_after: the patient's own balance after it, in fen.
        reverses: id of the settlement it takes back; its split is then the original's.
        mid_stay: the stay in hospital goes on after it.
        continues: an earlier settlement of the same stay stands, so that this one is no further stay of the year.
        instead_of: the settlement of the whole bill, where this one is that of the rest after a return; its split and
            postings are then those of the rest, as if only that had been settled.
        drawn_on: the day whose limits it counts to, where that is not the day of booking.
        declared: what the sender declared and sees again in every answer about it, in the channel's own words.
    """

    id: str
    journal_id: int
    region: str
    sender: str
    message_id: str
    institution: str
    visit_id: str
    batch: str
    person_no: str
    care: Care
    care_on: date
    settled_at: datetime
    account_use: AccountUse
    case: Case
    split: Split
    payers: tuple[SharedBy, ...]
    postings: tuple[Posting, ...]
    year: int
    benefit: str | None
    balance_after: Fen
    policy_digest: str
    reverses: str | None = None
    invoice: str = ""
    cites: tuple[str | None, ...] = ()
    """Keys of the steps' citations in the kept document, whose steps do not repeat the citations themselves."""
    declared: dict[str, str] = {}
    mid_stay: bool = False
    continues: bool = False
    instead_of: Replaced | None = None
    drawn_on: date | None = None

    @property
    def booked_on(self) -> date:
        """Day it stands in the books."""
        return self.settled_at.date()

    @property
    def drawn(self) -> dict[str, Fen]:
        """What it drew through each binding, or gave back (negative), in fen."""
        drawn = {drawn.id: self.sign * drawn.amount for drawn in self.split.shared if drawn.amount}
        if self.instead_of is None:
            return drawn
        before = self.instead_of.drawn
        changed = {binding: drawn.get(binding, 0) - amount for binding, amount in before.items()}
        return {binding: amount for binding, amount in changed.items() if amount}

    @property
    def change(self) -> Amounts:
        """What it changes in the books: its amounts, those of a reversal negative, of a return the difference."""
        if self.instead_of is None:
            return amounts_of(self.split) if self.sign > 0 else NO_AMOUNTS.plus(-1, amounts_of(self.split))
        return amounts_of(self.split).plus(-1, self.instead_of.amounts)

    @property
    def booked(self) -> tuple[Posting, ...]:
        """The postings it wrote."""
        return self.postings if self.instead_of is None else self.instead_of.given_back

    @property
    def takes_back(self) -> str | None:
        """The settlement that does not stand any more because of it."""
        return self.instead_of.settlement if self.instead_of else self.reverses

    @property
    def counts_on(self) -> date:
        """The day whose limits it counts to: its own, or that of the settlement it takes back."""
        if self.drawn_on is not None:
            return self.drawn_on
        original = parse_settlement_id(self.reverses) if self.reverses else None
        return original[1] if original else self.booked_on

    @property
    def sign(self) -> int:
        """1 for a settlement, -1 for a reversal."""
        return -1 if self.reverses else 1


SETTLEMENT_ID_LENGTH = 30


def settlement_id(region: str, booked_on: date, journal_id: int) -> str:
    """The public id of a settlement: thirty digits."""
    return f"{region}{_digits_of(booked_on)}{journal_id:016d}"


@lru_cache(maxsize=64)
def _digits_of(day: date) -> str:
    """A day as eight digits; remembered, since a batch asks for one and the same."""
    return day.isoformat().replace("-", "")


def parse_settlement_id(text: str) -> tuple[str, date, int] | None:
    """Region, day and journal number of a public id, or None when it cannot be one of ours."""
    if len(text) != SETTLEMENT_ID_LENGTH or not (text.isascii() and text.isdigit()):
        return None
    try:
        day = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return None
    return text[:6], day, int(text[14:])
