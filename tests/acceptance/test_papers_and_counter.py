"""S04 through the real server: papers that somebody reviews, and an old man for whom a clerk does it at the hall.

The place asks for papers: ``rules/370200/sharing.toml``.
"""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl

from his import (
    Client,
    Desk,
    Server,
    SignedIn,
    balance,
    by_role,
    form,
    institution_of,
    item_of,
    paid,
)

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + (300).to_bytes(4, "big") + (120).to_bytes(4, "big")
HALL = "市南区医保大厅 3 号窗口"

At = Callable[[str], Desk]


def uploaded(her: SignedIn, *kinds: str) -> list[str]:
    """Numbers of papers she has uploaded."""
    found = []
    for kind in kinds:
        sent = {"kind": kind, "name": f"{kind}.png", "content": base64.b64encode(PNG + kind.encode()).decode()}
        answer = her.post("/papers", sent)
        assert answer.status_code == 201, answer.text
        found.append(answer.json()["id"])
    return found


def shop_of(server: Server, city: dict[str, Any]) -> Client:
    return Client(server.gateway, institution_of(city, "370200", "pharmacy")["fixmedins_code"], "370200")


def test_the_mother_uses_the_money_after_her_daughters_papers_were_approved(
    server: Server, city: dict[str, Any], desk: At
) -> None:
    """S04 a, KIN-45, KIN-47, KIN-48: 待审核 draws nothing; approved it draws; each side is told."""
    daughter, mother = by_role(city, "S04 daughter"), by_role(city, "S04 mother")
    her, shop, reviewer = SignedIn(server, daughter), shop_of(server, city), desk("reviewer")
    id_card, household = uploaded(her, "id_card", "household_register")
    missing = her.post("/bindings", form(mother, notice_accepted=True, papers=[id_card]))
    assert (missing.status_code, missing.json()["title"], missing.json()["field"]) == (422, "缺少：户口簿", "papers")
    asked = her.post("/bindings", form(mother, notice_accepted=True, papers=[id_card, household])).json()
    assert asked["state_text"] == "待审核"
    assert paid(shop, mother, item_of(city), "40.00") == (0, 0, 40_00)

    waiting = [one["id"] for one in reviewer.get("/staff/bindings/review")]
    assert asked["id"] in waiting
    papers = reviewer.get(f"/staff/bindings/{asked['id']}/papers")
    assert [(one["label"], one["seen_by"]) for one in papers] == [("身份证", None), ("户口簿", None)]
    shown = reviewer.ask("GET", f"/staff/bindings/{asked['id']}/papers/{papers[0]['id']}")
    assert (shown.headers["content-type"], shown.content) == ("image/png", PNG + b"id_card")
    approved = reviewer.post(f"/staff/bindings/{asked['id']}/approve", {}).json()
    assert (approved["state_text"], approved["user"]) == ("已绑定", mother["psn_no"])
    assert paid(shop, mother, item_of(city), "40.00") == (0, 40_00, 0)
    assert balance(server, daughter) == 560_00
    assert [step["what"] for step in her.get(f"/bindings/{asked['id']}/history")] == ["bound", "approved"]
    for side in (her, SignedIn(server, mother)):
        told = [one["title"] for one in side.get("/me/notices")["notices"] if one["about"] == asked["id"]]
        assert "家庭共济绑定已生效" in told


