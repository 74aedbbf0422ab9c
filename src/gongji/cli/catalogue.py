"""``gongji catalogue``: load, check and write catalogue files."""

import asyncio
import csv
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from gongji.channels.nhsa.catalogue_read import NationalFile, file_of
from gongji.channels.nhsa.catalogue_write import write_zip
from gongji.channels.nhsa.tables import catalogue_files
from gongji.cli.opening import FAILED, DataOption, database, fail
from gongji.ledger import store
from gongji.ledger.connection import connect
from gongji.service.catalogue_load import (
    TERMS,
    Fault,
    FaultyFilesError,
    Loaded,
    Source,
    catalogue_rows,
    load_catalogue,
)
from gongji.service.catalogue_terms import COLUMNS, TermsFile, terms_row
from gongji.service.platform import china_now

catalogue_app = typer.Typer(no_args_is_help=True, help="医保目录：导入、检查、导出。")

MOST_FAULTS: Final = 50

Files = Annotated[
    list[Path],
    typer.Argument(exists=True, dir_okay=False, readable=True, help="13xx 目录文件（.txt 或 .zip），或当地政策 .csv"),
]
As = Annotated[str | None, typer.Option("--as", help="按哪个下载交易的格式读，例如 1301；默认看文件名里的交易编号")]
Most = Annotated[int, typer.Option("--errors", min=1, help="最多列出多少处错误")]


@catalogue_app.callback()
def catalogue() -> None:
    """医保目录：导入、检查、导出。"""


@catalogue_app.command(name="import")
def import_(files: Files, *, as_: As = None, errors: Most = MOST_FAULTS, data: DataOption = None) -> None:
    """导入目录文件，全部成功才生效；有错误时逐处列出文件、行、列，什么都不改，退出码为 1。

    例：gongji catalogue import 1301_西药.txt.zip 1305_服务.zip 各地限价.csv

    同一文件再导入一次不会有变化，旧版本不会覆盖新版本。服务运行时也可以导入，下一条报文就按新目录。
    """
    with database(data) as dsn, _progress() as progress:
        sources = _sources(files, as_, errors, progress)
        try:
            loaded = asyncio.run(_load(dsn, sources, progress.console))
        except FaultyFilesError as faulty:
            progress.stop()
            _tell_faults(faulty.faults, errors)
    for one in loaded:
        _tell_loaded(one)


@catalogue_app.command()
def check(files: Files, *, as_: As = None, errors: Most = MOST_FAULTS) -> None:
    """只检查目录文件，不连数据库；有错误时逐处列出，退出码为 1。

    例：gongji catalogue check 1301_西药.txt.zip
    """
    faults: list[Fault] = []
    rows = 0
    with _progress() as progress:
        for source in _sources(files, as_, errors, progress):
            rows += sum(1 for _ in source.rows())
            faults += source.faults
    if faults:
        _tell_faults(faults, errors)
    Console().print(f"[green]没有错误[/green]：{len(files)} 个文件，{rows} 行")


@catalogue_app.command()
def export(
    file: Annotated[str, typer.Argument(help="下载交易，例如 1301；terms 是当地政策")],
    target: Annotated[Path, typer.Argument(dir_okay=False, help="写到哪里：.zip，当地政策为 .csv")],
    *,
    since: Annotated[str, typer.Option("--since", help="只要这个版本号之后的行")] = "0",
    data: DataOption = None,
) -> None:
    """导出目录文件，格式与 13xx 下载的相同，可以再导入。

    例：gongji catalogue export 1301 1301.zip
    """
    if file != TERMS and file not in catalogue_files():
        fail(f"没有交易 {file} 的目录文件，可以是：{'、'.join(catalogue_files())}，或 {TERMS}")
    with database(data) as dsn:
        count = asyncio.run(_write(dsn, file, target, since))
    Console().print(f"[green]已导出[/green] {count} 行到 {escape(str(target))}")


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


def _sources(files: Sequence[Path], as_: str | None, errors: int, progress: Progress) -> list[Source]:
    """A reader for each file; leaves when it cannot be told what a file is."""
    if as_ is not None and as_ not in catalogue_files():
        fail(f"没有交易 {as_} 的目录文件，可以是：{'、'.join(catalogue_files())}")
    sources: list[Source] = []
    for path in files:
        task = progress.add_task(path.name, total=_size(path))

        def read(count: int, task: TaskID = task) -> None:
            progress.advance(task, count)

        if path.suffix.lower() == ".csv":
            sources.append(TermsFile(path, most=errors, progress=read))
            continue
        kind = as_ or file_of(path.name)
        if kind not in catalogue_files():
            fail(f"看不出 {path.name} 是哪个交易的目录文件：请在文件名里写交易编号，或加 --as，例如 --as 1301")
        sources.append(NationalFile(path, kind, most=errors, progress=read))
    return sources


def _size(path: Path) -> int:
    """Bytes of text that will be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(member.file_size for member in archive.infolist())
    except zipfile.BadZipFile:
        return path.stat().st_size


async def _load(dsn: str, sources: Sequence[Source], console: Console) -> list[Loaded]:
    def entering(name: str, rows: int) -> None:
        console.print(f"{escape(name)}：读完 {rows} 行，正在写入，全部写完才生效")

    async with await connect(dsn, "gongji-catalogue") as conn:
        return await load_catalogue(conn, sources, china_now(), entering)


async def _write(dsn: str, file: str, target: Path, since: str) -> int:
    async with await connect(dsn, "gongji-catalogue") as conn, conn.transaction():
        if file == TERMS:
            cursor = await store.run(conn, "catalogue_term_rows")
            found = [terms_row(row) for row in await cursor.fetchall()]
            with target.open("w", encoding="utf-8-sig", newline="") as text:
                csv.writer(text).writerows([COLUMNS, *found])
            return len(found)
        with target.open("wb") as archive:
            return await write_zip(archive, file, f"{file}.txt", catalogue_rows(conn, file, since))


def _tell_faults(faults: Sequence[Fault], most: int) -> None:
    console = Console(stderr=True)
    for fault in faults[:most]:
        place = ":".join(str(part) for part in (fault.source, fault.line, fault.column) if part)
        console.print(f"[red]{escape(place)}[/red] {escape(fault.what)}", soft_wrap=True)
    more = "（只列出前面的，改好后再查一遍）" if len(faults) >= most else ""
    console.print(f"{len(faults)} 处错误{more}，什么都没有导入")
    raise typer.Exit(FAILED)


def _tell_loaded(one: Loaded) -> None:
    repeated = f"，其中 {one.repeated} 行被同一文件中较新的行取代" if one.repeated else ""
    Console().print(
        f"[green]已导入[/green] {escape(one.name)}（{one.file}）：{one.rows} 行{repeated}，变化 {one.changed} 行"
    )
