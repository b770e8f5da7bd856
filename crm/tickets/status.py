"""How a citizen's own tickets stand: what an SMS answer and the citizen's page may tell, and no more.

A phone proves itself by its keyed hashes (`privacy.lookups`); a ticket of another phone is not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from core import db
from crm.tickets.number import DIGITS
from crm.tickets.states import OPEN, Status


@dataclass(frozen=True)
class Standing:
    """`worked_on` is the ticket itself or the one it is merged into. `unit` and `due_at` are None while no unit
    works on it. `language` is the citizen's, "" if not known."""

    id: int
    worked_on: int
    status: Status
    urgency: int
    confidential: bool
    due_at: datetime | None
    unit: str | None
    unit_en: str | None
    language: str

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


#: `s` is what is worked on: the ticket itself, or the one it is merged into.
_SELECT = """
    SELECT t.id, s.id AS worked_on, s.status, t.urgency, t.confidential, c.language,
        CASE WHEN w.unit IS NOT NULL THEN s.due_at END AS due_at, u.name AS unit, u.name_en AS unit_en
    FROM citizen c JOIN ticket t ON t.citizen = c.id
    JOIN ticket s ON s.id = coalesce(t.merged_into, t.id)
    LEFT JOIN LATERAL (SELECT s.lead_unit AS unit
        WHERE s.status IN ('dispatched', 'handling', 'suspended', 'return_review', 'conference', 'replied')) w ON TRUE
    LEFT JOIN unit u ON u.id = w.unit
    WHERE c.phone_hash = ANY($1::bytea[])"""
_OPEN = ", ".join(f"'{status}'" for status in sorted(OPEN))


async def of_number(hashes: Sequence[bytes], digits: str, *, limit: int = 4) -> list[Standing]:
    """The phone's tickets whose number is, or ends with, `digits`; newest first."""
    condition, args = ("t.id = $2", [int(digits)])
    if len(digits) < DIGITS:
        condition, args = "t.id % $2 = $3", [10 ** len(digits), int(digits)]
    rows = await db.fetch(
        f"{_SELECT} AND {condition} ORDER BY t.id DESC LIMIT {limit:d}", list(hashes), *args
    )
    return [_standing(row) for row in rows]


async def open_of(hashes: Sequence[bytes], *, limit: int = 4) -> list[Standing]:
    """The phone's open tickets, newest first."""
    rows = await db.fetch(
        f"{_SELECT} AND s.status IN ({_OPEN}) ORDER BY t.id DESC LIMIT {limit:d}", list(hashes)
    )
    return [_standing(row) for row in rows]


@dataclass(frozen=True)
class Way:
    """What the citizen's page tells of a ticket: where it stands, and when it passed each station of this round."""

    standing: Standing
    matter: str
    matter_en: str
    received_at: datetime
    dispatched_at: datetime | None
    contacted_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None
    result: str


async def way(number: int) -> Way | None:
    """For whoever holds the ticket's link. None for confidential ones: they are not for a page."""
    row = await db.fetchrow(
        """SELECT t.id, s.id AS worked_on, s.status, t.urgency, t.confidential, coalesce(c.language, '') AS language,
               CASE WHEN w.unit IS NOT NULL THEN s.due_at END AS due_at, u.name AS unit, u.name_en AS unit_en,
               coalesce(m.name, '') AS matter, coalesce(m.name_en, '') AS matter_en, t.received_at, s.closed_at,
               o.dispatched_at, o.contacted_at, coalesce(o.result, '') AS result, r.accepted_at AS answered_at
           FROM ticket t JOIN ticket s ON s.id = coalesce(t.merged_into, t.id)
           LEFT JOIN citizen c ON c.id = t.citizen
           LEFT JOIN LATERAL (SELECT s.lead_unit AS unit
               WHERE s.status IN ('dispatched', 'handling', 'suspended', 'return_review', 'conference', 'replied')) w ON TRUE
           LEFT JOIN unit u ON u.id = w.unit
           LEFT JOIN matter m ON m.code = left(t.matter, 4)
           LEFT JOIN round r ON r.ticket = s.id AND r.no = s.round
           LEFT JOIN LATERAL (SELECT dispatched_at, contacted_at, result FROM work_order
               WHERE ticket = s.id AND round = s.round AND part = 'lead' AND status NOT IN ('returned', 'recalled')
               ORDER BY id DESC LIMIT 1) o ON TRUE
           WHERE t.id = $1 AND NOT t.confidential""",
        number,
    )
    if row is None:
        return None
    return Way(_standing(row), **{f.name: row[f.name] for f in fields(Way) if f.name != "standing"})


def _standing(row: Any) -> Standing:
    read = {f.name: row[f.name] for f in fields(Standing)}
    return Standing(**{**read, "status": Status(read["status"])})
