"""Files are kept with their hash, and fetched by whom they belong to."""

from datetime import timedelta

from gongji.core.refusal import Code, Refusal
from gongji.service.files import PUBLIC, StoredFile, get_file, put_file
from gongji.service.platform import Platform

CONTENT = bytes(range(256)) * 5


async def _put(platform: Platform, owner: str, **more: timedelta) -> StoredFile:
    async with platform.pool.connection() as conn, conn.transaction():
        return await put_file(conn, owner=owner, name="a.zip", content=CONTENT, now=platform.clock(), **more)


def _refused(answer: StoredFile | Refusal) -> bool:
    assert isinstance(answer, Refusal)
    return answer.code is Code.FILE_UNKNOWN


async def test_a_file_comes_back_to_its_owner_only(platform: Platform) -> None:
    kept = await _put(platform, "H1")
    assert await get_file(platform, "H1", kept.number) == kept
    assert _refused(await get_file(platform, "H2", kept.number))
    assert _refused(await get_file(platform, "H1", kept.number + "0"))
    assert kept.content == CONTENT


async def test_a_public_file_is_for_all_and_kept_once(platform: Platform) -> None:
    first, second = await _put(platform, PUBLIC), await _put(platform, PUBLIC)
    assert first.number == second.number
    assert await get_file(platform, "H2", first.number) == first


async def test_a_file_expires(platform: Platform) -> None:
    gone = await _put(platform, "H1", kept=timedelta(seconds=-1))
    assert _refused(await get_file(platform, "H1", gone.number))
    await _put(platform, "H1")
    async with platform.pool.connection() as conn:
        cursor = await conn.execute("select count(*) from stored_file where number = %s", (gone.number,))
        assert await cursor.fetchone() == (0,)
