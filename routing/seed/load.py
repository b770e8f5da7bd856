"""Put the reference data into the tables. Safe to repeat: what is there stays as somebody edited it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any, Final

from core.db import Tx, tx
from routing import rulebook
from routing.seed import sources
from routing.spelling import spell

Progress = Callable[[int, int], Awaitable[Any]]
Row = Mapping[str, Any]

STREET: Final = {
    "code": "text", "name": "text", "name_en": "text", "district": "text", "district_name": "text",
    "district_name_en": "text", "pinyin": "text", "initials": "text", "lon": "float8", "lat": "float8",
}  # fmt: skip
UNIT: Final = {
    "code": "text", "name": "text", "name_en": "text", "pinyin": "text", "initials": "text", "kind": "text",
    "function": "text", "district": "text", "street": "text", "hours": "text",
}  # fmt: skip
MATTER: Final = {
    "code": "text", "parent_code": "text", "level": "int2", "leaf": "bool", "name": "text", "name_en": "text",
    "path_name": "text", "path_name_en": "text", "pinyin": "text", "initials": "text", "kind": "text",
    "urgency": "int2", "confidential": "bool", "no_push_down": "bool", "follow_up": "text", "questions": "text[]",
}  # fmt: skip
CATALOGUE: Final = {
    "code": "text", "matter_code": "text", "district": "text", "street": "text", "lead_unit_code": "text",
    "lead_function": "text", "assists": "text[]", "legal_basis": "text", "valid_from": "date", "valid_to": "date",
}  # fmt: skip
LIMIT: Final = {
    "kind": "text", "urgency": "int2", "clock": "text", "amount": "int4", "unit": "text", "version": "text",
    "valid_from": "date", "valid_to": "date",
}  # fmt: skip
DAY: Final = {
    "day": "date", "kind": "text", "name": "text", "name_en": "text", "source": "text", "version": "text",
}  # fmt: skip


async def load(progress: Progress | None = None, *, refresh: bool = False) -> dict[str, int]:
    """Insert what is missing, in one transaction; `refresh` also puts the files' values back into rows
    that differ. Answers how many rows of each table were written."""
    steps: list[tuple[str, Callable[[Tx], Awaitable[int]]]] = [
        ("street", lambda t: put(t, "street", STREET, ("code",), streets(), refresh=refresh)),
        ("unit", lambda t: _units(t, refresh=refresh)),
        ("matter", lambda t: put(t, "matter", MATTER, ("code",), matters(), refresh=refresh)),
        (
            "catalogue_line",
            lambda t: put(t, "catalogue_line", CATALOGUE, ("code",), lines(), refresh=refresh),
        ),
        (
            "time_limit",
            lambda t: put(
                t, "time_limit", LIMIT, ("kind", "urgency", "clock", "version"), limits(), refresh=refresh
            ),
        ),
        ("calendar_day", lambda t: put(t, "calendar_day", DAY, ("day",), days(), refresh=refresh)),
    ]
    written: dict[str, int] = {}
    async with tx() as t:
        for n, (table, step) in enumerate(steps, start=1):
            written[table] = await step(t)
            if progress is not None:
                await progress(n, len(steps))
        if any(written.values()):
            await rulebook.bump()
    rulebook.forget()
    return written


async def put(
    t: Tx, table: str, columns: Mapping[str, str], key: tuple[str, ...], rows: Iterable[Row], *, refresh: bool
) -> int:
    """Insert `rows` (dicts of `columns`: name → SQL type) unless `key` is there. How many rows were written."""
    names = ", ".join(columns)
    record = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    status = await t.execute(
        f"INSERT INTO {table} ({names}) SELECT {names} FROM jsonb_to_recordset($1::jsonb) AS x({record})"
        f" {_on_conflict(table, tuple(columns), key, refresh=refresh)}",
        _json(rows),
    )
    return int(status.split()[-1])


def streets() -> list[Row]:
    """Spelt with the district, as they are looked up."""
    return [{**asdict(street), **_spelt(street.district_name + street.name)} for street in sources.streets()]


def matters() -> list[Row]:
    return [
        {
            **asdict(matter),
            "parent_code": matter.parent_code,
            "level": matter.level,
            **_spelt(matter.path_name),
        }
        for matter in sources.matters()
    ]


def lines() -> list[Row]:
    codes = {unit.code for unit in sources.units()}
    return [
        {
            **asdict(line),
            "matter_code": line.matter,
            "district": line.district or None,
            "street": line.street or None,
            "lead_unit_code": line.lead if line.lead in codes else None,
            "lead_function": None if line.lead in codes else line.lead,
        }
        for line in sources.catalogue()
    ]


def limits() -> list[Row]:
    return [asdict(limit) for limit in sources.limits()]


def days() -> list[Row]:
    return [{**row, "day": row["date"]} for row in sources.rows("calendar.csv")]


async def _units(t: Tx, *, refresh: bool) -> int:
    """Level by level, each below its parent as it stands in the table, so that its path is right."""
    units = sources.units()
    names = ", ".join(UNIT)
    record = ", ".join(f"{name} {kind}" for name, kind in UNIT.items())
    given = ", ".join(f"x.{name}" for name in UNIT)
    written = 0
    for level in range(max(unit.level for unit in units) + 1):
        rows = [{**asdict(unit), **_spelt(unit.name)} for unit in units if unit.level == level]
        status = await t.execute(
            f"INSERT INTO unit ({names}, parent, path, level) SELECT {given}, p.id,"
            " coalesce(p.path, '/') || x.code || '/', coalesce(p.level + 1, 0)"
            f" FROM jsonb_to_recordset($1::jsonb) AS x(under text, {record}) LEFT JOIN unit p ON p.code = x.under"
            f" {_on_conflict('unit', (*UNIT, 'parent', 'path', 'level'), ('code',), refresh=refresh)}",
            _json(rows),
        )
        written += int(status.split()[-1])
    return written


def _on_conflict(table: str, columns: tuple[str, ...], key: tuple[str, ...], *, refresh: bool) -> str:
    target = f"ON CONFLICT ({', '.join(key)}) DO"
    if not refresh:
        return f"{target} NOTHING"
    values = [name for name in columns if name not in key]
    sets = ", ".join(f"{name} = EXCLUDED.{name}" for name in values)
    old, new = (", ".join(f"{of}.{name}" for name in values) for of in (table, "EXCLUDED"))
    return f"{target} UPDATE SET {sets} WHERE ({old}) IS DISTINCT FROM ({new})"


def _spelt(name: str) -> dict[str, str]:
    pinyin, initials = spell(name)
    return {"pinyin": pinyin, "initials": initials}


def _json(rows: Iterable[Row]) -> str:
    return json.dumps(list(rows), ensure_ascii=False, default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value)}")
