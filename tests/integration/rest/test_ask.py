"""Questions over REST: open to everybody, the same answers as at the terminal."""

from typing import Any


async def test_anybody_may_ask(api: Any) -> None:
    nobody = await api(None)
    answer = await nobody.get("/ask?words=西安 岳母 买药")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["answer"], told["answer_text"]) == ("no", "不可以")
    assert told["disclaimer"]
    (kin,) = [condition for condition in told["conditions"] if condition["rule"] == "sharing.kin"]
    assert (kin["state"], kin["basis"]["confidence"], kin["basis"]["file"]) == (
        "failed",
        "high",
        "regions/000000/sharing.toml",
    )


async def test_parts_and_what_is_not_known(api: Any) -> None:
    nobody = await api(None)
    known = await nobody.get("/ask?region=610100&relation=parent&purpose=pharmacy&date=2025-09-10")
    assert known.json()["answer"] == "yes"
    assert known.json()["binding"]["steps"]
    unknown = await nobody.get("/ask?region=拉萨&relation=parent&purpose=pharmacy")
    assert (unknown.json()["answer"], unknown.json()["missing"]) == ("unknown", ["没有收录地区“拉萨”"])


async def test_what_is_not_understood_is_a_problem(api: Any) -> None:
    nobody = await api(None)
    for query, field in (
        ("words=西安 岳母 看戏", "words"),
        ("words=西安 岳母", "purpose"),
        ("region=西安&relation=母亲&purpose=买药&date=x", "date"),
    ):
        answer = await nobody.get(f"/ask?{query}")
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "input_invalid", field)
