"""Taking back what a test did to its database, where that is quicker than a fresh clone.

PostgreSQL counts what was written to each table. Rows in tables that were empty are deleted, sequences go
back; a test that changed reference data or the schema itself costs the next one a fresh clone.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import asyncpg

_WRITES = """SELECT relid::regclass::text AS name, n_tup_ins + n_tup_upd + n_tup_del AS writes
             FROM pg_stat_user_tables"""
_SHAPE = """SELECT count(*) || '/' || max(oid::bigint) || '/' || sum(relfilenode::bigint)
            FROM pg_class WHERE relkind IN ('r', 'i', 'S', 'v')"""
_SEQUENCES = "SELECT format('%I', sequencename) AS name, start_value, last_value FROM pg_sequences"


@dataclass(frozen=True)
class Mark:
    """What a clean database looks like."""

    shape: str
    writes: dict[str, int]
    sequences: dict[str, tuple[int, int | None]]
    seeded: frozenset[str]


async def mark(url: str) -> Mark:
    """Look at a fresh clone."""
    connection = await asyncpg.connect(url)
    try:
        writes, sequences = await _counts(connection)
        looks = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in writes)
        seeded = frozenset(row[0] for row in await connection.fetch(looks)) if writes else frozenset()
        return Mark(await connection.fetchval(_SHAPE), writes, sequences, seeded)
    finally:
        await connection.close()


async def cleaned(url: str, before: Mark) -> Mark | None:
    """The database as it was, or None when it must go. Everybody else has left it."""
    connection = await asyncpg.connect(url)
    try:
        if not await _is_alone(connection) or await connection.fetchval(_SHAPE) != before.shape:
            return None
        writes, sequences = await _counts(connection)
        dirty = [name for name, number in writes.items() if number != before.writes.get(name, 0)]
        if before.seeded.intersection(dirty):
            return None
        async with connection.transaction():
            await connection.execute(
                "SET LOCAL session_replication_role = replica"
            )  # no foreign keys for now
            for name in dirty:
                await connection.execute(f"DELETE FROM {name}")
            for name, (start, last) in before.sequences.items():
                if sequences[name] != (start, last):
                    await connection.execute(
                        "SELECT setval($1, $2, $3)", name, last or start, last is not None
                    )
        if dirty:
            await connection.execute("SELECT pg_stat_force_next_flush()")
            writes, _sequences = await _counts(connection)
        return Mark(before.shape, writes, before.sequences, before.seeded)
    finally:
        await connection.close()


async def _counts(
    connection: asyncpg.Connection,
) -> tuple[dict[str, int], dict[str, tuple[int, int | None]]]:
    await connection.execute("SELECT pg_stat_clear_snapshot()")
    writes = {row["name"]: row["writes"] for row in await connection.fetch(_WRITES)}
    sequences = {
        row["name"]: (row["start_value"], row["last_value"]) for row in await connection.fetch(_SEQUENCES)
    }
    return writes, sequences


async def _is_alone(connection: asyncpg.Connection) -> bool:
    """Connections that were closed need a moment; they count what they wrote as they leave."""
    for _ in range(100):
        others = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        if not others:
            return True
        await asyncio.sleep(0.01)
    return False
