"""Questions as people ask them: the answer, and the rule it turns on (共济问答)."""

from datetime import date

import pytest

from gongji.core.policy import PolicyBook
from gongji.policyfiles import load, locate
from gongji.service.ask import Asked, NotUnderstoodError, answer_question
from gongji.service.ask_answer import AnswerOut

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def book() -> PolicyBook:
    return load(locate())


def answer(book: PolicyBook, words: str = "", **parts: str) -> AnswerOut:
    return answer_question(book, Asked(words=words, **parts), TODAY)


@pytest.mark.parametrize(
    ("story", "words", "verdict", "rule"),
    [
        ("西安的账户给父亲买药", "西安 父亲 买药 2025-09-10", "yes", "sharing.purposes"),
        ("不用空格也行", "西安爸爸买药", "yes", "sharing.purposes"),
        ("口语和标点", "西安 我的医保能给妈妈买药吗？", "yes", "sharing.purposes"),
        ("西安不认岳母", "西安 岳母 买药", "no", "sharing.kin"),
        ("青岛认岳母", "青岛 岳母 买药", "yes", "sharing.kin"),
        ("青岛认婆婆看病", "青岛 婆婆 看病", "yes", "sharing.kin"),
        ("济南随山东，认公公", "济南 公公 药店", "yes", "sharing.kin"),
        ("上海不认岳父", "上海 岳父 门诊", "no", "sharing.kin"),
        ("2024 年 7 月姐姐还不行", "西安 姐姐 买药 2024-07-31", "no", "sharing.kin"),
        ("2024 年 8 月姐姐可以", "西安 姐姐 买药 2024-08-01", "yes", "sharing.kin"),
        ("爷爷同样看日期：之前", "南宁 爷爷 买药 2024-07-31", "no", "sharing.kin"),
        ("爷爷同样看日期：之后", "南宁 爷爷 买药 2024-08-01", "yes", "sharing.kin"),
        ("外婆", "南昌 外婆 看病", "yes", "sharing.kin"),
        ("外孙女", "上海 外孙女 住院", "yes", "sharing.kin"),
        ("女婿不是近亲属", "青岛 女婿 买药", "no", "sharing.kin"),
        ("朋友不是近亲属", "上海 朋友 看病", "no", "sharing.kin"),
        ("陕西住院不共济（文章原话）", "西安 母亲 住院", "no", "sharing.purposes"),
        ("南宁住院可以", "南宁 母亲 住院", "yes", "sharing.purposes"),
        ("慢特病可以", "西安 老公 慢特病", "yes", "sharing.purposes"),
        ("开通以前未知", "西安 母亲 买药 2022-09-30", "unknown", "sharing.reach"),
        ("开通当天", "西安 母亲 买药 2022-10-01", "yes", "sharing.reach"),
        ("全省开通前一天，咸阳的父亲", "西安 咸阳 父亲 买药 2024-05-21", "no", "sharing.reach"),
        ("全省开通当天，咸阳的父亲", "西安 咸阳 父亲 买药 2024-05-22", "yes", "sharing.reach"),
        ("跨省，启动以前", "西安 南宁 父亲 买药 2024-12-01", "no", "sharing.reach"),
        ("跨省，启动以后要看两地", "西安 南宁 父亲 买药 2024-12-02", "unknown", "sharing.cross_province"),
        ("跨省，全国通知以后，两地都施行", "西安 南宁 父亲 买药", "yes", "sharing.across"),
        ("省内外地就医", "西安 西安 咸阳 父亲 买药", "yes", "sharing.reach"),
        ("跨省就医", "西安 西安 上海 父亲 买药", "unknown", "sharing.reach"),
        ("代缴居民医保", "西安 女儿 交居民医保", "yes", "sharing.purposes"),
        ("长护险", "南昌 爸爸 长护险", "yes", "sharing.purposes"),
        ("体检由各地定，西安未收录", "西安 母亲 体检 2024-05-01", "unknown", "sharing.regional"),
        ("体检，广东另有来源", "广州 母亲 体检", "yes", "sharing.extra"),
        ("疫苗，浙江", "杭州 儿子 疫苗", "yes", "sharing.purposes"),
        ("疫苗，南昌未收录", "南昌 儿子 疫苗", "unknown", "sharing.regional"),
        ("商业健康险，上海", "上海 妻子 商业健康险", "yes", "sharing.purposes"),
        ("商业健康险，青岛未收录", "青岛 妻子 商业保险", "unknown", "sharing.regional"),
        ("上海先就医后缴费：2022 年 9 月", "上海 母亲 居民医保 2022-09-30", "no", "sharing.purposes"),
        ("上海先就医后缴费：2022 年 10 月", "上海 母亲 居民医保 2022-10-01", "yes", "sharing.purposes"),
        ("治未病未收录", "南昌 妈妈 治未病", "unknown", "sharing.regional"),
        ("退休补缴未收录", "青岛 爸 补缴年限", "unknown", "sharing.regional"),
        ("签约费，海南", "海南 奶奶 签约费", "yes", "sharing.purposes"),
        ("产检，泰州", "泰州 妻子 产检", "yes", "sharing.extra"),
        ("健身不行", "广州 母亲 健身", "no", "account.forbidden"),
        ("养生保健不行", "上海 母亲 保健品", "no", "account.forbidden"),
        ("公共卫生不行", "南宁 母亲 公共卫生", "no", "account.forbidden"),
        ("取现不行", "青岛 父亲 取现", "no", "account.forbidden"),
        ("自己也不能健身", "青岛 本人 健身", "no", "account.forbidden"),
        ("自己买药", "西安 本人 买药", "yes", "account.payable"),
        ("自己住院", "西安 自己 住院", "yes", "account.payable"),
        ("自己不缴居民医保", "西安 本人 居民医保", "no", "account.payable"),
        ("浠水随黄冈、湖北、全国", "浠水 母亲 买药", "yes", "sharing.reach"),
    ],
)
def test_questions(book: PolicyBook, story: str, words: str, verdict: str, rule: str) -> None:
    told = answer(book, words)
    assert told.answer == verdict, (story, told)
    wanted = {"yes": {"met"}, "no": {"failed"}, "unknown": {"unknown"}}[verdict]
    assert {condition.state for condition in told.conditions if condition.rule == rule} & wanted, (story, told)
    assert told.disclaimer.endswith("答复为准。")


