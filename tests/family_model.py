"""A small model of a family that shares money: who may draw what, told again in as few words as possible.

It knows bills that the accounts may pay whole, and four places whose rules differ. It is written without the code it
is held against.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from gongji.core.codes import PlaceKind, Purpose, SharingMode
from gongji.core.family import Limits
from gongji.core.life import LifeKind

Purse = tuple[str, str, str]
"""Whose money, of which kind (``personal``, ``family``, ``quota_hold``, ``wallet``, ``transit``), and for what."""

KIND = {
    SharingMode.LIVE_CALL: "personal",
    SharingMode.FAMILY_ACCOUNT: "family",
    SharingMode.QUOTA_HOLD: "quota_hold",
}
SET_ASIDE_FIRST = {SharingMode.FAMILY_ACCOUNT: 0, SharingMode.QUOTA_HOLD: 1, SharingMode.LIVE_CALL: 2}


@dataclass(frozen=True)
class Place:
    """Where the family lives, and what is particular about sharing there."""

    region: str
    near: str
    """Another pooling area of the province, or the same one."""
    far: str
    """A place in another province."""
    family_account: bool = False
    one_must_cover: bool = False
    own_must_be_zero: bool = False
    largest_first: bool = False
    automatic: bool = False
    wallet: bool = True
    inpatient: bool = True
    most_authorisers: int = 99


PLACES = (
    Place("610100", near="610400", far="450100", inpatient=False, most_authorisers=2),
    Place("620100", near="620100", far="450100", family_account=True),
    Place("440300", near="440100", far="610100", own_must_be_zero=True, largest_first=True, wallet=False),
    Place("450100", near="450100", far="610100", one_must_cover=True, automatic=True),
)


@dataclass
class Someone:
    """A person as far as money is concerned."""

    name: str
    employee: bool
    region: str
    insured: bool = True
    dead: bool = False
    frozen: bool = False
    reported: list[tuple[LifeKind, date]] = field(default_factory=list)
    """What was reported of his insurance, and for which day."""
    moved: list[tuple[date, str]] = field(default_factory=list)
    """Where he went, and his first day there."""


@dataclass(eq=False)
class Link:
    """A binding, with what was drawn through it: (day, fen, which payment)."""

    id: str
    authoriser: str
    user: str
    mode: SharingMode
    position: int
    made: int
    limits: Limits
    single: bool
    state: str
    starts: date
    ends: date | None
    drawn: list[tuple[date, int, str]] = field(default_factory=list)

    @property
    def live(self) -> bool:
        return self.state != "ended"

    def expired(self, today: date) -> bool:
        return self.live and self.ends is not None and self.ends < today

    def left(self, today: date) -> int | None:
        """What the limits still allow of one payment; None is anything."""
        room = [max(0, most - sum(fen for _, fen, _ in gone)) for most, gone in self.against_limits(today)]
        one = self.limits.per_transaction
        return min(room if one is None else [*room, one], default=None)

    def against_limits(self, today: date) -> list[tuple[int, list[tuple[date, int, str]]]]:
        """Each limit that is set on a span of time, with what was drawn in that span."""
        day = [one for one in self.drawn if one[0] == today]
        year = [one for one in self.drawn if one[0].year == today.year]
        spans = [(self.limits.per_day, day), (self.limits.per_year, year), (self.limits.total, self.drawn)]
        return [(most, gone) for most, gone in spans if most is not None]

    def purse(self) -> Purse:
        return self.authoriser, KIND[self.mode], self.id if self.mode is SharingMode.QUOTA_HOLD else ""


class Family:
    """Everybody's money and bindings."""

    def __init__(self, place: Place, today: date) -> None:
        self.place = place
        self.today = today
        self.people: dict[str, Someone] = {}
        self.money: Counter[Purse] = Counter()
        self.credited: Counter[str] = Counter()
        self.links: list[Link] = []
        self.spouses: set[tuple[str, str]] = set()
        """Who declared whom as spouse, and was not divorced since."""
        self.divorced: set[tuple[str, str]] = set()
        self.closed: set[Purse] = set()
        """What was set aside and is over: what comes back to it goes on to the account."""

    def between(self, authoriser: str, user: str, mode: SharingMode) -> Link | None:
        same = (authoriser, user, mode)
        return next((b for b in self.links if b.live and (b.authoriser, b.user, b.mode) == same), None)

    def authorisers_of(self, user: str) -> set[str]:
        return {b.authoriser for b in self.links if b.live and b.user == user and not b.expired(self.today)}

    def usable(self, link: Link, purpose: Purpose, where: PlaceKind | None) -> bool:
        """Whether a binding may pay for this, here, now, whatever there is."""
        payer, limits = self.people[link.authoriser], link.limits
        within = link.starts <= self.today and not link.expired(self.today)
        allowed = limits.purposes is None or purpose in limits.purposes
        here = limits.places is None or where is None or where in limits.places
        return link.state == "active" and within and allowed and here and payer.insured and not payer.frozen

    def offer(self, link: Link) -> int:
        left, money = link.left(self.today), self.money[link.purse()]
        return money if left is None else min(money, left)

    def shares(self, links: list[Link], due: int, purpose: Purpose, where: PlaceKind | None) -> dict[str, int]:
        """What each binding pays of what is due, in the order of the place."""
        if purpose is Purpose.INPATIENT and not self.place.inpatient:
            return {}
        paid = {}
        for link in sorted(links, key=self._order):
            offer = self.offer(link) if self.usable(link, purpose, where) else 0
            if self.place.one_must_cover and offer < due:
                offer = 0
            amount = min(offer, due - sum(paid.values()))
            if amount:
                paid[link.id] = amount
        return paid

    def _order(self, link: Link) -> tuple[int, int, int, int]:
        most = -self.money[link.purse()] if self.place.largest_first else 0
        return most, link.position, SET_ASIDE_FIRST[link.mode], link.made

    def move(self, source: Purse | None, target: Purse | None, amount: int) -> None:
        """Move money between purses; None is the world outside."""
        if source:
            self.money[source] -= amount
        if target:
            self.money[target] += amount

    def credit(self, name: str, amount: int) -> None:
        self.credited[name] += amount
        self.move(None, (name, "personal", ""), amount)

    def landing(self, purse: Purse) -> Purse:
        return (purse[0], "personal", "") if purse in self.closed else purse

    def release(self, link: Link) -> None:
        """A binding is over: what nobody may draw any more goes back."""
        others = any(b.live and b.authoriser == link.authoriser and b.mode is link.mode for b in self.links)
        if link.mode is SharingMode.LIVE_CALL or (link.mode is SharingMode.FAMILY_ACCOUNT and others):
            return
        purse = link.purse()
        self.move(purse, (purse[0], "personal", ""), self.money[purse])
        self.closed.add(purse)

    def end(self, link: Link) -> None:
        link.state = "ended"
        self.release(link)

    def release_left(self) -> None:
        """What each minute does: leftovers of bindings that were used up."""
        for link in self.links:
            if not link.live and link.mode is not SharingMode.LIVE_CALL and self.money[link.purse()]:
                self.release(link)
