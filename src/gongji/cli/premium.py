"""``gongji premium``: premiums from the command line, for an operator at a counter (保费代缴)."""

import secrets
from datetime import date
from typing import Annotated, Any, TypeVar

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from gongji.cli.opening import DataOption, fail, on_platform, person_numbered
from gongji.core.codes import PremiumKind, Status
from gongji.core.money import Fen, MoneyError, format_yuan, parse_yuan
from gongji.core.premium import Entered, Wanted
from gongji.core.refusal import Refusal
from gongji.core.times import CHINA
from gongji.service import premiums
from gongji.service.commands import Sender
from gongji.service.platform import Platform
from gongji.service.premiums import PremiumView, Quote

T = TypeVar("T")

premium_app = typer.Typer(
    no_args_is_help=True,
    help="保费代缴：先用 standard 登记当年公布的标准，再 quote 看金额，最后 pay；list 查记录，refund 退费。",
)

CHANNEL = "counter"
_KINDS = {kind.label: kind for kind in PremiumKind} | {kind.value: kind for kind in PremiumKind}
_STATUSES = {status.label: status for status in Status} | {status.value: status for status in Status}

By = Annotated[str, typer.Option("--by", help="付钱的人：证件号码或社保卡号")]
For = Annotated[str, typer.Option("--for", help="为谁缴：证件号码或社保卡号；不写是本人")]
KindOption = Annotated[str, typer.Option(help=f"险种：{'、'.join(kind.label for kind in PremiumKind)}，或编码")]
Year = Annotated[int, typer.Option(help="参保年度；补缴年限时是所缺的年份", min=1990, max=2100)]
Product = Annotated[str, typer.Option(help="商业健康保险的产品编号")]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON")]


@premium_app.command()
def standard(
    *,
    region: Annotated[str, typer.Option(help="参保地，区划代码或名称")],
    kind: KindOption,
    year: Year,
    amount: Annotated[str, typer.Option(help="个人缴费，元")],
    source: Annotated[str, typer.Option(help="公布标准的文号或公告")],
    status: Annotated[str, typer.Option(help="只适用于哪类人员，例如 学生；不写是全部人员")] = "",
    product: Product = "",
    name: Annotated[str, typer.Option(help="商业健康保险的产品名称")] = "",
    opens: Annotated[str, typer.Option(help="集中缴费期第一天，例如 2026-09-01")] = "",
    closes: Annotated[str, typer.Option(help="集中缴费期最后一天")] = "",
    operator: Annotated[str, typer.Option(help="登记人")] = CHANNEL,
    data: DataOption = None,
) -> None:
    """登记一个地方公布的缴费标准。登记的先于政策文件里的；再登记一次就以新的为准，旧的留着。

    例：gongji premium standard --region 西安 --kind 居民医保费 --year 2027 --amount 400.00
    --opens 2026-09-01 --closes 2027-02-28 --source "市医保发〔2026〕1号"
    """
    asked = _kind(kind)
    if (asked is PremiumKind.COMMERCIAL) is not bool(product and name):
        fail("商业健康保险要写 --product 和 --name，其他险种不写")
    if status and status not in _STATUSES:
        fail(f"--status {status} 无法识别，可以是：{'、'.join(each.label for each in Status)}")

    async def work(platform: Platform) -> str | None:
        found = platform.book.find(region)
        if found is None:
            return None
        entered = Entered(
            region=found.code,
            kind=asked,
            year=year,
            amount=_amount("--amount", amount),
            source=source,
            status=_STATUSES[status] if status else None,
            product=product,
            name=name,
            opens_on=_day("--opens", opens),
            closes_on=_day("--closes", closes),
        )
        if entered.opens_on and entered.closes_on and entered.closes_on < entered.opens_on:
            fail(f"--closes {closes} 早于 --opens {opens}")
        await premiums.enter_standard(platform, entered, operator)
        return found.name

    if not source.strip():
        fail("--source 不能为空：写公布标准的文号或公告")
    place = on_platform(data, work)
    if place is None:
        fail(f"没有收录参保地 {region}，请写区划代码或完整名称")
    typer.echo(f"{place} {year} 年度{name or asked.label} {amount} 元，已登记")


@premium_app.command()
def standards(
    region: Annotated[str, typer.Argument(help="参保地，区划代码或名称")],
    *,
    year: Annotated[int | None, typer.Option(help="参保年度，默认全部")] = None,
    data: DataOption = None,
) -> None:
    """列出一个地方登记过的缴费标准，新的在前。

    例：gongji premium standards 西安 --year 2027
    """

    async def work(platform: Platform) -> list[Entered] | None:
        found = platform.book.find(region)
        return await premiums.standards_of(platform, found.code, year) if found else None

    entered = on_platform(data, work)
    if entered is None:
        fail(f"没有收录参保地 {region}，请写区划代码或完整名称")
    table = Table("年度", "险种", "人员或产品", "金额（元）", "缴费期", "出处")
    for each in entered:
        whom = each.name or (each.status.label if each.status else "全部人员")
        period = f"{each.opens_on or ''} 至 {each.closes_on or ''}" if each.opens_on or each.closes_on else "未写"
        table.add_row(str(each.year), each.kind.label, whom, format_yuan(each.amount), period, each.source)
    Console().print(table if entered else "没有登记过")


