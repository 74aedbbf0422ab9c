"""Statements that travel together: nothing is sent until an answer is needed (成批发送).

The driver's own pipeline hands every statement to the kernel by itself, which wakes the server for each. A batch of
settlements runs two dozen statements, so that this alone was most of what a small batch cost. Here they go out in one
piece, and what comes back is read in one piece.
"""

import asyncio
from contextlib import suppress
from typing import Any, Final, Self, TypeAlias

import psycopg
from psycopg import AsyncConnection, pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result

from gongji.ledger.sql import numbered

Row: TypeAlias = tuple[Any, ...]

_DONE: Final = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)
_Key: TypeAlias = tuple[str, tuple[int, ...]]
"""A statement and the types of its parameters."""


class Session:
    """What a connection keeps from one pipeline to the next.

    Attributes:
        known: names under which statements are prepared.
        transformer: how values are written and read; it remembers what it found out about their types.
    """

    def __init__(self, conn: AsyncConnection) -> None:
        self.known: dict[_Key, bytes] = {}
        self.count = 0
        self.transformer = Transformer(conn)

    def add(self, key: _Key) -> bytes:
        """A new name for a statement."""
        self.count += 1
        name = self.known[key] = b"gongji%d" % self.count
        return name


class BooksConnection(AsyncConnection[Row]):
    """A connection over which pipelines can go."""

    _session: Session | None = None

    @property
    def session(self) -> Session:
        """What its pipelines share."""
        if self._session is None:
            self._session = Session(self)
        return self._session


class Result:
    """What one statement answers, once it has been asked for."""

    def __init__(self, pipeline: "Pipeline") -> None:
        self._pipeline = pipeline
        self.raw: pq.abc.PGresult | None = None

    async def fetchall(self) -> list[Row]:
        """All rows; sends what waits in the pipeline first."""
        if self.raw is None:
            await self._pipeline.send()
        return self._pipeline.rows(self.raw) if self.raw is not None else []

    async def fetchone(self) -> Row | None:
        """The first row, or None when there is none."""
        rows = await self.fetchall()
        return rows[0] if rows else None


class Pipeline:
    """Statements of one transaction on one connection in autocommit mode.

    As a context manager it is the transaction: committed at the end, rolled back when something is raised. The
    connection is for pipelines only: the driver throws away all prepared statements whenever it rolls back itself.
    """

    def __init__(self, conn: BooksConnection, begin: str = "begin") -> None:
        """Prepare a transaction.

        Args:
            conn: an open connection in autocommit mode.
            begin: the statement that begins the transaction, with its isolation if that matters.
        """
        self._conn = conn
        self._pg = conn.pgconn
        self._begin = begin
        self._waiting: list[Result | None] = []
        self._session = conn.session
        self._transformer = conn.session.transformer
        self._new: list[_Key] = []

    async def __aenter__(self) -> Self:
        self._pg.enter_pipeline_mode()
        self._queue(self._begin)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                await self._commit()
            else:
                await self._roll_back()
        finally:
            if self._pg.status == pq.ConnStatus.OK:
                self._pg.exit_pipeline_mode()

    async def execute(self, query: str, parameters: dict[str, Any] | None = None) -> Result:
        """Let a statement wait in the pipeline; it is sent with the others when rows are asked for."""
        text, names = numbered(query)
        given = parameters or {}
        values = [given[name] for name in names]
        dumped = self._transformer.dump_sequence(values, [PyFormat.AUTO] * len(values))
        types = tuple(self._transformer.types or ())
        key = (query, types)
        name = self._session.known.get(key)
        if name is None:
            name = self._session.add(key)
            self._new.append(key)
            self._pg.send_prepare(name, text, types)
            self._waiting.append(None)
        self._pg.send_query_prepared(name, dumped, self._transformer.formats)
        result = Result(self)
        self._waiting.append(result)
        return result

    async def send(self) -> None:
        """Send what waits and read every answer.

        Raises:
            psycopg.Error: the first that a statement met; the transaction must then be given up.
        """
        waiting, self._waiting = self._waiting, []
        error: psycopg.Error | None = None
        try:
            self._pg.pipeline_sync()
            while self._pg.flush():
                await self._ready(write=True)
                self._pg.consume_input()
            for result in waiting:
                raw = await self._next()
                if raw.status in _DONE:
                    if result:
                        result.raw = raw
                elif error is None and raw.status == pq.ExecStatus.FATAL_ERROR:
                    error = error_from_result(raw, encoding="utf-8")
            await self._next()  # the end of what was sent together
        except BaseException:
            # Half an answer was read: nobody may use the connection again.
            self._pg.finish()
            raise
        if error:
            self._forget_new()
            raise error
        self._new.clear()

    def rows(self, raw: pq.abc.PGresult) -> list[Row]:
        """The rows of an answer as Python values."""
        if not raw.ntuples:
            return []
        self._transformer.set_pgresult(raw)
        return self._transformer.load_rows(0, raw.ntuples, tuple)

    async def _commit(self) -> None:
        committed = self._queue("commit")
        try:
            await self.send()
        except psycopg.Error:
            await self._roll_back()
            raise
        if committed.raw is None or committed.raw.command_status != b"COMMIT":
            raise psycopg.InternalError("the transaction was not committed")

    def _queue(self, command: str) -> Result:
        self._pg.send_query_params(command.encode(), None)
        result = Result(self)
        self._waiting.append(result)
        return result

    async def _next(self) -> pq.abc.PGresult:
        while True:
            while self._pg.is_busy():
                await self._ready(write=False)
                self._pg.consume_input()
            raw = self._pg.get_result()
            if raw is not None:
                return raw
            if self._pg.status == pq.ConnStatus.BAD:
                raise psycopg.OperationalError("the connection is lost")

    async def _ready(self, *, write: bool) -> None:
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()
        socket = self._pg.socket
        loop.add_reader(socket, _tell, ready)
        if write:
            loop.add_writer(socket, _tell, ready)
        try:
            await ready
        finally:
            loop.remove_reader(socket)
            if write:
                loop.remove_writer(socket)

    async def _roll_back(self) -> None:
        """Undo everything; what still waits is run first, since it may have left already, and undone with the rest."""
        try:
            if self._waiting:
                with suppress(psycopg.Error):
                    await self.send()
            if self._pg.status == pq.ConnStatus.OK:
                self._queue("rollback")
                await self.send()
        except psycopg.Error:
            self._pg.finish()

    def _forget_new(self) -> None:
        """What was prepared among statements that failed may not be there."""
        for key in self._new:
            self._session.known.pop(key, None)
        self._new.clear()


Books: TypeAlias = "AsyncConnection | Pipeline"
"""Where statements go: a connection, or the pipeline of a batch."""


def _tell(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)
