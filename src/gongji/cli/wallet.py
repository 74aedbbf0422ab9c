"""``gongji wallet``: transfers between wallets, for an operator at a counter (医保钱包)."""

import secrets
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from gongji.cli.counter import CHANNEL, RELATIONS, By, fen, on_behalf
from gongji.cli.opening import DataOption, fail, on_platform
from gongji.core.money import format_yuan
from gongji.core.notices import spoken_time
from gongji.core.refusal import Refusal
from gongji.core.wallet import Source, Transfer
from gongji.service import wallet
from gongji.service.commands import Sender
from gongji.service.platform import Platform
from gongji.service.wallet_view import TransferView, Wallet, transfers_of, wallet_of

wallet_app = typer.Typer(no_args_is_help=True, help="医保钱包：转给亲属、接收、拒收、查询、退回逾期未接收的。")


@wallet_app.command()
def send(
    *,
    by: By,
    to: Annotated[str, typer.Option(help="接收人的证件号码")],
    to_name: Annotated[str, typer.Option(help="接收人的姓名")],
    relation: Annotated[str, typer.Option(help="接收人是转出人的什么人，例如 父母、parent")],
    amount: Annotated[str, typer.Option(help="金额，元")],
    source: Annotated[Source, typer.Option(help="account 个人账户，wallet 本人的钱包")] = Source.ACCOUNT,
    message: Annotated[str, typer.Option(help="本笔业务的编号；同一编号只办理一次，默认新编号")] = "",
    data: DataOption = None,
) -> None:
    """转给亲属的医保钱包。对方接收后不能退回。

    例：gongji wallet send --by 9905... --to 9905... --to-name 韩霜降 --relation 父母 --amount 300

    每天的笔数、每笔的金额、不能办理的时间由参保地规定（gongji regions show 西安）。对方没有接收的，次日早晨自动退回。
    """
    if relation not in RELATIONS:
        fail(f"--relation {relation} 无法识别，可以是：{'、'.join(r.label for r in RELATIONS.values())}")

    async def work(platform: Platform, person_no: str) -> Transfer | Refusal:
        request = wallet.TransferRequest(
            sender=person_no,
            certificate_no=to,
            name=to_name,
            relation=RELATIONS[relation],
            amount=fen("--amount", amount),
            source=source,
            channel=CHANNEL,
        )
        told = f"{to}|{to_name}|{relation}|{amount}|{source}".encode()
        number = message or secrets.token_urlsafe(18)
        sender = Sender(
            institution=f"{CHANNEL}/{person_no}", message_id=number, transaction="wallet.send", input_hash=told
        )
        return await wallet.send(platform, sender, request)

    _tell(on_behalf(data, by, work))


@wallet_app.command()
def accept(transfer: Annotated[str, typer.Argument(help="转账编号")], by: By, *, data: DataOption = None) -> None:
    """接收人接收一笔转账；重复办理没有影响。

    例：gongji wallet accept T20261128… --by 9905...
    """

    async def work(platform: Platform, person_no: str) -> Transfer | Refusal:
        return await wallet.accept(platform, transfer, person_no, CHANNEL)

    _tell(on_behalf(data, by, work))


@wallet_app.command()
def refuse(transfer: Annotated[str, typer.Argument(help="转账编号")], by: By, *, data: DataOption = None) -> None:
    """接收人拒收一笔转账，钱马上退还转出人；重复办理没有影响。

    例：gongji wallet refuse T20261128… --by 9905...
    """

    async def work(platform: Platform, person_no: str) -> Transfer | Refusal:
        return await wallet.decline(platform, transfer, person_no, CHANNEL)

    _tell(on_behalf(data, by, work))


def _tell(outcome: Transfer | Refusal) -> None:
    if isinstance(outcome, Refusal):
        fail(outcome.text)
    until = f"，{spoken_time(outcome.returns_at)}前未接收将退回" if outcome.decided_at is None else ""
    typer.echo(f"{outcome.id} {format_yuan(outcome.amount)} 元 {outcome.state.label}{until}")


@wallet_app.command("show")
def show(person: Annotated[str, typer.Argument(help="证件号码或社保卡号")], *, data: DataOption = None) -> None:
    """一个人的钱包余额，和最近 50 笔转出、转入。

    例：gongji wallet show 9905...
    """

    async def work(platform: Platform, person_no: str) -> tuple[Wallet | Refusal, list[TransferView], str]:
        return await wallet_of(platform, person_no), await transfers_of(platform, person_no, 50), person_no

    outcome = on_behalf(data, person, work)
    if isinstance(outcome, Refusal):
        fail(outcome.text)
    found, transfers, person_no = outcome
    if isinstance(found, Refusal):
        fail(found.text)
    told = "" if found.open else "（参保地没有开通或未收录）"
    typer.echo(
        f"余额 {format_yuan(found.balance)} 元{told}，今天已转出 {found.sent_today} 笔，待接收 {found.waiting} 笔"
    )
    table = Table(Column("编号", no_wrap=True), "时间", "方向", "对方", "金额", "状态")
    for view in transfers:
        one, mine = view.transfer, view.transfer.sender == person_no
        other = (view.receiver if mine else view.sender).name
        way = "转出" if mine else "转入"
        table.add_row(one.id, spoken_time(one.sent_at), way, other, format_yuan(one.amount), one.state.label)
    if transfers:
        Console().print(table)


@wallet_app.command("return")
def return_(*, data: DataOption = None) -> None:
    """退回所有逾期未接收的转账。

    例：gongji wallet return

    服务运行时每分钟自动办理；服务停过以后，用它可以马上补办。重复运行没有影响。
    """
    typer.echo(f"退回 {on_platform(data, wallet.return_unaccepted)} 笔")
