"""``gongji account``: freeze and thaw, and how accounts are used (账户封停、解封、统计)."""

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from gongji.cli.as_staff import ByStaff, Why, as_staff, number_of
from gongji.cli.opening import DataOption, day_of
from gongji.core.money import format_percent, format_yuan
from gongji.core.refusal import Refusal
from gongji.service.freezing import freeze_account, thaw_account
from gongji.service.oversight import RegionStatistics, account_statistics
from gongji.service.platform import Platform
from gongji.service.staff import Staff

account_app = typer.Typer(no_args_is_help=True, help="个人账户：封停、解封、使用统计。")

Whose = Annotated[str, typer.Argument(help="证件号码或社保卡号")]


@account_app.command()
def freeze(person: Whose, *, by: ByStaff, reason: Why, data: DataOption = None) -> None:
    """封停一个人的账户：下一次结算起，本人和共济都不能支付。

    例：gongji account freeze 990101... --by audit01 --reason 冒用核实
    """

    async def work(platform: Platform, staff: Staff) -> bool | Refusal:
        number = await number_of(platform, person)
        if isinstance(number, Refusal):
            return number
        return await freeze_account(platform, staff, number, reason) or True

    as_staff(data, by, work)
    Console().print("已封停")


@account_app.command()
def thaw(person: Whose, *, by: ByStaff, reason: Why, data: DataOption = None) -> None:
    """解封一个人的账户。

    例：gongji account thaw 990101... --by audit01 --reason 线索已排除
    """

    async def work(platform: Platform, staff: Staff) -> bool | Refusal:
        number = await number_of(platform, person)
        if isinstance(number, Refusal):
            return number
        return await thaw_account(platform, staff, number, reason) or True

    as_staff(data, by, work)
    Console().print("已解封")


@account_app.command()
def statistics(
    *,
    by: ByStaff,
    first: Annotated[str, typer.Option(help="从这一天起")],
    last: Annotated[str, typer.Option(help="到这一天止，最多 366 天")],
    json: Annotated[bool, typer.Option("--json", help="输出 JSON，金额为分")] = False,
    data: DataOption = None,
) -> None:
    """本人负责的参保地在一段时间里个人账户的使用：沉睡余额、本人使用、家人使用及其占比。

    例：gongji account statistics --by audit01 --first 2026-01-01 --last 2026-12-31
    """

    async def work(platform: Platform, staff: Staff) -> tuple[list[RegionStatistics], dict[str, str]] | Refusal:
        found = await account_statistics(platform, staff, day_of(first, "--first"), day_of(last, "--last"))
        if isinstance(found, Refusal):
            return found
        return found, {one.region: platform.book.name(one.region) for one in found}

    found, names = as_staff(data, by, work)
    if json:
        typer.echo(msgspec.json.encode(found).decode())
        return
    titles = ("参保地", "有账户", "期初", "划入", "本人使用", "家人使用", "占比", "期末", "未使用的人", "未使用余额")
    table = Table(*titles)
    for one in found:
        sums = [format_yuan(fen) for fen in (one.before, one.credited, one.own, one.shared)]
        part = "—" if one.shared_part is None else format_percent(one.shared_part)
        rest = (format_yuan(one.after), str(one.idle_holders), format_yuan(one.idle))
        table.add_row(names[one.region], str(one.holders), *sums, part, *rest)
    Console().print(table if found else "没有账户")
    for one in found:
        for use in one.uses:
            Console().print(f"{names[one.region]} 家人使用·{use.label}：{format_yuan(use.amount)} 元，{use.times} 次")