@premium_app.command()
def quote(
    *, by: By, kind: KindOption, year: Year, for_: For = "", product: Product = "", data: DataOption = None
) -> None:
    """看要缴多少、谁付、管到哪天；不扣款。

    例：gongji premium quote --by 990101... --for 990101... --kind 居民医保费 --year 2027
    """

    async def work(platform: Platform) -> Quote | Refusal:
        people = await _people(platform, by, for_)
        if isinstance(people, Refusal):
            return people
        wanted = Wanted(person_no=people[1], kind=_kind(kind), year=year, product=product)
        return await premiums.quote_premium(platform, people[0], wanted)

    told = _or_fail(on_platform(data, work))
    typer.echo(f"{told.insured.name} {told.standard.name} {format_yuan(told.standard.amount)} 元")
    typer.echo(f"用途：{told.wanted.kind.purpose.label}")
    typer.echo(f"参保期间：{told.covers_from} 至 {told.covers_to}")
    for part in told.shares.parts:
        typer.echo(
            f"{told.payers[part.payer].name}付 {format_yuan(part.amount)} 元{'（家庭共济）' if part.binding else ''}"
        )
    typer.echo(f"标准出处：{told.standard.source}（{told.standard.confidence.label}）")


@premium_app.command()
def pay(
    *,
    by: By,
    kind: KindOption,
    year: Year,
    amount: Annotated[str, typer.Option(help="quote 显示并经本人确认的金额，元")],
    for_: For = "",
    product: Product = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """缴费：一次缴清，不够就不扣；同一人同一年度只缴一次。

    例：gongji premium pay --by 990101... --for 990101... --kind 居民医保费 --year 2027 --amount 400.00
    """
    confirmed = _amount("--amount", amount)

    async def work(platform: Platform) -> PremiumView | Refusal:
        people = await _people(platform, by, for_)
        if isinstance(people, Refusal):
            return people
        wanted = Wanted(person_no=people[1], kind=_kind(kind), year=year, product=product)
        return await premiums.pay_premium(platform, _sender("premium"), people[0], wanted, confirmed, CHANNEL)

    _print([_or_fail(on_platform(data, work))], json=json)


@premium_app.command()
def refund(
    premium: Annotated[str, typer.Argument(help="缴费编号，30 位数字")],
    *,
    by: By,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """退费：待遇开始以前，各付各的退回各人账户。

    例：gongji premium refund 610100202611200000000000000042 --by 990101...
    """

    async def work(platform: Platform) -> PremiumView | Refusal:
        people = await _people(platform, by, "")
        if isinstance(people, Refusal):
            return people
        return await premiums.refund_premium(platform, _sender("premium_refund"), people[0], premium, CHANNEL)

    _print([_or_fail(on_platform(data, work))], json=json)


@premium_app.command("list")
def list_(
    person: Annotated[str, typer.Argument(help="证件号码或社保卡号")],
    *,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """代缴信息：为一个人缴的和他为家人缴的，新的在前。

    例：gongji premium list 990101...
    """

    async def work(platform: Platform) -> list[PremiumView] | Refusal:
        people = await _people(platform, person, "")
        if isinstance(people, Refusal):
            return people
        return await premiums.premiums_of(platform, people[0])

    _print(_or_fail(on_platform(data, work)), json=json)


async def _people(platform: Platform, by: str, for_: str) -> tuple[str, str] | Refusal:
    """Numbers of who pays and of whom it is for."""
    numbers = []
    for shown in (by, for_ or by):
        holding = await person_numbered(platform, shown)
        if isinstance(holding, Refusal):
            return holding
        numbers.append(holding.person.person_no)
    return numbers[0], numbers[1]


def _sender(transaction: str) -> Sender:
    return Sender(institution=CHANNEL, message_id=secrets.token_urlsafe(18), transaction=transaction, input_hash=b"")


def _or_fail(outcome: T | Refusal) -> T:
    if isinstance(outcome, Refusal):
        fail(outcome.text)
    return outcome


def _kind(text: str) -> PremiumKind:
    if text not in _KINDS:
        fail(f"--kind {text} 无法识别，可以是：{'、'.join(kind.label for kind in PremiumKind)}")
    return _KINDS[text]


def _day(option: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        fail(f"{option} {text} 不是日期，例如 2026-09-01")


def _amount(option: str, text: str) -> Fen:
    try:
        amount = parse_yuan(text)
    except MoneyError as fault:
        fail(f"{option} {fault}")
    if amount <= 0:
        fail(f"{option} 要大于零")
    return amount


def _print(views: list[PremiumView], *, json: bool) -> None:
    if json:
        typer.echo(msgspec.json.encode([_told(view) for view in views]).decode())
        return
    table = Table("编号", "时间", "业务类型", "参保人", "缴费", "金额（元）", "谁付", "参保期间")
    for view in views:
        payment = view.payment
        what = "退还代缴保险费" if payment.refunds else "代缴保险费（已退还）" if view.refunded_by else "代缴保险费"
        who = "\n".join(f"{view.people[part.payer].name} {format_yuan(part.amount)}" for part in payment.parts)
        at = f"{payment.paid_at.astimezone(CHINA):%Y-%m-%d %H:%M}"
        name, amount = view.people[payment.wanted.person_no].name, format_yuan(payment.standard.amount)
        table.add_row(view.id, at, what, name, payment.standard.name, amount, who, _cover(view))
    Console().print(table if views else "没有缴费记录")


def _cover(view: PremiumView) -> str:
    return f"{view.payment.covers_from} 至 {view.payment.covers_to}"


def _told(view: PremiumView) -> dict[str, Any]:
    payment = view.payment
    return {
        "id": view.id,
        "business_name": "代缴保险费",
        "at": payment.paid_at,
        "person": view.people[payment.wanted.person_no].name,
        "kind": payment.wanted.kind,
        "year": payment.wanted.year,
        "product": payment.wanted.product,
        "amount": format_yuan(payment.standard.amount),
        "parts": [{"name": view.people[p.payer].name, "amount": format_yuan(p.amount)} for p in payment.parts],
        "covers_from": payment.covers_from,
        "covers_to": payment.covers_to,
        "refunds": payment.refunds,
        "refunded_by": view.refunded_by,
    }
