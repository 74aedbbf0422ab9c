"""An institution's system in the demo city: sends messages, keeps its own books, loses answers (演示机构系统)."""

import itertools
import json
import threading
import time
from collections import Counter
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import httpx
import msgspec

from gongji.core.money import Fen, format_yuan, parse_yuan
from gongji.core.times import CHINA

PATH: Final = "/fsi/api/rsfComIfsService/callService"
PATIENCE_SECONDS: Final = 30
LOST_AFTER_MILLISECONDS: Final = 1
"""So soon a client that loses its answer stops listening."""

ASKED_AFTER_MILLISECONDS: Final = 300
"""So late it asks what became of its message."""


class RefusedError(Exception):
    """A message was refused; the text is the reason."""


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """A settlement as the institution booked it, in fen: what funds and accounts owe it, and the accounts' part."""

    institution: str
    person_no: str
    visit: str
    settlement: str
    total: Fen
    owed: Fen
    accounts: Fen


class Books(msgspec.Struct, kw_only=True):
    """What all institutions booked during the day, in fen, and what they met.

    ``owed`` is what each institution has to get from funds and accounts, ``accounts`` what people's accounts paid.
    ``rows`` are the settlements and refunds by institution and insured region, as the file of 3202 has them.
    """

    owed: Counter[str]
    rows: dict[tuple[str, str], list[str]]
    accounts: Fen = 0
    counts: Counter[str]
    refusals: Counter[str]


