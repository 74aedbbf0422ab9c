"""``gongji binding`` once more: limits, quota, order, family account, uses, for an operator at a counter."""

import secrets
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from gongji.cli.binding import binding_app
from gongji.cli.counter import CHANNEL, By, fen, on_behalf
from gongji.cli.opening import DataOption, fail
from gongji.core.codes import PlaceKind, Purpose
from gongji.core.family import Binding, Limits
from gongji.core.money import format_yuan
from gongji.core.notices import limits_in_words, spoken_time
from gongji.core.refusal import Refusal
from gongji.service.binding_life import amend
from gongji.service.bindings import BindingView
from gongji.service.choices import change_quota, choose_order
from gongji.service.commands import Sender
from gongji.service.family_account import FamilyAccount, family_account, move_aside, move_back
from gongji.service.papers.paper import Form
from gongji.service.platform import Platform
from gongji.service.use_slip import write_slip
from gongji.service.uses import Asked, UseView, uses_of

__all__ = ["binding_app"]

Number = Annotated[str, typer.Argument(help="绑定编号")]


@binding_app.command("limit")
def limit(
    binding: Number,
    by: By,
    *,
    per_transaction: Annotated[str, typer.Option(help="每次最多，元")] = "",
    per_day: Annotated[str, typer.Option(help="每天最多，元")] = "",
    per_year: Annotated[str, typer.Option(help="每年最多，元")] = "",
    total: Annotated[str, typer.Option(help="总共最多，元")] = "",
    purpose: Annotated[list[Purpose] | None, typer.Option(help="只用于这些用途，可重复")] = None,
    place: Annotated[list[PlaceKind] | None, typer.Option(help="只用于这些机构，可重复")] = None,
    data: DataOption = None,
) -> None:
    """授权人设定限额，下一次结算起生效。没有写的就是不限；写 0 是暂停。冻结的额度不变，用 binding quota 变更。

    例：gongji binding limit B20261128… --by 9906... --per-day 200 --total 3000 --place pharmacy
    """

    def cap(option: str, text: str) -> int | None:
        return fen(option, text, zero=True) if text else None

    limits = Limits(
        per_transaction=cap("--per-transaction", per_transaction),
        per_day=cap("--per-day", per_day),
        per_year=cap("--per-year", per_year),
        total=cap("--total", total),
        purposes=tuple(purpose) if purpose else None,
        places=tuple(place) if place else None,
    )

    async def work(platform: Platform, person_no: str) -> Binding | Refusal:
        return await amend(platform, binding, person_no, limits, CHANNEL)

    _tell(on_behalf(data, by, work))


@binding_app.command("quota")
def quota(
    binding: Number,
    by: By,
    *,
    amount: Annotated[str, typer.Option(help="从现在起冻结多少，元；0 是全部退回")],
    data: DataOption = None,
) -> None:
    """授权人变更一条绑定的共济额度：多冻结的从个人账户来，少冻结的马上退回。

    例：gongji binding quota B20261128… --by 9906... --amount 500
    """

    async def work(platform: Platform, person_no: str) -> Binding | Refusal:
        return await change_quota(platform, binding, person_no, fen("--amount", amount, zero=True), CHANNEL)

    _tell(on_behalf(data, by, work))


def _tell(outcome: Binding | Refusal) -> None:
    if isinstance(outcome, Refusal):
        fail(outcome.text)
    frozen = "" if outcome.limits.quota is None else f"，额度 {format_yuan(outcome.limits.quota)} 元"
    typer.echo(f"{outcome.id} {limits_in_words(outcome.limits)}{frozen}")


@binding_app.command("order")
def order(
    bindings: Annotated[list[str], typer.Argument(help="全部绑定编号，先付的写在前面")],
    by: By,
    *,
    data: DataOption = None,
) -> None:
    """使用人排定先用谁的钱；参保地规定了顺序的不能自选。

    例：gongji binding order B202611281… B202611282… --by 9905...
    """

    async def work(platform: Platform, person_no: str) -> list[BindingView] | Refusal:
        return await choose_order(platform, person_no, bindings, CHANNEL)

    outcome = on_behalf(data, by, work)
    if isinstance(outcome, Refusal):
        fail(outcome.text)
    for view in outcome:
        typer.echo(f"{view.binding.position} {view.binding.id} {view.authoriser.name}")


