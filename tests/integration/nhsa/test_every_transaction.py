"""Every transaction of the specification, offered or not, fed with messages made from its tables and then bent.

Few examples as a rule; ``GONGJI_SEARCH=1`` looks at two hundred of each. Whatever comes: an answer, never a fault of
the server, and no money moves when it is no.
"""

import copy
import json
import os
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongji.channels.nhsa import examples, tables
from gongji.channels.nhsa.departures import plain
from gongji.channels.nhsa.registry import HANDLERS, table_of
from gongji.channels.nhsa.tables import Field, FieldType, Node
from gongji.channels.nhsa.vocabulary import dictionary_of

OFFERED = list(HANDLERS)
TOGETHER = 12
GROUPS = [OFFERED[at : at + TOGETHER] for at in range(0, len(OFFERED), TOGETHER)]
EXAMPLES = 40
if os.environ.get("GONGJI_SEARCH"):
    GROUPS, EXAMPLES = [[infno] for infno in OFFERED], int(os.environ.get("GONGJI_EXAMPLES", "200"))
NOT_OFFERED = [code for code in tables.transaction_codes() if plain(code) not in HANDLERS]

WRONG = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.sampled_from(
        ["", "null", " ", "-1", "0", "1e9", "٣", "2026-02-30", "9999-12-31", "9" * 400, "'; drop table x", {}]
    ),
    st.lists(st.integers(-3, 300), max_size=3),
    st.text(max_size=40),
)


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
            "fixmedins_code": (institution,),
            "fixmedinsCode": (institution,),
            "med_list_codg": ("XZ99AAZ001A001010199001", "XZ99NOTHING"),
            "insutype": ("310", "390"),
            "med_type": ("11", "14", "41", "21"),
            "mdtrt_cert_type": ("02", "03"),
            "acct_used_flag": ("0", "1", "2"),
        }


def field_values(field: Field, known: Known) -> st.SearchStrategy[Any]:
    """Values that fit a field."""
    if field.name in known.values:
        return st.sampled_from(known.values[field.name])
    codes = dictionary_of(field)
    if codes is not None:
        return st.sampled_from(sorted(tables.dictionary(codes)))
    match field.type:
        case FieldType.MONEY:
            return st.integers(0, 10**12).map(lambda fen: f"{Decimal(fen) / 100:f}")
        case FieldType.NUMBER:
            return st.integers(0, 10 ** min(6, max(0, (field.precision or 6) - (field.scale or 0)))).map(str)
        case FieldType.DATE | FieldType.DATETIME:
            return st.dates().map(lambda day: f"{day} 00:00:00")
        case FieldType.DIGITS:
            return st.integers(0, 9).map(str)
        case FieldType.OPEN:
            return WRONG
        case FieldType.TEXT:
            return st.one_of(
                st.just(examples.value_of(field)),
                st.text(
                    st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=field.max_length or 9
                ),
            )


def node_values(node: Node, nodes: dict[str, Node], known: Known, path: tuple[str, ...] = ()) -> st.SearchStrategy[Any]:
    """Rows of a node with its nested nodes, each field present or not as the table leaves it open."""
    fields: dict[str, st.SearchStrategy[Any]] = {}
    for field in node.fields:
        if field.type is FieldType.OPEN and field.name in nodes and field.name not in path:
            fields[field.name] = node_values(nodes[field.name], nodes, known, (*path, field.name))
        else:
            fields[field.name] = field_values(field, known)
    row = st.fixed_dictionaries(fields)
    return st.lists(row, min_size=1, max_size=2) if node.many else row


def contents(infno: str, known: Known) -> st.SearchStrategy[dict[str, Any]]:
    """Inputs of a transaction from its tables."""
    table = table_of(infno)
    assert table is not None
    nodes = {node.name: node for node in table.inputs()}
    return st.fixed_dictionaries({name: node_values(node, nodes, known, (name,)) for name, node in nodes.items()})


def bent(content: dict[str, Any], draw: Callable[..., Any]) -> Any:
    """A content with something wrong somewhere: at the top, in a node, or in a field."""
    result = copy.deepcopy(content)
    holder: Any = result
    for _ in range(draw(st.integers(0, 3))):
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        deeper = [key for key in keys if isinstance(holder[key], dict | list) and holder[key]]
        if not deeper:
            break
        holder = holder[draw(st.sampled_from(deeper))]
    if isinstance(holder, dict) and holder:
        key = draw(st.sampled_from(list(holder)))
        action = draw(st.sampled_from(["change", "drop", "wrap", "rename"]))
        value = holder.pop(key)
        if action == "change":
            holder[key] = draw(WRONG)
        elif action == "wrap":
            holder[key] = [value, value]
        elif action == "rename":
            holder[key.upper()] = value
    return result


@pytest.fixture
async def bench(city: Any) -> dict[str, Any]:
    patient = await city.person(10**9)
    visit = await city.hospital.visit_with_fees(patient)
    _, settled = await city.hospital.settled(patient)
    return {"city": city, "known": Known(patient, visit, settled.info, city.hospital.code)}


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


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group[0])
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
async def test_an_offered_transaction_answers_whatever_comes(
    bench: dict[str, Any], group: list[str], data: st.DataObject
) -> None:
    city = bench["city"]
    infno = data.draw(st.sampled_from(group))
    content: Any = data.draw(contents(infno, bench["known"]))
    if data.draw(st.booleans()):
        content = bent(content, data.draw)
    sender = city.pharmacy if infno.startswith("210") else city.hospital
    books = await city.books()
    response = await city.http.post(
        f"/nhsa/{infno}",
        content=json.dumps(sender.message(infno, content)).encode(),
        headers={"x-gongji-strict": "1"} if data.draw(st.booleans()) else {},
    )
    assert response.status_code < 500
    if response.headers["content-type"] == "application/octet-stream":
        return
    answer = json.loads(response.content, parse_float=Decimal)
    if answer["infcode"] == 0:
        assert_sums(answer["output"])
    else:
        assert answer["infcode"] == -1
        assert "结果未知" not in answer["err_msg"]
        assert await city.books() == books


async def test_what_is_not_offered_says_so(city: Any) -> None:
    assert NOT_OFFERED
    for infno in NOT_OFFERED:
        message = examples.request(infno) | {"fixmedins_code": city.hospital.code}
        answer = await city.hospital.send(message)
        assert answer.status == 200
        assert answer.error.startswith(f"本平台暂未提供交易 {infno}")


@pytest.mark.parametrize("infno", ["0000", "2299", "22071", "abc"])
async def test_an_unknown_code_is_answered_as_the_platform_does(city: Any, infno: str) -> None:
    answer = await city.hospital.call(infno, {"data": {}})
    assert answer.content["infcode"] == -1
    assert "未知交易编号" in answer.content["err_msg"]
