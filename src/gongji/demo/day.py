"""A day of hospitals and pharmacies in the demo city, by the real gateway, reconciled in the evening (演示的一天)."""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import msgspec
import psycopg

from gongji.core.money import Fen, format_yuan, parse_yuan
from gongji.core.times import CHINA
from gongji.demo.evening import reconcile
from gongji.demo.forms import ADMITTED, DIAGNOSIS, ORDERED, bill, discharge, named, shown
from gongji.demo.his import Books, Desk, RefusedError, Settled, now
from gongji.demo.market import institutions
from gongji.ledger.sql import queries
from gongji.ledger.verify import Report, verify

AT_ONCE: Final = 8
"""Counters that work at the same time."""

_KINDS: Final = {"outpatient": 70, "pharmacy": 22, "stay": 3, "registration": 5}
_AFTERWARDS: Final = {"nothing": 82, "repeat": 6, "lose": 6, "reverse": 4, "return": 2}
"""What becomes of a settlement, of a hundred."""


class Evening(msgspec.Struct, frozen=True, kw_only=True):
    """What the day came to: the institutions' own books beside the platform's.

    Attributes:
        books: what the institutions booked.
        owed: what the platform booked as owed to each institution during the day, in fen.
        accounts: what left people's accounts during the day, in fen.
        rows: what differs between the institutions' lists and the books, row by row (3202), in words.
        ledger: the check of the whole ledger.
    """

    books: Books
    owed: dict[str, Fen]
    accounts: Fen
    rows: list[str]
    ledger: Report

    @property
    def differences(self) -> list[str]:
        """What does not agree, in words; nothing when every fen does."""
        names = sorted(self.owed.keys() | self.books.owed.keys())
        found = [
            f"{name}：机构 {self.books.owed[name]} 分，平台 {self.owed.get(name, 0)} 分"
            for name in names
            if self.books.owed[name] != self.owed.get(name, 0)
        ]
        if self.books.accounts != self.accounts:
            found.append(f"个人账户：机构 {self.books.accounts} 分，平台 {self.accounts} 分")
        found += self.rows
        if self.ledger.difference:
            found.append(f"核账：{self.ledger.difference.row}")
        return found


def run_day(
    dsn: str, city: dict[str, Any], visits: int, seed: int, progress: Callable[[], None] = lambda: None
) -> Evening:
    """Send a day's messages and reconcile.

    Args:
        dsn: the platform's database, read before and after.
        city: the demo city, as ``gongji demo --json`` tells it.
        visits: how many visits.
        seed: the same seed plans the same day.
        progress: told after each visit.
    """
    before = _standing(dsn)
    began = datetime.now(CHINA)
    desk = Desk(city, f"{began:%m%d%H%M%S}")
    day = Day(desk, city, random.Random(seed))  # noqa: S311 - a plan, no secret
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            waiting = [pool.submit(day.visit, kind, afterwards) for kind, afterwards in day.plan(visits)]
            for done in as_completed(waiting):
                done.result()
                progress()
        rows = reconcile(desk, began.date(), datetime.now(CHINA).date())
    finally:
        desk.close()
    after = _standing(dsn)
    owed = {name: after[0].get(name, 0) - before[0].get(name, 0) for name in after[0].keys() | before[0].keys()}
    return Evening(
        books=desk.books,
        owed={name: amount for name, amount in owed.items() if amount},
        accounts=before[1] - after[1],
        rows=rows,
        ledger=verify(dsn),
    )


def _standing(dsn: str) -> tuple[dict[str, Fen], Fen]:
    """What is owed to each institution, and what people have, on one snapshot."""
    with psycopg.connect(dsn) as conn:
        conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        owed = {name: int(amount) for name, amount in conn.execute(queries["institution_payables"]).fetchall()}
        row = conn.execute(queries["people_have"]).fetchone()
        return owed, int(row[0]) if row else 0


def _one_of(chance: random.Random, among: dict[str, int]) -> str:
    return chance.choices(list(among), list(among.values()))[0]


