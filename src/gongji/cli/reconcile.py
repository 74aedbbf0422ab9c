"""``gongji reconcile``: an institution's records against the books (对账)."""

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from gongji.channels.nhsa.reconciliation_file import read_held
from gongji.cli.opening import FAILED, DataOption, fail, on_platform
from gongji.core.money import format_yuan
from gongji.core.reconciliation import Difference
from gongji.core.refusal import Refusal
from gongji.core.times import CHINA
from gongji.service.people import registered_institution
from gongji.service.platform import Platform
from gongji.service.reconciliation import LIVE, Live, Range, compare_list, live

reconcile_app = typer.Typer(no_args_is_help=True, help="对账：机构的记录与账本逐笔核对，列出单边账。")

Institution = Annotated[str, typer.Argument(help="医药机构编号")]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON")]
MOST_SHOWN = 200


@reconcile_app.command(name="live")
def live_(
    institution: Institution,
    *,
    hours: Annotated[int, typer.Option(min=1, max=24 * 31, help="往回看多少小时")] = LIVE // timedelta(hours=1),
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """现在有哪些单边账：每一笔一行，最迟一分钟后可见。

    例：gongji reconcile live H61010000001

    “差异”是确定的：机构报过清单（3202 或 REST），与账本不一致。“未确认”是机构还没有说过有没有的；
    “答复未送达”是已办成、连接断开时答复没有送到、之后也没有再问过的报文，立即可见。有差异时退出码为 1。
    """

    async def work(platform: Platform) -> Live:
        await _known(platform, institution)
        return await live(platform, institution, platform.clock() - timedelta(hours=hours))

    found = on_platform(data, work)
    if json:
        typer.echo(msgspec.json.encode(found).decode())
    else:
        _show_live(found)
    raise typer.Exit(FAILED if found.differences else 0)


async def _known(platform: Platform, institution: str) -> None:
    if await registered_institution(platform, institution) is None:
        fail(f"没有登记过医药机构 {institution}")


def _show_live(found: Live) -> None:
    console = Console()
    console.print(
        f"{found.since:%Y-%m-%d %H:%M} 起 {found.settlements} 笔：差异 {len(found.differences)}，"
        f"未确认 {len(found.unconfirmed)}，答复未送达 {len(found.undelivered)}"
    )
    _show([*found.differences, *found.unconfirmed], {one.message_id for one in found.undelivered})
    for one in found.undelivered:
        about = f"，结算ID {one.settlement}" if one.settlement else ""
        console.print(
            f"{one.at.astimezone(CHINA):%m-%d %H:%M:%S} 报文 {one.message_id}（{one.transaction}）已办成，"
            f"答复没有送到{about}"
        )
    for claim in found.claims:
        console.print(
            f"{claim.at:%m-%d %H:%M:%S} 报文 {claim.message_id}（{claim.transaction}）提到账本没有的记录，已拒绝"
        )


@reconcile_app.command()
def file(
    institution: Institution,
    path: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="3202 格式的明细，.txt 或 .zip")],
    *,
    first: Annotated[str, typer.Option("--from", help="第一天，例如 2026-11-01")],
    last: Annotated[str, typer.Option("--to", help="最后一天")],
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """把机构的明细文件与账本逐笔核对，和 3202 相同，不经过国家接口。

    例：gongji reconcile file H61010000001 明细.txt --from 2026-11-01 --to 2026-11-01

    清单应当包括这几天全部结算和退费，每笔一行。有差异时退出码为 1。
    """
    wanted = Range(first=_day(first), last=_day(last))
    if wanted.last < wanted.first:
        fail("--to 早于 --from")
    held = read_held(path.read_bytes())
    if isinstance(held, Refusal):
        fail(held.text)

    async def work(platform: Platform) -> list[Difference]:
        await _known(platform, institution)
        async with platform.pool.connection() as conn, conn.transaction():
            return await compare_list(conn, institution, wanted, held, platform.clock())

    found = on_platform(data, work)
    if json:
        typer.echo(msgspec.json.encode(found).decode())
    else:
        Console().print(f"机构 {len(held)} 行，差异 {len(found)} 处" if found else f"平：{len(held)} 行")
        _show(found, set())
    raise typer.Exit(FAILED if found else 0)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"“{text}”不是日期，请写成 2026-11-01")


def _show(found: list[Difference], undelivered: set[str]) -> None:
    if not found:
        return
    table = Table()
    for heading in ("结算ID", "时间", "报文号", "金额", "差异"):
        table.add_column(heading, overflow="fold")
    for one in found[:MOST_SHOWN]:
        row = one.ours or one.theirs
        if row is None:
            continue
        at = f"{one.ours.settled_at.astimezone(CHINA):%m-%d %H:%M:%S}" if one.ours else ""
        message = one.ours.message_id if one.ours else ""
        lost = "（答复未送达）" if message in undelivered else ""
        table.add_row(row.settlement, at, message, format_yuan(row.total), f"{one.memo}{lost}")
    Console().print(table)
    if len(found) > MOST_SHOWN:
        Console().print(f"只列出前 {MOST_SHOWN} 处，全部请用 --json")