@binding_app.command("family")
def family(
    by: By,
    *,
    deposit: Annotated[str, typer.Option(help="从个人账户划入多少，元")] = "",
    take_back: Annotated[str, typer.Option(help="转回个人账户多少，元；参保地允许才能办理")] = "",
    message: Annotated[str, typer.Option(help="本笔业务的编号；同一编号只办理一次，默认新编号")] = "",
    data: DataOption = None,
) -> None:
    """授权人的家庭共济账户：查看，划入，转回。

    例：gongji binding family --by 9906... --deposit 500

    只写 --by 就是查看。最后一条绑定解除时，剩下的钱自动转回。
    """
    if deposit and take_back:
        fail("--deposit 和 --take-back 一次只办一样")

    async def work(platform: Platform, person_no: str) -> FamilyAccount | Refusal:
        if not deposit and not take_back:
            return await family_account(platform, person_no)
        option, text, move = ("--deposit", deposit, move_aside) if deposit else ("--take-back", take_back, move_back)
        sender = Sender(
            institution=f"{CHANNEL}/{person_no}",
            message_id=message or secrets.token_urlsafe(18),
            transaction=f"family{option}",
            input_hash=text.encode(),
        )
        return await move(platform, sender, person_no, fen(option, text))

    outcome = on_behalf(data, by, work)
    if isinstance(outcome, Refusal):
        fail(outcome.text)
    users = "、".join(view.user.name for view in outcome.users) or "没有使用人"
    typer.echo(f"家庭共济账户 {format_yuan(outcome.balance)} 元，{users}")


@binding_app.command("uses")
def uses(
    person: Annotated[str, typer.Argument(help="证件号码或社保卡号")],
    *,
    taken: Annotated[bool, typer.Option("--taken", help="看他用了家人的钱；默认看家人用了他的钱")] = False,
    binding: Annotated[str, typer.Option(help="只看这条绑定")] = "",
    data: DataOption = None,
) -> None:
    """最近 50 次共济使用：时间、地点、金额、用途，授权人另见限额还剩多少。

    例：gongji binding uses 9906...
    """

    async def work(platform: Platform, person_no: str) -> list[UseView]:
        return await uses_of(platform, person_no, Asked(given=not taken, binding=binding), 50)

    found = on_behalf(data, person, work)
    if isinstance(found, Refusal):
        fail(found.text)
    table = Table("时间", "授权人", "使用人", "机构", "用途", "金额", "还剩")
    for view in found:
        use = view.use
        left = "，".join(f"{name} {format_yuan(amount)}" for name, amount in use.left)
        names = (view.authoriser, view.user, view.institution)
        table.add_row(spoken_time(use.at), *names, use.care.label, format_yuan(use.amount), left)
    Console().print(table if found else "没有使用记录")


@binding_app.command()
def slip(
    person: Annotated[str, typer.Argument(help="授权人的证件号码或社保卡号")],
    *,
    out: Annotated[Path, typer.Option("--out", help="写到哪个文件：.pdf 或 .xlsx", dir_okay=False)],
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="从这一天起")] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="到这一天止")] = None,
    data: DataOption = None,
) -> None:
    """给授权人打印使用清单：家人哪天、在哪里、用了多少，合计多少。

    例：gongji binding slip 9906... --out 使用清单.pdf --since 2026-01-01
    """
    form = out.suffix.lower().lstrip(".")
    if form not in {one.value for one in Form}:
        fail("文件名请以 .pdf 或 .xlsx 结尾")
    days = {"since": since.date() if since else None, "until": until.date() if until else None}
    written = BytesIO()

    async def work(platform: Platform, person_no: str) -> Refusal | None:
        return await write_slip(platform, written, Form(form), person_no, **days)

    refusal = on_behalf(data, person, work)
    if refusal:
        fail(refusal.text)
    try:
        out.write_bytes(written.getvalue())
    except OSError as fault:
        fail(f"写不了 {out}：{fault.strerror}")
    typer.echo(f"已写 {out}")
