"""``gongji bench``: figures of this machine, as ratios in one run."""

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

bench_app = typer.Typer(no_args_is_help=True, help="性能：在同一台机器上与 pgbench 比较。")

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
    """性能：在同一台机器上与 pgbench 比较。"""


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
