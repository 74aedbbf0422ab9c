"""``gongji quote``: who pays what, and why, without a database."""

import sys
from collections.abc import Callable, Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gongji.core.codes import Confidence, Relation, Scheme, Status
from gongji.core.policy import NATION, PolicyBook, Region
from gongji.core.times import CHINA
from gongji.policyfiles import PolicyFilesError, load, locate, open_lazily
from gongji.service.quote import quote as answer
from gongji.service.quote import quote_text

A = TypeVar("A")
R = TypeVar("R")

BAD_CASE = 2
"""Exit code when a case could not be answered."""

_CASE = "就医"
_CARES = "outpatient 门诊，inpatient 住院，pharmacy 药店，special_disease 慢特病"
_MONEY = "费用与账户（元，例如 600 或 600.00）"

_Where = Annotated[
    list[str] | None,
    typer.Option(help="机构类型：community 社区，village 村卫生室，top 三级特等；可重复", rich_help_panel=_CASE),
]
_Filing = Annotated[
    str, typer.Option(help="异地备案：none、long_term、referral、emergency、temporary", rich_help_panel=_CASE)
]
_Share = Annotated[
    list[str] | None,
    typer.Option(help="共济：亲属=可用金额，例如 child=500 或 子女=500；可重复，先写先用", rich_help_panel=_MONEY),
]

NOTHING = "0.00"


def quote(
    *,
    region: Annotated[str, typer.Option(help="参保地：名称或六位区划代码", rich_help_panel=_CASE)] = "",
    date: Annotated[str, typer.Option(help="就医日期，例如 2025-09-10；默认今天", rich_help_panel=_CASE)] = "",
    care: Annotated[
        str,
        typer.Option(help=_CARES, rich_help_panel=_CASE),
    ] = "outpatient",
    level: Annotated[str, typer.Option(help="医院级别 1、2、3；药店不用", rich_help_panel=_CASE)] = "",
    where: _Where = None,
    stay: Annotated[int | None, typer.Option(help="当年第几次住院", rich_help_panel=_CASE)] = None,
    place: Annotated[str, typer.Option(help="就医地，默认参保地", rich_help_panel=_CASE)] = "",
    filing: _Filing = "",
    scheme: Annotated[str, typer.Option(help="employee 职工，resident 居民", rich_help_panel=_CASE)] = "employee",
    status: Annotated[str, typer.Option(help="active 在职（默认），retired 退休", rich_help_panel=_CASE)] = "",
    age: Annotated[int | None, typer.Option(help="周岁；当地规则问到时才需要", rich_help_panel=_CASE)] = None,
    birth_date: Annotated[str, typer.Option(help="出生日期，与 --age 二选一", rich_help_panel=_CASE)] = "",
    retired_on: Annotated[str, typer.Option(help="退休日期；当地规则问到时才需要", rich_help_panel=_CASE)] = "",
    amount: Annotated[str, typer.Option(help="账单总额", rich_help_panel=_MONEY)] = "",
    full_self_pay: Annotated[str, typer.Option(help="其中全自费", rich_help_panel=_MONEY)] = "",
    over_limit: Annotated[str, typer.Option(help="其中超限价", rich_help_panel=_MONEY)] = "",
    first_self_pay: Annotated[str, typer.Option(help="其中先行自付", rich_help_panel=_MONEY)] = "",
    deductible_used: Annotated[str, typer.Option(help="本年已计入起付线", rich_help_panel=_MONEY)] = "",
    pool_used: Annotated[str, typer.Option(help="本年统筹已支付", rich_help_panel=_MONEY)] = "",
    balance: Annotated[str, typer.Option(help="本人账户余额", rich_help_panel=_MONEY)] = "",
    current_year: Annotated[str, typer.Option(help="本人当年账户，账户分段的地区用", rich_help_panel=_MONEY)] = "",
    historical: Annotated[str, typer.Option(help="本人历年账户，账户分段的地区用", rich_help_panel=_MONEY)] = "",
    share: _Share = None,
    json: Annotated[str, typer.Option(help="JSON 案例的文件，- 为标准输入；其他选项不再起作用")] = "",
) -> None:
    """试算一张账单：统筹、本人账户、共济账户、现金各付多少，每一步为什么。

    例一：西安在职职工在三级医院花费 600 元，本人账户 100 元，子女共济 500 元

    gongji quote --region 西安 --level 3 --amount 600 --balance 100 --share 子女=500

    例二：上海退休人员，当年账户 200 元，历年账户 300 元

    gongji quote --region 上海 --level 1 --amount 1000 --status retired --retired-on 2005-06-30
    --current-year 200 --historical 300

    例三：一个或一批案例，读 JSON，写 JSON

    gongji quote --json cases.json

    能计算时退出码为 0；有案例不能计算时为 2，并说明缺什么。
    """
    book = open_book(open_lazily)
    if json:
        raise typer.Exit(_answer_file(book, json))
    working = Status.ACTIVE if scheme == Scheme.EMPLOYEE else Status.ADULT
    case = {
        **_given(region=region),
        "date": date or datetime.now(CHINA).date().isoformat(),
        "person": _given(
            scheme=scheme, status=status or working.value, age=age, birth_date=birth_date, retired_on=retired_on
        ),
        "care": _given(type=care, level=level, stay=stay, place=place, filing=filing)
        | dict.fromkeys(where or (), True),
        "bill": _given(total=amount, full_self_pay=full_self_pay, over_limit=over_limit, first_self_pay=first_self_pay),
        "year_to_date": _given(deductible=deductible_used, pool=pool_used),
        "accounts": _given(balance=balance, current_year=current_year, historical=historical),
        "sharing": _sharing(share or ()),
    }
    result = _on_sound_files(answer, book, case)
    if "error" in result:
        option, message = _OPTIONS.get(result["error"]["field"] or ""), result["error"]["message"]
        fail(f"{option}：{message}\n例子见 gongji quote --help" if option else message)
    _print(result, book.name(_code(book, region)), str(case["date"]))