class Desk:
    """Sends the messages of every institution; several threads may use it."""

    def __init__(self, city: dict[str, Any], run: str) -> None:
        """Open the counters of a city, as ``gongji demo --json`` tells it; ``run`` is in each message's number."""
        self.gateway, self.portal, self.run = city["gateway"], city["portal"], run
        self.books = Books(owed=Counter(), rows={}, counts=Counter(), refusals=Counter())
        self._insured = {person["psn_no"]: person["region"] for person in city["people"]}
        self._serial = itertools.count(1)
        self._lock = threading.Lock()
        self._http = httpx.Client(timeout=PATIENCE_SECONDS)

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def number(self) -> str:
        """A number that no other message or line of the day has."""
        with self._lock:
            return f"{self.run}{next(self._serial):06d}"

    def message(self, institution: str, infno: str, content: dict[str, Any]) -> dict[str, Any]:
        """A whole message with a new id."""
        return {
            "infno": infno,
            "msgid": f"{institution}{self.number()}",
            "mdtrtarea_admvs": institution[1:7],
            "insuplc_admdvs": institution[1:7],
            "recer_sys_code": "FSI_LOCAL",
            "infver": "V1.0",
            "opter_type": "1",
            "opter": "day",
            "opter_name": "演示收费员",
            "inf_time": now(),
            "fixmedins_code": institution,
            "fixmedins_name": "演示机构",
            "input": content,
        }

    def send(self, message: dict[str, Any]) -> Any:
        """The output of an answer.

        Raises:
            RefusedError: the answer is no.
        """
        answer = self._json(self._http.post(self.gateway + PATH, json=message))
        self.count("messages")
        if answer["infcode"] != 0:
            raise RefusedError(answer["err_msg"])
        return answer["output"]

    def fetch(self, institution: str, infno: str, content: dict[str, Any]) -> bytes:
        """The file that answers a message."""
        answer = self._http.post(self.gateway + PATH, json=self.message(institution, infno, content))
        self.count("messages")
        if answer.headers["content-type"] != "application/octet-stream":
            raise RefusedError(self._json(answer)["err_msg"])
        return answer.content

    @staticmethod
    def _json(response: httpx.Response) -> Any:
        return json.loads(response.content, parse_float=Decimal)

    def call(self, institution: str, infno: str, content: dict[str, Any]) -> Any:
        """The output of a new message's answer."""
        return self.send(self.message(institution, infno, content))

    def send_twice(self, message: dict[str, Any]) -> Any:
        """Send the same message again: the second answer must be the first."""
        first = self.send(message)
        again = self.send(message)
        self.count("repeats")
        if again != first:
            raise RefusedError(f"重发 {message['msgid']} 得到不同的应答")
        return again

    def lose_answer(self, message: dict[str, Any]) -> Any:
        """Hang up before the answer comes, ask what became of the message, then send it again: it is done once."""
        hasty = httpx.Timeout(PATIENCE_SECONDS, read=LOST_AFTER_MILLISECONDS / 1000)
        try:
            self._http.post(self.gateway + PATH, json=message, timeout=hasty)
        except httpx.TimeoutException:
            self.count("lost answers")
        time.sleep(ASKED_AFTER_MILLISECONDS / 1000)
        state = self._http.get(f"{self.portal}/api/messages/{message['fixmedins_code']}/{message['msgid']}").json()
        self.count(f"lost answers: {state['state']}")
        return self.send(message)

    def count(self, what: str, more: int = 1) -> None:
        """One more of something."""
        with self._lock:
            self.books.counts[what] += more

    def refused(self, reason: str) -> None:
        """A visit ended because something was refused."""
        with self._lock:
            self.books.refusals[reason.partition("[")[0][:60]] += 1

    def book(self, institution: str, info: dict[str, Any]) -> Settled:
        """Book a settlement, or a reversal with its negative amounts, and check its sums."""
        amounts = {name: _fen(info[name]) for name in _SUMS}
        if amounts["medfee_sumamt"] != amounts["fund_pay_sumamt"] + amounts["acct_pay"] + amounts["psn_cash_pay"]:
            raise AssertionError(f"金额不平：{info['setl_id']}")
        settled = Settled(
            institution=institution,
            person_no=info["psn_no"],
            visit=info["mdtrt_id"],
            settlement=info["setl_id"],
            total=amounts["medfee_sumamt"],
            owed=amounts["fund_pay_sumamt"] + amounts["acct_pay"],
            accounts=amounts["acct_pay"],
        )
        self._keep(settled, settled.settlement)
        return settled

    def _keep(self, booked: Settled, named: str) -> None:
        """Write a settlement or a refund down; ``named`` is the id it goes by in the list for the reconciliation."""
        amounts = (booked.total, booked.owed - booked.accounts, booked.accounts)
        refund = "1" if booked.total < 0 else "0"
        row = "\t".join((named, booked.visit, booked.person_no, *map(format_yuan, amounts), refund))
        with self._lock:
            self.books.owed[booked.institution] += booked.owed
            self.books.accounts += booked.accounts
            key = (booked.institution, self._insured[booked.person_no])
            self.books.rows.setdefault(key, []).append(row)

    def give_part_back(self, settled: Settled, line: str) -> None:
        """One of the quantity of a line comes back after the settlement."""
        url = f"{self.portal}/api/returns/{settled.institution}/{settled.institution}{self.number()}"
        content = {"settlement": settled.settlement, "psn_no": settled.person_no}
        answer = self._http.post(url, json=content | {"items": [{"line": line, "quantity": "1"}]})
        told = answer.json()
        if answer.is_error:
            raise RefusedError(str(told.get("detail") or told.get("code")))
        back: Counter[str] = Counter()
        for one in told["given_back"]:
            back[one["payer"]] += parse_yuan(one["amount"])
        accounts = back["own"] + back["wallet"] + back["shared"]
        refund = msgspec.structs.replace(
            settled,
            total=-back.total(),
            owed=-(accounts + back["pool"] + back["supplementary"]),
            accounts=-accounts,
        )
        self._keep(refund, settled.settlement)
        self.count("partial returns")


_SUMS: Final = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay", "psn_cash_pay")


def _fen(amount: Decimal | int) -> Fen:
    """An amount of an answer, which has two decimals at most."""
    return int(amount * 100)


def now() -> str:
    """This moment as messages have it."""
    return f"{datetime.now(CHINA):%Y-%m-%d %H:%M:%S}"
