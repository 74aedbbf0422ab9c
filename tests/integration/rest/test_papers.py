"""Papers, their review, and a clerk's application over REST: by the wrong person, twice, too large, empty."""

import base64
import shutil
from typing import Any

import pytest

from gongji.core.papers import MOST_PAPER
from gongji.core.person import Person
from gongji.core.policy import PolicyBook
from gongji.policyfiles.load import load
from gongji.policyfiles.locate import locate
from gongji.service.proof_papers import MOST_LOOSE
from gongji.service.staff import Role

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + (300).to_bytes(4, "big") + (120).to_bytes(4, "big")
PROFILE = """
[[proof]]
from = 2026-01-01
source = "试验：上传材料"
confidence = "low"
verified_on = 2026-11-22
review_by = 2027-06-30
online = "documents"
documents = ["id_card", "household_register"]
counter = ["id_card", "household_register", "authorisation_letter"]
"""
KINDS = ("id_card", "household_register")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> PolicyBook:
    """The real rules, in 西安 with papers that are reviewed."""
    root = tmp_path_factory.mktemp("rules") / "regions"
    shutil.copytree(locate(), root)
    with (root / "610100" / "sharing.toml").open("a", encoding="utf-8") as file:
        file.write(PROFILE)
    return load(root)


def sent(content: bytes, kind: str = "id_card") -> dict[str, str]:
    return {"kind": kind, "name": "证件.png", "content": base64.b64encode(content).decode()}


async def uploaded(one: Any, *kinds: str) -> list[str]:
    return [(await one.post("/papers", sent(PNG, kind))).json()["id"] for kind in kinds]


def form(user: Person, relation: str = "parent", **other: object) -> dict[str, object]:
    named: dict[str, object] = {"user_certificate_no": user.certificate_no, "user_name": user.name}
    return named | {"relation": relation, "notice_accepted": True} | other


def told(answer: Any) -> tuple[int, str]:
    problem = answer.json()
    return answer.status_code, problem.get("code", problem.get("state_text"))


@pytest.mark.parametrize(
    ("body", "status", "title"),
    [
        (sent(b""), 422, "材料不能使用：文件是空的"),
        (sent(b"MZ\x90\x00"), 422, "材料不能使用：只收 PNG、JPEG 图片和 PDF 文件"),
        (sent(b"<svg onload=alert(1)>"), 422, "材料不能使用：只收 PNG、JPEG 图片和 PDF 文件"),
        (sent(PNG + bytes(MOST_PAPER)), 422, "材料不能使用：文件超过 2 MB"),
        (sent(PNG + bytes(2 * MOST_PAPER)), 413, "请求内容太大"),
        (sent(PNG) | {"content": "不是 base64"}, 422, "content 是文件内容的 base64"),
        (sent(PNG, "passport"), 422, "字段 kind 的值不正确"),
        (sent(PNG) | {"name": "名" * 201}, 422, "字段 name 的值不正确"),
        (sent(PNG) | {"content": 5}, 422, "字段 content 的值不正确"),
        ({"kind": "id_card"}, 422, "缺少必填字段：content"),
    ],
    ids=["empty", "program", "drawing", "large", "huge", "not base64", "kind", "long name", "number", "missing"],
)
async def test_what_is_not_taken_as_a_paper(api: Any, body: dict[str, Any], status: int, title: str) -> None:
    answer = await (await api("mother")).post("/papers", body)
    assert (answer.status_code, answer.json()["title"]) == (status, title)


async def test_nobody_uploads_for_ever_and_nobody_at_all_without_signing_in(api: Any) -> None:
    assert (await (await api(None)).post("/papers", sent(PNG))).status_code == 401
    stranger = await api("stranger")
    answers = [await stranger.post("/papers", sent(PNG)) for _ in range(MOST_LOOSE + 1)]
    assert [answer.status_code for answer in answers] == [201] * MOST_LOOSE + [422]
    assert "请先提交申请" in answers[-1].json()["title"]


async def test_papers_are_ones_own_and_serve_one_application(api: Any, people: dict[str, Person]) -> None:
    son, mother = await api("son"), await api("mother")
    hers = await uploaded(mother, *KINDS)
    stolen = await son.post("/bindings", form(people["mother"], papers=hers))
    assert (told(stolen), stolen.json()["field"]) == ((422, "paper_invalid"), "papers")
    invented = await son.post("/bindings", form(people["mother"], papers=["x" * 16, ""]))
    assert told(invented) == (422, "paper_invalid")
    nothing = await son.post("/bindings", form(people["mother"]))
    assert (told(nothing), nothing.json()["title"]) == ((422, "papers_missing"), "缺少：身份证、户口簿")
    his = await uploaded(son, *KINDS)
    twice_the_same = await son.post("/bindings", form(people["mother"], papers=[his[0], his[0]]))
    assert twice_the_same.json()["title"] == "缺少：户口簿"
    assert told(await son.post("/bindings", form(people["mother"], papers=his))) == (201, "待审核")
    assert told(await son.post("/bindings", form(people["mother"], papers=his))) == (422, "paper_invalid")
    again = await son.post("/bindings", form(people["mother"], papers=await uploaded(son, *KINDS)))
    assert told(again) == (409, "already_bound")


