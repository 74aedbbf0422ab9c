"""``gongji staff``: who works at the agency (经办人员)."""

import secrets
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from gongji.cli.as_staff import ByStaff, as_staff, number_of
from gongji.cli.opening import DataOption, fail, on_platform
from gongji.core.notices import spoken_time
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.platform import Platform
from gongji.service.staff import Role, Staff, add_staff, all_staff, disable_staff, new_totp_secret, totp_address
from gongji.service.staff_acts import READERS, Act, acts

staff_app = typer.Typer(no_args_is_help=True, help="经办人员：开户、列出、停用、办理记录。")


@staff_app.command()
def add(
    login: Annotated[str, typer.Argument(help="工号：2 到 31 个小写字母、数字或 _ . -")],
    *,
    name: Annotated[str, typer.Option(help="姓名")],
    role: Annotated[Role, typer.Option(help="角色：clerk 经办、reviewer 复核、auditor 稽核、admin 系统管理")],
    region: Annotated[str | None, typer.Option(help="只办理这个参保地；默认不限")] = None,
    data: DataOption = None,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """为经办人员开户。密码和动态口令密钥只显示这一次。

    例：gongji staff add wang01 --name 王经办 --role clerk --region 610100

    工号不合规或已经存在时退出码为 1。
    """
    staff = Staff(login=login, name=name, role=role, region=region)
    password, secret = secrets.token_urlsafe(12), new_totp_secret()

    async def work(platform: Platform) -> Refusal | None:
        if region is not None and region not in platform.book.regions:
            fail(f"没有收录参保地 {region}，请用 gongji regions list 核对")
        async with platform.pool.connection() as conn:
            return await add_staff(conn, platform, staff, password, secret)

    refusal = on_platform(data, work)
    if refusal:
        fail(refusal.text)
    if json:
        told = {"user": login, "password": password, "totp_secret": secret, "role": role}
        typer.echo(msgspec.json.encode(told).decode())
        return
    typer.echo(f"工号      {login}\n密码      {password}\n动态口令  {secret}\n{totp_address(staff, secret)}")
    typer.echo("只显示这一次，请当面交给本人。")


@staff_app.command(name="list")
def list_(*, data: DataOption = None) -> None:
    """列出全部经办人员。

    例：gongji staff list
    """

    async def work(platform: Platform) -> list[Staff]:
        async with platform.pool.connection() as conn:
            return await all_staff(conn)

    table = Table()
    for heading in ("工号", "姓名", "角色", "参保地", "状态"):
        table.add_column(heading)
    for staff in on_platform(data, work):
        state = "已停用" if staff.disabled else "在用"
        table.add_row(staff.login, staff.name, staff.role.label, staff.region or "不限", state)
    Console().print(table)


@staff_app.command("acts")
def list_acts(
    *,
    by: ByStaff,
    person: Annotated[str, typer.Option(help="只看为这个人办理的：证件号码或社保卡号")] = "",
    limit: Annotated[int, typer.Option(help="最多列出几条", min=1, max=500)] = 50,
    data: DataOption = None,
) -> None:
    """办理记录：谁、何时、为谁、在哪个大厅、办了什么，新的在前。记录不能修改。

    例：gongji staff acts --by audit01 --person 9906...
    """

    async def work(platform: Platform, staff: Staff) -> list[Act] | Refusal:
        if staff.role not in READERS:
            return refuse(Code.ROLE_MISSING, roles="、".join(role.label for role in READERS))
        number = await number_of(platform, person) if person else None
        return number if isinstance(number, Refusal) else await acts(platform, staff, person_no=number, limit=limit)

    table = Table("时间", "工号", "事项", "参保地", "为谁", "对象", "地点", "原因")
    for act in as_staff(data, by, work):
        told = (act.staff, act.what, act.region, act.person_no or "", act.about, act.place, act.reason)
        table.add_row(spoken_time(act.at), *told)
    Console().print(table if table.row_count else "没有办理记录")


@staff_app.command()
def disable(login: Annotated[str, typer.Argument(help="工号")], *, data: DataOption = None) -> None:
    """停用一个工号：已经登录的马上退出。

    例：gongji staff disable wang01
    """
    if not on_platform(data, lambda platform: disable_staff(platform, login)):
        fail(f"没有工号 {login}，请用 gongji staff list 核对")
    typer.echo(f"{login} 已停用")
