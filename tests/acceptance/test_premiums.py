"""S10 and the insurance product of S09 through the real server: paid once, seen alike by every way."""

from typing import Any

from his import Server, SignedIn, balance, by_role
from pages import Pages


def found_on_the_pages(server: Server, son: dict[str, Any], name: str, number: str) -> None:
    """陕西医保App, a search in WeChat, and the national app's list of movements by kind of business."""
    with Pages(server, son) as his:
        app = his.walk("shaanxi_app", "服务", "家庭共济", "代缴信息")
        platform = his.search("wechat", "家庭成员共济", "家庭共济查询")
        records = his.walk("national_app", "地方专区", "我要查", "个人账户明细查询", place="610100")
        only = his.follow(records, "代缴保险费")
        record = his.get(f"/premiums/{number}")
    for answer in (app, platform, only, record):
        assert (name in answer.text, "400.00" in answer.text) == (True, True), answer.url
    assert all(f"/premiums/{number}" in answer.text for answer in (app, platform, only))
    assert only.text.partition('aria-label="收支"')[2].count("<li>") == 1, "only premiums are listed"


def test_a_son_pays_his_mothers_premium_and_finds_it_by_three_ways(server: Server, city: dict[str, Any]) -> None:
    """S10, USE-02, USE-05, USE-10, PRM-03: one record by each way, 该年度已缴 the second time; no stranger."""
    son, mother = by_role(city, "S10 son"), by_role(city, "S10 mother")
    binding = next(
        b["id"] for b in city["bindings"] if (b["authoriser"], b["user"]) == (son["psn_no"], mother["psn_no"])
    )
    me = SignedIn(server, son)
    year = int(me.get("/me/account")["year"]) + 1
    asked = {"kind": "resident_premium", "year": year, "binding_id": binding}
    before = balance(server, son)
    shown = me.post("/premiums/quote", asked).json()
    assert (shown["amount"], shown["purpose"], shown["person"]) == ("400.00", "居民医保缴费", mother["name"])
    paid = me.post("/premiums", asked | {"amount": shown["amount"]})
    assert paid.status_code == 201, paid.text
    assert before - balance(server, son) == 400_00
    assert (paid.json()["covers_from"], paid.json()["covers_to"]) == (f"{year}-01-01", f"{year}-12-31")

    record = (paid.json()["id"], mother["name"], year, "400.00")
    in_the_app = me.get("/me/premiums")[0]  # 服务 → 家庭共济 → 代缴信息
    assert (in_the_app["id"], in_the_app["person"], in_the_app["year"], in_the_app["amount"]) == record
    lines = me.get("/me/movements?business=premium")  # 个人账户明细查询 → 业务类型-代缴保险费
    assert {(m["business_name"], m["amount"]) for m in lines} == {("代缴保险费", "-400.00")}
    assert (lines[0]["premium_id"], lines[0]["person"], lines[0]["premium_year"]) == record[:3]
    assert {m["business"] for m in me.get("/me/movements")} >= {"premium", "credit"}
    assert in_the_app["at"][:19] == lines[0]["at"][:19]
    assert SignedIn(server, mother).get("/me/premiums")[0]["id"] == record[0]
    found_on_the_pages(server, son, mother["name"], record[0])

    twice = me.post("/premiums", asked | {"amount": "400.00"})
    assert (twice.status_code, "该年度已缴" in twice.json()["title"]) == (409, True)
    her = SignedIn(server, by_role(city, "S10 daughter"))
    second = her.post("/premiums", asked | {"amount": "400.00", "binding_id": her.get("/bindings")[0]["id"]})
    assert (second.status_code, "该年度已缴" in second.json()["title"]) == (409, True)
    other = by_role(city, "S10 unlinked")
    theirs = SignedIn(server, other).post("/premiums", asked | {"amount": "400.00"})
    assert (theirs.status_code, theirs.json()["code"]) == (404, "binding_unknown")
    figures = ("--kind", "居民医保费", "--year", str(year), "--amount", "400.00")
    stranger = server.command("premium", "pay", *figures, "--for", mother["certno"], "--by", other["certno"])
    assert (stranger.returncode, "没有生效的家庭共济绑定" in stranger.stderr) == (1, True)
    assert before - balance(server, son) == 400_00


def test_an_insurance_product_where_the_place_lets_accounts_buy_it(server: Server, city: dict[str, Any]) -> None:
    """S09, PUR-03, PUR-04, PUR-05: bought in 上海, not in 西安, and only what the place has named."""
    buyer, xian = by_role(city, "S18 in-service relative"), by_role(city, "S10 daughter")
    me = SignedIn(server, buyer)
    year = int(me.get("/me/account")["year"]) + 1
    product = {"kind": "commercial_health", "year": year, "product": "demo", "amount": "129.00"}
    before = balance(server, buyer)
    bought = me.post("/premiums", product)
    assert bought.status_code == 201, bought.text
    assert bought.json()["parts"] == [{"name": buyer["name"], "amount": "129.00", "relative": False}]
    assert before - balance(server, buyer) == 129_00
    other = me.post("/premiums", product | {"product": "life"})
    assert (other.json()["code"], "演示惠民保" in other.json()["title"]) == ("product_unknown", True)
    shut = SignedIn(server, xian).post("/premiums", product)
    assert (shut.status_code, "本地区暂不支持购买商业保险" in shut.json()["title"]) == (409, True)
