"""The reference data a verb needs, as one immutable value in the process: matters, streets, units, limits, calendar.

Admin pages bump `reference_version`; a process looks at it every few seconds and reads again when it moved.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import date
from time import monotonic
from typing import Any

from core import db, live
from core.settings import settings
from routing.calendar import Calendar, Day
from routing.limits import Limit, LimitTable, Row
from routing.rules import valid

_LOOK_EVERY = 3.0


@dataclass(frozen=True, slots=True)
class MatterRow:
    """A node of the matter tree; tickets hang on leaves."""

    code: str
    leaf: bool
    name: str
    path_name: str
    path_name_en: str
    kind: str
    urgency: int
    confidential: bool
    no_push_down: bool
    follow_up: str
    questions: tuple[str, ...]
    valid_from: date | None = None
    valid_to: date | None = None

    def open_on(self, day: date) -> bool:
        return valid(self.valid_from, self.valid_to, day)


@dataclass(frozen=True, slots=True)
class StreetRow:
    code: str
    name: str
    name_en: str
    district: str
    district_name: str
    district_name_en: str


@dataclass(frozen=True, slots=True)
class UnitRow:
    id: int
    code: str
    name: str
    name_en: str
    kind: str
    district: str
    valid_from: date | None
    valid_to: date | None
    former: tuple[tuple[str, str], ...] = ()  # names it had, in Chinese and in English

    def open_on(self, day: date) -> bool:
        return valid(self.valid_from, self.valid_to, day)

    def once(self, name: str) -> tuple[str, str] | None:
        """The former name that reads so in Chinese, in both languages."""
        return next((names for names in self.former if names[0] == name), None)


@dataclass(frozen=True, eq=False)
class Rulebook:
    """Everything of one `version`."""

    version: int
    matters: dict[str, MatterRow]
    streets: dict[str, StreetRow]
    units: dict[int, UnitRow]
    limits: LimitTable
    calendar: Calendar

    def matter(self, code: str) -> MatterRow:
        """Raises KeyError for a code that no matter ever had."""
        return self.matters[code]


_book: Rulebook | None = None
_looked = 0.0
_reading = asyncio.Lock()


async def rulebook() -> Rulebook:
    """The rulebook as it stands; at most `_LOOK_EVERY` seconds behind."""
    global _looked
    if _book is not None and monotonic() - _looked < _LOOK_EVERY:
        return _book
    async with _reading:
        if _book is not None and monotonic() - _looked < _LOOK_EVERY:
            return _book
        version = await db.fetchval("SELECT coalesce(sum(version), 0)::bigint FROM reference_version")
        if _book is None or _book.version != version:
            await _read(version)
        _looked = monotonic()
        assert _book is not None
        return _book


def forget(_topic: str = "") -> None:
    """Read again at the next call: after a load, between tests' databases, and when told of a change."""
    global _book
    _book = None


async def bump() -> None:
    """Tell every process that reference data changed; inside the change's own transaction."""
    await db.execute("UPDATE reference_version SET version = version + 1 WHERE name = 'all'")


async def _read(version: int) -> None:
    global _book
    matters = await db.fetch(
        """SELECT code, leaf, name, path_name, path_name_en, kind, urgency, confidential, no_push_down, follow_up,
                  questions, valid_from, valid_to FROM matter"""
    )
    streets = await db.fetch(
        "SELECT code, name, name_en, district, district_name, district_name_en FROM street"
    )
    units = await db.fetch(
        """SELECT u.id, u.code, u.name, u.name_en, u.kind, u.district, u.valid_from, u.valid_to,
                  coalesce(n.former, '[]') AS former
           FROM unit u LEFT JOIN (SELECT unit, jsonb_agg(jsonb_build_array(name, name_en) ORDER BY until) AS former
                                  FROM unit_name GROUP BY unit) n ON n.unit = u.id"""
    )
    limits = await db.fetch(
        "SELECT kind, urgency, clock, amount, unit, version, valid_from, valid_to FROM time_limit"
    )
    days = await db.fetch("SELECT day, kind, name, name_en, source, version FROM calendar_day ORDER BY day")
    _book = Rulebook(
        version,
        {row["code"]: MatterRow(**{**row, "questions": tuple(row["questions"])}) for row in matters},
        {row["code"]: StreetRow(**row) for row in streets},
        {row["id"]: UnitRow(**{**row, "former": _former(row["former"])}) for row in units},
        LimitTable.of(_limit(row) for row in limits),
        Calendar.of((Day(**row) for row in days), zone=settings().timezone),
    )


def _former(noted: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, name_en) for name, name_en in json.loads(noted))


def _limit(row: Any) -> Row:
    limit = Limit(row["amount"], row["unit"], row["version"])
    return Row(row["kind"], row["urgency"], row["clock"], limit, row["valid_from"], row["valid_to"])


live.hear("reference:", forget)
