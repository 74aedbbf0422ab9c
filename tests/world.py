"""A small fictitious world for tests that need people, institutions and money in a real database."""

import itertools
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from gongji.core.case import AccountUse
from gongji.core.catalogue import CatalogueItem
from gongji.core.codes import AccountState, Care, Insurance, ItemKind, Relation, Scheme, Segment, Status
from gongji.core.family import Binding
from gongji.core.lines import split_line
from gongji.core.person import Person
from gongji.core.policy import Draw, PolicyBook
from gongji.core.record import Settlement
from gongji.core.refusal import Refusal
from gongji.ledger import store
from gongji.service import stays, visits
from gongji.service.batch import Outcome
from gongji.service.bindings import BindingRequest, bind
from gongji.service.catalogue import add_items
from gongji.service.commands import Claimed, Done, FeeLine, Purchase, Reverse, Sender, Settle
from gongji.service.enrol import Credit, Enrolment, credit, enrol
from gongji.service.people import Holding, holding_of
from gongji.service.platform import Platform

_numbers = itertools.count(1)

DRUG = "XTEST0000000000000000A1"
ITEM = CatalogueItem(code=DRUG, name="试验药", kind=ItemKind.WESTERN_DRUG, level="甲", price=100)


@dataclass
class World:
    """People by nickname; hospital and pharmacy of a region."""

    platform: Platform
    region: str = "610100"
    hospital: str = ""
    pharmacy: str = ""
    people: dict[str, str] = field(default_factory=dict)

    async def open(self) -> "World":
        serial = next(_numbers)
        self.hospital = f"H{self.region}{serial:05d}"
        self.pharmacy = f"P{self.region}{serial:05d}"
        async with self.platform.pool.connection() as conn:
            for code, kind, level in ((self.hospital, "hospital", "3"), (self.pharmacy, "pharmacy", None)):
                await store.run(
                    conn,
                    "add_institution",
                    code=code,
                    region=self.region,
                    name=code,
                    kind=kind,
                    level=level,
                    grade=None,
                    community=False,
                    designated=True,
                    credentials=Jsonb({}),
                )
            await add_items(conn, [ITEM], self.platform.clock().date())
        return self

    async def person(self, nickname: str, balance: int = 0, **facts: Any) -> str:
        """Enrol somebody with a balance in fen; returns his number."""
        serial = next(_numbers)
        number = f"{self.region}{serial:020d}"
        segment = facts.pop("segment", Segment.WHOLE)
        state = facts.pop("account_state", AccountState.OPEN)
        person = Person(
            **(
                {
                    "person_no": number,
                    "region": self.region,
                    "name": nickname,
                    "certificate_type": "01",
                    "certificate_no": f"99010119500101{serial:04d}",
                    "card_no": f"Z{serial:08d}",
                    "phone": "",
                    "gender": "1",
                    "birth_date": date(1950, 1, 1),
                    "scheme": Scheme.EMPLOYEE,
                    "status": Status.ACTIVE,
                    "insurance": Insurance.INSURED,
                    "insured_since": None,
                    "suspended_on": None,
                    "retired_on": None,
                    "gp_signed": False,
                    "missing_years": 0,
                    "employer": "",
                    "real_name_verified": True,
                }
                | facts
            )
        )
        async with self.platform.pool.connection() as conn, conn.transaction():
            enrolment = Enrolment(person=person, fictitious=True, account_state=state)
            await enrol(conn, self.platform.book, enrolment, self.platform.clock().date())
        if balance:
            await credit(
                self.platform, [Credit(person_no=number, amount=balance, segment=segment, reference=f"c{serial}")]
            )
        self.people[nickname] = number
        return number

    async def bind(
        self, authoriser: str, user: str, relation: Relation = Relation.PARENT, **more: Any
    ) -> Binding | Refusal:
        """Let the authoriser share with the user."""
        holding = await self.holding(user)
        request = BindingRequest(
            **(
                {
                    "authoriser": self.people[authoriser],
                    "user_certificate_no": holding.person.certificate_no,
                    "user_name": holding.person.name,
                    "relation": relation,
                    "notice_accepted": True,
                    "signature": "签",
                }
                | more
            )
        )
        return await bind(self.platform, request)

    async def holding(self, nickname: str) -> Holding:
        found = await holding_of(self.platform, self.people[nickname])
        assert isinstance(found, Holding)
        return found

    async def balance(self, nickname: str) -> int:
        return (await self.holding(nickname)).balance

    def sender(self, institution: str, transaction: str, message_id: str = "", content: str = "") -> Sender:
        message_id = message_id or f"{institution}M{next(_numbers):010d}"
        content_hash = (content or message_id).encode()
        return Sender(institution=institution, message_id=message_id, transaction=transaction, input_hash=content_hash)

    async def visit(self, nickname: str, amount: int, on: date | None = None) -> tuple[str, str]:
        """Register a visit with one line in scope; returns visit and batch."""
        number = next(_numbers)
        answer = await visits.register(
            self.platform,
            self.sender(self.hospital, "2201"),
            visits.Registration(
                person_no=self.people[nickname],
                claimed=Claimed(),
                number=f"N{number}",
                on=on or self.platform.clock().date(),
            ),
        )
        assert isinstance(answer, dict), answer
        billed = visits.Billed(
            person_no=self.people[nickname], institution=self.hospital, on=self.platform.clock().date()
        )
        lines = await visits.split_lines(self.platform, billed, [self.line(amount)])
        assert isinstance(lines, list)
        added = await visits.add_fees(
            self.platform,
            self.sender(self.hospital, "2204"),
            self.people[nickname],
            {(answer["visit"], "1"): [line.line for line in lines]},
        )
        assert added == {}, added
        return answer["visit"], "1"

    async def stay(self, nickname: str, amount: int) -> str:
        """Admit somebody, charge one line in scope, discharge him the same day; returns the visit."""
        person, today = self.people[nickname], self.platform.clock().date()
        sender = self.sender(self.hospital, "2401")
        admission = visits.Registration(
            person_no=person, claimed=Claimed(), number=sender.message_id, on=today, care=Care.INPATIENT
        )
        answer = await visits.register(self.platform, sender, admission)
        assert isinstance(answer, dict), answer
        visit: str = answer["visit"]
        billed = visits.Billed(person_no=person, institution=self.hospital, on=today)
        lines = await visits.split_lines(self.platform, billed, [self.line(amount)])
        assert isinstance(lines, list)
        added = await stays.add_stay_fees(self.platform, self.sender(self.hospital, "2301"), person, visit, lines)
        assert isinstance(added, list), added
        gone = await stays.discharge(self.platform, self.sender(self.hospital, "2402"), person, visit, today, {})
        assert gone == {}, gone
        return visit

    @staticmethod
    def line(amount: int, number: str = "1") -> visits.RawLine:
        price = Decimal(amount) / 100
        return visits.RawLine(line_no=number, item=DRUG, quantity=Decimal(1), price=price, amount=amount)

    def settle_command(self, nickname: str, visit: str, amount: int, **more: Any) -> Settle:
        message_id, content = more.pop("message_id", ""), more.pop("content", "")
        return Settle(
            **(
                {
                    "sender": self.sender(self.hospital, "2207", message_id, content),
                    "person_no": self.people[nickname],
                    "claimed": Claimed(),
                    "care": Care.OUTPATIENT,
                    "batch": "1",
                    "total": amount,
                    "account_use": AccountUse.OWN_THEN_SHARED,
                    "visit_id": visit,
                }
                | more
            )
        )

    def purchase_command(
        self, nickname: str, amount: int, *, prescription: bool = False, message_id: str = ""
    ) -> Settle:
        raw = self.line(amount)
        fee = FeeLine(
            line_no=raw.line_no,
            item=raw.item,
            quantity=raw.quantity,
            price=raw.price,
            split=split_line(ITEM, raw.quantity, raw.price, raw.amount),
        )
        purchase = Purchase(on=self.platform.clock().date(), prescription=prescription, lines=(fee,))
        return Settle(
            sender=self.sender(self.pharmacy, "2102", message_id),
            person_no=self.people[nickname],
            claimed=Claimed(),
            care=Care.PHARMACY,
            batch="1",
            total=amount,
            account_use=AccountUse.OWN_THEN_SHARED,
            purchase=purchase,
        )

    async def buy(self, nickname: str, amount: int, **more: Any) -> Settlement:
        return done(await self.platform.batcher.submit(self.purchase_command(nickname, amount, **more)))

    async def settle(self, nickname: str, amount: int, **more: Any) -> Settlement:
        visit, _ = await self.visit(nickname, amount)
        return done(await self.platform.batcher.submit(self.settle_command(nickname, visit, amount, **more)))

    async def reverse(self, settlement: Settlement) -> Outcome:
        transaction = {Care.PHARMACY: "2103", Care.INPATIENT: "2305"}.get(settlement.care, "2208")
        command = Reverse(
            sender=self.sender(settlement.institution, transaction),
            person_no=settlement.person_no,
            settlement_id=settlement.id,
            visit_id=settlement.visit_id,
        )
        return await self.platform.batcher.submit(command)


def returning(book: PolicyBook, region: str = "620000") -> PolicyBook:
    """The rules as if a place were known to let money of the family account go back."""
    key = next(key for key in book.rules if key[:2] == (region, "sharing.draw"))
    blocks = tuple(
        msgspec.structs.replace(rule, moves_back=True) if isinstance(rule, Draw) else rule for rule in book.rules[key]
    )
    return msgspec.structs.replace(book, rules={**book.rules, key: blocks})


def done(outcome: Outcome) -> Settlement:
    assert isinstance(outcome, Done), outcome
    return outcome.settlement
