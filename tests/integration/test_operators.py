"""What operators do at the terminal: channels and staff, on the real database."""

import asyncio
import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pyotp
import pytest
from typer.testing import CliRunner, Result

from gongji.cli import app
from gongji.core.policy import PolicyBook
from gongji.core.refusal import Refusal
from gongji.service.platform import Platform
from gongji.service.staff import sign_in_staff
from world import World

ADD = ("client", "add", "某某生活", "--scope", "account:read", "--redirect", "https://life.example/back")


@pytest.fixture
def run(dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("DATABASE_URL", dsn)

    def command(*words: str) -> Result:
        return CliRunner().invoke(app, words, env={"COLUMNS": "200"})

    return command


def test_a_channel_is_registered_listed_and_shut_off(run: Any) -> None:
    made = json.loads(run(*ADD, "--json").stdout)
    assert made["client_secret"]
    assert "密钥只显示这一次" in run(*ADD).stdout
    listed = json.loads(run("client", "list", "--json").stdout)
    assert made["client_id"] in [one["client_id"] for one in listed]
    assert made["client_secret"] not in json.dumps(listed)
    assert run("client", "disable", made["client_id"]).exit_code == 0
    assert "已关闭" in run("client", "list").stdout
    assert run("client", "disable", "ch-nobody").exit_code == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("client", "add", "某", "--scope", "all", "--redirect", "https://a.example/b"), 2),
        (("client", "add", "某", "--redirect", "https://a.example/b"), 2),
        (("client", "add", "某", "--scope", "account:read", "--redirect", "http://a.example/b"), 1),
        (("client", "add", "某", "--scope", "messages:read", "--institution", "H000"), 1),
        (("staff", "add", "王", "--name", "王", "--role", "clerk"), 1),
        (("staff", "add", "wang", "--name", "王", "--role", "king"), 2),
        (("staff", "add", "wang", "--name", "王", "--role", "clerk", "--region", "000001"), 1),
        (("staff", "disable", "nobody"), 1),
    ],
)
def test_what_cannot_be_done_says_so(run: Any, words: tuple[str, ...], code: int) -> None:
    result = run(*words)
    assert result.exit_code == code, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_staff_get_what_they_sign_in_with(run: Any, dsn: str, book: PolicyBook) -> None:
    made = json.loads(run("staff", "add", "wang01", "--name", "王经办", "--role", "clerk", "--json").stdout)
    assert made["role"] == "clerk"
    assert "wang01" in run("staff", "list").stdout
    assert run("staff", "add", "wang01", "--name", "王", "--role", "clerk").exit_code == 1

    async def sign_in() -> object:
        platform = Platform(dsn, book)
        await platform.open()
        try:
            code = pyotp.TOTP(made["totp_secret"]).now()
            return await sign_in_staff(platform, "wang01", made["password"], code)
        finally:
            await platform.close()

    assert isinstance(asyncio.run(sign_in()), str)
    assert run("staff", "disable", "wang01").exit_code == 0
    assert "已停用" in run("staff", "list").stdout


def test_a_family_at_the_counter(run: Any, dsn: str, book: PolicyBook) -> None:
    """Bind, limit, order, see, send: each command does its work, and says in Chinese why it does not."""
    numbers = asyncio.run(_family(dsn, book))
    son, father = numbers["子"], numbers["父"]
    named = ("--relation", "父母", "--user", father, "--user-name", "父", "--accept-notice", "--sign", "子")
    bound = run("binding", "bind", "--authoriser", son, *named)
    assert bound.exit_code == 0, bound.output
    binding = bound.stdout.split()[0]
    limited = run("binding", "limit", binding, "--by", son, "--per-day", "200", "--place", "pharmacy")
    assert "每日 200.00 元" in limited.stdout, limited.output
    assert "只能办理本人的业务" in run("binding", "limit", binding, "--by", father).output
    assert run("binding", "order", binding, "--by", father).stdout.startswith(f"1 {binding} 子")
    assert "只有共济额度方式" in run("binding", "quota", binding, "--by", son, "--amount", "1").output
    assert "没有使用家庭共济账户的绑定" in run("binding", "family", "--by", son, "--deposit", "1").output
    assert "家庭共济账户 0.00 元" in run("binding", "family", "--by", son).stdout
    assert "没有使用记录" in run("binding", "uses", son).stdout
    assert "余额 0.00 元，今天已转出 0 笔" in run("wallet", "show", father).stdout
    send = ("wallet", "send", "--by", son, "--to", father, "--to-name", "父", "--relation", "父母", "--amount")
    assert "每笔最多转 2000.00 元" in run(*send, "2000.01").output or "不办理转账" in run(*send, "2000.01").output
    assert "要大于零" in run(*send, "0").output
    assert "未找到这笔医保钱包转账" in run("wallet", "accept", "T0", "--by", father).output
    assert "退回 0 笔" in run("wallet", "return").stdout
    assert run("wallet", "show", "nobody").exit_code == 1


