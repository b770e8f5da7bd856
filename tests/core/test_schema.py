"""Migrations and monthly partitions."""

import asyncio
from datetime import UTC, datetime

from core import db, schema
from tests.databases import Databases


async def test_an_empty_database_gets_every_migration_once(databases: Databases) -> None:
    async with databases.empty():
        first = await schema.migrate()
        assert [step.name for step in first] == [step.name for step in schema.steps()]
        assert await schema.migrate() == []


async def test_two_starts_at_once_migrate_once(databases: Databases) -> None:
    async with databases.empty():
        applied = await asyncio.gather(schema.migrate(), schema.migrate(), schema.migrate())
        assert sum(len(steps) for steps in applied) == len(schema.steps())


async def test_rows_written_before_their_partition_move_into_it(database: str) -> None:
    await db.execute(
        "INSERT INTO view_log (at, what, subject) VALUES ($1, 'phone', 'ticket:1')",
        datetime(2031, 1, 31, tzinfo=UTC),
    )
    made = await schema.make_partitions(now=datetime(2030, 12, 31, 23, tzinfo=UTC), months=1)
    assert {"view_log_2030_12", "view_log_2031_01"} <= set(made)
    assert await db.fetchval("SELECT count(*) FROM view_log_2031_01") == 1
    assert await db.fetchval("SELECT count(*) FROM view_log_default") == 0


async def test_making_partitions_again_makes_none(database: str) -> None:
    moment = datetime(2030, 6, 1, tzinfo=UTC)
    assert await schema.make_partitions(now=moment)
    assert await schema.make_partitions(now=moment) == []
