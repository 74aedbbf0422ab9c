"""Limits, order, uses and the wallet on the pages (USE-01, ACC-05, ACC-06, S07): both sides, and nobody else."""

import re
import subprocess
from datetime import datetime
from typing import Any

import pytest

from gongji.core.codes import Relation
from gongji.core.times import CHINA
from gongji.service.bindings import BindingRequest, bind

DAYTIME = datetime(2026, 11, 20, 10, 0, tzinfo=CHINA)


@pytest.fixture(scope="module")
async def binding(town: Any) -> str:
    """The mother shares with the resident."""
    mother, resident = town.people["mother"], town.people["resident"]
    made = await bind(
        town.platform,
        BindingRequest(
            authoriser=mother.person_no,
            user_certificate_no=resident.certificate_no,
            user_name=resident.name,
            relation=Relation.CHILD,
            notice_accepted=True,
            signature=mother.name,
        ),
    )
    return made.id


async def test_limits_are_seen_and_changed_by_the_authoriser_alone(visit: Any, binding: str) -> None:
    mother, resident, stranger = [await visit(who) for who in ("mother", "resident", "stranger")]
    asked = {"per_transaction": "70", "per_day": "100.00", "purpose-pharmacy": "yes", "place-pharmacy": "yes"}
    saved = await mother.post(f"/family/{binding}/limits", **asked)
    assert saved.url.path == f"/family/{binding}"
    assert "限额已保存" in saved.text
    for words in ("70.00 元", "100.00 元", "定点药店购药", "每日限额还剩"):
        assert words in saved.text, words
    shown = (await mother.get(f"/family/{binding}/limits")).text
    assert re.search(r'name="per_transaction" value="70.00"', shown)
    assert re.search(r'name="purpose-pharmacy" value="yes" checked', shown)

    seen = (await resident.get(f"/family/{binding}")).text
    assert "70.00 元" in seen
    assert "100.00" not in seen
    for path in (f"/family/{binding}/limits", f"/family/{binding}/quota"):
        assert (await resident.post(path, per_transaction="9999")).status_code == 404
    for path in (f"/family/{binding}", f"/family/{binding}/limits"):
        assert (await stranger.get(path)).status_code == 404


async def test_a_wrong_limit_is_told_at_its_field(visit: Any, binding: str) -> None:
    mother = await visit("mother")
    answer = await mother.post(f"/family/{binding}/limits", per_day="-1")
    assert answer.status_code == 422
    assert 'id="per_day-fault"' in answer.text


async def test_uses_are_listed_for_both_sides(visit: Any, town: Any) -> None:
    counter, father, son, stranger = [await visit(who) for who in (None, "father", "son", "stranger")]
    await counter.get("/cashier")
    bill = {"institution": "H61010000001", "patient": town.people["father"].card_no, "amount": "400"}
    preview = await counter.post("/cashier/preview", **bill, account_use="2")
    form = preview.text.partition('action="/cashier/settle"')[2].partition("</form>")[0]
    carried = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))
    carried.pop("_csrf_token")
    settled = await counter.post("/cashier/settle", **carried)
    assert "结算成功" in settled.text
    given = (await son.get("/family/uses")).text
    assert "卢守田 · " in given
    assert "西安虚构第三医院" in given
    assert "卢远 · " in (await father.get("/family/uses?side=taken")).text
    assert "没有记录" in (await son.get("/family/uses?care=inpatient")).text
    assert "没有记录" in (await stranger.get("/family/uses")).text
    assert (await son.get("/family/uses?since=x")).status_code == 422


async def test_bills_on_paper_are_ones_own_with_reasons(visit: Any, town: Any) -> None:
    """After the bill above: the patient reads who paid and why, the payer finds no bill of his own."""
    father, son, stranger = [await visit(who) for who in ("father", "son", None)]
    answer = await father.get("/records.pdf")
    assert (answer.headers["content-type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    text = _text_of(answer.content)
    for words in ("个人就医购药结算明细", "西安虚构第三医院", "卢远的账户支付", "起付线", "依据：", "400.00"):
        assert words in text, words
    others = _text_of((await son.get("/records.pdf")).content)
    assert "西安虚构第三医院" not in others
    assert "0 笔" in others
    assert "/login" in str((await stranger.get("/records.pdf")).url)


def _text_of(pdf: bytes) -> str:
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return done.stdout.decode()


async def test_the_order_needs_two_payers(visit: Any) -> None:
    father = await visit("father")
    assert "才需要排先后" in (await father.get("/family/order")).text


async def test_money_is_sent_taken_and_gone(visit: Any, town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(town.platform, "clock", lambda: DAYTIME)
    son, father, stranger = [await visit(who) for who in ("son", "father", "stranger")]
    wanted = {"certificate_no": town.people["father"].certificate_no, "name": "卢守田", "relation": "parent"}
    wanted |= {"source": "account", "amount": "88"}
    refused = await son.post("/wallet/send", **wanted, message_id="w1")
    assert refused.status_code == 422
    assert "接收以后不能退回" in refused.text
    for _ in range(2):
        sent = await son.post("/wallet/send", **wanted, final="yes", message_id="w1")
        assert "已转出" in sent.text
    assert len(re.findall("转给 <b>卢守田</b>", sent.text)) == 1
    transfer = re.search(r"/wallet/(\w+)/accept", (await father.get("/wallet")).text).group(1)
    assert (await stranger.post(f"/wallet/{transfer}/accept")).status_code == 404
    taken = await father.post(f"/wallet/{transfer}/accept")
    assert "已接收" in taken.text
    assert re.search(r'class="balance">88\.00', taken.text)
    late = await father.post(f"/wallet/{transfer}/decline")
    assert late.status_code == 422
    assert "不能再办理" in late.text


async def test_the_family_account_needs_a_binding_of_its_kind(visit: Any) -> None:
    son = await visit("son")
    answer = await son.post("/family/account", amount="50", way="aside")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert (await son.post("/family/account", amount="x", way="aside")).status_code == 422
