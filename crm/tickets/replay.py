"""`hotline doctor --replay`: does every ticket's log, played again by `MOVES`, arrive at its state?"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core import db
from crm.tickets.states import BY_NAME, LEAD_AT, ORDER_OPEN, OrderStatus, Status

BATCH = 2_000


@dataclass(frozen=True)
class Found:
    """One ticket whose log and state differ, and how."""

    ticket: int
    what: str


async def check() -> AsyncIterator[Found]:
    """Every difference in the database, oldest ticket first; reads `BATCH` tickets a query."""
    after = 0
    while True:
        tickets = await db.fetch(
            "SELECT id, status, version, round FROM ticket WHERE id > $1 ORDER BY id LIMIT $2", after, BATCH
        )
        if not tickets:
            return
        numbers = [row["id"] for row in tickets]
        events = _by_ticket(
            await db.fetch(
                """SELECT ticket, verb, status, version, round, work_order, orders FROM ticket_event
                   WHERE ticket = ANY($1::bigint[]) ORDER BY ticket, version""",
                numbers,
            )
        )
        orders = _by_ticket(
            await db.fetch(
                "SELECT ticket, id, status, part FROM work_order WHERE ticket = ANY($1::bigint[])", numbers
            )
        )
        for row in tickets:
            for what in differences(row, events.get(row["id"], []), orders.get(row["id"], [])):
                yield Found(row["id"], what)
        after = numbers[-1]


def differences(
    ticket: Mapping[str, Any], events: Sequence[Mapping[str, Any]], orders: Sequence[Mapping[str, Any]]
) -> list[str]:
    """What does not fit, in words. Pure: `events` in version order, `orders` as they stand."""
    found: list[str] = []
    status, played, before = Status.DRAFT, dict[int, str](), dict[str, Status]()
    for place, event in enumerate(events, start=1):
        move = BY_NAME.get(event["verb"])
        if move is None:
            found.append(f"event {place}: unknown move {event['verb']!r}")
            continue
        if event["version"] != place:
            found.append(f"event {place}: version {event['version']}")
        if status not in move.sources:
            found.append(f"event {place}: {move.name} from {status}")
        if move.restores and move.restores not in before:
            found.append(f"event {place}: {move.name} without a {move.restores}")
        after = before.pop(move.restores, status) if move.restores else move.after(status)
        before[move.name], status = status, after
        if event["status"] != status:
            found.append(f"event {place}: {move.name} left {event['status']}, not {status}")
        played.update({int(k): v for k, v in json.loads(event["orders"]).items()})
    if not events:
        found.append("no events at all")
    if ticket["status"] != status:
        found.append(f"state is {ticket['status']}, the log says {status}")
    if ticket["version"] != len(events):
        found.append(f"version is {ticket['version']}, the log has {len(events)} events")
    standing = {row["id"]: row["status"] for row in orders}
    if standing != played:
        found.append(f"work orders stand at {standing}, the log says {played}")
    found += _open_orders(status, orders)
    return found


def _open_orders(status: Status, orders: Sequence[Mapping[str, Any]]) -> list[str]:
    """A ticket in a unit's hands has one open lead; one that is not has no open order at all."""
    open_leads = [o for o in orders if o["part"] == "lead" and OrderStatus(o["status"]) in ORDER_OPEN]
    if status not in LEAD_AT:
        has_open = any(OrderStatus(o["status"]) in ORDER_OPEN for o in orders)
        return [f"{status} with open orders"] if has_open else []
    if len(open_leads) != 1:
        return [f"{status} with {len(open_leads)} open lead orders"]
    if open_leads[0]["status"] != LEAD_AT[status]:
        return [f"{status}, but its lead order is {open_leads[0]['status']}"]
    return []


def _by_ticket(rows: Sequence[Any]) -> dict[int, list[Any]]:
    grouped: dict[int, list[Any]] = {}
    for row in rows:
        grouped.setdefault(row["ticket"], []).append(row)
    return grouped
