"""Every region's inpatient cases through the gateway, from admission to discharge: to the fen what ``quote`` says."""

import asyncio
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

from psycopg.types.json import Jsonb

from gongji.core.codes import Care, Filing, Relation, Segment
from gongji.core.filing import Subject
from gongji.core.money import Fen, format_yuan, parse_yuan
from gongji.core.refusal import Refusal
from gongji.core.terms import Terms, terms_for
from gongji.ledger import store
from gongji.ledger.verify import verify
from gongji.policyfiles import locate
from gongji.service.commands import Sender
from gongji.service.enrol import Credit, credit
from gongji.service.filings import FilingRequest, file
from gongji.service.quote import quote
from gongji.service.quote_input import Asked, read_case
from gongji.service.region_cases import RegionCase, region_cases
from integration.nhsa.conftest import Institution
from stays import admission, bill, discharge, line

AT_ONCE = 6
FUND_RULES = ("deductible", "ratio", "cap")
_numbers = count(1)


def whole_stays() -> Iterator[RegionCase]:
    """Cases of a whole bill of a stay; those of a person's share alone are no bill."""
    for case in region_cases(locate()):
        if case.ask["care"]["type"] == Care.INPATIENT.value and "total" in case.ask["bill"]:
            yield case


CASES = list(whole_stays())


def total_of(case: RegionCase | None) -> Fen:
    """The bill of a case; less than any for none."""
    return parse_yuan(case.ask["bill"]["total"]) if case else -1


class Patient:
    """A case as people, accounts, figures of the year and a hospital in the books."""

    def __init__(self, city: Any, case: RegionCase) -> None:
        self.city, self.case = city, case
        self.asked: Asked = read_case({"id": "x", "region": case.region, **case.ask})
        self.on = self.asked.on
        self.total: Fen = self.asked.bill.total

    async def admitted(self) -> str:
        facts, region = self.asked.facts, self.case.region
        age = 45 if facts.age is None else facts.age
        self.person = await self.city.person(
            region=region,
            birth_date=date(self.on.year - age, 1, 1),
            scheme=facts.scheme,
            status=facts.status,
            retired_on=facts.retired_on,
            gp_signed=facts.gp_signed,
            missing_years=facts.missing_years,
        )
        await self._money()
        await self.year()
        for sharer in self.asked.sharers:
            owner = await self.city.person(sharer.available, region=region)
            binding = await self.city.share(owner, self.person, Relation(sharer.relation))
            query = "update binding set starts_on = %s, state = 'active' where id = %s returning id"
            await self.city.rows(query, date(2020, 1, 1), binding)
        self.hospital = await self._hospital(self.asked.place or region)
        if facts.filing is not Filing.NONE:
            await self._file(self.asked.place or region)
        answer = await self.hospital.call("2401", admission(self.person, begntime=f"{self.on} 09:00:00"))
        visit: str = answer.output["result"]["mdtrt_id"]
        return visit

    async def _money(self) -> None:
        accounts = self.asked.accounts
        given = {
            Segment.WHOLE: accounts.balance,
            Segment.CURRENT_YEAR: accounts.current_year,
            Segment.HISTORICAL: accounts.historical,
        }
        credits_ = [
            Credit(person_no=self.person.person_no, amount=fen, segment=segment, reference=f"r{next(_numbers)}")
            for segment, fen in given.items()
            if fen
        ]
        if credits_:
            await credit(self.city.platform, credits_)

    async def year(self, sign: int = 1) -> None:
        """What the year holds already, or taken off again; the number of the stay is one more than stays before."""
        facts, before = self.asked.facts, self.asked.year_to_date
        terms = terms_for(self.city.platform.book, self.case.region, self.on, facts.scheme, Care.INPATIENT)
        if not isinstance(terms, Terms):
            return
        async with self.city.platform.pool.connection() as conn:
            await store.run(
                conn,
                "add_year_totals",
                regions=[self.case.region],
                person_nos=[self.person.person_no],
                years=[terms.year],
                benefits=[Care.INPATIENT.value],
                deductibles=[sign * before.deductible],
                eligibles=[sign * before.eligible],
                pools=[sign * before.pool],
                events=[sign * max(before.events, facts.stay - 1)],
            )
            query = (
                "delete from year_total where person_no = %s and (deductible, eligible, pool, events) = (0, 0, 0, 0)"
            )
            await conn.execute(query, [self.person.person_no])

    async def _hospital(self, region: str) -> Institution:
        facts = self.asked.facts
        code = f"H{region}{next(_numbers):05d}"
        stated = {"code": code, "region": region, "name": code, "kind": "hospital", "designated": True}
        stated |= {"level": facts.level and facts.level.value, "grade": facts.grade and facts.grade.value}
        async with self.city.platform.pool.connection() as conn:
            await store.run(conn, "add_institution", **stated, community=facts.community, credentials=Jsonb({}))
            query = "update institution set village = %s, top = %s where code = %s"
            await conn.execute(query, [facts.village, facts.top, code])
        return Institution(self.city.http, self.city.platform, code)

    async def _file(self, place: str) -> None:
        request = FilingRequest(
            person_no=self.person.person_no,
            subject=Subject.AWAY,
            kind=self.asked.facts.filing,
            place=place,
            begins_on=date(self.on.year, 1, 1),
        )
        sender = Sender(institution="portal", message_id=f"f{next(_numbers)}", transaction="file", input_hash=b"")
        filed = await file(self.city.platform, sender, request)
        assert not isinstance(filed, Refusal), filed

    async def charge(self, visit: str, amount: Fen) -> str:
        yuan = format_yuan(amount)
        row = line(self.person, visit, yuan, fee_ocur_time=f"{self.on} 10:00:00")
        assert (await self.hospital.call("2301", {"feedetail": [row]})).ok
        return yuan

    async def settled(self, visit: str, amount: Fen, mid: str = "0") -> Any:
        yuan = await self.charge(visit, amount)
        asked = bill(self.person, visit, yuan, mid_setl_flag=mid)
        previewed = await self.hospital.call("2303", asked)
        answer = await self.hospital.call("2304", asked)
        assert previewed.ok is answer.ok
        if answer.ok:
            assert previewed.info["fund_pay_sumamt"] == answer.info["fund_pay_sumamt"]
        return answer


