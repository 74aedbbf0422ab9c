"""``gongji bench``: figures of this machine, as ratios in one run."""

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from gongji.bench.regions import MOST
from gongji.bench.regions import run as run_regions
from gongji.cli.quote import fail
from gongji.policyfiles import PolicyFilesError

bench_app = typer.Typer(no_args_is_help=True, help="性能：结算与 pgbench 比较，地区文件与更多地区比较。")

_WORDS = {
    "pgbench_tps": "pgbench TPC-B 最好（笔/秒）",
    "engine_settlements_per_s": "引擎结算（笔/秒）",
    "http_settlements_per_s": "国家接口 2207 结算（笔/秒）",
    "engine_ratio": "引擎 ÷ pgbench",
    "http_ratio": "国家接口 ÷ pgbench",
    "http_p50_ms": "2207 中位延迟（毫秒）",
    "http_p99_ms": "2207 第 99 百分位延迟（毫秒）",
    "http_connections": "连接数",
    "pgbench_one_client_ms": "pgbench 单客户端延迟（毫秒）",
    "http_one_connection_p50_ms": "2207 单连接中位延迟（毫秒）",
    "preview_per_s": "2206 预结算（次/秒）",
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
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """结算速度：引擎和国家接口，与同一台服务器上的 pgbench 比较，提交全部落盘。

    例：gongji bench settle --seconds 10

    自己启动临时的内置数据库，建立 40 万个账户，约需两分钟加上测量时间；结束后核账并删除。
    """
    from gongji.bench.run import run  # noqa: PLC0415 - other commands start faster without it

    err = Console(stderr=True)
    figures = run(seconds, lambda step: err.print(f"… {step}"))
    if json:
        typer.echo(msgspec.json.encode(figures).decode())
        return
    table = Table("项目", "数值")
    for key, value in figures.items():
        table.add_row(_WORDS[key], str(value))
    Console().print(table)


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
