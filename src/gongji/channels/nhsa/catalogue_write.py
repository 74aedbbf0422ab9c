"""Write a national catalogue file: TXT, tab-separated, zipped, as the transactions 13xx hand it out (目录文件生成)."""

import asyncio
import zipfile
from collections.abc import AsyncIterator, Sequence
from typing import IO, Final

from gongji.channels.nhsa.catalogue_layout import NULL, layout
from gongji.core.catalogue import ALWAYS
from gongji.ledger.rows import Row

_BLANKS: Final = str.maketrans("\t\r\n", "   ")
_LONGEST_RECORD: Final = 40
_UNDATED: Final = (1980, 1, 1, 0, 0, 0)
"""The same rows give the same bytes, whenever they are written."""


def line_of(file: str, row: Row) -> str:
    """A row of a file, from ``catalogue_rows``: as it was delivered, or made of what was entered here."""
    delivered: str | None = row[0]
    if delivered is not None:
        return delivered
    _, code, begins, ends, name, level, unit, form, specification, restriction, version, valid, updated = row
    shape = layout(file)
    fields = [NULL] * len(shape.columns)
    stated = (
        (shape.code[:1], code),
        (shape.name[:1], name),
        (shape.begins, "" if begins == ALWAYS else begins.isoformat()),
        (shape.ends, ends.isoformat() if ends else ""),
        (shape.level, level),
        (shape.unit[:1], unit),
        (shape.form[:1], form),
        (shape.specification[:1], specification),
        (shape.restriction, restriction),
        (shape.restricted, "1" if restriction else "0"),
        (shape.patent, "1" if code.startswith("Z") else "0"),
        ((shape.valid,), "1" if valid else "0"),
        ((shape.version,), version),
        (shape.record, f"{file}{code}"[:_LONGEST_RECORD]),
        (shape.updated, updated.isoformat()),
    )
    for places, value in stated:
        for place in places:
            fields[place] = value.translate(_BLANKS) or NULL
    return "\t".join(fields)


async def write_zip(target: IO[bytes], file: str, name: str, batches: AsyncIterator[Sequence[Row]]) -> int:
    """Write rows into a ZIP with one TXT in it; returns how many. Compressing doesn't hold up other messages."""
    count = 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        member = zipfile.ZipInfo(name, _UNDATED)
        member.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(member, "w", force_zip64=True) as text:
            async for rows in batches:
                block = "".join([line_of(file, row) + "\n" for row in rows]).encode()
                await asyncio.to_thread(text.write, block)
                count += len(rows)
    return count
