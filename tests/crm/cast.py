"""Who plays in the tests of the tickets: officers as their posts make them, and forms as they fill them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from core import db
from core.officers import Officer
from crm.tickets import dispatch, register, registration, replies, signing
from crm.tickets.dispatch import Dispatch
from routing.posts import ROLES
from routing.rulebook import rulebook

#: Tuesday 24 November 2026, 10:45 in Tianjin.
NOW = datetime(2026, 11, 24, 2, 45, tzinfo=UTC)


def officer(
    number: int, name: str, role: str, *, named: bool = False, units: frozenset[int] = frozenset()
) -> Officer:
    rights = ROLES[role] | ({"ticket.confidential"} if named else set())
    return Officer(
        number, name.lower(), name, permissions=rights, scopes=units, unit=min(units, default=None)
    )


ALICE = officer(1, "Alice", "agent")
BOB = officer(2, "Bob", "dispatcher")
CHARLIE = officer(3, "Charlie", "dispatcher")
RUTH = officer(4, "Ruth", "reviewer")
SIMON = officer(5, "Simon", "supervisor", named=True)

HEATING = {
    "kind": "help", "matter": "030101", "street": "120104009",
    "content": "家里暖气从昨天下午开始不热，室温 14 度，有 82 岁老人和婴儿。要求尽快恢复。",
    "address": "林苑西里 6 号楼 2 门", "name": "张女士", "phone": "13800221234", "contact": "工作日18:00后",
}  # fmt: skip


async def form(**changes: Any) -> registration.Registration:
    return registration.check({**HEATING, **changes}, await rulebook())


async def registered(at: datetime = NOW, **changes: Any) -> int:
    return (await register.register(ALICE, await form(**changes), now=at)).number


async def unit_named(name: str) -> int:
    return next(unit.id for unit in (await rulebook()).units.values() if unit.name == name)


async def at_unit(name: str = "南开区供热办", **more: Any) -> Officer:
    return officer(9, "Wang", "unit_handler", units=frozenset({await unit_named(name)}), **more)


async def head_of(name: str = "南开区供热办") -> Officer:
    return officer(8, "Zhao", "unit_head", units=frozenset({await unit_named(name)}))


async def dispatched(
    unit: str = "南开区供热办", assists: tuple[str, ...] = (), at: datetime = NOW, **changes: Any
) -> tuple[int, int]:
    """A ticket in the unit's inbox: (number, lead order)."""
    number = await registered(at, **changes)
    other = tuple([await unit_named(name) for name in assists])
    sent = await dispatch.dispatch(
        BOB, number, Dispatch(await unit_named(unit), "派单目录 0301 × 南开区", other), now=at
    )
    lead = await db.fetchval("SELECT id FROM work_order WHERE ticket = $1 AND part = 'lead'", number)
    assert sent.orders[lead] == "dispatched"
    return number, lead


async def replied(**changes: Any) -> tuple[int, int]:
    number, order = await dispatched(**changes)
    wang = await at_unit()
    await signing.sign(wang, order, now=NOW + timedelta(minutes=2))
    await signing.contact(wang, order, how="call", reached=True, note="", now=NOW + timedelta(minutes=20))
    answer = replies.Reply("solved", "华苑站 2 号炉已修复点火，您家今天 18:00 前回到 18 度。")
    await replies.reply(wang, order, answer, now=NOW + timedelta(hours=2))
    return number, order


async def status(number: int) -> str:
    return str(await db.fetchval("SELECT status FROM ticket WHERE id = $1", number))


async def order_status(order: int) -> str:
    return str(await db.fetchval("SELECT status FROM work_order WHERE id = $1", order))