_OPTIONS = {
    "region": "--region",
    "date": "--date",
    "person.scheme": "--scheme",
    "person.status": "--status",
    "person.age": "--age",
    "person.birth_date": "--birth-date",
    "person.retired_on": "--retired-on",
    "care.type": "--care",
    "care.level": "--level",
    "care.stay": "--stay",
    "care.place": "--place",
    "care.filing": "--filing",
    "bill.total": "--amount",
    "bill.full_self_pay": "--full-self-pay",
    "bill.over_limit": "--over-limit",
    "bill.first_self_pay": "--first-self-pay",
    "year_to_date.deductible": "--deductible-used",
    "year_to_date.pool": "--pool-used",
    "accounts.balance": "--balance",
    "accounts.current_year": "--current-year",
    "accounts.historical": "--historical",
}
"""The option that gives each key of the contract."""


def fail(message: str) -> NoReturn:
    """Say what is wrong and leave with the code of a case that could not be answered."""
    Console(stderr=True).print(Text(message, style="red"))
    raise typer.Exit(BAD_CASE)


def open_book(read: Callable[[Path], PolicyBook] = load) -> PolicyBook:
    """The policy book, or the exit with every fault of its files."""
    try:
        return read(locate())
    except (PolicyFilesError, FileNotFoundError) as fault:
        fail(f"地区政策文件不能使用：\n{fault}")


def _answer_file(book: PolicyBook, path: str) -> int:
    """Answer the cases of a file on standard output; the exit code says whether all were answered."""
    text, all_ok = _on_sound_files(quote_text, book, _read(path))
    sys.stdout.buffer.write(text)
    sys.stdout.buffer.flush()
    return 0 if all_ok else BAD_CASE


