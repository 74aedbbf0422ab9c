"""``gongji gateway``: with which keys an institution signs and encrypts (机构密钥)."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from gongji.channels.nhsa.senders import credentials_of
from gongji.cli.opening import DataOption, fail, on_platform
from gongji.service.credentials import put_credentials
from gongji.service.people import registered_institution

gateway_app = typer.Typer(no_args_is_help=True, help="国家接口网关：机构的签名和加密密钥。")

Institution = Annotated[str, typer.Argument(help="定点医药机构编号")]


@gateway_app.command()
def put(
    institution: Institution,
    file: Annotated[Path, typer.Argument(help="密钥，JSON 文件；格式见 docs/how-to/connect-a-his.md")],
    *,
    data: DataOption = None,
) -> None:
    """登记一家机构的密钥，替换原来的全部密钥；十秒内在所有进程生效。

    例：gongji gateway put H61010000001 keys.json
    """
    try:
        keys = msgspec.json.decode(file.read_bytes(), type=dict[str, Any])
        credentials_of(keys)
    except OSError:
        fail(f"读不了文件 {file}，请核对路径")
    except (ValueError, AttributeError, KeyError) as fault:
        fail(f"{file} 的内容不合规：{fault}")
    refusal = on_platform(data, lambda platform: put_credentials(platform, institution, keys))
    if refusal:
        fail(refusal.text)
    typer.echo(f"{institution} 的密钥已登记：{'、'.join(sorted(keys))}")


@gateway_app.command()
def show(institution: Institution, *, data: DataOption = None) -> None:
    """列出一家机构登记了哪些密钥；密钥本身不显示。

    例：gongji gateway show H61010000001
    """
    found = on_platform(data, lambda platform: registered_institution(platform, institution))
    if found is None:
        fail(f"未找到定点医药机构 {institution}，请核对机构编号")
    _, keys = found
    typer.echo("、".join(sorted(name for name in keys if name != "accepts")) or "没有登记密钥")
    if "accepts" in keys:
        typer.echo(f"只受理：{'、'.join(keys['accepts'])}")
