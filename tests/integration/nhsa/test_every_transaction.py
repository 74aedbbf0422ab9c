"""Every transaction, fed with messages made from its tables and then bent; also those added later.

Two hundred examples of each; ``GONGJI_EXAMPLES=2000`` looks deeper, ``GONGJI_SEARCH=1`` looks for new ones. Whatever
comes: a valid answer, never a fault of the server, and no money moves when the answer is no. What is not offered says
so whatever it holds.
"""

import itertools
import json
import os
import pickle
import random
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongji.channels.nhsa import examples, tables
from gongji.channels.nhsa.captured import Captured
from gongji.channels.nhsa.departures import plain
from gongji.channels.nhsa.explain import explain
from gongji.channels.nhsa.gateway import gateway
from gongji.channels.nhsa.registry import HANDLERS, table_of
from gongji.channels.nhsa.tables import Field, FieldType
from gongji.channels.nhsa.vocabulary import dictionary_of
from gongji.core.policy import PolicyBook
from gongji.service.platform import Platform
from gongji.settings import Settings

OFFERED = list(HANDLERS)
EXAMPLES = int(os.environ.get("GONGJI_EXAMPLES", "200"))
TOGETHER = 10
"""Messages between two looks at the books."""

NOT_OFFERED = [code for code in tables.transaction_codes() if plain(code) not in HANDLERS]

KEYS = {"output", "infcode", "inf_refmsgid", "refmsg_time", "respond_time", "err_msg", "warn_msg", "cainfo", "signtype"}

TEXT = st.characters(exclude_categories=["Cs"])
"""Every character that UTF-8 has; told by category, because by codec it takes seconds to find out."""

DEEP: Any = "x"
for _ in range(40):
    DEEP = [DEEP]

STRANGE: list[Any] = [
    *(
        "",
        "null",
        " ",
        "-1",
        "0",
        "-0",
        "1e9",
        "1e400",
        "٣",
        ".",
        "0.005",
        "99999999999999.99",
        "'; drop table x",
    ),
    *("2026-02-30", "0000-00-00", "0001-01-01", "9999-12-31", "9999-12-31 23:59:59", "2026-01-05T25:00:00"),
    *("9" * 400, "中" * 3000, "\ud800", "\u0000", "\x7f", "0000", "𠮷"),
    *({}, [], [None], {"": None}, [[]], [{}, {}, {}], DEEP, 10**400, 2**63, -(2**63)),
]

WRONG = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(STRANGE),
    st.text(TEXT, max_size=40),
)

_patients = itertools.count(1)

Place = tuple[tuple[Any, ...], Field | None]


class Known:
    """Ids that stand in the books, so that messages reach behind the first refusal."""

    def __init__(self, patient: Any, visit: str, settled: dict[str, Any], institution: str) -> None:
        self.values: dict[str, tuple[str, ...]] = {
            "psn_no": (patient.person_no,),
            "psn_No": (patient.person_no,),
            "mdtrt_cert_no": (patient.certificate_no, patient.card_no),
            "certno": (patient.certificate_no, ""),
            "psn_name": (patient.name, ""),
            "mdtrt_id": (visit, settled["mdtrt_id"]),
            "mdtrt_Id": (settled["mdtrt_id"],),
            "setl_id": (settled["setl_id"],),
            "setl_Id": (settled["setl_id"],),
            "chrg_bchno": ("B1", "B2", "0000"),
            "omsgid": (settled["medins_setl_id"],),
            "oinfno": ("2207",),
            "fixmedins_code": (institution,),
            "fixmedinsCode": (institution,),
            "med_list_codg": ("XZ99AAZ001A001010199001", "XZ99NOTHING"),
            "insutype": ("310", "390"),
            "med_type": ("11", "14", "41", "21"),
            "mdtrt_cert_type": ("02", "03"),
            "acct_used_flag": ("0", "1", "2"),
        }


@cache
def fitting_text(most: int) -> st.SearchStrategy[str]:
    """Texts of up to so many characters; a strategy is made once, because making one takes longer than drawing."""
    return st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=most)


