"""``gongji sandbox``: what the gateway received and answered, replay, and what is to go wrong (沙箱工作台)."""

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gongji.channels.nhsa.exchange import Exchange
from gongji.channels.nhsa.recorded import pair_in_words
from gongji.channels.nhsa.registry import title_of
from gongji.channels.nhsa.sandbox import Sandbox
from gongji.cli.nhsa import print_explained
from gongji.cli.opening import DataOption, fail, on_platform, settings_or_exit
from gongji.core.refusal import Refusal
from gongji.logs import keep_output_clean
from gongji.service.faults import drop_fault, parse_fault, put_fault, set_faults
from gongji.service.platform import Platform
from gongji.service.recordings import MOST_LISTED, Bodies, Recording, Wanted, recording, recordings

sandbox_app = typer.Typer(no_args_is_help=True, help="沙箱工作台：通信记录、重发、故障注入。")

JsonOption = Annotated[bool, typer.Option("--json", help="打印 JSON")]
NumberArgument = Annotated[int, typer.Argument(help="通信记录的编号")]
OUTCOMES = {"done": "办成", "refused": "拒绝", "unknown": "结果未知", "rejected": "没有受理"}


@sandbox_app.callback()
def sandbox(context: typer.Context) -> None:
    """沙箱工作台：通信记录、重发、故障注入。"""
    if settings_or_exit(None).production and not context.resilient_parsing:
        fail("沙箱工作台只在沙箱里：GONGJI_ENV=production 时没有通信记录和故障注入")


@sandbox_app.command(name="list")
def list_(
    *,
    institution: Annotated[str | None, typer.Option(help="只看一家机构")] = None,
    transaction: Annotated[str | None, typer.Option(help="只看一个交易，例如 2207")] = None,
    outcome: Annotated[str | None, typer.Option(help="done、refused、unknown 或 rejected")] = None,
    most: Annotated[int, typer.Option(min=1, max=MOST_LISTED, help="最多几条")] = 20,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """列出网关最近收到的报文，新的在前。

    例：gongji sandbox list --transaction 2207 --outcome refused
    """
    wanted = Wanted(institution=institution, transaction=transaction, outcome=outcome)
    found = on_platform(data, lambda platform: recordings(platform, wanted, None, most)).recordings
    if json:
        typer.echo(msgspec.json.encode(found).decode())
        return
    table = Table(show_edge=False, pad_edge=False, header_style="dim")
    for heading in ("编号", "时间", "交易", "机构", "报文号", "结果", "毫秒", "故障"):
        table.add_column(heading, overflow="fold")
    for one in found:
        named = f"{one.transaction} {title_of(one.transaction)}".strip()
        cells = (str(one.id), f"{one.at:%m-%d %H:%M:%S}", named, one.institution, one.message_id)
        table.add_row(*cells, OUTCOMES[one.outcome], f"{one.microseconds / 1000:.1f}", one.fault)
    Console().print(table if found else Text("还没有报文"))


@sandbox_app.command()
def show(number: NumberArgument, *, data: DataOption = None, json: JsonOption = False) -> None:
    """逐字段说明一条报文和它的应答；个人信息隐去。

    例：gongji sandbox show 12
    """
    _show(on_platform(data, lambda platform: recording(platform, number)), number, json=json)


def _show(found: tuple[Recording, Bodies] | None, number: int, *, json: bool) -> None:
    if found is None:
        fail(f"没有第 {number} 条通信记录，或已不保存；请用 gongji sandbox list 核对")
    words = pair_in_words(*found)
    if json:
        shown = {"recording": found[0], "words": words}
        typer.echo(msgspec.json.format(msgspec.json.encode(shown), indent=2).decode())
        return
    for one in words.messages:
        print_explained(one)
    for text in words.unread:
        Console().print(Text(text, style="yellow"))


@sandbox_app.command()
def replay(
    number: NumberArgument,
    *,
    renew: Annotated[bool, typer.Option("--renew", help="换新报文号，是一笔新业务；默认原样重发")] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """把一条报文重发一次，显示新的应答。不带签名，不带故障。

    例：gongji sandbox replay 12 --renew
    """
    keep_output_clean()

    async def work(platform: Platform) -> Refusal | tuple[Recording, Bodies] | None:
        settings = settings_or_exit(data)
        made = await Sandbox(platform, settings, Exchange(platform, settings)).replay(number, renewed=renew)
        return made if isinstance(made, Refusal) or made is None else await recording(platform, made)

    made = on_platform(data, work)
    if isinstance(made, Refusal):
        fail(made.text)
    _show(made, number, json=json)


@sandbox_app.command()
def fault(
    institution: Annotated[str, typer.Argument(help="定点医药机构编号")],
    kind: Annotated[str, typer.Argument(help="故障，例如 slow=3000、timeout、error-after；off 是停止")],
    *,
    transaction: Annotated[str, typer.Option(help="只限一个交易；默认全部")] = "",
    times: Annotated[int | None, typer.Option(min=1, help="只限接下来几条；默认直到停止")] = None,
    data: DataOption = None,
) -> None:
    """让一家机构接下来的报文出故障，或停止。

    例一：下一条 2207 办成，但不应答

    gongji sandbox fault H61010090001 timeout --transaction 2207 --times 1

    例二：停止

    gongji sandbox fault H61010090001 off
    """
    if kind == "off":
        if not on_platform(data, lambda platform: drop_fault(platform, institution)):
            fail(f"{institution} 没有设置故障，请用 gongji sandbox faults 核对")
        typer.echo(f"{institution} 的故障已停止")
        return
    wanted = parse_fault(kind)
    if wanted is None:
        fail("故障无法识别；可用：timeout=毫秒、slow=毫秒、error-before、error-after、cut-before、cut-after、duplicate")
    refused = on_platform(data, lambda platform: put_fault(platform, institution, wanted, transaction, times))
    if refused:
        fail(refused.text)
    typer.echo(f"{institution}：{wanted.kind.label}")


@sandbox_app.command()
def faults(*, data: DataOption = None, json: JsonOption = False) -> None:
    """列出已设置的故障。

    例：gongji sandbox faults
    """
    found = on_platform(data, set_faults)
    if json:
        typer.echo(msgspec.json.encode(found).decode())
        return
    for one in found:
        left = f"还剩 {one.remaining} 条" if one.remaining else "直到停止"
        typer.echo(f"{one.institution}  {one.kind.value}  {one.transaction or '全部交易'}  {left}")
    if not found:
        typer.echo("没有设置故障")
