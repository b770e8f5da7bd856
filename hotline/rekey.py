"""`hotline rekey`: seal everything with the newest key again, so that an old one can be thrown away.

Batches, each its own transaction; what is sealed with the newest key is passed over, so it can be stopped and
started at any time, beside a running hotline.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Callable
from typing import Any

import asyncpg
from piccolo.conf.apps import Finder

from core import db, privacy, runs
from core.errors import Refused
from core.settings import settings

BATCH = 500


def add_key() -> int:
    """A new version in `var/keys.json`; processes that run already find it there. Returns the version.

    Raises `Refused` where the keys are a setting: then the new one belongs there.
    """
    if settings().secret_keys:
        raise Refused("the keys are in SECRET_KEYS: add the new one there, restart, then run `hotline rekey`")
    known = privacy.keys()
    version = max(known) + 1
    texts = {str(number): base64.b64encode(key).decode() for number, key in known.items()}
    texts[str(version)] = base64.b64encode(secrets.token_bytes(32)).decode()
    path = settings().var_dir / "keys.json"
    half = path.with_suffix(".new")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump(texts, out)
        out.flush()
        os.fsync(out.fileno())
    half.replace(path)
    return version


async def rekey(*, by: int | None = None, watch: Callable[[runs.Run], None] | None = None) -> int:
    """Returns how many values were sealed again. A run that was stopped goes on where it was."""
    columns = sealed_columns()
    earlier = await runs.unfinished("rekey")
    start = runs.resume(earlier, watch=watch) if earlier else runs.running("rekey", by=by, watch=watch)
    async with start as run:
        version = bytes([privacy.newest_key()[0]])
        left = [
            await db.fetchval(f"SELECT count(*) FROM {c.table} WHERE {_old(c)}", version) for c in columns
        ]
        done, total = run.done, run.done + sum(left)
        for column in columns:
            done = await _rekey_column(column, version, run, done, total)
        return done


def sealed_columns() -> list[privacy.SealedColumn]:
    """Every floor's; a floor declares them beside its tables."""
    Finder().get_table_classes()
    return privacy.SEALED


def _old(column: privacy.SealedColumn) -> str:
    """SQL: sealed or looked up with another key than the byte $1. Names come from our own declarations."""
    columns = [column.column, *([column.lookup] if column.lookup else [])]
    return " OR ".join(f"substring({name} FROM 1 FOR 1) NOT IN ($1, '')" for name in columns)


async def _rekey_column(
    column: privacy.SealedColumn, version: bytes, run: runs.Run, done: int, total: int
) -> int:
    after: Any = None
    while True:
        async with db.tx() as t:
            rows = await t.fetch(
                f"SELECT {column.key} AS key, {column.column} AS sealed FROM {column.table} WHERE ({_old(column)})"
                f" AND ($2::bigint IS NULL OR {column.key} > $2) ORDER BY {column.key} LIMIT {BATCH}",
                version,
                after,
            )
            if not rows:
                return done
            for row in rows:
                await _rekey_value(t, column, row, run)
            after = rows[-1]["key"]
            done += len(rows)
            await run.progress(
                done, total, cursor={"column": f"{column.table}.{column.column}", "after": after}
            )


async def _rekey_value(t: db.Tx, column: privacy.SealedColumn, row: db.Record, run: runs.Run) -> None:
    name = f"{column.table}.{column.column}"
    try:
        text = privacy.open_sealed(bytes(row["sealed"]))
    except privacy.Unreadable as error:
        await run.reject(
            row["key"], name, "", str(error), "put the key of that version back into SECRET_KEYS"
        )
        return
    sql = (
        f"UPDATE {column.table} SET {column.column} = $3{{}} WHERE {column.key} = $1 AND {column.column} = $2"
    )
    arguments = (row["key"], row["sealed"], privacy.seal(text))
    if column.lookup is None:
        await t.execute(sql.format(""), *arguments)
        return
    try:
        async with db.tx() as inner:
            looked_up = privacy.lookup(column.kind, text)
            await inner.execute(sql.format(f", {column.lookup} = $4"), *arguments, looked_up)
    except asyncpg.UniqueViolationError:
        await t.execute(sql.format(""), *arguments)
        await run.reject(
            row["key"], name, "", "another row has the same value", "merge the two, then rekey again"
        )
