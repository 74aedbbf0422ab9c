"""Staff clear a month over REST, an institution says what it holds and sees at once what differs."""

from datetime import timedelta
from typing import Any

import pytest

from gongji.core.scopes import Scope
from gongji.service.oauth.clients import Registered, register_client
from gongji.service.platform import Platform
from gongji.service.secret import hash_token
from gongji.service.staff import Role

PHARMACY = "P61010000001"


async def test_roles_and_regions_decide_who_may_do_what(desk: Any, api: Any) -> None:
    auditor, clerk = await desk("auditor1", Role.AUDITOR), await desk("clerk1", Role.CLERK)
    local = await desk("local1", Role.REVIEWER, "610100")
    reviewer = await desk("reviewer1", Role.REVIEWER)
    for caller in (auditor, clerk, local, reviewer):
        assert (await caller.get("/clearing/months/2026-01")).status_code == 200
        assert (await caller.get("/clearing/applications")).json() == []
    for caller in (auditor, clerk, local):
        assert (await caller.post("/clearing/months/2026-01/close")).status_code == 403
    first = await reviewer.post("/clearing/months/2026-01/close")
    assert first.status_code == 200, first.text
    assert first.json() == (await reviewer.post("/clearing/months/2026-01/close")).json()
    assert first.json()["closed_by"] == "reviewer1"
    soon = await reviewer.post("/clearing/months/2099-01/close")
    assert (soon.status_code, soon.json()["field"]) == (422, "month")
    body = {"debtor": "610100", "creditor": "610400", "reference": "B1"}
    assert (await auditor.post("/clearing/months/2026-01/payments", body)).status_code == 403
    assert (await clerk.post("/clearing/months/2026-01/payments", body)).json()["code"] == "record_unknown"
    assert (await clerk.get("/clearing/months/2026-13")).status_code == 422
    other = await local.get("/clearing/months/2026-01/statements/370200/610400")
    assert other.status_code == 403
    assert (await local.post("/clearing/applications/1/decision", {"approved": False})).status_code == 422
    assert (await auditor.http.delete("/api/staff/sessions/current", headers=auditor.headers)).status_code == 204
    assert (await auditor.get("/clearing/months/2026-01")).status_code == 401
    assert (await (await api("son")).get("/clearing/months/2026-01")).status_code == 403


async def test_an_institution_says_what_it_holds_and_sees_what_differs(
    api: Any, buy: Any, running: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = running.clock()
    kept, lost, wrong = [await buy("mother", 100 + n, f"LIVE{n}") for n in range(3)]
    young = (await (await api(None)).get(f"/institutions/{PHARMACY}/differences?since={_text(start)}")).json()
    assert (young["settlements"], young["unconfirmed"]) == (0, []), "answers may still be on their way"

    now = running.clock() + timedelta(seconds=61)
    monkeypatch.setattr(running, "clock", lambda: now)
    caller = await api(None)
    before = (await caller.get(f"/institutions/{PHARMACY}/differences?since={_text(start)}")).json()
    assert [one["settlement"] for one in before["unconfirmed"]] == [kept, lost, wrong]
    assert {one["message_id"] for one in before["unconfirmed"]} == {"LIVE0", "LIVE1", "LIVE2"}
    assert before["differences"] == []

    def row(settlement: str, total: str) -> dict[str, Any]:
        return {"settlement": settlement, "total": total, "fund": "0", "account": total}

    span = {"since": start.isoformat(), "until": now.isoformat()}
    rows = [row(kept, "1.00"), row(wrong, "9.99"), row("61" + "0" * 28, "5.00")]
    part = (await caller.post(f"/institutions/{PHARMACY}/holdings", span | {"rows": rows})).json()
    assert {one["kind"] for one in part["differences"]} == {"amount", "missing_here"}
    assert [one["settlement"] for one in part["unconfirmed"]] == [lost]
    whole = (await caller.post(f"/institutions/{PHARMACY}/holdings", span | {"rows": rows, "whole": True})).json()
    assert {(one["kind"], one["settlement"]) for one in whole["differences"]} == {
        ("amount", wrong),
        ("missing_here", "61" + "0" * 28),
        ("missing_there", lost),
    }
    assert whole["unconfirmed"] == []
    right = [row(kept, "1.00"), row(lost, "1.01"), row(wrong, "1.02")]
    again = (await caller.post(f"/institutions/{PHARMACY}/holdings", span | {"rows": right, "whole": True})).json()
    assert (again["differences"], again["unconfirmed"]) == ([], [])


def _text(moment: Any) -> str:
    return str(moment.isoformat()).replace("+", "%2B")


async def test_only_the_institution_itself_is_let_in(api: Any, running: Platform) -> None:
    made = await register_client(running, "药房平台", [Scope.RECONCILE], institution=PHARMACY)
    assert isinstance(made, Registered)
    async with running.pool.connection() as conn:
        for name, scope in (("right", "reconcile"), ("wrong", "messages:read")):
            await conn.execute(
                "insert into oauth_token (token_hash, kind, client_id, scopes, expires_at)"
                " values (%s, 'access', %s, %s, now() + interval '1 day')",
                [hash_token(f"gja_{name}"), made.client.id, [scope]],
            )
    caller = await api(None)
    for token, status in (("gja_right", 200), ("gja_wrong", 403), ("nothing", 403)):
        caller.headers = {"authorization": f"Bearer {token}"}
        for path in ("differences", "statements/2026-01?form=pdf", "statements/2026-01"):
            answer = await caller.get(f"/institutions/{PHARMACY}/{path}")
            assert answer.status_code == status, answer.text
    caller.headers = {"authorization": "Bearer gja_right"}
    paper = await caller.get(f"/institutions/{PHARMACY}/statements/2026-01?form=pdf")
    assert paper.headers["content-type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF-")
    assert "P61010000001-202601.pdf" in paper.headers["content-disposition"]
    span = {"since": "2020-01-01T00:00:00+08:00", "until": "2020-01-02T00:00:00+08:00", "rows": []}
    assert (await caller.post(f"/institutions/{PHARMACY}/holdings", span)).status_code == 422