def fen(info: dict[str, Any], name: str) -> Fen:
    return int(Decimal(info[name]) * 100)


def payers(info: dict[str, Any]) -> dict[str, Fen]:
    shared = fen(info, "acct_mulaid_pay")
    return {
        "deductible": fen(info, "act_pay_dedc"),
        "fund": fen(info, "fund_pay_sumamt"),
        "own": fen(info, "acct_pay") - shared,
        "shared": shared,
        "cash": fen(info, "psn_cash_pay"),
    }


async def whole(city: Any, case: RegionCase) -> str:
    """The stay settled once, at discharge."""
    patient = Patient(city, case)
    visit = await patient.admitted()
    answer = await patient.settled(visit, patient.total)
    worked = quote(city.platform.book, {"id": "x", "region": case.region, **case.ask})
    if "error" in worked:
        await patient.year(-1)
        assert not answer.ok, case
        return "refused"
    assert payers(answer.info) == {name: parse_yuan(worked[name]) for name in payers(answer.info)}, case
    await patient.year(-1)
    left = await patient.hospital.call("2402", discharge(patient.person, visit, str(patient.on)))
    assert left.ok, left.content
    return "settled"


async def in_two(city: Any, case: RegionCase) -> None:
    """The same stay with a settlement in between: the fund pays the same, but for a fen of rounding."""
    patient = Patient(city, case)
    visit = await patient.admitted()
    first = await patient.settled(visit, patient.total // 3, mid="1")
    second = await patient.settled(visit, patient.total - patient.total // 3)
    await patient.year(-1)
    worked = quote(city.platform.book, {"id": "x", "region": case.region, **case.ask})
    both = [payers(first.info), payers(second.info)]
    assert sum(part["deductible"] for part in both) == parse_yuan(worked["deductible"]), case
    assert abs(sum(part["fund"] for part in both) - parse_yuan(worked["fund"])) <= 1, case


async def test_every_regions_stays(city: Any, dsn: str) -> None:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(case: RegionCase) -> tuple[RegionCase, str]:
        async with gate:
            return case, await whole(city, case)

    async def twice(case: RegionCase) -> None:
        async with gate:
            await in_two(city, case)

    done = await asyncio.gather(*(one(case) for case in CASES))
    largest: dict[str, RegionCase] = {}
    for case, outcome in done:
        if outcome == "settled" and total_of(case) > total_of(largest.get(case.region)):
            largest[case.region] = case
    having = {
        rule: {key[0] for key in city.platform.book.rules if key[1] == f"inpatient.{rule}"} for rule in FUND_RULES
    }
    assert largest.keys() >= set.intersection(*having.values()), "every region that has rules has a case of a bill"
    await asyncio.gather(*(twice(case) for case in largest.values()))
    assert verify(dsn).ok
