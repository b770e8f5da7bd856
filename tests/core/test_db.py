"""One transaction: all of it or nothing, whatever goes wrong, and the connection comes back."""

import asyncio

import asyncpg
import pytest

from core import db
from core.tables import Installation


async def keys() -> set[str]:
    return {row["key"] for row in await db.fetch("SELECT key FROM installation WHERE key LIKE 't-%'")}


async def put(key: str) -> None:
    await db.execute("INSERT INTO installation (key, value) VALUES ($1, '')", key)


async def test_an_error_takes_everything_back(database: str) -> None:
    with pytest.raises(ZeroDivisionError):
        async with db.tx():
            await put("t-1")
            raise ZeroDivisionError
    assert await keys() == set()


async def test_piccolo_and_sql_share_the_transaction(database: str) -> None:
    with pytest.raises(ZeroDivisionError):
        async with db.tx():
            await Installation.insert(Installation(key="t-1", value=""))
            assert await keys() == {"t-1"}
            raise ZeroDivisionError
    assert await keys() == set()


async def test_an_error_caught_around_a_part_apart_takes_back_that_part_only(database: str) -> None:
    async with db.tx():
        await put("t-outer")
        with pytest.raises(ZeroDivisionError):
            async with db.tx(apart=True):
                await put("t-inner")
                async with db.tx():
                    raise ZeroDivisionError
    assert await keys() == {"t-outer"}


async def test_an_error_caught_around_a_part_that_joined_fails_the_whole(database: str) -> None:
    with pytest.raises(RuntimeError, match="apart=True"):
        async with db.tx():
            await put("t-outer")
            with pytest.raises(ZeroDivisionError):
                async with db.tx():
                    await put("t-inner")
                    raise ZeroDivisionError
    assert await keys() == set()


async def test_a_part_that_joins_costs_no_exchange(database: str) -> None:
    said: list[str] = []
    async with db.tx() as t:
        t.connection.add_query_logger(lambda query: said.append(query.query))
        async with db.tx():
            await db.execute("SELECT 1")
    assert said == ["SELECT 1", "COMMIT;"]


async def test_a_commit_that_fails_gives_its_connection_back(database: str) -> None:
    await db.execute(
        "CREATE TABLE late (id int, other int REFERENCES installation (id) DEFERRABLE INITIALLY DEFERRED)"
    )
    pool = db.engine().pool
    assert pool is not None
    for _ in range(pool.get_max_size() + 1):
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            async with db.tx() as t:
                await t.execute("INSERT INTO late VALUES (1, -1)")
    async with asyncio.timeout(5):
        assert await db.fetchval("SELECT 1") == 1


async def test_topics_are_told_after_the_commit_and_only_then(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(db.live, "changed", lambda *topics: told.extend(topics))
    async with db.tx() as t:
        t.changed("ticket:1")
        async with db.tx() as inner:
            inner.changed("unit:2")
        assert told == []
    assert told == ["ticket:1", "unit:2"]
    with pytest.raises(ZeroDivisionError):
        async with db.tx() as t:
            t.changed("ticket:3")
            raise ZeroDivisionError
    assert "ticket:3" not in told


async def test_every_task_has_its_own_transaction(database: str) -> None:
    first, second = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with db.tx():
            await put("t-slow")
            first.set()
            await second.wait()

    async def quick() -> None:
        await first.wait()
        assert await keys() == set()
        second.set()

    await asyncio.gather(slow(), quick())
    assert await keys() == {"t-slow"}
