"""Staff over REST: somebody moves, an auditor counts and reads every posting."""

from datetime import timedelta
from typing import Any

from gongji.core.person import Person
from gongji.service.platform import Platform
from gongji.service.staff import Role


async def test_somebody_moves_to_another_place(desk: Any, people: dict[str, Person]) -> None:
    clerk, elsewhere = await desk("clerk7", Role.CLERK, "450100"), await desk("clerk8", Role.CLERK, "310000")
    move = {"psn_no": people["stranger"].person_no, "kind": "moved", "on": "2026-03-02", "to": "450100"}
    assert (await elsewhere.post("/staff/life-events", move)).status_code == 403
    assert (await clerk.post("/staff/life-events", move | {"to": "999999"})).status_code == 403
    wrong = await clerk.post("/staff/life-events", move | {"on": "2999-01-01"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "life_event_invalid")
    done = await clerk.post("/staff/life-events", move)
    assert done.status_code == 201, done.text
    assert done.json() == {
        "known": False,
        "moved": {"amount": "77.77", "held": "0.00"},
        "ended": [],
        "incidents": [],
    }
    again = await clerk.post("/staff/life-events", move)
    assert (again.status_code, again.json()["known"], again.json()["moved"]) == (201, True, None)


async def test_an_auditor_counts_and_reads(desk: Any, people: dict[str, Person], running: Platform) -> None:
    auditor, clerk = await desk("auditor7", Role.AUDITOR), await desk("clerk9", Role.CLERK)
    today = running.clock().date()
    span = f"first={today}&last={today}"
    assert (await clerk.get(f"/staff/postings?{span}")).status_code == 403
    counted = (await clerk.get(f"/staff/statistics?{span}")).json()
    xian = next(one for one in counted if one["region"] == "610100")
    assert (xian["name"], xian["before"], xian["shared"], xian["shared_part"]) == ("西安市", "0.00", "0.00", "0%")
    assert xian["idle"] == xian["after"]
    assert (await clerk.get("/staff/statistics")).json()[0]["before"] == "0.00"
    son = people["son"].person_no
    (line,) = (await auditor.get(f"/staff/postings?{span}&psn_no={son}&account=personal")).json()
    assert (line["amount"], line["kind"], line["target"]["owner"], line["psn_no"]) == ("5000.00", "credit", son, None)
    first = await auditor.get(f"/staff/postings?{span}&limit=2")
    assert len(first.json()) == 2
    next_page = first.headers["link"].split(">")[0].removeprefix("</api")
    second = (await auditor.get(next_page)).json()
    assert second
    assert {(p["journal_id"], p["line"]) for p in second}.isdisjoint((p["journal_id"], p["line"]) for p in first.json())
    for wrong in ("kind=gift", "at_least=-1", "account=gold", "cursor=x"):
        assert (await auditor.get(f"/staff/postings?{span}&{wrong}")).status_code in (400, 422), wrong
    late = today - timedelta(days=400)
    assert (await auditor.get(f"/staff/statistics?first={late}&last={today}")).status_code == 422
