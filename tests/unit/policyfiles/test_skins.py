"""Channel files: what is read from them, and every kind of fault with its file, line and key."""

from datetime import date
from pathlib import Path

import pytest

from gongji.core.policy import PolicyBook
from gongji.core.skins import PORTAL, Opening, PortalService, channel_name
from gongji.policyfiles import Fault, PolicyFilesError, check_skins, load_skins, locate_channels

HEAD = """name = "试验渠道"
kind = "app"
operator = "{place}医疗保障局"
access = "own"
icon = "home"
motto = "试验"
source = "试验文件"
confidence = "high"
verified_on = 2026-01-01
review_by = 2027-06-30
"""
ENTRIES = """entries = [
    { path = ["服务", "查询"], service = "balance", words = ["余额"] },
]
"""
OPEN = """[[open]]
regions = ["610000"]
from = 2024-05-01
to = 2024-12-31
"""
SOUND = HEAD + ENTRIES + OPEN


def faults_of(folder: Path, book: PolicyBook, text: str, name: str = "trial.toml") -> tuple[Fault, ...]:
    (folder / name).write_text(text, encoding="utf-8")
    return check_skins(folder, book)


def test_the_real_files_have_no_fault(book: PolicyBook) -> None:
    assert check_skins(locate_channels(), book) == ()


def test_a_sound_file_is_read_as_it_is_written(tmp_path: Path, book: PolicyBook) -> None:
    assert faults_of(tmp_path, book, SOUND) == ()
    skin = load_skins(tmp_path, book)["trial"]
    assert (skin.channel, skin.run_by("西安市")) == ("portal/trial", "西安市医疗保障局")
    assert skin.below((), None) == [("服务",)]
    entry = skin.entry(("服务", "查询"))
    assert entry is not None
    assert entry.service is PortalService.BALANCE
    assert skin.search("余") == skin.search("查询") == [entry]
    assert skin.search("") == []
    assert [skin.open_in("610100", on) for on in (date(2024, 4, 30), date(2024, 5, 1), date(2025, 1, 1))] == [
        False,
        True,
        False,
    ]
    assert not skin.open_in("310000", date(2024, 6, 1))


@pytest.mark.parametrize(
    ("text", "line", "key", "words"),
    [
        (SOUND.replace('kind = "app"', 'kind = "phone"'), 2, "kind", "没有编码 'phone'"),
        (SOUND.replace('icon = "home"\n', ""), 1, "icon", "缺少 icon"),
        (SOUND.replace('motto = "试验"', 'motto = "试验"\nmoto = "试验"'), 7, "moto", "不认识的键 moto"),
        (SOUND.replace("balance", "wealth"), 12, "entries[0].service", "没有编码 'wealth'"),
        (SOUND.replace('service = "balance", ', ""), 12, "entries[0]", "写 service 或 to"),
        (SOUND.replace('["服务", "查询"]', "[]"), 12, "entries[0].path", "path 须是"),
        (SOUND.replace('"查询"', '"查/询"'), 12, "entries[0].path", "不能有空白和"),
        (SOUND.replace('"查询"', '"back"'), 12, "entries[0].path", "不能有空白和"),
        (SOUND.replace('["610000"]', '["999999"]'), 15, "open[0].regions", "没有收录地区 999999"),
        (SOUND.replace("2024-12-31", "2024-01-31"), 17, "open[0].to", "早于起日"),
        (SOUND.replace(OPEN, ""), 1, "open", "缺少 open"),
        (
            SOUND.replace("]\n[[open]]", '    { path = ["服务"], service = "bind" },\n]\n[[open]]'),
            13,
            "entries[1].path",
            "下面还有入口",
        ),
        (
            SOUND.replace("]\n[[open]]", '    { path = ["服务", "查询"], service = "bind" },\n]\n[[open]]'),
            13,
            "entries[1].path",
            "入口重复",
        ),
        (
            SOUND.replace('service = "balance"', 'to = ["nowhere", "查询"]'),
            12,
            "entries[0].to",
            "没有入口 nowhere - 查询",
        ),
        (SOUND.replace('service = "balance"', 'to = "nowhere"'), 12, "entries[0].to", "to 须写渠道和路径"),
        (SOUND.replace('words = ["余额"]', "searched_only = true"), 12, "entries[0].words", "要写 words"),
        (SOUND.replace('words = ["余额"]', 'confidence = "low"'), 12, "entries[0].confidence", "要写 source"),
        (SOUND.replace("entries = [", 'place_at = [["无"]]\nentries = ['), 11, "place_at", "没有菜单 无"),
        (
            SOUND.replace('"own"', '"third_party"').replace("balance", "bind"),
            12,
            "entries[0].service",
            "第三方渠道不能替本人办",
        ),
        ("name = 试验\n", 1, "", "TOML 语法错误"),
    ],
)
def test_each_fault_is_told_where_it_is(
    tmp_path: Path, book: PolicyBook, text: str, line: int, key: str, words: str
) -> None:
    faults = faults_of(tmp_path, book, text)
    assert [(fault.file, fault.line, fault.key) for fault in faults] == [("channels/trial.toml", line, key)], faults
    assert words in faults[0].text
    with pytest.raises(PolicyFilesError):
        load_skins(tmp_path, book)


def test_faults_of_all_files_are_told_at_once(tmp_path: Path, book: PolicyBook) -> None:
    faults_of(tmp_path, book, SOUND.replace('"home"', '"house"'), "first.toml")
    faults = faults_of(tmp_path, book, SOUND.replace('"high"', '"sure"'), "second.toml")
    assert [fault.file for fault in faults] == ["channels/first.toml", "channels/second.toml"]


def test_names_are_told_apart_and_files_well_named(tmp_path: Path, book: PolicyBook) -> None:
    faults_of(tmp_path, book, SOUND, "first.toml")
    faults = faults_of(tmp_path, book, SOUND, "second.toml")
    assert [(fault.file, "也叫" in fault.text) for fault in faults] == [("channels/second.toml", True)]
    for name in ("leave.toml", "渠道.toml", "A.toml"):
        folder = tmp_path / name
        folder.mkdir()
        assert "文件名" in faults_of(folder, book, SOUND, name)[0].text
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "没有任何渠道文件" in check_skins(empty, book)[0].text


def test_a_jump_leads_to_an_entry_and_not_to_another_jump(tmp_path: Path, book: PolicyBook) -> None:
    faults_of(tmp_path, book, SOUND.replace("试验渠道", "另一个"), "other.toml")
    jump = SOUND.replace('service = "balance"', 'to = ["other", "服务", "查询"]')
    assert faults_of(tmp_path, book, jump) == ()
    again = SOUND.replace("试验渠道", "第三个").replace('service = "balance"', 'to = ["trial", "服务", "查询"]')
    assert [fault.key for fault in faults_of(tmp_path, book, again, "third.toml")] == ["entries[0].to"]


def test_an_opening_without_days_is_open_always() -> None:
    assert Opening(regions=("000000",)).holds("610100", date(1990, 1, 1))


def test_ways_are_named_as_people_call_them(book: PolicyBook) -> None:
    skins = load_skins(locate_channels(), book)
    told = {
        channel: channel_name(skins, channel) for channel in (PORTAL, "portal/shaanxi_mini", "portal/gone", "rest/x")
    }
    assert told == {
        "portal": "共济门户",
        "portal/shaanxi_mini": "陕西医保小程序",
        "portal/gone": "共济门户",
        "rest/x": "第三方渠道",
    }
