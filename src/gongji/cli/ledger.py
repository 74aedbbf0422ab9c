"""``gongji ledger``: look after the books."""

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from gongji.cli.opening import FAILED, DataOption, database
from gongji.ledger.verify import Report
from gongji.ledger.verify import verify as verify_ledger

ledger_app = typer.Typer(no_args_is_help=True, help="账本：核账。")


@ledger_app.callback()
def ledger() -> None:
    """账本：核账。"""


@ledger_app.command()
def verify(
    *,
    data: DataOption = None,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """从第一笔凭证起重新计算全部余额、封印和年度累计，指出第一处不一致。

    例：gongji ledger verify

    一致时退出码为 0，不一致为 1。服务运行时也可以核账。
    """
    with database(data) as dsn:
        report = verify_ledger(dsn) if json else _with_progress(dsn)
    if json:
        typer.echo(msgspec.json.encode(_summary(report)).decode())
    elif report.difference:
        d = report.difference
        Console().print(f"[red]不一致[/red]：{d.row}\n  账上：{d.stated}\n  应为：{d.computed}")
    else:
        Console().print(
            f"[green]一致[/green]：凭证 {report.journals} 笔，分录 {report.postings} 条，封印 {report.seals} 个"
        )
    raise typer.Exit(0 if report.ok else FAILED)


def _with_progress(dsn: str) -> Report:
    columns = (SpinnerColumn(), TextColumn("核账：已核 {task.completed} 笔凭证"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("verify", total=None)
        return verify_ledger(dsn, lambda done: progress.update(task, completed=done))


def _summary(report: Report) -> dict[str, object]:
    return {"ok": report.ok, **msgspec.structs.asdict(report)}
