"""``gongji filing``: care away from home filed at a counter, and the agency's review (异地就医备案)."""

import secrets
from datetime import date
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from gongji.cli.opening import DataOption, fail, on_platform
from gongji.core.codes import Filing
from gongji.core.filing import Subject
from gongji.core.refusal import Refusal
from gongji.service.commands import Credential, Sender
from gongji.service.filings import FilingRequest, FilingView, file_away, review, views_of
from gongji.service.people import person_shown
from gongji.service.platform import Platform

filing_app = typer.Typer(no_args_is_help=True, help="异地就医备案：办理、查询、审核。")

CHANNEL = "counter"
_KINDS = {kind.label: kind for kind in (Filing.LONG_TERM, Filing.EMERGENCY, Filing.TEMPORARY, Filing.REFERRAL)}
_KINDS |= {kind.value: kind for kind in _KINDS.values()}

Person = Annotated[str, typer.Option(help="参保人的证件号码或社保卡号")]


@filing_app.command("file")
def file_(
    *,
    person: Person,
    kind: Annotated[str, typer.Option(help="备案类型：长期异地、急诊、临时外出、转诊")],
    place: Annotated[str, typer.Option(help="就医地：区划代码或名称")],
    start: Annotated[str, typer.Option(help="开始日期，默认今天")] = "",
    end_on: Annotated[str, typer.Option("--end", help="结束日期；长期默认没有，其余默认 6 个月")] = "",
    accept_notice: Annotated[bool, typer.Option("--accept-notice", help="参保人已阅读备案告知书")] = False,
    data: DataOption = None,
) -> None:
    """在窗口为参保人办理备案，与网上办理的是同一条记录。

    例：gongji filing file --person 990501... --kind 长期异地 --place 上海 --accept-notice
    """
    if kind not in _KINDS:
        fail(f"--kind {kind} 无法识别，可以是：{'、'.join(k.label for k in set(_KINDS.values()))}")

    async def work(platform: Platform) -> str | Refusal:
        shown = await _number(platform, person)
        if isinstance(shown, Refusal):
            return shown
        region = platform.book.find(place)
        request = FilingRequest(
            person_no=shown,
            subject=Subject.AWAY,
            kind=_KINDS[kind],
            place=region.code if region else place,
            begins_on=_day("--start", start) or platform.clock().date(),
            ends_on=_day("--end", end_on),
        )
        message = Sender(institution=CHANNEL, message_id=secrets.token_urlsafe(18), transaction="file", input_hash=b"")
        answer = await file_away(platform, message, request, notice_accepted=accept_notice)
        return answer if isinstance(answer, Refusal) else str(answer["filing"])

    made = on_platform(data, work)
    if isinstance(made, Refusal):
        fail(made.text)
    Console().print(f"已备案，编号 {made}")


@filing_app.command("list")
def list_(*, person: Person, data: DataOption = None) -> None:
    """一位参保人的全部有效备案，不论从哪个渠道办理。

    例：gongji filing list --person 990501...
    """

    async def work(platform: Platform) -> list[FilingView] | Refusal:
        shown = await _number(platform, person)
        if isinstance(shown, Refusal):
            return shown
        found = await views_of(platform, shown)
        return found if isinstance(found, Refusal) else found[1]

    views = on_platform(data, work)
    if isinstance(views, Refusal):
        fail(views.text)
    table = Table()
    for heading in ("编号", "类别", "备案类型", "就医地", "开始", "结束", "审核"):
        table.add_column(heading, overflow="fold")
    for view in views:
        filed = view.filed
        kind = "" if filed.kind is Filing.NONE else filed.kind.label
        ends = str(filed.ends_on or "长期")
        reviewed = "已审核" if view.reviewed else ""
        table.add_row(filed.id, filed.subject.label, kind, filed.place, str(filed.begins_on), ends, reviewed)
    Console().print(table)


@filing_app.command("review")
def review_(filing: Annotated[str, typer.Argument(help="备案编号")], *, data: DataOption = None) -> None:
    """经办机构审核一条备案；审核以后机构和本人不能再撤销。

    例：gongji filing review 610100202611280000000000000001
    """

    async def work(platform: Platform) -> Refusal | None:
        return await review(platform, filing)

    refusal = on_platform(data, work)
    if refusal:
        fail(refusal.text)
    Console().print("已审核")


async def _number(platform: Platform, number: str) -> str | Refusal:
    found = await person_shown(platform, Credential(kind="certificate", number=number))
    if isinstance(found, Refusal):
        found = await person_shown(platform, Credential(kind="card", number=number))
    return found if isinstance(found, Refusal) else found.person.person_no


def _day(option: str, text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"{option} {text} 不是日期，写法如 2026-01-31")