async def _family(dsn: str, book: PolicyBook) -> dict[str, str]:
    platform = Platform(dsn, book)
    await platform.open()
    world = await World(platform).open()
    try:
        for name in ("子", "父"):
            await world.person(name, 500_000)
        return {name: (await world.holding(name)).person.certificate_no for name in ("子", "父")}
    finally:
        await platform.close()


async def _bound(dsn: str, book: PolicyBook) -> str:
    platform = Platform(dsn, book)
    await platform.open()
    world = await World(platform).open()
    try:
        for name in ("授", "受"):
            await world.person(name, 500_000)
        made = await world.bind("授", "受")
        assert not isinstance(made, Refusal), made
        return made.id
    finally:
        await platform.close()


def test_staff_freeze_thaw_and_end_a_binding(run: Any, dsn: str, book: PolicyBook) -> None:
    """The agency takes the use away and gives it back; who may not, is told so."""
    for login, role in (("audit01", "auditor"), ("desk01", "clerk")):
        run("staff", "add", login, "--name", "某", "--role", role)
    binding = asyncio.run(_bound(dsn, book))
    assert run("binding", "freeze", binding, "--by", "desk01", "--reason", "核查").exit_code == 1
    assert run("binding", "freeze", binding, "--by", "audit01", "--reason", " ").exit_code == 1
    assert "已冻结" in run("binding", "freeze", binding, "--by", "audit01", "--reason", "核查").stdout
    assert run("binding", "freeze", binding, "--by", "audit01", "--reason", "再次").exit_code == 1
    assert "已绑定" in run("binding", "thaw", binding, "--by", "audit01", "--reason", "无误").stdout
    assert "已解除" in run("binding", "revoke", binding, "--by", "audit01", "--reason", "骗保").stdout
    told = run("binding", "history", binding, "--by", "audit01").stdout
    for step in ("冻结", "解冻", "医保经办机构解除"):
        assert step in told, told
    assert run("binding", "approve", binding, "--by", "audit01").exit_code == 1
    assert "没有待审核" in run("binding", "waiting", "--by", "audit01").stdout


def test_somebody_moves_and_an_auditor_looks(run: Any, dsn: str, book: PolicyBook) -> None:
    for login, role in (("audit02", "auditor"), ("desk02", "clerk")):
        run("staff", "add", login, "--name", "某", "--role", role)
    son = asyncio.run(_family(dsn, book))["子"]
    move = ("life", "move", son, "咸阳", "--by", "desk02", "--on")
    assert "不是日期" in run(*move, "昨天").output
    assert "日期晚于今天" in run(*move, "2999-01-01").output
    assert "不是收录的统筹区" in run("life", "move", son, "乌有", "--by", "desk02", "--on", "2026-01-02").output
    moved = run(*move, "2026-01-02")
    assert "随同转移 5000.00 元" in moved.stdout, moved.output
    assert "已登记过" in run(*move, "2026-01-02").stdout
    span = ("--first", f"{date.today()}", "--last", f"{date.today() + timedelta(days=1)}")  # noqa: DTZ011
    read = run("ledger", "postings", "--by", "audit02", *span, "--person", son, "--kind", "moved", "--json")
    legs = json.loads(read.stdout)
    assert {leg["amount"] for leg in legs} == {500_000}
    assert [leg["from_"]["kind"] for leg in legs] == ["clearing_receivable", "personal"]
    assert "应付其他统筹区清算款" in run("ledger", "postings", "--by", "audit02", *span, "--person", son).stdout
    assert "您的岗位不能" in run("ledger", "postings", "--by", "desk02", *span).output
    told = run("account", "statistics", "--by", "audit02", *span)
    assert "咸阳市" in told.stdout, told.output
    counted = json.loads(run("account", "statistics", "--by", "audit02", *span, "--json").stdout)
    assert next(one for one in counted if one["region"] == "610400")["after"] == 500_000
