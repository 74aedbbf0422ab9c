"""``gongji ledger``: look after the books, and into them."""

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from gongji.cli.as_staff import ByStaff, as_staff, number_of
from gongji.cli.opening import FAILED, DataOption, database, day_of, fail
from gongji.core.account import AccountKind
from gongji.core.money import MoneyError, format_yuan, parse_yuan
from gongji.core.refusal import Refusal
from gongji.core.times import CHINA
from gongji.ledger.verify import Report
from gongji.ledger.verify import verify as verify_ledger
from gongji.service.oversight import PostingView, Wanted
from gongji.service.oversight import postings as look
from gongji.service.platform import Platform
from gongji.service.staff import Staff

ledger_app = typer.Typer(no_args_is_help=True, help="账本：核账、记账流水。")


@ledger_app.callback()
def ledger() -> None:
    """账本：核账、记账流水。"""


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


@ledger_app.command()
def postings(
    *,
    by: ByStaff,
    first: Annotated[str, typer.Option(help="从这一天起")],
    last: Annotated[str, typer.Option(help="到这一天止，最多 366 天")],
    person: Annotated[str, typer.Option(help="只看涉及这个人的：证件号码或社保卡号")] = "",
    institution: Annotated[str, typer.Option(help="只看涉及这家机构的")] = "",
    kind: Annotated[str, typer.Option(help="只看这一类凭证，例如 reversal")] = "",
    account: Annotated[AccountKind | None, typer.Option(help="只看收付任一方是这类账户的")] = None,
    at_least: Annotated[str, typer.Option(help="最小金额，元")] = "0",
    limit: Annotated[int, typer.Option(help="最多列出几条", min=1, max=10_000)] = 100,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON，金额为分")] = False,
    data: DataOption = None,
) -> None:
    """稽核人员查看基金和账户的每一条记账，新的在前；记账只增不改，每条都在封印链里。

    例：gongji ledger postings --by audit01 --first 2026-11-01 --last 2026-11-30 --account pool
    """
    try:
        least = parse_yuan(at_least)
    except MoneyError as fault:
        fail(f"--at-least {fault}")

    async def work(platform: Platform, staff: Staff) -> list[PostingView] | Refusal:
        number = await number_of(platform, person) if person else None
        if isinstance(number, Refusal):
            return number
        wanted = Wanted(
            first=day_of(first, "--first"),
            last=day_of(last, "--last"),
            person_no=number,
            institution=institution or None,
            kind=kind or None,
            account=account,
            at_least=least,
        )
        return await look(platform, staff, wanted, limit)

    found = as_staff(data, by, work)
    if json:
        typer.echo(msgspec.json.encode(found).decode())
        return
    table = Table("时间", "凭证", "类别", "付", "收", Column("金额", justify="right"), "用途", "人员", "封印")
    for one in found:
        at, journal, line = one.key
        sides = (f"{side.region} {side.kind.label} {side.owner}" for side in (one.from_, one.to))
        about = (f"{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}", f"{journal}-{line}", one.kind)
        table.add_row(*about, *sides, format_yuan(one.amount), one.purpose, one.person_no or "", one.seal)
    Console().print(table if found else "没有记账")
