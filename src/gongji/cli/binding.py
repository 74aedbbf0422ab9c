"""``gongji binding``: family sharing from the command line, for an operator at a counter."""

from datetime import date
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from gongji.cli.counter import CHANNEL, RELATIONS, By
from gongji.cli.opening import DataOption, fail, on_platform, person_numbered
from gongji.core.codes import Relation
from gongji.core.family import Binding, Limits
from gongji.core.money import MoneyError, parse_yuan
from gongji.core.refusal import Refusal
from gongji.service import binding_life, bindings
from gongji.service.platform import Platform

binding_app = typer.Typer(no_args_is_help=True, help="家庭共济：绑定、确认、查询、解除。")

_STATES = {"pending": "待确认", "active": "已绑定", "ended": "已解除"}


@binding_app.command()
def bind(
    *,
    authoriser: Annotated[str, typer.Option(help="授权人的证件号码或社保卡号")],
    user: Annotated[str, typer.Option(help="使用人的证件号码")],
    user_name: Annotated[str, typer.Option(help="使用人的姓名")],
    relation: Annotated[str, typer.Option(help="使用人是授权人的什么人，例如 父母、parent")],
    user_region: Annotated[str, typer.Option(help="使用人参保地的区划代码")] = "",
    start: Annotated[str, typer.Option(help="开始日期，默认今天")] = "",
    end_on: Annotated[str, typer.Option("--end", help="结束日期，默认长期")] = "",
    position: Annotated[int | None, typer.Option(help="支付顺位，默认排在最后", min=1)] = None,
    cap: Annotated[str, typer.Option(help="每次结算最多支付，元")] = "",
    accept_notice: Annotated[bool, typer.Option("--accept-notice", help="已阅读个人账户共济绑定告知书")] = False,
    sign: Annotated[str, typer.Option(help="在个人承诺书上的签名")] = "",
    data: DataOption = None,
) -> None:
    """绑定一位亲属使用自己的个人账户。

    例：gongji binding bind --authoriser 990101... --user 990101... --user-name 李建国 --relation 父母
    --accept-notice --sign 李明
    """
    if relation not in RELATIONS:
        fail(f"--relation {relation} 无法识别，可以是：{'、'.join(r.label for r in Relation)}")

    async def work(platform: Platform) -> Binding | Refusal:
        holding = await person_numbered(platform, authoriser)
        if isinstance(holding, Refusal):
            return holding
        request = bindings.BindingRequest(
            authoriser=holding.person.person_no,
            user_certificate_no=user,
            user_name=user_name,
            user_region=user_region,
            relation=RELATIONS[relation],
            position=position,
            starts_on=_day("--start", start),
            ends_on=_day("--end", end_on),
            limits=Limits(per_transaction=_amount(cap)),
            notice_accepted=accept_notice,
            signature=sign,
            channel=CHANNEL,
        )
        return await bindings.bind(platform, request)

    _tell(on_platform(data, work))


@binding_app.command()
def confirm(binding: Annotated[str, typer.Argument(help="绑定编号")], by: By, *, data: DataOption = None) -> None:
    """使用人确认一条待确认的绑定。"""

    async def work(platform: Platform) -> Binding | Refusal:
        holding = await person_numbered(platform, by)
        if isinstance(holding, Refusal):
            return holding
        return await binding_life.confirm(platform, binding, holding.person.person_no, CHANNEL)

    _tell(on_platform(data, work))


@binding_app.command()
def end(binding: Annotated[str, typer.Argument(help="绑定编号")], by: By, *, data: DataOption = None) -> None:
    """解除一条绑定；授权人和使用人都可以办理。"""

    async def work(platform: Platform) -> Binding | Refusal:
        holding = await person_numbered(platform, by)
        if isinstance(holding, Refusal):
            return holding
        return await binding_life.end(platform, binding, holding.person.person_no, CHANNEL)

    _tell(on_platform(data, work))


@binding_app.command("list")
def list_(person: Annotated[str, typer.Argument(help="证件号码或社保卡号")], *, data: DataOption = None) -> None:
    """列出一个人作为授权人和使用人的全部绑定。"""

    async def work(platform: Platform) -> list[bindings.BindingView] | Refusal:
        holding = await person_numbered(platform, person)
        if isinstance(holding, Refusal):
            return holding
        return await bindings.bindings_of(platform, holding.person.person_no)

    views = on_platform(data, work)
    if isinstance(views, Refusal):
        fail(views.text)
    table = Table(Column("编号", no_wrap=True), "授权人", "使用人", "关系", "状态", "起", "止", "顺位")
    for view in views:
        b = view.binding
        until = str(b.ends_on) if b.ends_on else "长期"
        state = _STATES[b.state.value]
        names = (view.authoriser.name, view.user.name)
        table.add_row(b.id, *names, b.relation.label, state, str(b.starts_on), until, str(b.position))
    Console().print(table if views else "没有绑定")


def _day(option: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        fail(f"{option} {text} 不是日期，例如 2026-01-31")


def _amount(text: str) -> int | None:
    try:
        amount = parse_yuan(text) if text else None
    except MoneyError as fault:
        fail(f"--cap {fault}")
    if amount is not None and amount < 0:
        fail("--cap 不能为负数")
    return amount


def _tell(outcome: Binding | Refusal) -> None:
    if isinstance(outcome, Refusal):
        fail(outcome.text)
    Console().print(f"{outcome.id} {outcome.relation.label} {_STATES[outcome.state.value]}")