def fitting(field: Field, known: Known) -> st.SearchStrategy[Any]:
    """Values that fit a field: known ids, codes of its dictionary, or by type and length up to the very limit."""
    if field.name in known.values:
        return st.sampled_from(known.values[field.name])
    codes = dictionary_of(field)
    if codes is not None:
        return st.sampled_from(sorted(tables.dictionary(codes)))
    whole = max(0, (field.precision or 6) - (field.scale or 0))
    match field.type:
        case FieldType.MONEY:
            return st.integers(0, 10**16 - 1).map(lambda fen: f"{Decimal(fen) / 100:f}")
        case FieldType.NUMBER:
            return st.one_of(
                st.integers(0, 10**whole - 1).map(str), st.just(Decimal(1).scaleb(-(field.scale or 0))).map(str)
            )
        case FieldType.DATE | FieldType.DATETIME:
            return st.dates().map(lambda day: f"{day} 00:00:00")
        case FieldType.DIGITS:
            return st.text("0123456789", min_size=1, max_size=field.max_length or 9)
        case FieldType.OPEN:
            return WRONG
        case FieldType.TEXT:
            most = field.max_length or 9
            return st.one_of(st.just(examples.value_of(field)), st.just("长" * most), fitting_text(min(most, 60)))


def with_known(value: Any, known: Known) -> Any:
    """An example's content about people and visits that there are."""
    if isinstance(value, dict):
        return {
            name: known.values[name][0]
            if name in known.values and not isinstance(child, dict | list)
            else with_known(child, known)
            for name, child in value.items()
        }
    return [with_known(child, known) for child in value] if isinstance(value, list) else value


