"""Open the database of a data folder for a command that works beside the server or without it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.text import Text

from gongji.core.refusal import Refusal
from gongji.ledger.embedded import EmbeddedPostgres
from gongji.ledger.migrate import head, revision
from gongji.policyfiles import load, locate
from gongji.service.commands import Credential
from gongji.service.people import Holding, person_shown
from gongji.service.platform import Platform
from gongji.settings import Settings, SettingsError, read_settings

T = TypeVar("T")

DataOption = Annotated[
    Path | None, typer.Option("--data", help="数据文件夹；默认是用户数据文件夹。设置了 DATABASE_URL 时不用")
]

FAILED = 1
"""Exit code of a command that could not do what it was asked."""


def fail(message: str) -> NoReturn:
    """Say what is wrong and what to do, and leave."""
    Console(stderr=True).print(Text(message, style="red"))
    raise typer.Exit(FAILED)


def settings_or_exit(data: Path | None) -> Settings:
    """Settings from the environment, or the exit with the variable at fault."""
    try:
        return read_settings(data)
    except SettingsError as fault:
        fail(str(fault))


def day_of(text: str, option: str) -> date:
    """A day as it was typed, or the exit with the option at fault."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"{option} {text} 不是日期，例如 2026-01-31")


@contextmanager
def database(data: Path | None) -> Iterator[str]:
    """Connection string of the data folder's database; its server is started if need be and left as it was found.

    Only ``gongji up`` makes or migrates a database: a command for one that is not there or not ready leaves.
    """
    settings = settings_or_exit(data)
    embedded = None
    dsn = settings.database_url
    if dsn is None:
        embedded = EmbeddedPostgres(settings.data)
        if not embedded.exists:
            fail(f"数据文件夹 {settings.data} 中没有数据库，请核对 --data，或先运行 gongji up")
        dsn = embedded.start()
    try:
        at = revision(dsn)
        if at is None:
            fail("数据库是空的，请先运行 gongji up（试用：gongji up --demo）")
        if at != head():
            fail(f"数据库版本 {at} 与程序版本 {head()} 不同，请先用本程序运行 gongji up")
        yield dsn
    finally:
        if embedded:
            embedded.stop()


async def person_numbered(platform: Platform, number: str) -> Holding | Refusal:
    """The person of a certificate or card number."""
    found = await person_shown(platform, Credential(kind="certificate", number=number))
    if isinstance(found, Refusal):
        return await person_shown(platform, Credential(kind="card", number=number))
    return found


def on_platform(data: Path | None, work: Callable[[Platform], Awaitable[T]]) -> T:
    """Run one piece of work on an open platform."""
    settings = settings_or_exit(data)

    async def run(dsn: str) -> T:
        platform = Platform(dsn, load(locate()), sandbox=not settings.production)
        await platform.open()
        try:
            return await work(platform)
        finally:
            await platform.close()

    with database(data) as dsn:
        return asyncio.run(run(dsn))
