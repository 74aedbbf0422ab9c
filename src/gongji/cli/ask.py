"""``gongji ask``: may this account pay this for this relative, there, on that day."""

from datetime import datetime
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from gongji.cli.quote import fail, open_book
from gongji.core.times import CHINA
from gongji.policyfiles import PolicyFilesError, open_lazily
from gongji.service.ask import Asked, NotUnderstoodError, answer_question
from gongji.service.ask_answer import AnswerOut, Basis, ItemOut

_STYLES = {"yes": "bold green", "no": "bold red", "unknown": "bold yellow"}
_MARKS = {"met": "√", "failed": "×", "required": "·", "unknown": "?"}


def ask(
    *,
    words: Annotated[list[str] | None, typer.Argument(help="简短的问法：参保地 亲属 用途，可加日期")] = None,
    region: Annotated[str, typer.Option("--region", "--authoriser-region", help="账户本人的参保地")] = "",
    user_region: Annotated[str, typer.Option(help="亲属的参保地，默认与本人相同")] = "",
    relation: Annotated[str, typer.Option(help="亲属：母亲、岳母、spouse_parent……；本人写 本人")] = "",
    purpose: Annotated[str, typer.Option(help="用途：买药、住院、体检、resident_premium……")] = "",
    place: Annotated[str, typer.Option(help="就医地，默认亲属的参保地")] = "",
    date: Annotated[str, typer.Option(help="日期，例如 2024-05-01；默认今天")] = "",
    scheme: Annotated[str, typer.Option(help="账户本人的险种：employee（默认）、resident")] = "",
    insured: Annotated[str, typer.Option(help="账户本人的参保状态：insured、suspended、ended、none")] = "",
    user_insured: Annotated[str, typer.Option(help="亲属的参保状态：insured、suspended、ended、none")] = "",
    user_scheme: Annotated[str, typer.Option(help="亲属的险种：employee、resident")] = "",
    json: Annotated[bool, typer.Option("--json", help="打印 JSON")] = False,
) -> None:
    """这个账户能不能给这位亲属付这笔钱：可以、不可以、不知道，连同条件、出处、绑定办法和电话。

    例一：西安的账户，岳母在药店买药

    gongji ask 西安 岳母 买药

    例二：某一天的规定

    gongji ask 西安 母亲 体检 --date 2024-05-01

    例三：亲属在另一个统筹区参保；也可以不用空格

    gongji ask 西安 咸阳 父亲 住院

    gongji ask 青岛岳母买药

    例四：逐项写明，打印 JSON

    gongji ask --region 南宁 --relation 配偶 --purpose resident_premium --user-insured none --json

    没有收录的就答“不知道”，不猜。问题看得懂，退出码为 0（答案是什么都一样）；看不懂为 2，并列出能懂的词。
    """
    asked = Asked(
        words=" ".join(words or ()),
        region=region,
        user_region=user_region,
        relation=relation,
        purpose=purpose,
        place=place,
        date=date,
        scheme=scheme,
        insurance=insured,
        user_insurance=user_insured,
        user_scheme=user_scheme,
    )
    try:
        answer = answer_question(open_book(open_lazily), asked, datetime.now(CHINA).date())
    except NotUnderstoodError as fault:
        fail(str(fault))
    except PolicyFilesError as fault:
        fail(f"地区政策文件不能使用：\n{fault}")
    if json:
        typer.echo(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode())
    else:
        _print(answer)


def _print(answer: AnswerOut) -> None:
    console = Console()
    asked = answer.question
    if "region_name" in asked:
        about = (
            f"{asked['region_name']}的个人账户，{asked['relation_name']}（{asked['user_region_name']}参保），"
            f"{asked['purpose_name']}，{asked['place_name']}，{asked['date']}"
        )
        console.print(Text(about))
    console.print(Text(answer.answer_text, style=_STYLES[answer.answer]))
    for condition in answer.conditions:
        console.print(Text(f"{_MARKS[condition.state]} {condition.text}（{condition.state_text}）"))
        if condition.basis:
            console.print(Text(f"    {_cited(condition.basis)}", style="dim"))
    for text in answer.missing if not answer.conditions else ():
        console.print(Text(f"? {text}"))
    if answer.drawn_first:
        console.print(Text(f"先后：{' → '.join(answer.drawn_first)}"))
    if answer.binding:
        console.print(Text(f"绑定：{'，'.join(answer.binding.steps)}"))
        _items(console, "材料", answer.binding.papers)
    for heading, items in (("渠道", answer.channels), ("电话", answer.hotlines), ("另有规定", answer.rules)):
        _items(console, heading, items)
    console.print(Text(answer.disclaimer, style="yellow"))


def _cited(basis: Basis) -> str:
    late = "，已过" if basis.overdue else ""
    return f"{basis.since} 起，{basis.source}（可信度{basis.confidence_text}，复核期限 {basis.review_by}{late}）"


def _items(console: Console, heading: str, items: tuple[ItemOut, ...]) -> None:
    if not items:
        return
    console.print(Text(heading, style="bold"))
    for item in items:
        note = f"（{item.note}）" if item.note else ""
        console.print(Text(f"  {item.name}：{item.value}{note}〔{item.basis.confidence_text}〕"))