def places(value: Any, fields: dict[str, Field], path: tuple[Any, ...] = ()) -> Iterator[Place]:
    """Every place in a content, with its field where it is one."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*path, key), fields.get(key)
        yield from places(child, fields, (*path, key))


ACTION_NAMES = ("wrong", "drop", "wrap", "empty", "rename", "add", "into")
ACTIONS = st.sampled_from(["fit", "fit", "fit", *ACTION_NAMES])


def contents(base: dict[str, Any], found: list[Place], known: Known) -> st.SearchStrategy[Any]:
    """Contents: the example with some fields otherwise but fitting, and then perhaps bent in some places."""
    # Fields are told apart by identity: to compare two takes longer than to draw a value.
    fits = {id(field): fitting(field, known) for _, field in found if field}
    chosen = st.lists(st.tuples(st.integers(0, len(found) - 1), ACTIONS), max_size=4) if found else st.just([])
    # Unpickled, a copy is made in a tenth of the time.
    frozen = pickle.dumps(base)

    @st.composite
    def content(draw: st.DrawFn) -> Any:
        made = pickle.loads(frozen)  # noqa: S301 - our own
        for number, action in draw(chosen):
            path, field = found[number]
            if action == "fit":
                new = draw(fits[id(field)] if field else WRONG)
            else:
                new = draw(WRONG) if action in ("wrong", "add") else None
            _change(made, path, action, new)
        return made

    return content()


def _change(content: Any, path: tuple[Any, ...], action: str, new: Any) -> None:
    holder = content
    for key in path[:-1]:
        # An earlier change may have taken the place away.
        if not (isinstance(holder, dict) and key in holder) and not (
            isinstance(holder, list) and len(holder) > (key if isinstance(key, int) else 10**9)
        ):
            return
        holder = holder[key]
    key = path[-1]
    there = (
        key in holder
        if isinstance(holder, dict)
        else isinstance(holder, list) and isinstance(key, int) and key < len(holder)
    )
    if not there:
        return
    match action:
        case "drop":
            del holder[key]
        case "wrap":
            holder[key] = [holder[key], holder[key]]
        case "into":
            holder[key] = {"value": holder[key]}
        case "rename" if isinstance(holder, dict):
            holder[key.upper()] = holder.pop(key)
        case "add" if isinstance(holder, dict):
            holder["further"] = new
        case "empty":
            holder[key] = ""
        case _:
            holder[key] = new


def _repeated(text: str) -> str:
    """The same key several times in one object, as a client of Zhejiang sends lists."""
    return re.sub(r'("input": \{)("[^"]+": \{[^{}]*\})', r"\1\2, \2", text, count=1)


def _input_as_text(message: dict[str, Any]) -> dict[str, Any]:
    return message | {"input": json.dumps(message["input"])}


WIRES: dict[str, Any] = {
    "plain": lambda text: (text.encode(), "application/json"),
    "text": lambda text: (text.encode(), "text/plain"),
    "utf-8": lambda text: (json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8", "surrogatepass"), ""),
    "bom": lambda text: (b"\xef\xbb\xbf" + text.encode(), ""),
    "gb18030": lambda text: (json.dumps(json.loads(text), ensure_ascii=False).encode("gb18030", "replace"), ""),
    "utf-16": lambda text: (text.encode("utf-16"), ""),
    "cut": lambda text: (text.encode()[: len(text) * 2 // 3], ""),
    "twice": lambda text: (text.encode() * 2, ""),
    "repeated": lambda text: (_repeated(text).encode(), ""),
    "input as text": lambda text: (json.dumps(_input_as_text(json.loads(text))).encode(), ""),
    "form": lambda text: (urlencode({"jsonStr": text}).encode(), "application/x-www-form-urlencoded"),
    "parts": lambda text: (
        f'--b\r\nContent-Disposition: form-data; name="jsonStr"\r\n\r\n{text}\r\n'
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nPK\r\n--b--\r\n'.encode(),
        "multipart/form-data; boundary=b",
    ),
}  # fmt: skip
"""How a message is written on the wire."""


ON_THE_WIRE = st.sampled_from([(wire, strict) for wire in [*["plain"] * len(WIRES), *WIRES] for strict in (0, 1)])
"""How a message is written, and whether a report is asked for, in one draw."""


@pytest.fixture(scope="module")
async def city(dsn: str, book: PolicyBook, open_city: Callable[[Platform], Any]) -> AsyncIterator[Any]:
    """One for all transactions: each has a patient and a visit of its own."""
    platform = Platform(dsn, book)
    await platform.open()
    opened = await open_city(platform)
    async with opened.http:
        yield opened
    await platform.close()


@pytest.fixture(scope="module")
def app(city: Any) -> Any:
    return gateway(city.platform, Settings(recorder=False, data=Path("unused")))


@dataclass
class Bench:
    """What one transaction is fed with, and what its answers are measured by."""

    city: Any
    app: Any
    infno: str
    contents: st.SearchStrategy[Any]
    books: tuple[Any, ...]

    @property
    def sender(self) -> Any:
        return self.city.pharmacy if self.infno.startswith("210") else self.city.hospital

    async def judged(self, data: st.DataObject) -> list[dict[str, Any]]:
        """Send some messages; the answers as far as they are messages."""
        answers = []
        for _ in range(TOGETHER):
            wire, strict = data.draw(ON_THE_WIRE)
            body, kind = WIRES[wire](json.dumps(self.sender.message(self.infno, data.draw(self.contents))))
            heard = await post(self.app, body, kind, strict=bool(strict))
            assert heard.status < 500
            if heard.headers[b"content-type"] != b"application/octet-stream":
                answers.append(json.loads(heard.body, parse_float=Decimal))
                assert_valid(self.infno, answers[-1], strict=bool(strict))
        return answers


@pytest.fixture
async def bench(request: pytest.FixtureRequest, city: Any, app: Any) -> Bench:
    infno = request.param
    # Numbers of its own: the many messages use up the city's.
    patient = await city.person(10**9, certificate_no=f"99990219800506{next(_patients):03d}X")
    visit = await city.hospital.visit_with_fees(patient)
    _, settled = await city.hospital.settled(patient)
    known = Known(patient, visit, settled.info, city.hospital.code)
    table = table_of(infno)
    assert table is not None
    base = with_known(examples.content(table), known)
    fields = {field.name: field for node in table.inputs() for field in node.fields}
    return Bench(city, app, infno, contents(base, list(places(base, fields)), known), await books(city))


class Heard:
    """An answer, read without a client library."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.body = b""

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
        else:
            self.body += message["body"]


