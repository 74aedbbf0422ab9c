"""``gongji account``: freeze and thaw (账户封停、解封)."""

from typing import Annotated

import typer
from rich.console import Console

from gongji.cli.as_staff import ByStaff, Why, as_staff, number_of
from gongji.cli.opening import DataOption
from gongji.core.refusal import Refusal
from gongji.service.freezing import freeze_account, thaw_account
from gongji.service.platform import Platform
from gongji.service.staff import Staff

account_app = typer.Typer(no_args_is_help=True, help="个人账户：封停、解封。")

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
