"""Whole visits in random, also wrong, order through the real gateway: sums hold in every answer, the books verify."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from decimal import Decimal
from itertools import count
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from gongji.core.codes import Relation
from gongji.core.policy import PolicyBook
from gongji.core.refusal import Refusal
from gongji.ledger.verify import verify
from gongji.service.commands import ReturnedItem, ReturnPart, Sender
from gongji.service.mobile_orders import consent
from gongji.service.platform import Platform
from integration.nhsa.test_mobile_payment import named as phone
from integration.nhsa.test_mobile_payment import refund, token_of, upload
from stays import admission, bill, change, discharge, disease, line, named, referral

T = TypeVar("T")
AMOUNTS = st.integers(1, 900_000).map(lambda fen: f"{fen // 100}.{fen % 100:02d}")
SIX = st.integers(0, 5)
_refunds = count(1)
PAID_PARTS = ("feeSumamt", "psnAcctPay", "fundPay", "ownPayAmt")


class Counter(RuleBasedStateMachine):
    """Two patients, one with a son who shares; visits, stays and settlements are named by number, known or not."""

    city: Any
    loop: asyncio.AbstractEventLoop

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @initialize()
    def begin(self) -> None:
        son = self.run(self.city.person(3_000_00))
        self.people = [self.run(self.city.person(500_00)), self.run(self.city.person(20_00))]
        self.run(self.city.share(son, self.people[0], Relation.PARENT))
        self.everybody = [son, *self.people]
        self.start = {person.person_no: self.run(self.city.balance(person)) for person in self.everybody}
        self.visits: list[str] = []
        self.settled: list[dict[str, Any]] = []
        self.lines: dict[str, list[str]] = {}
        self.orders: list[dict[str, Any]] = []
        self.paid_orders: dict[str, dict[str, Any]] = {}
        self.paid = 0

    async def moved(self) -> list[tuple[Any, ...]]:
        """What a refusal must leave alone, in one look."""
        return await self.city.rows(
            "select (select count(*) from journal), (select count(*) from settled_batch),"
            " (select count(*) from reversal),"
            " (select sum(balance) from account), (select sum(pool + events) from year_total)"
        )

    def visit_of(self, number: int) -> str:
        return self.visits[number % len(self.visits)] if self.visits else "1" * 30

    def send(self, infno: str, content: dict[str, Any], sender: Any = None) -> dict[str, Any] | None:
        """The output, or None when it was refused; a refusal has words and moves nothing."""
        before = self.run(self.moved())
        answer = self.run((sender or self.city.hospital).call(infno, content))
        if not answer.ok:
            assert "结果未知" not in answer.error
            assert self.run(self.moved()) == before
            return None
        output: dict[str, Any] = answer.content["output"] or {}
        if "setlinfo" in output:
            self.check(output["setlinfo"])
        return output

    @staticmethod
    def check(info: dict[str, Any]) -> None:
        """The three sum rules, and the parts of the bill."""
        cash = info["psn_cash_pay"] if info.get("psn_cash_pay") is not None else info["pdn_cash_pay"]
        assert info["medfee_sumamt"] == info["fund_pay_sumamt"] + info["psn_part_amt"] + info.get("hosp_part_amt", 0)
        assert info["psn_part_amt"] == info["acct_pay"] + cash
        assert abs(info["acct_mulaid_pay"]) <= abs(info["acct_pay"])
        parts = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
        assert info["medfee_sumamt"] == sum(info[name] for name in parts)

    def keep(self, output: dict[str, Any] | None) -> None:
        if output:
            self.settled.append(output["setlinfo"])
            self.paid += int(output["setlinfo"]["acct_pay"] * 100)

    @rule(who=st.integers(0, 1), stay=st.booleans())
    def come(self, who: int, stay: bool) -> None:  # noqa: FBT001
        person = self.people[who]
        content = admission(person) if stay else self.city.hospital.registration(person)
        output = self.send("2401" if stay else "2201", content)
        if output:
            self.visits.append((output["result"] if stay else output["data"])["mdtrt_id"])

    @rule(who=st.integers(0, 1), visit=SIX, amount=AMOUNTS, stay=st.booleans())
    def charge(self, who: int, visit: int, amount: str, stay: bool) -> None:  # noqa: FBT001
        person, number = self.people[who], self.visit_of(visit)
        row = line(person, number, amount) if stay else self.city.hospital.line(
            person, number, det_item_fee_sumamt=amount, cnt="1", pric=amount
        )  # fmt: skip
        if self.send("2301" if stay else "2204", {"feedetail": [row]}) is not None:
            self.lines.setdefault(number, []).append(row["feedetl_sn"])

    @rule(who=st.integers(0, 1), visit=SIX, at=SIX, amount=AMOUNTS)
    def take_part_of_a_line_off(self, who: int, visit: int, at: int, amount: str) -> None:
        number = self.visit_of(visit)
        known = self.lines.get(number) or ["none"]
        row = line(self.people[who], number, amount, init_feedetl_sn=known[at % len(known)], cnt="-1")
        row["det_item_fee_sumamt"] = f"-{amount}"
        self.send("2301", {"feedetail": [row]})

    @rule(who=st.integers(0, 1), visit=SIX, stay=st.booleans())
    def drop(self, who: int, visit: int, stay: bool) -> None:  # noqa: FBT001
        number = self.visit_of(visit)
        if stay:
            self.send("2302", {"data": [named(self.people[who], number, feedetl_sn="0000")["data"]]})
        else:
            self.send("2205", named(self.people[who], number, chrg_bchno="0000"))

    async def due(self, visit: str) -> str:
        rows = await self.city.rows(
            "select coalesce(sum(f.amount), 0)::bigint from fee_line f where f.visit_id = %s and not exists"
            " (select 1 from settled_batch s where s.visit_id = f.visit_id and s.batch = f.batch)", visit,
        )  # fmt: skip
        fen = max(0, rows[0][0])
        return f"{fen // 100}.{fen % 100:02d}"

    @rule(
        who=st.integers(0, 1),
        visit=SIX,
        stay=st.booleans(),
        mid=st.booleans(),
        use=st.sampled_from("012"),
        right=st.integers(0, 5),
    )
    def settle(self, who: int, visit: int, stay: bool, mid: bool, use: str, right: int) -> None:  # noqa: FBT001
        person, number = self.people[who], self.visit_of(visit)
        total = self.run(self.due(number)) if right else "1.00"
        if stay:
            content = bill(person, number, total, mid_setl_flag="1" if mid else "0", acct_used_flag=use)
        else:
            content = self.city.hospital.bill(person, number, total, acct_used_flag=use)
        planned = self.send("2303" if stay else "2206", content)
        output = self.send("2304" if stay else "2207", content)
        assert (planned is None) is (output is None)
        self.keep(output)

    @rule(who=st.integers(0, 1), amount=AMOUNTS)
    def buy(self, who: int, amount: str) -> None:
        self.keep(self.send("2102", self.city.pharmacy.purchase(self.people[who], amount), self.city.pharmacy))

    @rule(who=st.integers(0, 1), at=SIX, infno=st.sampled_from(["2208", "2305", "2103"]))
    def reverse(self, who: int, at: int, infno: str) -> None:
        if not self.settled:
            return
        info = self.settled[at % len(self.settled)]
        content = named(self.people[who], info["mdtrt_id"], setl_id=info["setl_id"])
        sender = self.city.pharmacy if infno == "2103" else self.city.hospital
        output = self.send(infno, content, sender)
        if output:
            self.paid += int(output["setlinfo"]["acct_pay"] * 100)

    @rule(at=SIX, place=SIX, tenths=st.integers(0, 11))
    def give_part_back(self, at: int, place: int, tenths: int) -> None:
        """A partial return of a settlement, living or not, of some or too much of a line."""
        if not self.settled:
            return
        info = self.settled[at % len(self.settled)]
        known = self.lines.get(info["mdtrt_id"]) or ["1"]
        institution = self.city.pharmacy if info["med_type"] == "41" else self.city.hospital
        message = institution.message("x", {})["msgid"]
        command = ReturnPart(
            sender=Sender(institution=institution.code, message_id=message, transaction="r", input_hash=b""),
            person_no=next(p.person_no for p in self.people if p.person_no == info["psn_no"]),
            settlement_id=info["setl_id"],
            items=(ReturnedItem(line_no=known[place % len(known)], quantity=Decimal(tenths) / 10),),
        )
        before = self.run(self.moved())
        outcome = self.run(self.city.platform.batcher.submit(command))
        if hasattr(outcome, "settlement"):
            rest = outcome.settlement
            change = rest.change
            assert change.total < 0
            assert change.pool <= 0
            assert change.own <= 0
            assert change.shared <= 0
            self.paid += change.own + change.shared
            self.settled.append(info | {"setl_id": rest.id, "mdtrt_id": rest.visit_id, "psn_no": rest.person_no})
        else:
            assert outcome.text
            assert self.run(self.moved()) == before

    @rule(who=st.integers(0, 1), visit=SIX, what=st.sampled_from(["2402", "2403", "2404", "2405", "2202"]))
    def leave(self, who: int, visit: int, what: str) -> None:
        person, number = self.people[who], self.visit_of(visit)
        contents = {
            "2402": discharge(person, number),
            "2403": change(person, number),
            "2202": named(person, number, ipt_otp_no="x"),
        }
        self.send(what, contents.get(what, named(person, number)))

    @rule(who=st.integers(0, 1), amount=AMOUNTS, shown=st.integers(0, 4), then=st.integers(0, 4))
    def send_to_the_phone(self, who: int, amount: str, shown: int, then: int) -> None:
        """A bill for the phone, sometimes under the code of the other patient; mostly he pays it at once."""
        person = self.people[who]
        token = self.run(token_of(self.city, self.city.hospital, self.people[who if shown else 1 - who]))
        output = self.send("6201", upload(self.city.hospital, person, token, amount))
        if output:
            order = {name: output["data"][name] for name in ("payOrdId", "payToken")} | {"ecToken": token}
            self.orders.append(order)
            if then:
                self.pay_order(order, agreed=True, times=1 + (then == 1))
            if then == 2:
                self.refund_order(order, "ALL")

    @rule(at=SIX, agreed=st.booleans(), times=st.integers(1, 2))
    def pay_on_the_phone(self, at: int, agreed: bool, times: int) -> None:  # noqa: FBT001
        """With or without the patient's consent, once or twice."""
        if self.orders:
            self.pay_order(self.orders[at % len(self.orders)], agreed=agreed, times=times)

    def pay_order(self, order: dict[str, Any], *, agreed: bool, times: int) -> None:
        number = order["payOrdId"]
        code = "0" * 28
        if agreed:
            [(person,)] = self.run(self.city.rows("select person_no from mobile_order where id = %s", number))
            given = self.run(consent(self.city.platform, person, number, "portal"))
            code = code if isinstance(given, Refusal) else given
        for _ in range(times):
            output = self.send("6202", phone(order, payAuthNo=code, orgBizSer="1"))
            if output and number not in self.paid_orders:
                self.paid_orders[number] = output["data"]
                self.paid += int(output["data"]["psnAcctPay"] * 100)

    @rule(at=SIX, kind=st.sampled_from(["ALL", "HI", "CASH"]))
    def refund_on_the_phone(self, at: int, kind: str) -> None:
        """As a whole, of insurance or of the own part; paid or not, for the first time or again."""
        if self.orders:
            self.refund_order(self.orders[at % len(self.orders)], kind)

    def refund_order(self, order: dict[str, Any], kind: str) -> None:
        paid = self.paid_orders.get(order["payOrdId"]) or dict.fromkeys(PAID_PARTS, 0)
        one_side = {"HI": {"cashRefdAmt": "0"}, "CASH": {"totlRefdAmt": str(paid["ownPayAmt"])}}.get(kind, {})
        output = self.send("6203", refund(order, paid, kind, f"R{next(_refunds)}", **one_side))
        if output and kind != "CASH":
            self.paid -= int(paid["psnAcctPay"] * 100)

    @rule(at=SIX)
    def take_off_the_phone(self, at: int) -> None:
        if self.orders:
            self.send("6401", phone(self.orders[at % len(self.orders)]))

    @rule(who=st.integers(0, 1), kind=st.sampled_from(["2501", "2503"]))
    def file(self, who: int, kind: str) -> None:
        person = self.people[who]
        self.send(kind, referral(person) if kind == "2501" else disease(person))

    @invariant()
    def accounts_lost_what_was_paid(self) -> None:
        if hasattr(self, "start"):
            left = self.run(
                self.city.rows(
                    "select sum(balance)::bigint from account where owner = any(%s)",
                    [p.person_no for p in self.everybody],
                )
            )[0][0]
            assert sum(self.start.values()) - left == self.paid

    def teardown(self) -> None:
        report = verify(self.city.platform.dsn)
        assert report.ok, report.difference


def test_whole_visits_in_any_order(dsn: str, book: PolicyBook, open_city: Callable[[Platform], Any]) -> None:
    loop = asyncio.new_event_loop()
    platform = Platform(dsn, book)
    loop.run_until_complete(platform.open())

    Counter.city, Counter.loop = loop.run_until_complete(open_city(platform)), loop
    examples = 60 if os.environ.get("GONGJI_SEARCH") else 6
    try:
        run_state_machine_as_test(
            Counter,
            settings=settings(
                max_examples=examples,
                stateful_step_count=18,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        loop.run_until_complete(Counter.city.http.aclose())
        loop.run_until_complete(platform.close())
        loop.close()
