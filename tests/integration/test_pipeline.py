"""Statements that travel together: one transaction, whatever goes wrong, and values that arrive as they were."""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus

from gongji.ledger.connection import connect
from gongji.ledger.pipeline import BooksConnection, Pipeline

ADD = "insert into kept (n) values (%(n)s)"


@pytest.fixture
async def conn(dsn: str) -> AsyncIterator[BooksConnection]:
    opened = await connect(dsn, "test")
    await opened.execute("create temp table kept (n bigint primary key)")
    yield opened
    if not opened.closed:
        await opened.execute("drop table kept")
        await opened.close()


async def kept(conn: BooksConnection) -> list[int]:
    async with Pipeline(conn) as books:
        return [n for (n,) in await (await books.execute("select n from kept order by n")).fetchall()]


async def test_everything_is_committed_at_the_end(conn: BooksConnection) -> None:
    async with Pipeline(conn) as books:
        for n in range(1, 4):
            await books.execute(ADD, {"n": n})
        seen = await books.execute("select count(*) from kept")
        assert await seen.fetchone() == (3,)
        await books.execute(ADD, {"n": 4})
    assert await kept(conn) == [1, 2, 3, 4]
    assert conn.info.transaction_status == TransactionStatus.IDLE


async def test_what_is_raised_undoes_everything_also_what_was_not_sent(conn: BooksConnection) -> None:
    async def attempt() -> None:
        async with Pipeline(conn) as books:
            await (await books.execute("insert into kept values (1) returning n")).fetchall()
            await books.execute(ADD, {"n": 2})
            raise KeyError

    with pytest.raises(KeyError):
        await attempt()
    assert await kept(conn) == []


@pytest.mark.parametrize("asked", ["when rows are asked for", "at the commit"])
async def test_a_statement_that_fails_undoes_everything(conn: BooksConnection, asked: str) -> None:
    async def attempt() -> None:
        async with Pipeline(conn) as books:
            results = [await books.execute(ADD, {"n": n}) for n in (1, 1, 2)]
            if asked == "when rows are asked for":
                await results[-1].fetchall()

    with pytest.raises(psycopg.errors.UniqueViolation):
        await attempt()
    assert await kept(conn) == []
    async with Pipeline(conn) as books:
        await books.execute(ADD, {"n": 5})
    assert await kept(conn) == [5]


async def test_a_statement_that_cannot_be_prepared_can_be_mended(conn: BooksConnection) -> None:
    for _ in range(2):
        with pytest.raises(psycopg.errors.UndefinedTable):
            async with Pipeline(conn) as books:
                await books.execute("insert into missing values (%(n)s)", {"n": 1})
    assert await kept(conn) == []


async def test_fewer_rows_than_expected_fail_the_transaction(conn: BooksConnection) -> None:
    async def attempt() -> None:
        async with Pipeline(conn) as books:
            await books.execute(ADD, {"n": 1})
            await books.execute("select expect_count(1, %(expected)s::bigint)", {"expected": 2})

    with pytest.raises(psycopg.errors.SerializationFailure):
        await attempt()
    assert await kept(conn) == []


async def test_a_connection_on_which_half_was_read_is_closed(conn: BooksConnection) -> None:
    async def wait() -> None:
        async with Pipeline(conn) as books:
            await (await books.execute("select pg_sleep(30)")).fetchall()

    waiting = asyncio.create_task(wait())
    await asyncio.sleep(0.1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert conn.closed


async def test_a_lost_connection_is_an_error_of_the_database(conn: BooksConnection, dsn: str) -> None:
    pid = conn.info.backend_pid

    async def attempt() -> None:
        async with Pipeline(conn) as books:
            await (await books.execute("select 1")).fetchall()
            async with await AsyncConnection.connect(dsn, autocommit=True) as other:
                await other.execute("select pg_terminate_backend(%s)", [pid])
            await (await books.execute("select 1")).fetchall()

    with pytest.raises(psycopg.OperationalError):
        await attempt()
    assert conn.closed


LISTS = [
    ("text[]", ["a", 'q"uote', "back\\slash", "共济", "", "NULL", "{}", None]),
    ("text[]", ["a", '","', "b"]),
    ("text[]", ['"']),
    ("text[]", ["back\\", "slash"]),
    ("text[]", [","]),
    ("text[]", []),
    ("bytea[]", [b"", b"\x00\xff", b"x" * 5000, None]),
    ("bigint[]", [1, -(2**62), 0, None]),
    ("boolean[]", [True, False, None]),
    ("account_kind[]", ["pool", "personal"]),
    ("smallint[]", [1, 2]),
]


@pytest.mark.parametrize(("kind", "values"), LISTS, ids=lambda one: str(one)[:20])
async def test_lists_arrive_as_they_were(conn: BooksConnection, kind: str, values: list[object]) -> None:
    async with Pipeline(conn) as books:
        found = await books.execute(f"select unnest(%(values)s::{kind})", {"values": values})
        assert [row[0] for row in await found.fetchall()] == values
