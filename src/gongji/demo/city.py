"""Build the demo city in an empty sandbox, and tell what has become of it (演示城市的建立与现状)."""

import asyncio
from datetime import date
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from gongji.core.policy import PolicyBook
from gongji.core.refusal import Refusal
from gongji.core.times import CHINA
from gongji.demo import market, offices, premiums
from gongji.demo.describe import NotBuiltError, describe
from gongji.demo.people import PASSWORD, binding_requests, citizens, families
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

STORY: Final = ("story father", "story son")
"""Roles of the people with whom a first visitor begins."""


class ProductionError(RuntimeError):
    """Fictitious people may not stand in the books of a production system."""


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
        cursor = await store.run(conn, "claim_setting", key=BUILT, value="")
        if await cursor.fetchone() is None:
            return
        await _open_market(conn, platform.clock().date())
        await _take_in(conn, platform)
        await _open_offices(conn, platform)
        for entered in premiums.entries(platform.clock().date()):
            await enter_in(conn, entered, BUILT, platform.clock())
        money = [credit for citizen in citizens().values() for credit in citizen.credits]
        await credit_in(conn, money, platform.clock())
        await _bind(conn, platform.book)
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
    cursor = await store.run(conn, "setting", key=BUILT)
    if await cursor.fetchone() is None:
        raise NotBuiltError
    return await describe(conn)


async def _open_market(conn: AsyncConnection, today: date) -> None:
    for institution in market.institutions():
        keys = Jsonb(market.credentials(institution.code))
        await store.run(conn, "add_institution", **msgspec.structs.asdict(institution), credentials=keys)
        if institution.checkup:
            await store.run(conn, "mark_checkup_centre", code=institution.code)
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
    signed_at = families().signed_at.astimezone(CHINA)
    for request in binding_requests():
        answer = await bind_in(conn, book, request, signed_at)
        if isinstance(answer, Refusal):
            raise BrokenCityError(f"{request.signature} → {request.user_name}：{answer.text}")
