"""Choose a new password: with the old one, or with a code sent to one's phone (修改密码、忘记密码)."""

import asyncio

from psycopg import AsyncConnection

from gongji.core.passwords import weakness
from gongji.core.person import Person
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import store
from gongji.service import throttle
from gongji.service.origin import Origin
from gongji.service.people import people_by_number
from gongji.service.phone_codes import check_code
from gongji.service.platform import Platform
from gongji.service.secret import hash_password, password_matches


async def issue_password(conn: AsyncConnection, platform: Platform, person_no: str, password: str) -> None:
    """Give a person a first password, which opens nothing until he has chosen his own."""
    digest = await asyncio.to_thread(hash_password, password)
    await store.run(conn, "set_password", person_no=person_no, hash=digest)
    await store.run(conn, "issue_password", person_no=person_no, now=platform.clock())
    await store.run(conn, "end_sessions_of_person", person_no=person_no, but="")


async def change_password(platform: Platform, person_no: str, old: str, new: str, session_id: str) -> Refusal | None:
    """Replace a password by a new one; every other session ends."""
    refusal = await throttle.count_once(platform, throttle.SIGN_IN, person_no)
    if refusal:
        return refuse(Code.LOGIN_LOCKED)
    async with platform.pool.connection() as conn, conn.transaction():
        cursor = await store.run(conn, "password_of_person", person_no=person_no)
        row = await cursor.fetchone()
        if row is None or not await password_matches(row[0], old):
            return refuse(Code.LOGIN_FAILED, field="old_password")
        if new == old:
            return refuse(Code.PASSWORD_WEAK, field="new_password", what="新密码和原密码一样")
        refusal = await _choose(conn, person_no, new, session_id)
        if refusal is None:
            await throttle.forget(conn, throttle.SIGN_IN, person_no)
        return refusal


async def reset_password(platform: Platform, login: str, code: str, new: str, origin: Origin) -> Refusal | None:
    """Choose a password with a code instead of the old one; every session ends. The old one is shown nowhere."""
    person_no = await check_code(platform, login, "reset_password", code, origin)
    if isinstance(person_no, Refusal):
        return person_no
    async with platform.pool.connection() as conn, conn.transaction():
        refusal = await _choose(conn, person_no, new, "")
        if refusal is None:
            await store.run(conn, "drop_code", person_no=person_no, purpose="reset_password")
        return refusal


async def _choose(conn: AsyncConnection, person_no: str, new: str, keep_session: str) -> Refusal | None:
    person = (await people_by_number(conn, [person_no]))[person_no]
    what = weakness(new, _known(person))
    if what:
        return refuse(Code.PASSWORD_WEAK, field="new_password", what=what)
    digest = await asyncio.to_thread(hash_password, new)
    await store.run(conn, "set_password", person_no=person_no, hash=digest)
    await store.run(conn, "own_password_chosen", person_no=person_no)
    await store.run(conn, "end_sessions_of_person", person_no=person_no, but=keep_session)
    return None


def _known(person: Person) -> list[str]:
    return [n for n in (person.certificate_no, person.card_no, person.person_no, person.phone) if n]