async def test_only_a_reviewer_of_the_place_reviews_and_only_once(
    api: Any, desk: Any, people: dict[str, Person]
) -> None:
    son = await api("son")
    made = (await son.post("/bindings", form(people["father"], papers=await uploaded(son, *KINDS)))).json()
    here, there = await desk("here", Role.REVIEWER, "610100"), await desk("there", Role.REVIEWER, "450100")
    clerk = await desk("counter1", Role.CLERK, "610100")
    path = f"/staff/bindings/{made['id']}"
    (paper, _) = (await here.get(f"{path}/papers")).json()
    for act in ("approve", "reject"):
        assert told(await there.post(f"{path}/{act}", {"reason": "不合格"})) == (403, "elsewhere")
        assert told(await clerk.post(f"{path}/{act}", {"reason": "不合格"})) == (403, "role_missing")
        assert (await son.post(f"{path}/{act}", {"reason": "不合格"})).status_code == 403
        assert (await (await api(None)).post(f"{path}/{act}", {"reason": "不合格"})).status_code == 401
    assert [one["id"] for one in (await there.get("/staff/bindings/review")).json()] == []
    assert made["id"] in [one["id"] for one in (await here.get("/staff/bindings/review")).json()]
    for who, status in ((there, 403), (son, 403)):
        assert (await who.get(f"{path}/papers")).status_code == status
        assert (await who.get(f"{path}/papers/{paper['id']}")).status_code == status
        assert (await who.get(f"{path}/history")).status_code == status
    shown = await here.get(f"{path}/papers/{paper['id']}")
    assert (shown.status_code, shown.headers["content-type"], shown.content) == (200, "image/png", PNG)
    assert shown.headers["content-disposition"] == "attachment"
    for wrong in (f"{path}/papers/nothing", f"/staff/bindings/B0/papers/{paper['id']}"):
        assert (await here.get(wrong)).status_code == 404
    assert told(await here.post("/staff/bindings/B0/approve", {})) == (404, "binding_unknown")
    assert told(await here.post(f"{path}/praise", {})) == (422, "input_invalid")
    assert told(await here.post(f"{path}/reject", {"reason": "  "})) == (422, "reason_missing")
    assert told(await here.post(f"{path}/reject", {"reason": "长" * 501})) == (422, "input_invalid")
    assert told(await here.post(f"{path}/approve", {})) == (200, "已绑定")
    assert told(await here.post(f"{path}/approve", {})) == (409, "binding_state")
    assert told(await here.post(f"{path}/reject", {"reason": "看错了"})) == (409, "binding_state")


async def test_a_clerk_applies_for_somebody_before_him(api: Any, desk: Any, people: dict[str, Person]) -> None:
    clerk = await desk("counter2", Role.CLERK, "610000")
    wanted = form(people["father"], "spouse", authoriser=people["mother"].person_no, place="区政务大厅")
    seen = [*KINDS, "authorisation_letter"]

    async def asked(who: Any = clerk, **other: object) -> tuple[int, str]:
        return told(await who.post("/staff/bindings", wanted | {"seen": seen} | other))

    missing = await clerk.post("/staff/bindings", wanted)
    assert (missing.status_code, missing.json()["title"]) == (422, "缺少：身份证、户口簿、授权书")
    assert await asked(await desk("reviewer2", Role.REVIEWER, "610100")) == (403, "role_missing")
    assert await asked(await desk("counter3", Role.CLERK, "450100")) == (403, "elsewhere")
    assert await asked(await api("mother")) == (403, "not_yours")
    assert await asked(await api(None)) == (401, "not_signed_in")
    assert await asked(place="") == (422, "input_invalid")
    assert await asked(place="厅" * 101) == (422, "input_invalid")
    assert await asked(seen=["passport"]) == (422, "input_invalid")
    assert await asked(authoriser="1" * 26) == (404, "person_unknown")
    assert await asked(user_name="别人") == (422, "person_details_mismatch")
    assert await asked(notice_accepted=False) == (422, "notice_not_accepted")
    assert await asked(papers=["x"]) == (422, "input_invalid"), "a clerk sees originals and uploads nothing"
    assert await asked(seen=[*seen, *seen]) == (201, "已绑定")
    assert await asked() == (409, "already_bound")
    made = next(one for one in (await (await api("mother")).get("/bindings")).json() if one["state"] == "active")
    papers = (await (await desk("reviewer3", Role.REVIEWER)).get(f"/staff/bindings/{made['id']}/papers")).json()
    assert [(one["label"], one["seen_by"], one["size"]) for one in papers] == [
        (label, "counter2", 0) for label in ("身份证", "户口簿", "授权书")
    ]
    acts = (await (await desk("auditor2", Role.AUDITOR)).get(f"/staff/acts?psn_no={people['mother'].person_no}")).json()
    assert [(one["what"], one["staff"], one["place"], one["about"]) for one in acts] == [
        ("binding.bound", "counter2", "区政务大厅", made["id"])
    ]
    assert (await (await api("mother")).get("/staff/acts")).status_code == 403
