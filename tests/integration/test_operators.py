"""What operators do at the terminal: channels and staff, on the real database."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pyotp
import pytest
from typer.testing import CliRunner, Result

from gongji.cli import app
from gongji.core.policy import PolicyBook
from gongji.service.platform import Platform
from gongji.service.staff import sign_in_staff

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
