"""Commands that a member of staff runs under his own login (经办人员的命令)."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from gongji.cli.opening import fail, on_platform
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.commands import Credential
from gongji.service.people import person_shown
from gongji.service.platform import Platform
from gongji.service.staff import Staff, staff_named

T = TypeVar("T")

ByStaff = Annotated[str, typer.Option("--by", help="办理人员的工号")]
Why = Annotated[str, typer.Option("--reason", help="原因，记入办理记录")]


def as_staff(data: Path | None, login: str, work: Callable[[Platform, Staff], Awaitable[T | Refusal]]) -> T:
    """Run one piece of work as a member of staff whose account is open; a refusal ends the command."""

    async def run(platform: Platform) -> T | Refusal:
        async with platform.pool.connection() as conn:
            staff = await staff_named(conn, login)
        return refuse(Code.STAFF_UNKNOWN) if staff is None else await work(platform, staff)

    outcome = on_platform(data, run)
    if isinstance(outcome, Refusal):
        fail(outcome.text)
    return outcome


async def number_of(platform: Platform, shown: str) -> str | Refusal:
    """Number of the person whose certificate or card number was given."""
    for kind in ("certificate", "card"):
        found = await person_shown(platform, Credential(kind=kind, number=shown))
        if not isinstance(found, Refusal):
            return found.person.person_no
    return refuse(Code.PERSON_UNKNOWN)
