"""``gongji outbox``: what waits to be sent, and what could not be (发件箱)."""

from typing import Annotated
from uuid import UUID

import msgspec
import typer
from rich.console import Console
from rich.table import Column, Table

from gongji.cli.opening import DataOption, fail, on_platform
from gongji.service import letters
from gongji.service.letters import LetterState, Listed
from gongji.service.platform import Platform

outbox_app = typer.Typer(no_args_is_help=True, help="发件箱：查看待投递和投递失败的消息，重新投递。")

_STATES = {LetterState.WAITING: "待投递", LetterState.DELIVERED: "已投递", LetterState.DEAD: "投递失败"}


@outbox_app.command("list")
def list_(
    *,
    state: Annotated[LetterState | None, typer.Option(help="只列这一种状态；默认列待投递和投递失败")] = None,
    limit: Annotated[int, typer.Option(help="最多列出几条", min=1, max=letters.MOST_LISTED)] = 50,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
    data: DataOption = None,
) -> None:
    """列出消息，不显示内容、姓名和号码。

    例：gongji outbox list --state dead
    """
    states = [state] if state else [LetterState.WAITING, LetterState.DEAD]

    async def work(platform: Platform) -> tuple[list[Listed], dict[LetterState, int]]:
        return await letters.letters(platform, states, limit), await letters.count_letters(platform)

    found, counts = on_platform(data, work)
    if json:
        typer.echo(msgspec.json.encode({"letters": found, "counts": counts}).decode())
        return
    table = Table(Column("投递编号", no_wrap=True), "类别", "渠道", "接收人", "状态", "已试", "下次", "原因")
    for letter in found:
        due = f"{letter.due_at:%m-%d %H:%M:%S}" if letter.state is LetterState.WAITING else ""
        told = (letter.kind, letter.channel, letter.recipient, _STATES[letter.state])
        table.add_row(str(letter.id), *told, str(letter.attempts), due, letter.error or "")
    console = Console()
    if found:
        console.print(table)
    console.print("，".join(f"{_STATES[each]} {count} 条" for each, count in counts.items()))


@outbox_app.command()
def retry(
    ids: Annotated[list[str] | None, typer.Argument(help="投递编号，可以写几个")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="全部投递失败的消息")] = False,
    data: DataOption = None,
) -> None:
    """让投递失败的消息从头重试；已过期的验证码不再发送。

    例：gongji outbox retry --all
    """
    if bool(ids) == every:
        fail("请写出投递编号，或用 --all 重试全部，二者选一")
    try:
        wanted = None if every else [UUID(text) for text in ids or ()]
    except ValueError:
        fail("投递编号不正确，请从 gongji outbox list 复制")

    async def work(platform: Platform) -> int:
        return await letters.retry(platform, wanted)

    count = on_platform(data, work)
    Console().print(f"重新投递 {count} 条")
    if wanted is not None and count < len(set(wanted)):
        fail(f"{len(set(wanted)) - count} 条没有重试：编号不存在、不是投递失败，或已过期")
