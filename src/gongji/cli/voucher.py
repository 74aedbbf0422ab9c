"""``gongji voucher``: e-voucher codes and family code accounts at a counter, and the keys (医保码、亲情账户)."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import segno
import typer
from rich.console import Console
from rich.table import Column, Table

from gongji.cli.opening import DataOption, fail, on_platform
from gongji.core.codes import Relation
from gongji.core.refusal import Refusal
from gongji.service import code_accounts
from gongji.service.code_accounts import CodeAccount, CodeAccountRequest, CodeAccountView
from gongji.service.commands import Credential
from gongji.service.people import person_shown
from gongji.service.platform import Platform
from gongji.service.voucher_keys import rotate
from gongji.service.vouchers import Shown, show

voucher_app = typer.Typer(no_args_is_help=True, help="医保码和亲情账户：出示、添加、同意、解除、换密钥。")

CHANNEL = "counter"
STATES = {"pending": "待本人同意", "active": "可以出示", "ended": "已解除"}
_RELATIONS = {relation.label: relation for relation in Relation} | {r.value: r for r in Relation}

By = Annotated[str, typer.Option("--by", help="办理人的证件号码或社保卡号")]


@voucher_app.command(name="show")
def show_(
    person: Annotated[str, typer.Argument(help="出示人的证件号码或社保卡号")],
    *,
    account: Annotated[str | None, typer.Option(help="亲情账户编号；不填是本人的医保码")] = None,
    data: DataOption = None,
) -> None:
    """显示一个医保码，约一分钟有效。

    例：gongji voucher show 999901197001000011
    """

    async def work(platform: Platform) -> Shown | Refusal:
        number = await _number(platform, person)
        return number if isinstance(number, Refusal) else await show(platform, number, CHANNEL, account)

    shown = on_platform(data, work)
    if isinstance(shown, Refusal):
        fail(shown.text)
    segno.make_qr(shown.code).terminal(compact=True)
    typer.echo(f"{shown.code}\n{shown.person.name}，{shown.seconds} 秒内有效")


@voucher_app.command()
def add(
    *,
    holder: Annotated[str, typer.Option(help="出示人的证件号码或社保卡号")],
    person: Annotated[str, typer.Option(help="家人的证件号码")],
    name: Annotated[str, typer.Option(help="家人的姓名")],
    relation: Annotated[str, typer.Option(help="家人是出示人的什么人，例如 父母、parent")],
    guardian: Annotated[bool, typer.Option("--guardian", help="出示人已签监护承诺（家人未满 18 周岁）")] = False,
    data: DataOption = None,
) -> None:
    """添加一个亲情账户；成年人要本人同意，本人到场的接着用 gongji voucher allow。

    例：gongji voucher add --holder 990101... --person 990101... --name 李建国 --relation 父母
    """
    if relation not in _RELATIONS:
        fail(f"--relation {relation} 无法识别，可以是：{'、'.join(r.label for r in Relation)}")

    async def work(platform: Platform) -> CodeAccount | Refusal:
        number = await _number(platform, holder)
        if isinstance(number, Refusal):
            return number
        request = CodeAccountRequest(
            holder=number,
            certificate_no=person,
            name=name,
            relation=_RELATIONS[relation],
            guardian=guardian,
            channel=CHANNEL,
        )
        return await code_accounts.add(platform, request)

    _tell(on_platform(data, work))


Change = Callable[[Platform, str, str, str], Awaitable[CodeAccount | Refusal]]


def _change(account: str, by: str, change: Change) -> Callable[[Platform], Awaitable[CodeAccount | Refusal]]:
    async def work(platform: Platform) -> CodeAccount | Refusal:
        number = await _number(platform, by)
        return number if isinstance(number, Refusal) else await change(platform, account, number, CHANNEL)

    return work


@voucher_app.command()
def allow(account: Annotated[str, typer.Argument(help="亲情账户编号")], by: By, *, data: DataOption = None) -> None:
    """本人同意由家人出示自己的医保码。"""
    _tell(on_platform(data, _change(account, by, code_accounts.allow)))


@voucher_app.command()
def end(account: Annotated[str, typer.Argument(help="亲情账户编号")], by: By, *, data: DataOption = None) -> None:
    """解除一个亲情账户；两边都可以办理。"""
    _tell(on_platform(data, _change(account, by, code_accounts.end)))


@voucher_app.command("list")
def list_(person: Annotated[str, typer.Argument(help="证件号码或社保卡号")], *, data: DataOption = None) -> None:
    """列出一个人的全部亲情账户。"""

    async def work(platform: Platform) -> list[CodeAccountView] | Refusal:
        number = await _number(platform, person)
        return number if isinstance(number, Refusal) else await code_accounts.code_accounts_of(platform, number)

    views = on_platform(data, work)
    if isinstance(views, Refusal):
        fail(views.text)
    table = Table(Column("编号", no_wrap=True), "出示人", "谁的医保码", "关系", "依据", "状态")
    for view in views:
        account = view.account
        basis = "监护承诺" if account.basis == "guardian" else "本人同意"
        names = (view.holder.name, view.person.name)
        table.add_row(account.id, *names, account.relation.label, basis, STATES[account.state])
    Console().print(table if views else "没有亲情账户")


@voucher_app.command(name="rotate-key")
def rotate_key(*, data: DataOption = None) -> None:
    """马上换一把签名密钥（平时每天自动换）；已经发出的码和令牌到期前仍然有效。"""
    typer.echo(f"新密钥编号 {on_platform(data, rotate)}")


async def _number(platform: Platform, number: str) -> str | Refusal:
    found = await person_shown(platform, Credential(kind="certificate", number=number))
    if isinstance(found, Refusal):
        found = await person_shown(platform, Credential(kind="card", number=number))
    return found if isinstance(found, Refusal) else found.person.person_no


def _tell(outcome: CodeAccount | Refusal) -> None:
    if isinstance(outcome, Refusal):
        fail(outcome.text)
    Console().print(f"{outcome.id} {outcome.relation.label} {STATES[outcome.state]}")