def _on_sound_files(work: Callable[[PolicyBook, A], R], book: PolicyBook, asked: A) -> R:
    """Ask a book whose files are read as they are needed, or the exit with the faults that came to light."""
    try:
        return work(book, asked)
    except PolicyFilesError as fault:
        fail(f"地区政策文件不能使用：\n{fault}")


def _read(path: str) -> bytes:
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        fail(f"不能读取 {path}：{error.strerror}")


def _given(**values: str | int | None) -> dict[str, str | int]:
    """The options that were given."""
    return {key: value for key, value in values.items() if value not in (None, "")}


def _sharing(shares: Iterable[str]) -> list[dict[str, str | int]]:
    """``child=500`` or ``子女=500`` as authorisers, in the order written."""
    made: list[dict[str, str | int]] = []
    for place, text in enumerate(shares, start=1):
        name, sign, available = text.partition("=")
        relation = next((member for member in Relation if name.strip() in (member.value, member.label)), None)
        if relation is None or not sign:
            known = "、".join(f"{member.label}（{member.value}）" for member in Relation)
            fail(f"--share 写作 亲属=可用金额，例如 子女=500；亲属可用：{known}")
        made.append(
            {"id": f"{relation.label} {place}", "relation": relation.value, "available": available, "order": place}
        )
    return made


def _code(book: PolicyBook, region: str) -> str:
    found = book.find(region)
    return found.code if found else region


def _print(result: dict[str, Any], region: str, on: str) -> None:
    """The split, the reason of each line, and what to know before relying on it."""
    console = Console()
    console.print(Text(f"{region} {on} 账单 {result['total']} 元", style="bold"))
    split = Table()
    split.add_column("谁付")
    split.add_column("金额（元）", justify="right")
    for name, amount in _payers(result):
        split.add_row(name, amount)
    console.print(split)
    console.print(Text("为什么", style="bold"))
    reasons = Table(show_lines=True)
    for heading in ("说明", "依据", "可信度"):
        reasons.add_column(heading, overflow="fold", no_wrap=heading == "可信度")
    for step in result["trace"]:
        basis = f"{step['source']}\n{step['file']}" if step["file"] else ""
        sure = Confidence(step["confidence"]).label if step["confidence"] else ""
        reasons.add_row(Text(step["text"]), Text(basis), sure)
    console.print(reasons)
    for note in result["notes"]:
        console.print(Text(f"注意：{note}", style="yellow"))


def _payers(result: dict[str, Any]) -> list[tuple[str, str]]:
    """Payers with what they pay; cash always, the others when they pay something."""
    segments = (("本人当年账户", result["own_current_year"]), ("本人历年账户", result["own_historical"]))
    split_up = any(amount != NOTHING for _, amount in segments)
    rows = [
        ("统筹基金", result["funds"]["pool"]),
        ("补充基金", result["funds"]["supplementary"]),
        *(segments if split_up else (("本人账户", result["own"]),)),
        *((f"共济账户：{drawn['id']}", drawn["amount"]) for drawn in result["shared_by"]),
    ]
    return [*((name, amount) for name, amount in rows if amount != NOTHING), ("现金", result["cash"])]


def region_or_exit(book: PolicyBook, name: str) -> Region:
    """The region of a name or code, or the exit that lists those known."""
    found = book.find(name)
    if found is None:
        alike = [each for each in book.regions.values() if name in (each.name, *each.aliases)]
        if alike:
            fail(f"有几处都叫“{name}”，请写区划代码：{'、'.join(f'{each.name} {each.code}' for each in alike)}")
        known = "、".join(each.name for each in book.regions.values() if each.code != NATION)
        fail(f"没有收录“{name}”；已收录：{known}")
    return found


def day_or_exit(text: str, what: str) -> date:
    """A date, today when nothing is given, or the exit that says how to write one."""
    if not text:
        return datetime.now(CHINA).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"{what} 须是日期，例如 2025-09-10，不是“{text}”")
