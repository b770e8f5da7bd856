"""How a row of a subject gets into its table; a subject whose table is more than its columns brings its own writer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from core.admin.columns import Values
from core.db import Tx

if TYPE_CHECKING:
    from core.admin.subjects import Subject


@dataclass(frozen=True)
class RowChange:
    """One row before and after; `before` None: it is made, `after` None: it goes.

    `id` is below zero for a row that has none yet. Both hold every column of the subject.
    """

    id: int
    before: Values | None
    after: Values | None

    @property
    def changed(self) -> tuple[str, ...]:
        """Names of the columns that differ."""
        before, after = self.before or {}, self.after or {}
        return tuple(name for name in {**before, **after} if before.get(name) != after.get(name))


class Writer(Protocol):
    async def write(
        self, t: Tx, subject: Subject, changes: Sequence[RowChange], *, now: datetime
    ) -> list[RowChange]:
        """The changes as they were written, every row with its id."""
        ...


class TableWriter:
    """One table whose columns are the subject's. Override `row` for columns that follow from others."""

    async def write(
        self, t: Tx, subject: Subject, changes: Sequence[RowChange], *, now: datetime
    ) -> list[RowChange]:
        numbered = await with_ids(t, subject.table, changes)
        for change in numbered:
            if change.after is None:
                await t.execute(f"DELETE FROM {subject.table} WHERE id = $1", change.id)
            elif change.before is None:
                await insert(t, subject.table, {"id": change.id, **await self.row(t, subject, change)})
            else:
                await update(t, subject.table, change.id, await self.row(t, subject, change))
        return numbered

    async def row(self, t: Tx, subject: Subject, change: RowChange) -> Values:
        """Columns of the table to write: all of a new row, of an old one those that changed."""
        after = change.after or {}
        names = [c.name for c in subject.typed]
        return {n: after[n] for n in names if change.before is None or n in change.changed}


async def with_ids(t: Tx, table: str, changes: Sequence[RowChange]) -> list[RowChange]:
    """New rows numbered by the table's own sequence."""
    fresh = sum(change.id < 0 for change in changes)
    rows = await t.fetch(
        f"SELECT nextval(pg_get_serial_sequence('{table}', 'id')) AS id FROM generate_series(1, $1)", fresh
    )
    numbers = iter([int(row["id"]) for row in rows])
    return [replace(change, id=next(numbers)) if change.id < 0 else change for change in changes]


async def insert(t: Tx, table: str, values: Mapping[str, object]) -> None:
    places = ", ".join(f"${n}" for n in range(1, len(values) + 1))
    await t.execute(
        f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})", *map(_stored, values.values())
    )


async def update(t: Tx, table: str, row: int, values: Mapping[str, object]) -> None:
    if not values:
        return
    sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(values, start=2))
    await t.execute(f"UPDATE {table} SET {sets} WHERE id = $1", row, *map(_stored, values.values()))


def _stored(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