@pytest.mark.parametrize(
    ("parts", "verdict", "says"),
    [
        ({"user_insurance": "none"}, "no", "使用人须已参加基本医保"),
        ({"user_insurance": "insured", "insurance": "insured"}, "yes", "使用人已参加"),
        ({"insurance": "suspended"}, "no", "现为暂停参保"),
        ({"scheme": "resident"}, "no", "没有个人账户"),
        ({"relation": "spouse", "purpose": "inpatient"}, "yes", "配偶"),
    ],
)
def test_what_is_told_of_the_people(book: PolicyBook, parts: dict[str, str], verdict: str, says: str) -> None:
    asked = {"region": "南宁", "relation": "配偶", "purpose": "买药"} | parts
    told = answer(book, **asked)
    assert told.answer == verdict
    assert any(says in condition.text for condition in told.conditions)


def test_what_is_not_in_the_book_is_not_known(book: PolicyBook) -> None:
    asked = {"region": "拉萨", "relation": "干爹", "purpose": "看戏", "user_region": "南宁"}
    told = answer(book, **asked)
    assert (told.answer, told.answer_text) == ("unknown", "不知道")
    assert told.missing == ("没有收录地区“拉萨”", "没有收录亲属“干爹”", "没有收录用途“看戏”")
    assert (told.conditions, told.binding, told.drawn_first) == ((), None, ())


def test_what_is_not_known_is_told(book: PolicyBook) -> None:
    assert answer(book, "西安 母亲 体检").missing == ("健康体检由各地规定，西安市是否允许未收录",)
    assert answer(book, "西安 母亲 买药").missing == ()