def test_a_rejected_application_says_why_and_may_be_made_again(server: Server, city: dict[str, Any], desk: At) -> None:
    """S04 a: 已驳回 with the reason; papers serve one application; the next one may be approved."""
    daughter, father = by_role(city, "S04 daughter"), by_role(city, "S04 father")
    her, shop, reviewer = SignedIn(server, daughter), shop_of(server, city), desk("reviewer")
    papers = uploaded(her, "id_card", "household_register")
    asked = her.post("/bindings", form(father, notice_accepted=True, papers=papers)).json()
    silent = reviewer.post(f"/staff/bindings/{asked['id']}/reject", {"reason": " "})
    assert (silent.status_code, silent.json()["code"]) == (422, "reason_missing")
    rejected = reviewer.post(f"/staff/bindings/{asked['id']}/reject", {"reason": "户口簿看不清，请重拍"}).json()
    assert rejected["state_text"] == "已驳回"
    (mine,) = [one for one in her.get("/bindings") if one["id"] == asked["id"]]
    assert mine["state_text"] == "已驳回"
    last = her.get(f"/bindings/{asked['id']}/history")[-1]
    assert (last["what"], last["details"]) == ("rejected", {"reason": "户口簿看不清，请重拍"})
    assert any("户口簿看不清，请重拍" in one["text"] for one in her.get("/me/notices")["notices"])
    assert paid(shop, father, item_of(city), "12.00") == (0, 0, 12_00)
    late = reviewer.post(f"/staff/bindings/{asked['id']}/approve", {})
    assert late.status_code == 409, late.text

    used = her.post("/bindings", form(father, notice_accepted=True, papers=papers)).json()
    assert used["title"] == "材料不能使用：没有这份材料，或已用于别的申请"
    again = her.post(
        "/bindings", form(father, notice_accepted=True, papers=uploaded(her, "id_card", "household_register"))
    ).json()
    assert reviewer.post(f"/staff/bindings/{again['id']}/approve", {}).json()["state_text"] == "已绑定"
    assert paid(shop, father, item_of(city), "12.00") == (0, 12_00, 0)


def test_a_clerk_binds_for_an_old_man_at_the_hall(
    server: Server, city: dict[str, Any], desk: At, tmp_path: Path
) -> None:
    """S04 b, KIN-20, KIN-21, KIN-22, KIN-52, KIN-53: blocked by the paper that is missing; then bound, in his name."""
    elder, wife = by_role(city, "S04 elder"), by_role(city, "S04 elder's wife")
    clerk, shop = desk("clerk"), shop_of(server, city)
    assert elder["phone"] == ""
    seen = ["id_card", "household_register"]
    wanted = form(wife, "spouse", notice_accepted=True, authoriser=elder["psn_no"], place=HALL)
    blocked = clerk.post("/staff/bindings", wanted | {"seen": seen})
    assert (blocked.status_code, blocked.json()["title"], blocked.json()["field"]) == (422, "缺少：授权书", "seen")
    assert paid(shop, wife, item_of(city), "25.00") == (0, 0, 25_00)
    done = clerk.post("/staff/bindings", wanted | {"seen": [*seen, "authorisation_letter"]})
    assert (done.status_code, done.json()["state_text"]) == (201, "已绑定")
    number = done.json()["id"]
    assert paid(shop, wife, item_of(city), "25.00") == (0, 25_00, 0)

    first = desk("auditor").get(f"/staff/bindings/{number}/history")[0]
    by = (first["actor"], first["clerk"], first["place"], first["channel"])
    assert by == (elder["psn_no"], clerk.login, HALL, "counter")
    originals = desk("reviewer").get(f"/staff/bindings/{number}/papers")
    assert [(one["label"], one["seen_by"]) for one in originals] == [
        ("身份证", clerk.login),
        ("户口簿", clerk.login),
        ("授权书", clerk.login),
    ]
    acts = desk("auditor").get(f"/staff/acts?psn_no={elder['psn_no']}")
    assert [(one["what"], one["staff"], one["place"]) for one in acts] == [("binding.bound", clerk.login, HALL)]

    # He has no phone to look at it: what his wife bought is printed for him.
    slip = tmp_path / "使用清单.xlsx"
    printed = server.command("binding", "slip", elder["certno"], "--out", str(slip))
    assert printed.returncode == 0, printed.stderr
    summary, lines = openpyxl.load_workbook(slip).worksheets
    assert [row[1].value for row in summary.iter_rows() if row[0].value == "合计"] == [25]
    head, first, *_ = lines.iter_rows(values_only=True)
    assert head == ("时间", "使用人", "医药机构", "用途", "结算ID", "金额")
    assert (first[1], first[2], first[5]) == (wife["name"], "岛城演示药店", 25)
