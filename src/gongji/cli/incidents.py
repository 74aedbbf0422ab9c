"""``gongji incidents``: what looks like misuse, and what became of it (线索)."""

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Column, Table

from gongji.cli.as_staff import ByStaff, Why, as_staff
from gongji.cli.opening import DataOption, fail, on_platform
from gongji.core.incidents import IncidentKind, IncidentState
from gongji.core.money import MoneyError, parse_yuan
from gongji.core.refusal import Refusal
from gongji.service import incidents as service
from gongji.service.abuse_scan import scan as look
from gongji.service.incidents import Incident
from gongji.service.platform import Platform
from gongji.service.staff import Staff

incidents_app = typer.Typer(no_args_is_help=True, help="线索：列出、认定、排除、扫描。")


@incidents_app.command("list")
def list_(
    *,
    by: ByStaff,
    state: Annotated[IncidentState | None, typer.Option(help="只列这一种状态")] = None,
    kind: Annotated[IncidentKind | None, typer.Option(help="只列这一类")] = None,
    limit: Annotated[int, typer.Option(help="最多列出几条", min=1, max=500)] = 50,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON，含证据")] = False,
    data: DataOption = None,
) -> None:
    """列出本人负责的参保地的线索，新的在前。

    例：gongji incidents list --by audit01 --state open
    """

    async def work(platform: Platform, staff: Staff) -> list[Incident] | Refusal:
        return await service.incidents(platform, staff, state=state, kind=kind, limit=limit)

    found = as_staff(data, by, work)
    if json:
        typer.echo(msgspec.json.encode(found).decode())
        return
    table = Table(Column("编号", no_wrap=True), "类别", "时间", "参保地", "机构", "涉及人员", "状态", "办理人", "原因")
    for one in found:
        people = "、".join(one.persons)
        told = (one.kind.label, f"{one.at:%Y-%m-%d %H:%M}", one.region, one.institution or "", people)
        table.add_row(str(one.id), *told, one.state.label, one.staff or "", one.reason or "")
    Console().print(table if found else "没有线索")


@incidents_app.command()
def confirm(
    incident: Annotated[int, typer.Argument(help="线索编号")],
    *,
    by: ByStaff,
    reason: Why,
    fine: Annotated[str, typer.Option(help="罚款，元；最多为涉及金额的 5 倍")] = "",
    data: DataOption = None,
) -> None:
    """认定一条线索。

    例：gongji incidents confirm 12 --by audit01 --reason 本人承认
    """
    try:
        amount = parse_yuan(fine) if fine else None
    except MoneyError as fault:
        fail(f"--fine {fault}")
    _handle(incident, by, IncidentState.CONFIRMED, reason, amount, data)


@incidents_app.command()
def dismiss(
    incident: Annotated[int, typer.Argument(help="线索编号")], *, by: ByStaff, reason: Why, data: DataOption = None
) -> None:
    """排除一条线索。

    例：gongji incidents dismiss 12 --by audit01 --reason 同一家人
    """
    _handle(incident, by, IncidentState.DISMISSED, reason, None, data)


def _handle(incident: int, by: str, state: IncidentState, reason: str, fine: int | None, data: DataOption) -> None:
    async def work(platform: Platform, staff: Staff) -> Incident | Refusal:
        return await service.handle(platform, staff, incident, state, reason, fine)

    handled = as_staff(data, by, work)
    Console().print(f"{handled.id} {handled.kind.label} {handled.state.label}")


@incidents_app.command()
def scan(*, data: DataOption = None) -> None:
    """马上扫描一次；服务运行时每刻钟自动扫描。

    例：gongji incidents scan
    """
    found = on_platform(data, look)
    for finding in found:
        Console().print(f"{finding.kind.label} {'、'.join(finding.persons)}")
    Console().print(f"新线索 {len(found)} 条")
