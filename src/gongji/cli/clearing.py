"""``gongji clearing``: what regions owe each other, and what they pay to institutions (清算)."""

from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from gongji.cli.opening import DataOption, fail, on_platform
from gongji.core.clearing import parse_month
from gongji.core.money import format_yuan
from gongji.core.refusal import Refusal
from gongji.service import applications as institutions
from gongji.service import clearing as regions
from gongji.service import statements
from gongji.service.papers.paper import Form
from gongji.service.platform import Platform

clearing_app = typer.Typer(
    no_args_is_help=True,
    help="清算：统筹区之间的月度关账、支付、清算单，定点机构的清算申请和拨付。\n\n"
    "一个月的顺序：month 看数 → close 关账 → statement 出单 → pay 登记支付。",
)

MonthArgument = Annotated[str, typer.Argument(help="月份，例如 2026-11")]
ByOption = Annotated[str, typer.Option("--by", help="谁办的：工号")]
ReferenceOption = Annotated[str, typer.Option("--reference", help="银行流水号")]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON")]
Debtor = Annotated[str, typer.Argument(help="付款统筹区，代码或名称")]
Creditor = Annotated[str, typer.Argument(help="收款统筹区，代码或名称")]


def _month(text: str) -> date:
    found = parse_month(text)
    if found is None:
        fail(f"“{text}”不是月份，请写成 2026-11")
    return found


def _region(platform: Platform, text: str) -> str:
    found = platform.book.find(text)
    if found is None:
        fail(f"没有收录统筹区“{text}”，请用 gongji regions list 核对")
    return found.code


