"""``gongji regions purposes``: what account money of a place may be spent on (个人账户用途)."""

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from gongji.cli.quote import day_or_exit, open_book, region_or_exit
from gongji.core.purposes import CategoryState, purpose_catalogue


def purposes_command(
    region: Annotated[str, typer.Argument(help="地区：名称或六位区划代码")],
    on: Annotated[str, typer.Option(help="日期，例如 2025-09-10；默认今天")] = "",
    *,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """某地某日个人账户的钱能付什么：八大类支出，每一类的出处，本人和亲属能不能用。

    例：gongji regions purposes 海南 --on 2025-09-10
    """
    book = open_book()
    found = region_or_exit(book, region)
    states = purpose_catalogue(book, found.code, day_or_exit(on, "--on"))
    if json:
        typer.echo(msgspec.json.encode([_told(state) for state in states]).decode())
        return
    table = Table("类别", "用途", "本人的钱", "亲属的钱", "依据")
    for state in states:
        for place, each in enumerate(state.purposes):
            own, shared = ("可以" if may else "没有开放" for may in (each.own, each.shared))
            source = each.cite.source if each.cite else "未收录"
            table.add_row("" if place else state.name, each.purpose.label, own, shared, source)
    Console().print(table)


def _told(state: CategoryState) -> dict[str, object]:
    return {
        "key": state.key,
        "name": state.name,
        "enabled": state.enabled,
        "source": state.source,
        "purposes": [
            {
                "purpose": each.purpose,
                "own": each.own,
                "shared": each.shared,
                "source": each.cite.source if each.cite else None,
            }
            for each in state.purposes
        ],
    }
