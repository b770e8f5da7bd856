"""承接: a unit ended, its heir takes over what is open there, clocks and all; each ticket gets its event.

The work list is `unit_succession` (floor 1): a row whose day has come and that nobody finished. Safe to run
twice and by several workers at once: each ticket moves in a transaction of its own, or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from core import clock, db
from core.db import Tx, tx
from core.errors import NotFound
from crm.tickets import move
from crm.tickets.access import OrderRow, ticket_for
from crm.tickets.clocks_of import RESTING
from crm.tickets.hotline import HOTLINE
from crm.tickets.move import Back
from crm.tickets.states import IN_HANDS, ORDER_OPEN, OrderStatus
from routing.admin import shares

BATCH = 200
_OPEN = ", ".join(f"'{status}'" for status in sorted(ORDER_OPEN))
_IN_HANDS = ", ".join(f"'{status}'" for status in sorted(IN_HANDS))
_ENDED: dict[str, Any] = {**RESTING, "status": OrderStatus.CANCELLED, "escalate_at": None}
_COLUMNS = ", ".join(f.name for f in fields(OrderRow))


async def follow(*, now: datetime) -> int:
    """Move everything open from units that have ended to their heirs; how many work orders moved."""
    moved = 0
    today = clock.local(now).date()
    for row in await db.fetch(
        """SELECT s.id, s.unit, s.heir, s.reason, s.shares::text AS shares, u.name AS unit_name, h.name AS heir_name
           FROM unit_succession s JOIN unit u ON u.id = s.unit JOIN unit h ON h.id = s.heir
           WHERE s.moved_at IS NULL AND s.on_day <= $1 ORDER BY s.on_day, s.id""",
        today,
    ):
        while numbers := await _waiting(row["unit"]):
            for number in numbers:
                moved += await _succeed(row, number, now)
        await db.execute("UPDATE unit_succession SET moved_at = $2 WHERE id = $1", row["id"], now)
    return moved


async def open_orders(units: Sequence[int], ever: bool) -> dict[int, int]:
    """How many work orders are open at each unit, or with `ever` were there at any time."""
    rows = await db.fetch(
        f"""SELECT unit, count(*) AS n FROM work_order
            WHERE unit = ANY($1::int[]) AND ($2 OR status IN ({_OPEN})) GROUP BY unit""",
        list(units), ever,
    )  # fmt: skip
    return {row["unit"]: row["n"] for row in rows}


async def fields_of(unit: int) -> list[shares.Field]:
    """Where the unit's open orders are and what about: for the preview of a split."""
    rows = await db.fetch(
        f"""SELECT t.district, t.street, t.matter, count(*) AS n FROM work_order w JOIN ticket t ON t.id = w.ticket
            WHERE w.unit = $1 AND w.status IN ({_OPEN}) GROUP BY 1, 2, 3""",
        unit,
    )
    return [shares.Field(row["district"], row["street"], row["matter"], row["n"]) for row in rows]


async def _waiting(unit: int) -> list[int]:
    rows = await db.fetch(
        f"""SELECT DISTINCT w.ticket FROM work_order w JOIN ticket t ON t.id = w.ticket
            WHERE w.unit = $1 AND w.status IN ({_OPEN}) AND t.status IN ({_IN_HANDS}) ORDER BY 1 LIMIT {BATCH}""",
        unit,
    )
    return [row["ticket"] for row in rows]


async def _succeed(row: Any, number: int, now: datetime) -> int:
    """One ticket's orders at the unit, to the heir of their part of its field; how many."""
    async with tx() as t:
        try:
            ticket = await ticket_for(HOTLINE, number, to="change")
        except NotFound:
            return 0
        heir = shares.heir_of(shares.read(row["shares"]), ticket.district, ticket.street, ticket.matter)
        to, to_name = (heir.id, heir.name) if heir else (row["heir"], row["heir_name"])
        orders, there = await _orders(t, number, row["unit"]), await _orders(t, number, to)
        if not orders or ticket.status not in IN_HANDS:
            return 0  # another worker was first
        lead = next((order for order in orders if order.part == "lead"), None)
        ended = _twice(lead, orders, there)
        data = {
            "from": row["unit"], "from_name": row["unit_name"], "unit": to, "unit_name": to_name,
            "reason": row["reason"], "orders": [order.id for order in orders], "ended": sorted(ended),
        }  # fmt: skip
        await move.make(
            t, "succeed", ticket, by=HOTLINE, now=now, order=lead, data=data,
            ticket_set={"lead_unit": to} if lead else {}, order_set={"unit": to} if lead else {},
            back=Back(ticket.status, {id: _ENDED | {"ended_at": now} for id in ended}) if ended else None,
        )  # fmt: skip
        await t.execute(
            "UPDATE work_order SET unit = $2 WHERE id = ANY($1::bigint[])", [o.id for o in orders], to
        )
        await t.execute(
            "UPDATE work_order SET answerable_unit = $3 WHERE ticket = $1 AND answerable_unit = $2",
            number, row["unit"], to,
        )  # fmt: skip
        await t.execute("UPDATE unit_succession SET moved = moved + $2 WHERE id = $1", row["id"], len(orders))
        t.changed(f"unit:{row['unit']}", f"unit:{to}")
        return len(orders)


def _twice(lead: OrderRow | None, moving: Sequence[OrderRow], there: Sequence[OrderRow]) -> set[int]:
    """Assists that end because their unit would have two orders: beside the lead, or beside one that it has."""
    if lead is not None:
        return {order.id for order in (*moving, *there) if order.part == "assist"}
    return {order.id for order in moving} if there else set()


async def _orders(t: Tx, number: int, unit: int) -> list[OrderRow]:
    rows = await t.fetch(
        f"SELECT {_COLUMNS} FROM work_order WHERE ticket = $1 AND unit = $2 AND status IN ({_OPEN}) ORDER BY id",
        number, unit,
    )  # fmt: skip
    return [OrderRow(**{**row, "status": OrderStatus(row["status"])}) for row in rows]
