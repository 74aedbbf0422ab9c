"""Build the demo city in an empty sandbox, and tell what has become of it (演示城市的建立与现状)."""

import asyncio
import random
from datetime import date
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection
from psycopg.errors import LockNotAvailable
from psycopg.types.json import Jsonb

from gongji.core.policy import PolicyBook
from gongji.core.refusal import Code, Refusal, refuse
from gongji.demo import market, offices, premiums, third_party
from gongji.demo.describe import NotBuiltError, describe
from gongji.demo.people import PASSWORD, binding_requests, citizens
from gongji.ledger import store
from gongji.ledger.connection import connect
from gongji.service.bindings import bind_in
from gongji.service.catalogue import add_items, add_listed, add_terms
from gongji.service.departments import add_practitioners
from gongji.service.enrol import credit_in, enrol
from gongji.service.platform import Platform
from gongji.service.premiums import enter_in
from gongji.service.reviews import put_limits
from gongji.service.secret import hash_password
from gongji.service.staff import add_staff

BUILT: Final = "demo"
"""Key of the setting that holds the city as it was built."""

RESET_TRIES: Final = 20

STORY: Final = ("story father", "story son")
"""Roles of the people with whom a first visitor begins."""


class ProductionError(RuntimeError):
    """Fictitious people may not stand in the books of a production system."""


class BusyError(RuntimeError):
    """The books could not be had alone for a moment."""


class BrokenCityError(RuntimeError):
    """The data of the city break a rule, so nothing was built."""


async def build(platform: Platform) -> None:
    """Build the city, all of it or nothing; where it stands already, or somebody builds it now, nothing changes.

    Raises:
        ProductionError: the platform is not a sandbox.
        BrokenCityError: a binding was refused.
    """
    if not platform.sandbox:
        raise ProductionError("生产环境不能建立演示城市")
    async with platform.pool.connection() as conn, conn.transaction():
        await _build(conn, platform)


async def reset(platform: Platform) -> None:
    """Build the city anew: everything that happened in this sandbox is forgotten, recordings of messages excepted.

    Messages that are under way are done before or after; an answer that is on its way just then may be lost, and who
    asks again by his message id is told that it was never seen.

    Raises:
        ProductionError: the platform is not a sandbox.
        NotBuiltError: there is no city, so that this database may be somebody's own.
        BusyError: somebody verifies the books, or the traffic leaves no gap.
        BrokenCityError: a binding was refused; the old city stays.
    """
    if not platform.sandbox:
        raise ProductionError("演示城市只在沙箱里，生产环境不能重置")
    for _ in range(RESET_TRIES):
        try:
            async with platform.pool.connection() as conn, conn.transaction():
                await _expect_built(conn)
                await _forget(conn)
                await _build(conn, platform)
        except LockNotAvailable:
            await asyncio.sleep(random.uniform(0.05, 0.3))  # noqa: S311 - so that two resets do not keep step
        else:
            return
    raise BusyError("正在核账或业务太忙，演示城市没有重置，请稍后再试")


async def reset_or_refuse(platform: Platform) -> Refusal | None:
    """The same for a page: a refusal says why nothing was done."""
    try:
        await reset(platform)
    except NotBuiltError:
        return refuse(Code.RECORD_UNKNOWN, what="演示城市")
    except BusyError:
        return refuse(Code.RECORD_CLOSED, what="账本", state="正在核对或业务太忙", act="重置，请稍后再试")
    return None


async def _expect_built(conn: AsyncConnection) -> None:
    cursor = await store.run(conn, "setting", key=BUILT)
    if await cursor.fetchone() is None:
        raise NotBuiltError


async def _forget(conn: AsyncConnection) -> None:
    for statement in ("give_up_waiting", "hold_whole_books", "empty_books", "end_writers"):
        await store.run(conn, statement)
    await store.run(conn, "drop_setting", key=BUILT)


async def _build(conn: AsyncConnection, platform: Platform) -> None:
    cursor = await store.run(conn, "claim_setting", key=BUILT, value="")
    if await cursor.fetchone():
        await _open_market(conn, platform.clock().date())
        await _take_in(conn, platform)
        await _open_offices(conn, platform)
        for entered in premiums.entries(platform.clock().date()):
            await enter_in(conn, entered, BUILT, platform.clock())
        money = [credit for citizen in citizens().values() for credit in citizen.credits]
        await credit_in(conn, money, platform.clock())
        await _bind(conn, platform.book)
        await third_party.register_in(conn, platform)
        city = await describe(conn)
        stored = {key: value for key, value in city.items() if key not in ("portal", "gateway")}
        await store.run(conn, "put_setting", key=BUILT, value=msgspec.json.encode(stored).decode())


async def snapshot(platform: Platform) -> dict[str, Any]:
    """The city as it is now, with the keys that outside programs rely on.

    Raises:
        ProductionError: the platform is not a sandbox.
        NotBuiltError: there is no city.
    """
    if not platform.sandbox:
        raise ProductionError("演示城市只在沙箱里")
    async with platform.pool.connection() as conn:
        return await _present(conn)


async def read(dsn: str) -> dict[str, Any]:
    """The city in a sandbox's database, without a platform.

    Raises:
        NotBuiltError: there is no city.
    """
    async with await connect(dsn, "gongji-demo") as conn:
        return await _present(conn)


async def story_people(platform: Platform) -> list[dict[str, Any]]:
    """The people with whom a first visitor begins, or nobody where there is no city."""
    try:
        city = await snapshot(platform)
    except NotBuiltError:
        return []
    return [person for person in city["people"] if person["role"] in STORY]


async def _present(conn: AsyncConnection) -> dict[str, Any]:
    await _expect_built(conn)
    return await describe(conn)


async def _open_market(conn: AsyncConnection, today: date) -> None:
    for institution in market.institutions():
        keys = Jsonb(market.credentials(institution.code))
        await store.run(conn, "add_institution", **msgspec.structs.asdict(institution), credentials=keys)
        marks = {"checkup": institution.checkup, "village": institution.village, "top": institution.top}
        await store.run(conn, "mark_institution", code=institution.code, **marks)
    for place, institution in enumerate(market.institutions(), start=1):
        await add_practitioners(conn, institution.code, market.practitioners(institution, place))
    await add_items(conn, market.catalogue(), today)
    await add_terms(conn, market.catalogue_terms(), today)
    await add_listed(conn, market.listed(), today)
    await put_limits(conn, market.limits())


async def _take_in(conn: AsyncConnection, platform: Platform) -> None:
    # Hashing is made slow on purpose: beside the event loop, and once for everybody.
    password_hash = await asyncio.to_thread(hash_password, PASSWORD)
    today = platform.clock().date()
    for citizen in citizens().values():
        await enrol(conn, platform.book, citizen.enrolment(password_hash), today)


async def _open_offices(conn: AsyncConnection, platform: Platform) -> None:
    for one in offices.staff():
        refusal = await add_staff(conn, platform, one, offices.password(), offices.totp_secret(one.login))
        if refusal:
            raise BrokenCityError(refusal.text)


async def _bind(conn: AsyncConnection, book: PolicyBook) -> None:
    for request, signed_at in binding_requests():
        answer = await bind_in(conn, book, request, signed_at)
        if isinstance(answer, Refusal):
            raise BrokenCityError(f"{request.signature} → {request.user_name}：{answer.text}")
