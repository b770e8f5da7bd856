"""The database's shape: migrations floor by floor, and the monthly partitions of append-only logs."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.apps.migrations.commands.base import BaseMigrationManager
from piccolo.apps.migrations.tables import Migration
from piccolo.conf.apps import Finder

from core import db

OLDEST_POSTGRES = 150_000
_LOCK = 0x686F746C  # one number for every process that migrates: "hotl"
#: Not `to_regclass`: that may answer from a cache that has not heard of the other process yet.
_EXISTS = "SELECT EXISTS (SELECT FROM pg_class WHERE relname = $1 AND relnamespace = current_schema()::regnamespace)"


class TooOld(RuntimeError):
    """The server is older than PostgreSQL 15."""


@dataclass(frozen=True)
class Step:
    """One migration file of one floor."""

    app: str
    name: str
    module: Any


def steps() -> list[Step]:
    """Every migration there is, in the order in which it runs."""
    found = []
    for app in Finder().get_app_registry().app_configs.values():
        modules = BaseMigrationManager().get_migration_modules(app.resolved_migrations_folder_path)
        found += [Step(app.app_name, name, modules[name]) for name in sorted(modules)]
    return found


async def pending(connection: Any) -> list[Step]:
    """The migrations that this database has not seen."""
    known: set[tuple[str, str]] = set()
    if await connection.fetchval("SELECT to_regclass('migration')") is not None:
        known = {
            (row["app_name"], row["name"])
            for row in await connection.fetch("SELECT app_name, name FROM migration")
        }
    return [step for step in steps() if (step.app, step.name) not in known]


async def migrate() -> list[Step]:
    """Bring the database up to date; returns what was applied. Safe from several processes at once.

    Each migration and its mark are one transaction on a connection of our own, past any pooler.
    """
    async with db.direct() as connection:
        if int(await connection.fetchval("SHOW server_version_num")) < OLDEST_POSTGRES:
            raise TooOld(await connection.fetchval("SHOW server_version"))
        if not await pending(connection):
            return []
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        async with db.pinned(connection):
            if not await Migration.table_exists():
                await Migration.create_table()
            applied = await pending(connection)
            for step in applied:
                await _apply(step)
        return applied


async def _apply(step: Step) -> None:
    manager = await step.module.forwards()
    with contextlib.redirect_stdout(io.StringIO()):  # Piccolo prints as it goes
        if isinstance(manager, MigrationManager) and not manager.wrap_in_transaction:
            await manager.run()
            await _mark(step)
            return
        async with db.tx():
            if isinstance(manager, MigrationManager):
                await manager.run()
            await _mark(step)


async def _mark(step: Step) -> None:
    await Migration.insert(Migration(name=step.name, app_name=step.app))


def statements(*sql: str) -> Callable[[], Awaitable[None]]:
    """For `MigrationManager.add_raw`: what auto migrations cannot say (indexes, CHECKs, partitions)."""

    async def run() -> None:
        for statement in sql:
            await db.execute(statement)

    return run


async def make_partitions(*, now: datetime, months: int = 3) -> list[str]:
    """A partition for this month and the next ones, on every log that is partitioned by month.

    Rows that went into the default partition meanwhile move into theirs. Returns the new partitions.
    """
    logs = await db.fetch(
        "SELECT c.relname AS log, (regexp_match(pg_get_partkeydef(c.oid), 'RANGE \\((\\w+)\\)'))[1] AS key"
        " FROM pg_class c JOIN pg_partitioned_table p ON p.partrelid = c.oid"
        " WHERE p.partstrat = 'r' AND c.relnamespace = current_schema()::regnamespace ORDER BY 1"
    )
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    starts = [_months_after(first, n) for n in range(months + 1)]
    made = [await _make_partition(row["log"], row["key"], start) for row in logs for start in starts]
    return [name for name in made if name]


async def _make_partition(log: str, key: str, start: datetime) -> str:
    """The name of the partition made, or "" if it was there. Names come from the catalogue, not from people."""
    name = f"{log}_{start:%Y_%m}"
    if await db.fetchval(_EXISTS, name):
        return ""
    end = _months_after(start, 1)
    async with db.tx() as t:
        await t.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        if await t.fetchval(_EXISTS, name):
            return ""
        # A row written between the move and the attaching would belong nowhere: writers wait, and are routed after.
        await t.execute(f"LOCK TABLE ONLY {log} IN SHARE ROW EXCLUSIVE MODE")
        await t.execute(f"CREATE TABLE {name} (LIKE {log} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
        await t.execute(
            f"WITH moved AS (DELETE FROM {log}_default WHERE {key} >= $1 AND {key} < $2 RETURNING *)"
            f" INSERT INTO {name} SELECT * FROM moved",
            start,
            end,
        )
        await t.execute(
            f"ALTER TABLE {log} ATTACH PARTITION {name} FOR VALUES FROM ('{start:%Y-%m-%d}+00') TO ('{end:%Y-%m-%d}+00')"
        )
    return name


def _months_after(start: datetime, months: int) -> datetime:
    years, month = divmod(start.month - 1 + months, 12)
    return start.replace(year=start.year + years, month=month + 1)
