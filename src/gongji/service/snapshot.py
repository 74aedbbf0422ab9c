"""What a batch of commands needs to know, read at one moment; decisions change it in memory as they are made."""

from datetime import date, datetime
from decimal import Decimal

import msgspec

from gongji.core.account import AccountKind, PersonalAccount
from gongji.core.case import YearToDate
from gongji.core.family import Binding, Used
from gongji.core.filing import Filed
from gongji.core.lines import LineSplit
from gongji.core.money import Fen
from gongji.core.person import Institution, Person
from gongji.core.policy import PolicyBook
from gongji.core.record import Settlement
from gongji.ledger.rows import Visit


class KnownMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was seen before."""

    transaction: str
    input_hash: bytes
    outcome: str
    settlement_id: str | None
    answer: bytes


class Left(msgspec.Struct, kw_only=True):
    """What is left of a line of a bill after what was returned of it; ``whole`` is the line as it was charged."""

    item: str
    batch: str
    settled_by: str | None
    whole: LineSplit
    quantity: Decimal
    price: Decimal
    split: LineSplit


class Stay(msgspec.Struct, kw_only=True):
    """What a stay in hospital still has to pay, and what was paid (住院).

    ``settled`` are the settlements that stand, in order; ``open`` is the total of the lines that none of them holds.
    """

    lines: int
    open: LineSplit
    settled: list[Settlement]

    @property
    def closed_by(self) -> Settlement | None:
        """The settlement at discharge, if it stands."""
        last = self.settled[-1] if self.settled else None
        return None if last is None or last.mid_stay else last


YearKey = tuple[str, str, int, str]
"""Whose figures, in which region, of which medical year and kind of benefit."""


class Snapshot(msgspec.Struct, kw_only=True):
    """The state of the people, accounts and visits that a batch touches.

    ``locked`` says whether the accounts are locked, that is, whether what is decided may be written.
    """

    book: PolicyBook
    now: datetime
    locked: bool
    people: dict[str, Person]
    institutions: dict[str, Institution]
    accounts: dict[int, PersonalAccount]
    owned: dict[str, list[int]]
    """Account ids by owner, current-year money first, without those he left behind in a move."""
    bindings: dict[str, list[Binding]]
    """Bindings that may be drawn, by user."""
    used: dict[str, Used]
    """What was drawn through each binding before."""
    used_up: list[str]
    """Bindings for a single use that commands of the batch have used."""
    visits: dict[str, Visit]
    batches: dict[tuple[str, str], tuple[int, LineSplit]]
    totals: dict[YearKey, YearToDate]
    settled: dict[tuple[str, str], str]
    messages: dict[tuple[str, str], KnownMessage]
    settlements: dict[str, Settlement]
    reversed: dict[str, str]
    journal_ids: list[int]
    visit_ids: list[int]
    stays: dict[str, Stay] = {}
    """Stays in hospital by visit."""
    filings: dict[str, list[Filed]] = {}
    """What was filed for patients whose bills depend on it."""
    returnable: dict[str, dict[str, Left]] = {}
    """Lines of settled bills of which something is returned, by visit and line."""

    def money_of(self, person_no: str) -> tuple[PersonalAccount, ...]:
        """Everything that is a person's: his account and what was set aside, current-year money first."""
        return tuple([self.accounts[number] for number in self.owned.get(person_no, ())])

    def accounts_of(self, person_no: str) -> tuple[PersonalAccount, ...]:
        """A person's personal account, current-year money first."""
        return tuple([a for a in self.money_of(person_no) if a.kind is AccountKind.PERSONAL])

    def wallet_of(self, person_no: str) -> PersonalAccount | None:
        """A person's wallet, if he has one."""
        return next((a for a in self.money_of(person_no) if a.kind is AccountKind.WALLET), None)

    def add_use(self, binding: str, day: date, amount: Fen) -> None:
        """Let later commands of the batch see what was drawn through a binding, or given back."""
        before, today = self.used.get(binding, Used()), self.now.date()
        self.used[binding] = Used(
            day=before.day + (amount if day == today else 0),
            year=before.year + (amount if day.year == today.year else 0),
            total=before.total + amount,
        )

    def end_binding(self, ended: Binding) -> None:
        """Let later commands of the batch no longer see a binding."""
        self.used_up.append(ended.id)
        self.bindings[ended.user] = [b for b in self.bindings.get(ended.user, []) if b.id != ended.id]

    def move(self, account_id: int, delta: int) -> None:
        """Let later commands of the batch see a balance as this one leaves it."""
        account = self.accounts[account_id]
        self.accounts[account_id] = msgspec.structs.replace(account, balance=account.balance + delta)

    def add_to_year(self, key: YearKey, change: YearToDate) -> None:
        """Let later commands of the batch see the yearly figures as this one leaves them."""
        before = self.totals.get(key, YearToDate())
        self.totals[key] = YearToDate(
            deductible=before.deductible + change.deductible,
            eligible=before.eligible + change.eligible,
            pool=before.pool + change.pool,
            events=before.events + change.events,
        )
