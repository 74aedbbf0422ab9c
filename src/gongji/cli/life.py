"""``gongji life``: what happened to people (人员变动)."""

from typing import Annotated

import typer
from rich.console import Console

from gongji.cli.as_staff import ByStaff, as_staff, number_of
from gongji.cli.opening import DataOption, day_of
from gongji.core.life import LifeEvent, LifeKind
from gongji.core.money import format_yuan
from gongji.core.refusal import Refusal
from gongji.service import life_events
from gongji.service.life_events import Reported
from gongji.service.platform import Platform
from gongji.service.staff import Staff

life_app = typer.Typer(no_args_is_help=True, help="人员变动：死亡、离婚、参保变更、换卡、转移接续。")


@life_app.command()
def report(
    kind: Annotated[LifeKind, typer.Argument(help="变动类别")],
    person: Annotated[str, typer.Argument(help="证件号码或社保卡号")],
    *,
    by: ByStaff,
    on: Annotated[str, typer.Option(help="发生日期")],
    other: Annotated[str, typer.Option(help="原配偶的证件号码或社保卡号")] = "",
    card: Annotated[str, typer.Option(help="新卡号")] = "",
    place: Annotated[str, typer.Option(help="医保大厅或窗口")] = "",
    data: DataOption = None,
) -> None:
    """登记一件事：该解除的绑定一并解除，冻结的额度退回；登记之前已有的结算不改动，生成线索。

    例：gongji life report death 990101... --on 2026-11-20 --by clerk01
    """

    async def work(platform: Platform, staff: Staff) -> Reported | Refusal:
        number = await number_of(platform, person)
        former = await number_of(platform, other) if other else ""
        for found in (number, former):
            if isinstance(found, Refusal):
                return found
        event = LifeEvent(person_no=str(number), kind=kind, on=day_of(on, "--on"), other=str(former), card_no=card)
        return await life_events.report(platform, staff, event, place)

    _told(kind, as_staff(data, by, work))


@life_app.command()
def move(
    person: Annotated[str, typer.Argument(help="证件号码或社保卡号")],
    to: Annotated[str, typer.Argument(help="转入的统筹区，区划代码或名称")],
    *,
    by: ByStaff,
    on: Annotated[str, typer.Option(help="在转入地参保的第一天")],
    balance: Annotated[bool, typer.Option(help="转入地是否接收个人账户余额")] = True,
    place: Annotated[str, typer.Option(help="医保大厅或窗口")] = "",
    data: DataOption = None,
) -> None:
    """转移接续：参保地变更，余额经清算转到新账户；两地之间不能共济的绑定解除，冻结的额度先退回。

    这一天以前的就医仍由原参保地结算。转入地不接收余额的（--no-balance），由原参保地代为保管。

    例：gongji life move 990101... 咸阳 --on 2026-11-20 --by clerk01
    """

    async def work(platform: Platform, staff: Staff) -> Reported | Refusal:
        number = await number_of(platform, person)
        if isinstance(number, Refusal):
            return number
        region = platform.book.find(to)
        code = region.code if region else to
        event = LifeEvent(person_no=number, kind=LifeKind.MOVED, on=day_of(on, "--on"), to=code, takes_balance=balance)
        return await life_events.report(platform, staff, event, place)

    _told(LifeKind.MOVED, as_staff(data, by, work))


def _told(kind: LifeKind, done: Reported) -> None:
    if done.known:
        Console().print("已登记过，没有变化")
        return
    ended = "，".join(done.ended) or "无"
    lines = f"，生成线索 {'、'.join(map(str, done.incidents))}" if done.incidents else ""
    Console().print(f"已登记{kind.label}；解除的绑定：{ended}{lines}")
    if done.moved:
        held = f"，原参保地代为保管 {format_yuan(done.moved.held)} 元" if done.moved.held else ""
        Console().print(f"随同转移 {format_yuan(done.moved.amount)} 元{held}")
