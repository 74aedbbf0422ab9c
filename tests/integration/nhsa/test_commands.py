"""``gongji gateway`` and ``gongji voucher`` at the terminal: what they say, what they change, and what they refuse."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gongji.cli import app

Run = Callable[..., Awaitable[Result]]

KEYS = {"x_tif": {"paasid": "p1", "secret": "geheim-1"}, "apikey": "geheim-2", "accepts": ["x-tif"]}


@pytest.fixture
def run(dsn: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DATABASE_URL", dsn)

    async def run(*words: str) -> Result:
        invoke: Any = CliRunner().invoke
        return await asyncio.to_thread(invoke, app, words, env={"COLUMNS": "200"})

    return run


async def done(run: Run, *words: str) -> str:
    result = await run(*words)
    assert result.exit_code == 0, result.output
    text: str = result.stdout
    return text


async def refused(run: Run, *words: str) -> str:
    result = await run(*words)
    assert result.exit_code == 1, result.output
    return result.output.replace("\n", "")


async def test_keys_are_registered_and_told_by_name_only(city: Any, run: Run, tmp_path: Path) -> None:
    shop, file = city.other_hospital.code, tmp_path / "keys.json"
    assert (await done(run, "gateway", "show", shop)).strip() == "没有登记密钥"
    file.write_text(json.dumps(KEYS))
    assert "accepts、apikey、x_tif" in await done(run, "gateway", "put", shop, str(file))
    shown = await done(run, "gateway", "show", shop)
    assert shown.split() == ["apikey、x_tif", "只受理：x-tif"]
    assert "geheim" not in shown
    rows = await city.rows("select credentials from institution where code = %s", shop)
    assert rows == [(KEYS,)]
    file.write_text('{"apikey": "geheim-3"}')
    await done(run, "gateway", "put", shop, str(file))
    assert (await done(run, "gateway", "show", shop)).strip() == "apikey", "the new keys replace the old ones"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "的内容不合规"),
        ("[]", "的内容不合规"),
        ('{"accepts": ["smoke signals"]}', "smoke signals"),
        ('{"sm4": "short"}', "的内容不合规"),
        ('{"sm2": {"public_key": "00", "over": "input"}}', "的内容不合规"),
        ('{"sm2": {"public_key": "00", "over": "everything"}}', "的内容不合规"),
        ('{"sm2": 7}', "的内容不合规"),
    ],
)
async def test_keys_of_the_wrong_form_are_not_kept(
    city: Any, run: Run, tmp_path: Path, content: str, says: str
) -> None:
    file = tmp_path / "keys.json"
    file.write_text(content)
    before = await city.rows("select credentials from institution where code = %s", city.clinic.code)
    assert says in await refused(run, "gateway", "put", city.clinic.code, str(file))
    assert await city.rows("select credentials from institution where code = %s", city.clinic.code) == before


async def test_keys_of_nobody_and_files_that_are_not_there(city: Any, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text('{"apikey": "k"}')
    assert "H99999999999" in await refused(run, "gateway", "put", "H99999999999", str(file))
    assert "读不了文件" in await refused(run, "gateway", "put", city.hospital.code, str(tmp_path / "none.json"))
    assert "未找到定点医药机构" in await refused(run, "gateway", "show", "H99999999999")


async def test_a_code_at_the_counter_is_the_patients_own(city: Any, run: Run) -> None:
    patient = await city.person(20_000)
    for number in (patient.certificate_no, patient.card_no):
        text = await done(run, "voucher", "show", number)
        assert f"{patient.name}，" in text
        [code] = re.findall(r"^[0-9A-Z]{28}$", text, re.MULTILINE)
        read = await city.hospital.call("1162", {"data": {"ecQrCode": code}})
        assert read.output["baseinfo"]["psn_no"] == patient.person_no
    assert "未找到" in await refused(run, "voucher", "show", "nobody")


async def test_a_code_account_from_adding_to_its_end(city: Any, run: Run) -> None:
    son, mother = await city.person(), await city.person()
    about = ["--holder", son.certificate_no, "--person", mother.certificate_no, "--name", mother.name]
    assert "无法识别" in await refused(run, "voucher", "add", *about, "--relation", "邻居")
    text = await done(run, "voucher", "add", *about, "--relation", "父母")
    assert "待本人同意" in text
    number = text.split()[0]
    show = ("voucher", "show", son.certificate_no, "--account", number)
    await refused(run, *show)
    assert "没有亲情账户" in await done(run, "voucher", "list", (await city.person()).certificate_no)
    await refused(run, "voucher", "allow", number, "--by", son.certificate_no)
    assert "可以出示" in await done(run, "voucher", "allow", number, "--by", mother.certificate_no)
    for person in (son, mother):
        listed = await done(run, "voucher", "list", person.card_no)
        assert all(part in listed for part in (number, son.name, mother.name, "父母", "本人同意", "可以出示"))
    assert f"{mother.name}，" in await done(run, *show)
    assert "已解除" in await done(run, "voucher", "end", number, "--by", son.certificate_no)
    await refused(run, *show)
    await refused(run, "voucher", "end", number, "--by", "nobody")


async def test_a_new_key_leaves_shown_codes_good(city: Any, run: Run) -> None:
    patient = await city.person()
    text = await done(run, "voucher", "show", patient.certificate_no)
    [code] = re.findall(r"^[0-9A-Z]{28}$", text, re.MULTILINE)
    first, second = [re.findall(r"\d+", await done(run, "voucher", "rotate-key")) for _ in range(2)]
    assert first != second
    assert (await city.hospital.call("1162", {"data": {"ecQrCode": code}})).ok
