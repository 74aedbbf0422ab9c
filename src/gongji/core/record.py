"""A settlement as it is kept: inputs, split, reasons and parties (结算记录)."""

from datetime import date, datetime

import msgspec

from gongji.core.case import AccountUse, Case, Split
from gongji.core.codes import Care
from gongji.core.money import Fen
from gongji.core.posting import Posting


class SharedBy(msgspec.Struct, frozen=True, kw_only=True):
    """Whose account a binding draws on."""

    binding: str
    authoriser: str


class Settlement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One settlement, or one reversal of a settlement.

    Attributes:
        id: public id: insured region, day of booking, journal number.
        year: medical year whose yearly figures it moved; benefit: which figures, or None when none.
        balance_after: the patient's own balance after it, in fen.
        reverses: id of the settlement it takes back; its split is then the original's.
        mid_stay: the stay in hospital goes on after it.
        continues: an earlier settlement of the same stay stands, so that this one is no further stay of the year.
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

    @property
    def booked_on(self) -> date:
        """Day it stands in the books."""
        return self.settled_at.date()

    @property
    def drawn(self) -> dict[str, Fen]:
        """What it drew through each binding, or gave back (negative), in fen."""
        return {drawn.id: self.sign * drawn.amount for drawn in self.split.shared if drawn.amount}

    @property
    def counts_on(self) -> date:
        """The day whose limits it counts to: its own, or that of the settlement it takes back."""
        original = parse_settlement_id(self.reverses) if self.reverses else None
        return original[1] if original else self.booked_on

    @property
    def sign(self) -> int:
        """1 for a settlement, -1 for a reversal."""
        return -1 if self.reverses else 1


SETTLEMENT_ID_LENGTH = 30


def settlement_id(region: str, booked_on: date, journal_id: int) -> str:
    """The public id of a settlement: thirty digits."""
    return f"{region}{booked_on.isoformat().replace('-', '')}{journal_id:016d}"


def parse_settlement_id(text: str) -> tuple[str, date, int] | None:
    """Region, day and journal number of a public id, or None when it cannot be one of ours."""
    if len(text) != SETTLEMENT_ID_LENGTH or not (text.isascii() and text.isdigit()):
        return None
    try:
        day = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return None
    return text[:6], day, int(text[14:])
