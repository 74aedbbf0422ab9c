"""``gongji up``: the server."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from gongji.cli.opening import DataOption, fail, settings_or_exit
from gongji.demo import city
from gongji.listening import Listening, PortTakenError
from gongji.logs import write_log_lines
from gongji.service.platform import Platform
from gongji.settings import SettingsError

MOST_WORKERS = 64

_ROLES = {"story father": "父亲", "story son": "儿子"}
"""How the people of the front page's story are called."""


def up(
    *,
    data: DataOption = None,
    port: Annotated[int, typer.Option(help="门户、收费窗口、REST 的端口", min=1, max=65535)] = 8000,
    gateway_port: Annotated[int, typer.Option(help="国家接口的端口", min=1, max=65535)] = 8001,
    host: Annotated[str, typer.Option(help="监听地址")] = "127.0.0.1",
    demo: Annotated[bool, typer.Option("--demo", help="建立虚构的演示城市（已建立则不变）")] = False,
    workers: Annotated[int, typer.Option(help="服务进程数", min=1, max=MOST_WORKERS)] = 1,
) -> None:
    """启动服务：门户和国家接口各一个端口。

    例一：在笔记本电脑上试用，带演示城市

    gongji up --demo

    例二：使用已有的 PostgreSQL，两个进程

    DATABASE_URL=postgresql://... gongji up --host 0.0.0.0 --workers 2

    两个端口的 /healthz 都回答 200 就绪。收到 SIGTERM 后办完已受理的业务再退出。
    """
    # The server is imported only by the command that runs it: the others start faster without it.
    from gongji import serve  # noqa: PLC0415

    settings = settings_or_exit(data)
    if settings.production and demo:
        fail("生产环境不能建立演示数据，请去掉 --demo")
    write_log_lines()
    listening = Listening(host=host, port=port, gateway_port=gateway_port, workers=workers)
    try:
        serve.run(settings, listening, demo=demo, ready=lambda platform: _announce(platform, listening))
    except (PortTakenError, SettingsError) as fault:
        fail(str(fault))


async def _announce(platform: Platform, listening: Listening) -> None:
    """Tell where to go and, in the sandbox, who to be."""
    out = Console()
    out.print(f"门户      {listening.portal_url}/")
    out.print(f"收费窗口  {listening.portal_url}/cashier")
    out.print(f"接口文档  {listening.portal_url}/api/openapi.json")
    out.print(f"国家接口  {listening.gateway_url}/fsi/api/rsfComIfsService/callService")
    people = await city.story_people(platform) if platform.sandbox else []
    if people:
        table = Table("角色", "姓名", "登录（证件号码）", "密码", title="演示城市：全部为虚构人物")
        for person in people:
            table.add_row(
                _ROLES.get(person["role"], person["role"]),
                person["name"],
                person["login"]["certno"],
                person["login"]["password"],
            )
        out.print(table)
    out.print("就绪，按 Ctrl+C 停止")
