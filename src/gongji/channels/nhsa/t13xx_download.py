"""13xx 目录下载: a file to fetch with 9102, of the rows above the version the institution has (tables 13 to 58)."""

import hashlib
import re
import tempfile
from typing import Any, Final

from gongji.channels.nhsa.answer import render_known
from gongji.channels.nhsa.call import Call, Handler, Output
from gongji.channels.nhsa.catalogue_write import write_zip
from gongji.core.refusal import Refusal
from gongji.ledger import store
from gongji.service.catalogue_load import catalogue_rows
from gongji.service.files import KEPT, PUBLIC, put_file

DIRECTLY: Final = "(directly under output)"
"""What the tables call the fields of the output itself."""

IN_MEMORY: Final = 8 * 1024 * 1024
"""Bytes from which a file is written on disk while it grows."""

_STRANGE: Final = re.compile(r"[^0-9A-Za-z_]")
_VERSION_LENGTH: Final = 40


def download(file: str) -> Handler:
    """The handler of the transaction that fetches a file."""

    async def handle(call: Call) -> Output | Refusal:
        after = call.values.node("data")["ver"] or "0"
        return render_known(call.table, DIRECTLY, await _deliver(call, file, after))

    return handle


async def _deliver(call: Call, file: str, after: str) -> dict[str, Any]:
    """The file for that question: one made before, as long as nothing was loaded since, or a new one."""
    now = call.platform.clock()
    async with call.platform.pool.connection() as conn, conn.transaction():
        cursor = await store.run(conn, "catalogue_delivery", file=file, after=after)
        count, newest, loads = await cursor.fetchone() or (0, None, 0)
        stamp = hashlib.sha256(f"{after}|{count}|{loads}".encode()).hexdigest()[:8]
        name = f"{file}_{_STRANGE.sub('_', newest or after)[:_VERSION_LENGTH]}_{stamp}"
        cursor = await store.run(conn, "catalogue_file", owner=PUBLIC, name=f"{name}.zip", until=now + KEPT / 2)
        made = await cursor.fetchone()
        if made is None:
            with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as target:
                await write_zip(target, file, f"{name}.txt", catalogue_rows(conn, file, after))
                target.seek(0)
                kept = await put_file(conn, owner=PUBLIC, name=f"{name}.zip", content=target.read(), now=now)
            made = (kept.number, kept.name, kept.expires_at)
    # Some tables say dld_end_time with a time, some dld_endtime with a day.
    until = made[2]
    return {
        "file_qury_no": made[0],
        "filename": made[1],
        "dld_end_time": until,
        "dld_endtime": until.date(),
        "data_cnt": count,
    }
