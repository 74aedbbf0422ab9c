"""``gongji demo``: who lives in the demo city, how they stand now, and everything from the beginning again."""

import asyncio
from pathlib import Path
from typing import Annotated, Any, NoReturn

import httpx
import msgspec
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from gongji.cli.opening import DataOption, database, fail, on_platform, settings_or_exit
from gongji.core.money import format_yuan
from gongji.demo import city
from gongji.demo.day import Evening, run_day
from gongji.demo.describe import NotBuiltError
from gongji.ledger.embedded import EmbeddedPostgres
from gongji.settings import Settings

_MISSING = "这里还没有演示城市：{place}\n先建立：gongji up --demo{option}"


demo_app = typer.Typer()


@demo_app.callback(invoke_without_command=True)
def demo(
    context: typer.Context,
    *,
    data: DataOption = None,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON：人、绑定、机构、目录、地址、登录")] = False,
) -> None:
    """演示城市里有谁、怎样登录、余额多少；全部为虚构人物。

    例一：看看有谁

    gongji demo

    例二：给程序用，余额和绑定都是现在的

    gongji demo --json --data /tmp/gongji

    服务运行时、没有运行时都可以用。还没有建立演示城市时退出码为 1。
    """
    if context.invoked_subcommand:
        if data or json:
            fail(f"选项请写在 {context.invoked_subcommand} 之后")
        return
    settings = _sandbox(data)
    try:
        with database(data) as dsn:
            found = asyncio.run(city.read(dsn))
    except NotBuiltError:
        _missing(settings)
    if json:
        typer.echo(msgspec.json.format(msgspec.json.encode(found)).decode())
    else:
        _print(found)


@demo_app.command()
def reset(
    *,
    data: DataOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="不再询问")] = False,
) -> None:
    """重建演示城市：人、绑定、余额回到最初，全部就诊、结算、报文状态都清空。

    例：gongji demo reset --yes

    服务运行时也可以用：正在办理的业务要么在重置以前办完，要么在新的城市里办理。编号不会重复使用。
    国家接口的通信记录（/recorder）保留，方便对照。数据库里没有演示城市、正在核账时退出码为 1。
    """
    settings = _sandbox(data)
    if not yes:
        typer.confirm("数据库中的全部业务数据都会清空，演示城市重新建立。继续吗", abort=True)
    try:
        on_platform(data, city.reset)
    except NotBuiltError:
        _missing(settings)
    except city.BusyError as busy:
        fail(str(busy))
    typer.echo("演示城市已重建")


@demo_app.command()
def day(
    *,
    visits: Annotated[int, typer.Option("--visits", "-n", help="就诊次数", min=1, max=100_000)] = 2000,
    seed: Annotated[int, typer.Option(help="同一个数安排同样的一天")] = 1,
    data: DataOption = None,
) -> None:
    """演示城市的一天：挂号、费用、预结算、结算、药店、住院、重发、丢失应答、撤销、部分退费，最后对账到分。

    例：先在一个终端运行 gongji up --demo，再在另一个终端运行 gongji demo day

    报文经过真正的国家接口。机构一边各自记账，晚上与平台逐家核对：应付机构款、个人账户减少额、逐笔明细（3202）、全部封印和余额。
    有一分不一致就指出来，退出码为 1。运行期间请不要同时办理别的业务。账户里的钱会用掉；gongji demo reset 可以重来。
    """
    settings = _sandbox(data)
    with database(data) as dsn:
        try:
            found = asyncio.run(city.read(dsn))
        except NotBuiltError:
            _missing(settings)
        try:
            with Progress(console=Console(stderr=True), transient=True) as bar:
                task = bar.add_task("就诊", total=visits)
                evening = run_day(dsn, found, visits, seed, lambda: bar.advance(task))
        except httpx.TransportError as fault:
            fail(f"连不上 {found['gateway']} 或 {found['portal']}（{type(fault).__name__}）：请先运行 gongji up --demo")
    _tell_evening(evening)


def _tell_evening(evening: Evening) -> None:
    console = Console()
    table = Table("项目", "数量", title="演示的一天", title_justify="left")
    for what, number in sorted(evening.books.counts.items()):
        table.add_row(_COUNTED.get(what, what), str(number))
    for reason, number in evening.books.refusals.most_common():
        table.add_row(f"拒绝：{reason}", str(number))
    console.print(table)
    owed = sum(evening.books.owed.values())
    console.print(f"机构应收 {format_yuan(owed)} 元，其中个人账户和共济 {format_yuan(evening.books.accounts)} 元")
    if evening.differences:
        fail("对账不一致：\n" + "\n".join(evening.differences))
    console.print(f"对账一致，一分不差；核账通过（{evening.ledger.journals} 笔凭证）")


_COUNTED = {
    "messages": "报文",
    "outpatient": "门诊",
    "pharmacy": "药店购药",
    "stay": "住院",
    "registration": "挂号后撤销",
    "settlements": "结算",
    "reversals": "撤销",
    "partial returns": "部分退费",
    "repeats": "重发",
    "lost answers": "丢失应答",
    "lost answers: done": "丢失应答，查到已办理",
    "lost answers: never_seen": "丢失应答，查到没有收到",
}


def _sandbox(data: Path | None) -> Settings:
    settings = settings_or_exit(data)
    if settings.production:
        fail("演示城市只在沙箱里：GONGJI_ENV=production 时没有演示数据")
    # Asking must not leave a new database behind in a folder that has none.
    if settings.database_url is None and not EmbeddedPostgres(settings.data).exists:
        _missing(settings)
    return settings


def _missing(settings: Settings) -> NoReturn:
    if settings.database_url is None:
        fail(_MISSING.format(place=settings.data, option=f" --data {settings.data}"))
    fail(_MISSING.format(place="DATABASE_URL 指向的数据库", option=""))


def _print(found: dict[str, Any]) -> None:
    console = Console()
    console.print(f"门户 {found['portal']}  国家接口 {found['gateway']}")
    console.print(f"密码都是 {found['people'][0]['login']['password']}")
    table = Table(title="演示城市：全部为虚构人物", title_justify="left")
    for heading in ("姓名", "角色", "参保地", "险种", "登录（证件号码）"):
        table.add_column(heading, overflow="fold")
    table.add_column("余额（元）", justify="right", no_wrap=True)
    for person in found["people"]:
        scheme = {"employee": "职工", "resident": "居民"}[person["scheme"]]
        login = person["login"]["certno"]
        table.add_row(person["name"], person["role"], person["region"], scheme, login, person["balance"])
    console.print(table)
