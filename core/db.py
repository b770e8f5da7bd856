"""The database: one pool, one way to a transaction, SQL in plain sight.

Piccolo holds tables, migrations and simple queries; hot reads and every verb are SQL text on the same
pool. Inside `tx()` both use the transaction's own connection.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any

import asyncpg
from piccolo.engine import engine_finder
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

from core import live
from core.settings import settings

Record = asyncpg.Record

#: What the driver raises when the server is gone, starting, or out of connections.
UNREACHABLE: tuple[type[BaseException], ...] = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # used just after the server said good-bye on it
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
)


class Tx:
    """An open transaction: the connection's calls, and what to tell the live channel after commit."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.topics: list[str] = []
        #: A connection that was pinned, with no transaction on it yet.
        self.bare = False
        #: A part that joined failed: nothing of this may be committed any more.
        self.broken = False
        self.fetch = connection.fetch
        self.fetchrow = connection.fetchrow
        self.fetchval = connection.fetchval
        self.execute = connection.execute
        self.executemany = connection.executemany

    def changed(self, *topics: str) -> None:
        """Hint these topics (`ticket:…`, `unit:…`, `queue:…`, `agent:…`) once the commit is through."""
        self.topics.extend(topics)


class _Transaction(PostgresTransaction):
    """Piccolo's transaction around a connection that `tx()` owns, so that Piccolo queries join in."""

    __slots__ = ("connection", "tx")

    def __init__(self, db: PostgresEngine, tx: Tx) -> None:
        super().__init__(db)
        self.connection = tx.connection
        self.tx = tx


@lru_cache(maxsize=1)
def engine() -> PostgresEngine:
    """The one engine of this process (`hotline/piccolo_conf.py`)."""
    found = engine_finder()
    assert isinstance(found, PostgresEngine), "PICCOLO_CONF does not name a PostgreSQL engine"
    return found


class _Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """A pooled connection. We leave no session state behind (no LISTEN, session lock or SET), so there is nothing
    to clear: asyncpg's clearing would cost one more exchange with the server for every query."""

    def get_reset_query(self) -> str:
        return ""


async def open_pool(size: int | None = None) -> None:
    db = engine()
    if db.pool is None:
        await db.start_connection_pool(
            min_size=0,  # a process may start while the database is away
            timeout=5,
            max_size=size or settings().db_pool_web,
            command_timeout=30,
            max_inactive_connection_lifetime=300,
            statement_cache_size=settings().db_statement_cache,
            connection_class=_Connection,
        )


async def close_pool() -> None:
    db = engine()
    if db.pool is not None:
        await db.close_connection_pool()


def _pool() -> Any:
    pool = engine().pool
    assert pool is not None, "open_pool() comes first: without a pool every query opens a connection"
    return pool


@asynccontextmanager
async def tx(*, apart: bool = False) -> AsyncIterator[Tx]:
    """One transaction. A nested call joins the outer one: they are committed together or not at all, so a failure in
    it that somebody catches fails the whole. With `apart` it can fail alone (a savepoint, two exchanges more).

    The connection goes back to the pool whatever happens, also when COMMIT itself fails.
    Topics named with `Tx.changed` are published after the commit, never inside it.
    """
    db = engine()
    outer = db.current_transaction.get()
    if isinstance(outer, _Transaction):
        async with (_apart if apart or outer.tx.bare else _joined)(outer.tx):
            yield outer.tx
        return
    pool = _pool()
    connection = await pool.acquire()
    try:
        current = Tx(connection)
        token = db.current_transaction.set(_Transaction(db, current))
        try:
            async with connection.transaction():
                yield current
                _check_whole(current)
        finally:
            db.current_transaction.reset(token)
    finally:
        await pool.release(connection)
    if current.topics:
        live.changed(*current.topics)


@asynccontextmanager
async def _joined(outer: Tx) -> AsyncIterator[None]:
    try:
        yield
    except BaseException:
        outer.broken = True
        raise


@asynccontextmanager
async def _apart(outer: Tx) -> AsyncIterator[None]:
    before = outer.broken
    try:
        async with outer.connection.transaction():
            yield
            _check_whole(outer)
    except BaseException:
        outer.broken = before  # what failed is undone
        raise


def _check_whole(tx: Tx) -> None:
    if tx.broken:
        raise RuntimeError("a part of this transaction failed: what may fail alone says tx(apart=True)")


@asynccontextmanager
async def pinned(connection: Any) -> AsyncIterator[Tx]:
    """Send everything this task asks of the database to `connection`; `tx()` inside is a transaction on it."""
    current = engine().current_transaction
    here = Tx(connection)
    here.bare = True
    token = current.set(_Transaction(engine(), here))
    try:
        yield here
    finally:
        current.reset(token)


@asynccontextmanager
async def alone() -> AsyncIterator[Tx]:
    """For a verb that is one statement, and so a transaction by itself: no BEGIN, no COMMIT to wait for.

    Inside an open `tx()` it is part of that one.
    """
    outer = engine().current_transaction.get()
    if isinstance(outer, _Transaction):
        yield outer.tx
        return
    current = Tx(_pool())
    yield current
    if current.topics:
        live.changed(*current.topics)


def _connection() -> Any:
    """The open transaction's connection, or the pool."""
    outer = engine().current_transaction.get()
    return outer.connection if isinstance(outer, _Transaction) else _pool()


async def fetch(sql: str, *args: Any) -> list[Any]:
    rows: list[Any] = await _connection().fetch(sql, *args)
    return rows


async def fetchrow(sql: str, *args: Any) -> Any:
    return await _connection().fetchrow(sql, *args)


async def fetchval(sql: str, *args: Any) -> Any:
    return await _connection().fetchval(sql, *args)


async def execute(sql: str, *args: Any) -> str:
    status: str = await _connection().execute(sql, *args)
    return status


async def executemany(sql: str, rows: Iterable[Sequence[Any]]) -> None:
    await _connection().executemany(sql, rows)


@asynccontextmanager
async def direct() -> AsyncIterator[Any]:
    """A connection of its own, past any pooler: LISTEN, advisory locks, CREATE DATABASE."""
    connection = await asyncpg.connect(settings().direct_url())
    try:
        yield connection
    finally:
        await connection.close()
