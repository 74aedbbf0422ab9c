"""``gongji bench``: figures of this machine, as ratios in one run."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from gongji.bench.regions import MOST
from gongji.bench.regions import run as run_regions
from gongji.cli.opening import FAILED
from gongji.cli.quote import fail
from gongji.policyfiles import PolicyFilesError

bench_app = typer.Typer(no_args_is_help=True, help="性能：结算与 pgbench 比较，地区文件与更多地区比较。")

_WORDS = {
    "pgbench_tps": "pgbench TPC-B 最好（笔/秒）",
    "pgbench_one_client_ms": "pgbench 单客户端延迟（毫秒）",
    "engine_settlements_per_s": "引擎结算（笔/秒）",
    "engine_ratio": "引擎 ÷ pgbench",
    "http_settlements_per_s": "国家接口 2207 结算（笔/秒）",
    "http_ratio": "国家接口 2207 ÷ pgbench",
    "http_connections": "2207 连接数",
    "http_p50_ms": "2207 中位延迟（毫秒）",
    "http_p99_ms": "2207 第 99 百分位延迟（毫秒）",
    "http_half_rate_p99_ms": "2207 一半速度时第 99 百分位延迟（毫秒）",
    "http_one_connection_p50_ms": "2207 单连接中位延迟（毫秒）",
    "one_connection_ratio": "2207 单连接延迟 ÷ pgbench 单客户端延迟",
    "preview_per_s": "2206 预结算（次/秒）",
    "preview_ratio": "2206 ÷ 2207",
    "hot_account_per_s": "一个家庭的账户，64 个同时（笔/秒）",
    "hot_spread_per_s": "同样多，分散到各家（笔/秒）",
    "hot_account_ratio": "一个家庭 ÷ 分散",
    "splits_per_s": "只计算分担（次/秒，一个核）",
    "start_ms": "第二次启动到就绪（毫秒）",
    "memory_before_mb": "网关进程内存，开始（MB）",
    "memory_after_mb": "网关进程内存，之后（MB）",
    "memory_settlements": "其间结算（笔）",
    "hordak_transfers_per_s": "django-hordak 核对余额的转账（笔/秒）",
    "memory_many_before_mb": "网关进程内存，一百万笔以前（MB）",
    "memory_many_after_mb": "网关进程内存，一百万笔以后（MB）",
    "grown_accounts_ratio": "账户增加后的速度 ÷ 原来",
    "grown_settlements_ratio": "结算增加后的速度 ÷ 原来",
    "runs": "轮数",
    "settlements": "账上结算（笔）",
    "verify_ok": "核账一致",
    "postgres": "PostgreSQL",
    "cpus": "处理器",
}


@bench_app.callback()
def bench() -> None:
    """性能：结算与 pgbench 比较，地区文件与更多地区比较。"""


@bench_app.command()
def settle(
    *,
    seconds: Annotated[int, typer.Option(help="每一项测量的秒数", min=1)] = 10,
    runs: Annotated[int, typer.Option(help="全部测量几轮，取中位数", min=1)] = 1,
    growth: Annotated[bool, typer.Option("--growth", help="另测账户和结算增多以后，需要一个多小时")] = False,
    picture: Annotated[Path | None, typer.Option(help="把结果画成 SVG 图，写到这个文件")] = None,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """结算速度：引擎和国家接口，与同一台服务器上的 pgbench 比较，提交全部落盘。

    例：gongji bench settle --seconds 10

    自己启动临时的内置数据库，建立 40 万个账户，约需两分钟加上测量时间；每轮之后核账，结束后删除。
    """
    from gongji.bench.picture import draw  # noqa: PLC0415 - other commands start faster without it
    from gongji.bench.run import Plan, run  # noqa: PLC0415 - the same

    err = Console(stderr=True)
    figures = run(Plan(seconds=seconds, runs=runs, growth=growth), lambda step: err.print(f"… {step}"))
    if picture:
        picture.write_text(draw(figures), "utf-8")
    if json:
        typer.echo(msgspec.json.encode(figures).decode())
        return
    table = Table("项目", "数值", "最低 – 最高")
    spread = figures.get("spread", {})
    for key, word in _WORDS.items():
        if key in figures:
            table.add_row(word, str(figures[key]), " – ".join(map(str, spread.get(key, ()))))
    Console().print(table)


@bench_app.command()
def soak(
    *,
    seconds: Annotated[int, typer.Option(help="多少秒", min=5)] = 600,
    seed: Annotated[int, typer.Option(help="随机数种子，决定何时终止什么")] = 1,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """耐久：一边结算，一边随机强行终止工作进程、服务和数据库；最后每个已答复的结算都必须在账上，核账一致。

    例：gongji bench soak --seconds 600

    自己启动临时的数据库和服务，结束后删除。不一致时退出码为 1。
    """
    from gongji.bench.soak import run  # noqa: PLC0415 - other commands start faster without it

    err = Console(stderr=True)
    found = run(seconds, seed, lambda step: err.print(f"… {step}"))
    if json:
        typer.echo(msgspec.json.encode({"ok": found.ok, **msgspec.structs.asdict(found)}).decode())
    else:
        verdict = "[green]一致[/green]" if found.ok else "[red]不一致[/red]"
        Console().print(f"{verdict}：已答复 {found.answered} 笔，账上 {found.stored} 笔，丢失 {found.lost} 笔")
        Console().print(f"重发得到同一答复 {found.repeated} 次，无答复而重发 {found.retried} 次，终止 {found.killed}")
        Console().print(found.difference)
    raise typer.Exit(0 if found.ok else FAILED)


@bench_app.command()
def pages(
    *,
    seconds: Annotated[int, typer.Option(help="测量多少秒", min=2)] = 20,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """门户页面的响应时间：50 人同时看页面，旁边照常结算。

    例：gongji bench pages --seconds 20

    自己启动临时的数据库和服务，结束后删除。每人打开一页、看约一秒、再打开下一页；从发出请求到收完整页为止。
    """
    from gongji.bench.pages import run  # noqa: PLC0415 - other commands start faster without it

    err = Console(stderr=True)
    found = run(seconds, lambda step: err.print(f"… {step}"))
    if json:
        typer.echo(msgspec.json.encode(found).decode())
        return
    table = Table("页面", "次数", "中位（毫秒）", "第 99 百分位（毫秒）", "大小（字节）")
    for one in found.pages:
        table.add_row(one.page, *(str(figure) for figure in (one.times, one.p50_ms, one.p99_ms, one.bytes)))
    table.add_section()
    table.add_row("全部", "", str(found.p50_ms), str(found.p99_ms), "")
    Console().print(table)
    Console().print(f"每秒 {found.pages_per_s} 页；每秒结算 {found.settlements_per_s} 笔，{found.settle_p99_ms} 毫秒")


_TIMES = {
    "regions": "地区数",
    "blocks": "规定数（块）",
    "open_ms": "打开，只读名称（毫秒）",
    "first_ms": "第一次查询，读这个地区（毫秒）",
    "further_us": "以后每次查询（微秒）",
    "load_ms": "读入全部规定（毫秒）",
}


@bench_app.command()
def regions(
    *,
    count: Annotated[int, typer.Option("--count", "-n", help="模拟多少个地区", min=1, max=MOST)] = 400,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """地区多了以后读政策文件要多久：在临时文件夹里建立模拟地区，与现有地区比较。

    例：gongji bench regions --count 400

    模拟地区的文件照抄西安的，结束后删除；现有地区查的也是西安，另读陕西省。倍数是模拟 ÷ 现有：打开随地区数、
    读入全部随规定数增加，查询不应增加。
    """
    try:
        growth = run_regions(count)
    except (PolicyFilesError, OSError) as error:
        fail(f"地区政策文件不能使用：\n{error}")
    if json:
        typer.echo(msgspec.json.encode(growth).decode())
        return
    table = Table("项目", "现有", "模拟", "倍数")
    for key, word in _TIMES.items():
        figures = (getattr(growth.real, key), getattr(growth.made, key), growth.ratio[key])
        table.add_row(word, *(str(figure) for figure in figures))
    Console().print(table)
