"""Load catalogue files into the database: streamed, all of them or nothing, newer over older (目录导入).

Rows go through a temporary table, so that a file of any length needs no memory, and files that contradict themselves
are told apart from files that are merely long.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

import msgspec
from psycopg import AsyncConnection

from gongji.ledger import store
from gongji.ledger.rows import Row

STAGED_ITEM: Final = (
    "row_no",
    "file",
    "code",
    "begins_on",
    "ends_on",
    "name",
    "kind",
    "level",
    "unit",
    "dosage_form",
    "specification",
    "restriction",
    "version",
    "valid",
    "line",
)
"""Columns of a staged item, in the order in which a row gives them."""

STAGED_TERM: Final = (
    "row_no",
    "code",
    "region",
    "scheme",
    "hospital_level",
    "begins_on",
    "ends_on",
    "kind",
    "level",
    "first_self_pay",
    "price_limit",
    "restriction",
)
"""Columns of a staged term."""

TERMS: Final = "terms"
"""Name of what regions decide, among the files."""

ANALYSE_FROM: Final = 5_000
"""Changed rows from which the planner's figures are taken anew."""

FETCH: Final = 5_000

StagedRow = tuple[Any, ...]


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Something wrong in a file: which file, line and column (both from 1; 0 when it is about the whole), and what."""

    source: str
    line: int
    column: int
    what: str


class Source(Protocol):
    """A file to load."""

    name: str
    """What people call it."""
    file: str
    """Transaction it is fetched with, or :data:`TERMS`."""
    faults: list[Fault]
    """What was found wrong while reading."""

    def rows(self) -> Iterator[StagedRow]:
        """Rows in the order of the columns above; what is wrong is noted in ``faults`` and left out."""
        ...

    @property
    def sha256(self) -> bytes:
        """Hash of what was read; known when the rows have all been read."""
        ...


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file.

    Attributes:
        rows: rows in the file.
        changed: rows that are new or differ from what stood there.
        repeated: rows that a later or newer row of the same file replaced.
    """

    name: str
    file: str
    rows: int
    changed: int
    repeated: int


class FaultyFilesError(Exception):
    """Files have faults; nothing was changed."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


async def load_catalogue(
    conn: AsyncConnection,
    sources: Iterable[Source],
    now: datetime,
    entering: Callable[[str, int], None] = lambda _name, _rows: None,
) -> list[Loaded]:
    """Load files in one transaction; ``entering`` is told name and rows of each file that has been read whole.

    Loading the same file again changes nothing, and an older version never replaces a newer one, in whatever order
    they come. A running server sees all of it with the first message after the commit.

    Raises:
        FaultyFilesError: something is wrong in a file; every file has been read as far as that is possible.
    """
    loaded: list[Loaded] = []
    faults: list[Fault] = []
    async with conn.transaction():
        # One load at a time; readers are not kept waiting.
        await conn.execute("lock table catalogue_import in share row exclusive mode")
        for source in sources:
            staged = await _stage(conn, source)
            faults += source.faults
            if not faults:
                entering(source.name, staged)
                loaded.append(await _merge(conn, source, staged, now))
            await conn.execute("drop table catalogue_stage")
        if faults:
            raise FaultyFilesError(faults)
        if sum(one.changed for one in loaded) >= ANALYSE_FROM:
            await conn.execute("analyze catalogue_item")
            await conn.execute("analyze catalogue_term")
    return loaded


async def _stage(conn: AsyncConnection, source: Source) -> int:
    """Copy a file's rows into a temporary table; returns how many."""
    terms = source.file == TERMS
    await store.run(conn, "stage_terms" if terms else "stage_items")
    columns = ", ".join(STAGED_TERM if terms else STAGED_ITEM)
    count = 0
    async with conn.cursor() as cursor, cursor.copy(f"copy catalogue_stage ({columns}) from stdin") as copy:
        for row in source.rows():
            await copy.write_row(row)
            count += 1
    return count


async def _merge(conn: AsyncConnection, source: Source, staged: int, now: datetime) -> Loaded:
    """Put the staged rows where they belong."""
    cursor = await store.run(conn, "drop_repeated_terms" if source.file == TERMS else "drop_repeated_items")
    repeated = cursor.rowcount
    merge = "merge_staged_terms" if source.file == TERMS else "merge_staged_items"
    cursor = await store.run(conn, merge, today=now.date())
    changed = cursor.rowcount
    await store.run(
        conn,
        "add_catalogue_import",
        source=source.name,
        sha256=source.sha256,
        file=source.file,
        rows=staged,
        changed=changed,
        now=now,
    )
    return Loaded(name=source.name, file=source.file, rows=staged, changed=changed, repeated=repeated)


async def catalogue_rows(conn: AsyncConnection, file: str, after: str) -> AsyncIterator[Sequence[Row]]:
    """Rows of a file above a version, some thousands at a time; inside a transaction."""
    async for found in store.stream(conn, "catalogue_rows", FETCH, file=file, after=after):
        yield found