class Day:
    """Plans visits and carries each out."""

    def __init__(self, desk: Desk, city: dict[str, Any], chance: random.Random) -> None:
        self._desk, self._chance = desk, chance
        self._people = city["people"]
        # Most residents' benefits are not known here, and what is not known is refused.
        self._employees = [one for one in self._people if one["scheme"] == "employee"]
        self._items = [item for item in city["catalogue"] if item["kind"] in ("western_drug", "examination")]
        # People who want their insurance to pay go where it does.
        outside = {i.code for i in institutions() if not i.designated}
        designated = [i for i in city["institutions"] if i["fixmedins_code"] not in outside]
        self._hospitals = [i for i in designated if i["type"] == "hospital"]
        self._pharmacies = [i for i in designated if i["type"] == "pharmacy"]
        self._inside: set[str] = set()
        self._lock = threading.Lock()

    def plan(self, visits: int) -> Iterator[tuple[str, str]]:
        """Kinds of visits and what becomes of their settlements."""
        for _ in range(visits):
            yield _one_of(self._chance, _KINDS), _one_of(self._chance, _AFTERWARDS)

    def visit(self, kind: str, afterwards: str) -> None:
        """One visit from the counter to the cashier; what is refused ends it."""
        works: dict[str, Callable[[dict[str, Any], str], None]] = {
            "outpatient": self._outpatient,
            "pharmacy": self._pharmacy,
            "stay": self._stay,
            "registration": self._registration,
        }
        person = self._pick(self._people if kind == "pharmacy" else self._employees)
        try:
            works[kind](person, afterwards)
            self._desk.count(kind)
        except RefusedError as refused:
            self._desk.refused(str(refused))

    def _pick(self, among: list[dict[str, Any]]) -> dict[str, Any]:
        with self._lock:
            return self._chance.choice(among)

    def _near(self, person: dict[str, Any], among: list[dict[str, Any]]) -> str:
        """An institution where the person is insured, or anywhere if there is none."""
        near = [one for one in among if one["region"] == person["region"]]
        code: str = self._pick(near or among)["fixmedins_code"]
        return code

    def _lines(self, person: dict[str, Any], visit: str, most: int) -> tuple[list[dict[str, Any]], Fen]:
        lines, total = [], 0
        with self._lock:
            chosen = [(self._chance.choice(self._items), self._chance.randint(2, 5)) for _ in range(most)]
        for item, quantity in chosen:
            price = parse_yuan(item["price"])
            lines.append(
                {
                    "feedetl_sn": self._desk.number(),
                    "mdtrt_id": visit,
                    "psn_no": person["psn_no"],
                    "chrg_bchno": "1",
                    "rx_circ_flag": "0",
                    "med_type": "11",
                    "fee_ocur_time": now(),
                    "med_list_codg": item["med_list_codg"],
                    "medins_list_codg": "L",
                    "det_item_fee_sumamt": format_yuan(price * quantity),
                    "cnt": str(quantity),
                    "pric": item["price"],
                }
                | ORDERED
            )
            total += price * quantity
        return lines, total

    def _register(self, person: dict[str, Any], hospital: str) -> str:
        about = shown(person) | {"begntime": now(), "ipt_otp_no": self._desk.number(), "dept_code": "NK01"}
        about |= {"dept_name": "内科", "caty": "A03", "atddr_no": "D1", "dr_name": "演示医师"}
        visit: str = self._desk.call(hospital, "2201", {"data": about})["data"]["mdtrt_id"]
        return visit

    def _registration(self, person: dict[str, Any], _: str) -> None:
        """Somebody registers and goes home."""
        hospital = self._near(person, self._hospitals)
        self._go_home(person, hospital, self._register(person, hospital))

    def _go_home(self, person: dict[str, Any], hospital: str, visit: str) -> None:
        """Nothing was done, or nothing that insurance knows."""
        self._desk.call(hospital, "2202", {"data": named(person, visit, ipt_otp_no="-")})

    def _outpatient(self, person: dict[str, Any], afterwards: str) -> None:
        hospital = self._near(person, self._hospitals)
        visit = self._register(person, hospital)
        lines, total = self._lines(person, visit, 3)
        self._desk.call(hospital, "2204", {"feedetail": lines})
        due = bill(person, visit, total) | {"med_type": "11", "chrg_bchno": "1"}
        try:
            self._desk.call(hospital, "2206", {"data": due})
        except RefusedError:
            self._desk.call(hospital, "2205", {"data": named(person, visit, chrg_bchno="1")})
            self._go_home(person, hospital, visit)
            raise
        self._settle(hospital, "2207", "2208", {"data": due}, afterwards, lines[0]["feedetl_sn"])

    def _pharmacy(self, person: dict[str, Any], afterwards: str) -> None:
        pharmacy = self._near(person, self._pharmacies)
        lines, total = self._lines(person, "", 2)
        about = shown(person) | {"begntime": now(), "medfee_sumamt": format_yuan(total), "acct_used_flag": "2"}
        content = {"druginfo": about | {"med_type": "41"}, "drugdetail": lines}
        self._desk.call(pharmacy, "2101", content)
        self._settle(pharmacy, "2102", "2103", content, afterwards, lines[0]["feedetl_sn"])

    def _stay(self, person: dict[str, Any], afterwards: str) -> None:
        """Admission, lines, perhaps a settlement in between, discharge, settlement."""
        with self._bed(person):
            hospital = self._near(person, self._hospitals)
            visit = self._admit(person, hospital)
            lines, total = self._lines(person, visit, 5)
            self._desk.call(hospital, "2301", {"feedetail": lines})
            due = bill(person, visit, total) | {"mid_setl_flag": "0"}
            try:
                self._desk.call(hospital, "2303", {"data": due})
            except RefusedError:
                # Nobody knows the rules of this stay: the patient goes home without insurance.
                self._desk.call(hospital, "2302", {"data": [named(person, visit, feedetl_sn="0000")]})
                self._desk.call(hospital, "2404", {"data": named(person, visit)})
                raise
            self._desk.call(hospital, "2402", discharge(person, visit))
            self._settle(hospital, "2304", "2305", {"data": due}, afterwards, lines[0]["feedetl_sn"])

    def _admit(self, person: dict[str, Any], hospital: str) -> str:
        about = shown(person) | ADMITTED | {"begntime": now(), "ipt_no": self._desk.number()}
        content = {"mdtrtinfo": about, "diseinfo": [DIAGNOSIS | {"psn_no": person["psn_no"], "diag_time": now()}]}
        visit: str = self._desk.call(hospital, "2401", content)["result"]["mdtrt_id"]
        return visit

    @contextmanager
    def _bed(self, person: dict[str, Any]) -> Iterator[None]:
        """Two counters do not admit the same person at the same moment."""
        number = person["psn_no"]
        with self._lock:
            taken = number in self._inside
            self._inside.add(number)
        if taken:
            raise RefusedError("该参保人正在住院")
        try:
            yield
        finally:
            with self._lock:
                self._inside.discard(number)

    def _settle(
        self, institution: str, infno: str, undo: str, content: dict[str, Any], afterwards: str, line: str
    ) -> None:
        message = self._desk.message(institution, infno, content)
        ways = {"repeat": self._desk.send_twice, "lose": self._desk.lose_answer}
        settled = self._desk.book(institution, ways.get(afterwards, self._desk.send)(message)["setlinfo"])
        self._desk.count("settlements")
        if afterwards == "reverse":
            self._reverse(settled, undo)
        if afterwards == "return":
            self._desk.give_part_back(settled, line)

    def _reverse(self, settled: Settled, undo: str) -> None:
        which = {"psn_no": settled.person_no, "mdtrt_id": settled.visit, "setl_id": settled.settlement}
        info = self._desk.call(settled.institution, undo, {"data": which})["setlinfo"]
        cash = info["psn_cash_pay"] if info.get("psn_cash_pay") is not None else info["pdn_cash_pay"]
        self._desk.book(settled.institution, info | {"psn_no": settled.person_no, "psn_cash_pay": cash})
        self._desk.count("reversals")
