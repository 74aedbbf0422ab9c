"""``gongji client``: which third-party channels may ask people for consent (渠道登记)."""

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from gongji.cli.opening import DataOption, fail, on_platform
from gongji.core.refusal import Refusal
from gongji.core.scopes import Scope
from gongji.service.oauth.clients import Client, Registered, all_clients, disable_client, register_client

client_app = typer.Typer(no_args_is_help=True, help="第三方渠道：登记、列出、关闭。")

JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON")]


@client_app.command()
def add(
    name: Annotated[str, typer.Argument(help="渠道名称，本人授权时看到的就是它")],
    *,
    scope: Annotated[list[Scope], typer.Option(help="授权范围，可以重复；渠道最多能要这些")],
    redirect: Annotated[list[str] | None, typer.Option(help="回调地址，可以重复；使用时逐字核对")] = None,
    public: Annotated[bool, typer.Option("--public", help="装在个人设备上的程序，保存不了密钥，只靠 PKCE")] = False,
    institution: Annotated[str | None, typer.Option(help="代表这家医药机构自己，不面向个人")] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """登记一个第三方渠道。密钥只显示这一次。

    例一：gongji client add 某某支付 --scope account:read --redirect https://pay.example.cn/cb

    例二：gongji client add 某医院集成平台 --scope messages:read --institution H61010000001

    登记信息不合规时退出码为 1。
    """
    made = on_platform(
        data,
        lambda platform: register_client(platform, name, scope, redirect or [], public=public, institution=institution),
    )
    if isinstance(made, Refusal):
        fail(made.text)
    if json:
        typer.echo(msgspec.json.encode(_told(made.client) | {"client_secret": made.secret}).decode())
    else:
        _print_new(made)


def _print_new(made: Registered) -> None:
    typer.echo(f"client_id      {made.client.id}")
    if made.secret:
        typer.echo(f"client_secret  {made.secret}\n密钥只显示这一次，请马上妥善保存。")


@client_app.command(name="list")
def list_(*, data: DataOption = None, json: JsonOption = False) -> None:
    """列出全部第三方渠道。

    例：gongji client list
    """
    clients = on_platform(data, all_clients)
    if json:
        typer.echo(msgspec.json.encode([_told(client) for client in clients]).decode())
        return
    table = Table()
    for heading in ("client_id", "名称", "授权范围", "回调地址或机构", "状态"):
        table.add_column(heading, overflow="fold")
    for client in clients:
        where = client.institution or "\n".join(client.redirect_uris)
        state = "已关闭" if client.disabled_at else "使用中"
        table.add_row(client.id, client.name, " ".join(client.scopes), where, state)
    Console().print(table)


@client_app.command()
def disable(client_id: Annotated[str, typer.Argument(help="client_id")], *, data: DataOption = None) -> None:
    """关闭一个第三方渠道：它的全部令牌马上失效。

    例：gongji client disable ch-0123456789ab
    """
    if not on_platform(data, lambda platform: disable_client(platform, client_id)):
        fail(f"没有登记过渠道 {client_id}，请用 gongji client list 核对")
    typer.echo(f"{client_id} 已关闭")


def _told(client: Client) -> dict[str, object]:
    return {
        "client_id": client.id,
        "name": client.name,
        "scopes": list(client.scopes),
        "redirect_uris": list(client.redirect_uris),
        "institution": client.institution,
        "public": client.secret_hash is None,
        "created_at": client.created_at,
        "disabled_at": client.disabled_at,
    }