async def post(app: Any, body: bytes, kind: str, *, strict: bool) -> Heard:
    heard = Heard()
    headers = [(b"content-type", kind.encode())] if kind else []
    headers += [(b"x-gongji-strict", b"1")] if strict else []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    await app({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive, heard)
    return heard


async def books(city: Any) -> tuple[Any, ...]:
    """What a refusal must leave alone, in one statement: :meth:`City.books` sees more and takes longer."""
    found: list[tuple[Any, ...]] = await city.rows(
        "select (select count(*) from journal), (select count(*) from posting), (select count(*) from settlement),"
        " (select count(*) from seal), (select count(*) from settled_batch), (select count(*) from reversal),"
        " (select sum(balance) from account), (select sum(deductible + eligible + pool) from year_total)"
    )
    return found[0]


def assert_sums(output: Any) -> None:
    """The three sum rules, wherever a settlement is answered."""
    info = output.get("setlinfo") if isinstance(output, dict) else None
    if not info or "fund_pay_sumamt" not in info or "psn_part_amt" not in info:
        return
    cash = info["psn_cash_pay"] if "psn_cash_pay" in info else info["pdn_cash_pay"]
    parts = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
    assert info["medfee_sumamt"] == info["fund_pay_sumamt"] + info["psn_part_amt"] + info.get("hosp_part_amt", 0)
    assert info["psn_part_amt"] == info["acct_pay"] + cash
    assert info["medfee_sumamt"] == sum(info[name] for name in parts)


def assert_valid(infno: str, answer: dict[str, Any], *, strict: bool) -> None:
    """An envelope as table 3 of the specification has it, and an output as the transaction's tables have it."""
    assert answer.keys() >= KEYS
    assert answer.keys() - KEYS <= ({"departures"} if strict else set())
    assert type(answer["infcode"]) is int
    assert re.fullmatch(r"\d{17}", answer["refmsg_time"])
    assert re.fullmatch(r"\d{17}", answer["respond_time"])
    if answer["infcode"] == 0:
        assert re.fullmatch(r"\d{30}", answer["inf_refmsgid"])
        assert answer["err_msg"] is None
        assert_sums(answer["output"])
        (explained,) = explain([Captured(answer, ())], infno)
        assert explained.wrong == ()
    else:
        assert answer["infcode"] == -1
        assert answer["output"] is None
        assert answer["inf_refmsgid"] is None
        assert 0 < len(answer["err_msg"]) <= 200
        assert "结果未知" not in answer["err_msg"]


SETTINGS = settings(
    max_examples=-(-EXAMPLES // TOGETHER), deadline=None, suppress_health_check=list(HealthCheck), database=None
)


@pytest.mark.parametrize("bench", OFFERED, indirect=True)
@SETTINGS
@given(data=st.data())
async def test_an_offered_transaction_answers_whatever_comes(bench: Bench, data: st.DataObject) -> None:
    done = sum(answer["infcode"] == 0 for answer in await bench.judged(data))
    before, bench.books = bench.books, await books(bench.city)
    assert bench.books[0] - before[0] <= done, "more was posted than was answered with yes"
    if not done:
        assert bench.books == before


async def test_what_is_not_offered_says_so_whatever_comes(city: Any, app: Any) -> None:
    """Its content is not read, so that chance does for it; nothing is kept, not even that it was asked for."""
    chance = random.Random(5)  # noqa: S311 - the same messages each time
    before = await books(city), await city.rows("select count(*) from message")
    for infno in NOT_OFFERED:
        table = table_of(infno)
        assert table is not None
        base = examples.content(table)
        frozen, found, told = pickle.dumps(base), [path for path, _ in places(base, {})], 0
        for number in range(EXAMPLES):
            content = pickle.loads(frozen)  # noqa: S301 - our own
            for path in chance.choices(found, k=chance.randint(0, 3)) if found else ():
                _change(content, path, chance.choice(ACTION_NAMES), chance.choice(STRANGE))
            wire = chance.choice(list(WIRES)) if number % 2 else "plain"
            body, kind = WIRES[wire](json.dumps(city.hospital.message(infno, content)))
            strict = number % 10 == 0
            heard = await post(app, body, kind, strict=strict)
            assert heard.status < 500
            answer = json.loads(heard.body, parse_float=Decimal)
            assert_valid(infno, answer, strict=strict)
            told += answer["err_msg"].startswith(f"本平台暂未提供交易 {infno}")
        assert told > EXAMPLES / 2, "of the others not even the envelope can be read"
    assert (await books(city), await city.rows("select count(*) from message")) == before


@pytest.mark.parametrize("infno", ["0000", "2299", "22071", "abc"])
async def test_an_unknown_code_is_answered_as_the_platform_does(city: Any, infno: str) -> None:
    answer = await city.hospital.call(infno, {"data": {}})
    assert answer.content["infcode"] == -1
    assert "未知交易编号" in answer.content["err_msg"]
