"""The e-voucher over REST and in the portal: one's own code, a relative's, consent, an end (EVC-01 to EVC-05)."""

from typing import Any

from gongji.core.person import Person


def _wanted(father: Person, **other: Any) -> dict[str, Any]:
    return {"certificate_no": father.certificate_no, "name": father.name, "relation": "parent"} | other


async def test_ones_own_code_is_new_each_time(api: Any, people: dict[str, Person]) -> None:
    son = await api("son")
    first = (await son.post("/me/codes", {"account": None})).json()
    second = (await son.post("/me/codes", {"account": None})).json()
    assert first["name"] == people["son"].name
    assert len(first["code"]) == 28
    assert first["code"] != second["code"]


async def test_a_relatives_code_needs_his_consent_and_ends_with_it(api: Any, people: dict[str, Person]) -> None:
    father, son = await api("father"), await api("son")
    made = await son.post("/me/codes/relatives", _wanted(people["father"]))
    assert (made.status_code, made.json()["state"]) == (201, "pending")
    account = made.json()["id"]
    waits = await son.post("/me/codes", {"account": account})
    assert (waits.status_code, waits.json()["code"]) == (409, "code_account_waits")
    again = await son.post("/me/codes/relatives", _wanted(people["father"]))
    assert (again.status_code, again.json()["code"]) == (409, "code_account_exists")
    assert (await son.post(f"/me/codes/relatives/{account}/allow")).status_code == 403
    notices = (await father.get("/me/notices")).json()["notices"]
    assert "亲情账户待您同意" in {notice["title"] for notice in notices}
    assert (await father.post(f"/me/codes/relatives/{account}/allow")).json()["state"] == "active"
    shown = await son.post("/me/codes", {"account": account})
    assert (shown.status_code, shown.json()["name"]) == (201, people["father"].name)
    assert (await (await api("mother")).post("/me/codes", {"account": account})).status_code == 404
    listed = (await father.get("/me/codes/relatives")).json()
    assert [(row["mine"], row["other_name"], row["state"]) for row in listed] == [
        ("person", people["son"].name, "active")
    ]
    assert (await father.post(f"/me/codes/relatives/{account}/end")).json()["state"] == "ended"
    assert (await son.post("/me/codes", {"account": account})).status_code == 404
    assert (await son.post(f"/me/codes/relatives/{account}/end")).status_code == 404
    bindings = (await son.get("/bindings")).json()
    assert bindings == []


async def test_wrong_names_unverified_people_and_oneself_are_refused(api: Any, people: dict[str, Person]) -> None:
    son = await api("son")
    wrong = await son.post("/me/codes/relatives", _wanted(people["father"], name="别人"))
    unknown = await son.post("/me/codes/relatives", _wanted(people["father"], certificate_no="999901190001010011"))
    assert wrong.json() == unknown.json()
    assert wrong.json()["code"] == "person_details_mismatch"
    assert (await son.post("/me/codes/relatives", _wanted(people["son"]))).status_code == 422
    unverified = await (await api("unverified")).post("/me/codes/relatives", _wanted(people["father"]))
    assert unverified.json()["code"] == "not_real_name"


async def test_nobody_makes_more_codes_than_a_page_needs(api: Any) -> None:
    stranger = await api("stranger")
    answers = [(await stranger.post("/me/codes", {"account": None})).status_code for _ in range(61)]
    assert answers == [201] * 60 + [429]


async def test_the_page_shows_a_qr_code_and_a_relative_is_added_without_javascript(
    browse: Any, people: dict[str, Person]
) -> None:
    mother, father = await browse("mother"), await browse("father")
    page = (await mother.get("/voucher")).text
    assert 'class="qr"' in page
    assert "style=" not in page
    assert 'http-equiv="refresh"' in page
    empty = await mother.post("/voucher/relatives/new")
    assert "请填写家人的证件号码" in empty.text
    asked = await mother.post("/voucher/relatives/new", **_wanted(people["father"], relation="spouse"))
    assert asked.headers["location"] == "/voucher?done=asked"
    page = (await father.get("/voucher")).text
    assert "谁可以出示我的医保码" in page
    account = page.partition('action="/voucher/')[2].partition("/")[0]
    assert (await mother.get(f"/voucher/{account}")).status_code == 409
    assert (await father.post(f"/voucher/{account}/allow")).status_code == 303
    shown = await mother.get(f"/voucher/{account}")
    assert f"{people['father'].name}（由您代为出示）" in shown.text
    stranger = await browse("stranger")
    assert (await stranger.get(f"/voucher/{account}")).status_code == 404
    assert (await stranger.post(f"/voucher/{account}/end")).status_code == 404
    assert (await father.post(f"/voucher/{account}/end")).status_code == 303
    assert (await mother.get(f"/voucher/{account}")).status_code == 404