def test_the_answer_says_how_to_bind_who_pays_and_whom_to_call(book: PolicyBook) -> None:
    told = answer(book, "西安 母亲 买药")
    assert told.binding is not None
    assert "签署《个人承诺书》" in told.binding.steps
    assert any("不需亲属关系证明" in paper.value for paper in told.binding.papers)
    assert [who.partition("（")[0] for who in told.drawn_first] == [
        "使用人本人账户，没有账户的跳过",
        "共济账户",
        "现金",
    ]
    assert told.channels[0].value == "服务 - 个人业务申报 - 家庭共济绑定"
    assert "12393" in {hotline.value for hotline in told.hotlines}
    assert any("最多接受 2 位授权人" in condition.text for condition in told.conditions)


def test_who_pays_follows_the_place(book: PolicyBook) -> None:
    assert "只用授权人的历年账户" in answer(book, "上海 母亲 买药").drawn_first[1]
    assert answer(book, "上海 母亲 买药").drawn_first[0].startswith("使用人本人账户（先当年，后历年）")
    assert "一个账户付得清才付" in answer(book, "南宁 母亲 买药").drawn_first[1]
    assert answer(book, "西安 母亲 买药", user_scheme="resident").drawn_first[0].startswith("共济账户")
    assert answer(book, "西安 本人 买药").drawn_first == ("本人账户", "现金")
    assert answer(book, "西安 岳母 买药").drawn_first == ()


def test_a_county_adds_its_telephones_to_those_above(book: PolicyBook) -> None:
    values = [item.value for item in answer(book, "浠水 母亲 买药 2025-09-10").hotlines]
    assert values[:2] == ["0713-4232032", "0713-4232019"]
    assert {"0713-8366936", "12393"} <= set(values)


def test_every_condition_and_item_has_its_source(book: PolicyBook) -> None:
    told = answer(book, "广州 母亲 体检")
    bases = [item.basis for items in (told.channels, told.hotlines, told.rules) for item in items]
    bases += [condition.basis for condition in told.conditions if condition.basis]
    assert bases
    assert all(basis.source and basis.confidence and basis.review_by > TODAY for basis in bases)
    (extra,) = [condition.basis for condition in told.conditions if condition.rule == "sharing.extra"]
    assert extra is not None
    assert (extra.confidence, extra.region) == ("low", "440000")


@pytest.mark.parametrize(
    ("parts", "field", "says"),
    [
        ({"words": "西安 岳母 看戏"}, "words", "不懂“看戏”"),
        ({"words": "火星 岳母 买药"}, "words", "西安市"),
        ({"words": "西安 岳母"}, "purpose", "缺少用途"),
        ({"words": "岳母 买药"}, "region", "缺少参保地"),
        ({"words": "西安 买药"}, "relation", "岳母"),
        ({"words": "西安 母亲 岳母 买药"}, "words", "一次问一种亲属"),
        ({"words": "西安 母亲 买药 住院"}, "words", "一次问一种用途"),
        ({"words": "西安 上海 南宁 青岛 母亲 买药"}, "words", "最多三个地区"),
        ({"words": "西安 母亲 买药 2024-02-30"}, "date", "2024-02-30"),
        ({"words": "西安 母亲 买药", "date": "昨天"}, "date", "昨天"),
        ({"words": "西安 母亲 买药", "user_insurance": "也许"}, "user_insurance", "正常参保"),
    ],
)
def test_what_is_not_understood_is_refused(book: PolicyBook, parts: dict[str, str], field: str, says: str) -> None:
    with pytest.raises(NotUnderstoodError, match=says) as caught:
        answer_question(book, Asked(**parts), TODAY)
    assert caught.value.field == field


def test_what_is_said_on_its_own_wins_over_the_short_form(book: PolicyBook) -> None:
    assert answer(book, "西安 岳母 买药", relation="母亲").answer == "yes"
