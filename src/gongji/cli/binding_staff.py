"""What the agency does with a binding at the terminal: review papers, freeze, thaw, end (绑定审核与冻结)."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from gongji.cli.as_staff import ByStaff, Why, as_staff
from gongji.cli.binding_money import binding_app
from gongji.cli.opening import DataOption
from gongji.core.family import Binding
from gongji.core.refusal import Refusal
from gongji.service import binding_staff as service
from gongji.service.binding_history import History, history_for_staff
from gongji.service.platform import Platform
from gongji.service.proof_papers import Paper
from gongji.service.staff import Staff

__all__ = ["binding_app"]

Which = Annotated[str, typer.Argument(help="绑定编号")]


@binding_app.command()
def waiting(*, by: ByStaff, data: DataOption = None) -> None:
    """待审核的绑定申请和交来的材料，先来的在前。

    例：gongji binding waiting --by review01
    """

    async def work(platform: Platform, staff: Staff) -> list[tuple[Binding, list[Paper]]] | Refusal:
        found = []
        for binding in await service.waiting_for_review(platform, staff):
            papers = await service.papers_to_review(platform, binding.id, staff)
            if isinstance(papers, Refusal):
                return papers
            found.append((binding, papers))
        return found

    table = Table(Column("编号", no_wrap=True), "授权人", "使用人", "关系", "申请时间", "材料")
    for binding, papers in as_staff(data, by, work):
        kinds = "、".join(paper.label for paper in papers)
        told = (binding.authoriser, binding.user, binding.relation.label, f"{binding.created_at:%Y-%m-%d %H:%M}")
        table.add_row(binding.id, *told, kinds)
    Console().print(table if table.row_count else "没有待审核的申请")


@binding_app.command()
def approve(binding: Which, *, by: ByStaff, data: DataOption = None) -> None:
    """材料齐全，审核通过。

    例：gongji binding approve B20261128… --by review01
    """

    async def work(platform: Platform, staff: Staff) -> Binding | Refusal:
        return await service.approve(platform, binding, staff)

    _say(as_staff(data, by, work))


@binding_app.command()
def reject(binding: Which, *, by: ByStaff, reason: Why, data: DataOption = None) -> None:
    """材料不合格，驳回并写明原因。

    例：gongji binding reject B20261128… --by review01 --reason 户口簿不清楚
    """
    _act(service.reject, binding, by, reason, data)


@binding_app.command()
def freeze(binding: Which, *, by: ByStaff, reason: Why, data: DataOption = None) -> None:
    """冻结一条绑定，下一次结算起不能使用。

    例：gongji binding freeze B20261128… --by audit01 --reason 举报核查
    """
    _act(service.freeze, binding, by, reason, data)


@binding_app.command()
def thaw(binding: Which, *, by: ByStaff, reason: Why, data: DataOption = None) -> None:
    """解冻一条绑定。

    例：gongji binding thaw B20261128… --by audit01 --reason 核查无误
    """
    _act(service.thaw, binding, by, reason, data)


@binding_app.command()
def revoke(binding: Which, *, by: ByStaff, reason: Why, data: DataOption = None) -> None:
    """由经办机构解除一条绑定，双方都会收到通知。

    例：gongji binding revoke B20261128… --by audit01 --reason 骗保
    """
    _act(service.end_by_agency, binding, by, reason, data)


Step = Callable[[Platform, str, Staff, str], Awaitable[Binding | Refusal]]


def _act(step: Step, binding: str, by: str, reason: str, data: Path | None) -> None:
    async def work(platform: Platform, staff: Staff) -> Binding | Refusal:
        return await step(platform, binding, staff, reason)

    _say(as_staff(data, by, work))


def _say(binding: Binding) -> None:
    typer.echo(f"{binding.id} {binding.label}")


@binding_app.command()
def history(binding: Which, *, by: ByStaff, data: DataOption = None) -> None:
    """一条绑定的全部经过：谁、何时、从哪里、做了什么。

    例：gongji binding history B20261128… --by audit01
    """

    async def work(platform: Platform, staff: Staff) -> History | Refusal:
        return await history_for_staff(platform, binding, staff)

    found = as_staff(data, by, work)
    table = Table("时间", "经过", "由谁", "渠道", "经办人", "地点", title=f"{found.binding.id} {found.binding.label}")
    for event in found.events:
        told = (event.label, event.actor or event.by, event.channel, event.clerk, event.place)
        table.add_row(f"{event.at:%Y-%m-%d %H:%M}", *told)
    Console().print(table)
