"""What the dispatcher's and the reviewer's desks ask beyond `queries.py`: returns to rule on, the
records a reply is judged by, and who took a row that left the queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from core import db
from core.officers import Officer
from crm.tickets.queries import _FROM, _ROW, Where

_AFTER = tuple[datetime, int]


async def returns(officer: Officer, *, after: _AFTER | None = None, limit: int = 50) -> list[Any]:
    """Orders that a unit wants to give back, the close clock that runs on soonest due first."""
    where = Where().policy(officer)
    if after is not None:
        where.add("(coalesce(w.close_due_at, r.asked_at), t.id) > ({}, {})", *after)
    return await db.fetch(
        f"""SELECT {_ROW}, r.code, left(r.basis, 80) AS basis, r.asked_at, r.asked_by_name,
                r.suggested_unit AS asked_unit, w.unit AS order_unit, w.dispatched_at, w.close_due_at,
                coalesce(w.close_due_at, r.asked_at) AS sort_at
            FROM {_FROM} JOIN work_order w ON w.ticket = t.id AND w.part = 'lead' AND w.status = 'return_review'
            JOIN return_request r ON r.work_order = w.id AND r.ruled_at IS NULL
            WHERE t.status = 'return_review' AND {where}
            ORDER BY coalesce(w.close_due_at, r.asked_at), t.id LIMIT {limit + 1}""",
        *where.args,
    )


async def return_of(number: int) -> Any:
    """The return a ticket waits on, with its order; None when it waits on none."""
    return await db.fetchrow(
        """SELECT r.*, w.unit AS order_unit, w.dispatched_at, w.signed_at, w.close_due_at, w.return_until,
               w.reason AS order_reason
           FROM return_request r JOIN work_order w ON w.id = r.work_order
           WHERE w.ticket = $1 AND r.ruled_at IS NULL ORDER BY r.id DESC LIMIT 1""",
        number,
    )


async def contacts(orders: Sequence[int]) -> list[Any]:
    """The tries to reach the citizen from these work orders, in order of time."""
    return await db.fetch(
        "SELECT * FROM contact WHERE work_order = ANY($1::bigint[]) ORDER BY at, id", list(orders)
    )


async def rounds(number: int) -> list[Any]:
    """First handling and each redo, the latest first."""
    return await db.fetch("SELECT * FROM round WHERE ticket = $1 ORDER BY no DESC", number)


async def attachments(number: int) -> list[Any]:
    return await db.fetch(
        """SELECT id, work_order, kind, name, size, uploaded_by_name FROM attachment
           WHERE ticket = $1 AND removed_at IS NULL ORDER BY id""",
        number,
    )


async def last_moves(officer: Officer, numbers: Sequence[int]) -> list[Any]:
    """Who moved each of `numbers` last, and to which state: for rows that left a list under somebody's eyes."""
    where = Where(list(numbers)).policy(officer)
    return await db.fetch(
        f"""SELECT t.id, t.status, t.claimed_by, t.claimed_name, e.verb, e.actor_name, e.at
            FROM ticket t JOIN LATERAL (SELECT verb, actor_name, at FROM ticket_event
                WHERE ticket = t.id ORDER BY version DESC LIMIT 1) e ON TRUE
            WHERE t.id = ANY($1::bigint[]) AND {where}""",
        *where.args,
    )