@clearing_app.command()
def month(
    month: MonthArgument,
    *,
    region: Annotated[str | None, typer.Option(help="只看这个统筹区参与的，代码或名称")] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """看一个月里统筹区之间谁欠谁多少：共济和异地就医的钱。

    例：gongji clearing month 2026-11

    没有关账的月份是现在的数，还会变；关账后不再变，之后的撤销落在撤销当月。
    """
    day = _month(month)

    async def work(platform: Platform) -> tuple[regions.Month, dict[str, str]]:
        found = await regions.month_of(platform, day, _region(platform, region) if region else None)
        codes = {code for p in found.pairs for code in (p.statement.debtor, p.statement.creditor)}
        return found, {code: platform.book.name(code) for code in codes}

    _show(*on_platform(data, work), json=json)


@clearing_app.command()
def close(month: MonthArgument, *, by: ByOption, data: DataOption = None, json: JsonOption = False) -> None:
    """关账：把一个月的清算单定下来。次月 1 日 1 时以后才能关。

    例：gongji clearing close 2026-11 --by wang01

    再关一次、两个人同时关，结果都一样。关账不付钱，付款后用 gongji clearing pay 登记。
    """
    day = _month(month)

    async def work(platform: Platform) -> tuple[regions.Month | Refusal, dict[str, str]]:
        found = await regions.close_month(platform, day, by)
        if isinstance(found, Refusal):
            return found, {}
        codes = {code for p in found.pairs for code in (p.statement.debtor, p.statement.creditor)}
        return found, {code: platform.book.name(code) for code in codes}

    found, names = on_platform(data, work)
    if isinstance(found, Refusal):
        fail(found.text)
    _show(found, names, json=json)


def _show(found: regions.Month, names: dict[str, str], *, json: bool) -> None:
    if json:
        typer.echo(msgspec.json.encode(found).decode())
        return
    state = f"已关账（{found.closed_at:%Y-%m-%d %H:%M}，{found.closed_by}）" if found.closed_at else "未关账，数字会变"
    table = Table(title=f"{found.month:%Y-%m} 统筹区间清算　{state}")
    for heading, right in (
        ("付款", 0),
        ("收款", 0),
        ("发生", 1),
        ("撤销退回", 1),
        ("应付", 1),
        ("明细", 1),
        ("支付", 0),
    ):
        table.add_column(heading, justify="right" if right else "left")
    for pair in found.pairs:
        one = pair.statement
        paid = f"{pair.paid.at:%Y-%m-%d} {pair.paid.reference}" if pair.paid else "未付"
        table.add_row(
            names.get(one.debtor, one.debtor),
            names.get(one.creditor, one.creditor),
            format_yuan(one.owed),
            format_yuan(one.returned),
            format_yuan(one.amount),
            str(one.lines),
            paid,
        )
    Console().print(table if found.pairs else f"{found.month:%Y-%m} {state}：统筹区之间没有往来")


@clearing_app.command()
def pay(
    month: MonthArgument,
    debtor: Debtor,
    creditor: Creditor,
    *,
    reference: ReferenceOption,
    by: ByOption,
    data: DataOption = None,
) -> None:
    """登记一张清算单已经支付：两边账上的应付、应收同时归零。

    例：gongji clearing pay 2026-11 咸阳 西安 --reference 20261203001 --by wang01

    每张单只登记一次；再登记时告诉您上一次是谁、什么时候登记的。应付为负数时，是收款方退回。
    """
    day = _month(month)

    async def work(platform: Platform) -> regions.Paid | Refusal:
        pair = _region(platform, debtor), _region(platform, creditor)
        return await regions.pay(platform, day, *pair, reference, by)

    paid = on_platform(data, work)
    if isinstance(paid, Refusal):
        fail(paid.text)
    before = "" if paid.reference == reference and paid.by == by else "（此前已登记，没有重复记账）"
    typer.echo(f"已支付{before}：凭证 {paid.journal_id}，{paid.at:%Y-%m-%d %H:%M}，流水号 {paid.reference}，{paid.by}")


@clearing_app.command()
def statement(
    month: MonthArgument,
    parties: Annotated[list[str], typer.Argument(help="付款统筹区和收款统筹区；或一家医药机构的编号")],
    *,
    out: Annotated[Path, typer.Option("--out", help="写到哪个文件：.xlsx 或 .pdf", dir_okay=False)],
    data: DataOption = None,
) -> None:
    """出清算单或机构月度对账单，含每一条明细；文件名以 .xlsx 或 .pdf 结尾。

    例一：gongji clearing statement 2026-11 咸阳 西安 --out 咸阳-西安.xlsx

    例二：gongji clearing statement 2026-11 H61010000001 --out 对账单.pdf
    """
    day, form = _month(month), out.suffix.lower().lstrip(".")
    if form not in {one.value for one in Form} or len(parties) not in (1, 2):
        fail("请写两个统筹区（付款、收款）或一家医药机构的编号，文件名以 .xlsx 或 .pdf 结尾")
    columns = (SpinnerColumn(), TextColumn("已写 {task.completed} 条"), TimeElapsedColumn())
    partial = out.with_name(f".{out.name}.partial")

    async def work(platform: Platform) -> Refusal | None:
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress, partial.open("wb") as target:
            task = progress.add_task("lines", total=None)

            def told(count: int) -> None:
                progress.update(task, completed=count)

            if len(parties) == 1:
                return await statements.write_institution(platform, target, Form(form), day, parties[0], told)
            pair = _region(platform, parties[0]), _region(platform, parties[1])
            return await statements.write_pair(platform, target, Form(form), day, pair, told)

    try:
        refusal = on_platform(data, work)
        if refusal:
            fail(refusal.text)
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
    typer.echo(f"已写 {out}")


@clearing_app.command()
def applications(
    *,
    institution: Annotated[str | None, typer.Option(help="只看这家机构")] = None,
    month: Annotated[str | None, typer.Option(help="只看这个清算月份，例如 2026-11")] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """列出定点机构的清算申请（3203），最新的在前。

    例：gongji clearing applications --month 2026-11
    """
    wanted = f"{_month(month):%Y%m}" if month else None
    found = on_platform(data, lambda p: institutions.applications(p, institution=institution, month=wanted))
    if json:
        typer.echo(msgspec.json.encode(found).decode())
        return
    table = Table()
    for heading in ("申请", "机构", "类别", "期间", "基金", "个人账户", "应付", "状态"):
        table.add_column(heading, overflow="fold")
    for one in found:
        table.add_row(
            one.id,
            one.institution,
            one.category,
            f"{one.begins_on} 至 {one.ends_on}",
            format_yuan(one.totals.fund),
            format_yuan(one.totals.account),
            format_yuan(one.amount),
            one.state.label + (f"：{one.reason}" if one.reason else ""),
        )
    Console().print(table)


Number = Annotated[str, typer.Argument(help="申请编号，见 gongji clearing applications")]


@clearing_app.command()
def approve(number: Number, *, by: ByOption, data: DataOption = None) -> None:
    """复核通过一份清算申请；之后机构不能再撤销。

    例：gongji clearing approve 610100202612010000000000000001 --by li02
    """
    _decide(data, lambda platform: institutions.review(platform, number, by, None))


@clearing_app.command()
def reject(
    number: Number,
    *,
    reason: Annotated[str, typer.Option("--reason", help="退回的原因，机构会看到")],
    by: ByOption,
    data: DataOption = None,
) -> None:
    """退回一份清算申请；机构改好后可以重新申请。

    例：gongji clearing reject 610100202612010000000000000001 --reason 明细未对平 --by li02
    """
    _decide(data, lambda platform: institutions.review(platform, number, by, reason))


@clearing_app.command()
def payout(number: Number, *, reference: ReferenceOption, by: ByOption, data: DataOption = None) -> None:
    """登记一份复核通过的申请已经拨付。

    例：gongji clearing payout 610100202612010000000000000001 --reference 20261205007 --by wang01
    """
    _decide(data, lambda platform: institutions.pay_application(platform, number, reference, by))


def _decide(data: Path | None, work: Callable[[Platform], Awaitable[institutions.Application | Refusal]]) -> None:
    done: Any = on_platform(data, work)
    if isinstance(done, Refusal):
        fail(done.text)
    typer.echo(f"{done.id} {done.state.label}，{format_yuan(done.amount)} 元")
