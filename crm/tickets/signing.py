"""The unit takes the order on (签收) and reaches the citizen (首次联系)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.db import tx
from core.errors import Invalid, Refused
from core.i18n import _
from core.officers import Officer
from crm.tickets import clocks_of, move
from crm.tickets.access import order_for

HOW = ("call", "visit", "sms")


@dataclass(frozen=True)
class Signed:
    """What became of a batch: order ids that are signed now, and why the others are not."""

    signed: tuple[int, ...]
    refused: dict[int, str]


async def sign(
    officer: Officer, order_id: int, *, now: datetime, seen: int | None = None, as_: str = ""
) -> move.Moved:
    """Sign one order; stops its sign clock. Lead and assist alike; `as_`: the move, where the caller named one."""
    async with tx() as t:
        ticket, order = await order_for(officer, order_id, to="change")
        lights = await clocks_of.after_signing(ticket, order, now)
        return await move.make(
            t,
            as_ or ("sign" if order.part == "lead" else "sign_assist"),
            ticket,
            by=officer,
            now=now,
            order=order,
            order_seen=seen,
            order_set={"signed_at": now, "signed_by_name": officer.name, **lights},
            ledger=("sign", "stop"),
        )


async def sign_many(officer: Officer, orders: Sequence[int], *, now: datetime) -> Signed:
    """Sign each in its own transaction, so that one refused order never holds up the rest."""
    signed: list[int] = []
    refused: dict[int, str] = {}
    for order_id in orders:
        try:
            async with tx(apart=True):
                await sign(officer, order_id, now=now)
            signed.append(order_id)
        except Refused as reason:
            refused[order_id] = reason.message
    return Signed(tuple(signed), refused)


async def contact(
    officer: Officer, order_id: int, *, how: str, reached: bool, note: str, now: datetime
) -> move.Moved:
    """Record a try to reach the citizen; the first that reached stops the contact clock."""
    if how not in HOW:
        raise Invalid({"how": _("选一种联系方式：电话、上门或短信。")})
    if not reached and not note.strip():
        raise Invalid({"note": _("没联系上时写明情况，例如“无人接听，下午再打”。")})
    async with tx() as t:
        ticket, order = await order_for(officer, order_id, to="change")
        first = reached and order.contacted_at is None
        moved = await move.make(
            t,
            "contact",
            ticket,
            by=officer,
            now=now,
            order=order,
            order_set={"contacted_at": now, **await clocks_of.after_contact(ticket, order, now)}
            if first
            else {},
            ledger=("contact", "stop") if first else None,
            data={"how": how, "reached": reached, "note": note},
        )
        await t.execute(
            "INSERT INTO contact (work_order, at, how, reached, note, by_name) VALUES ($1, $2, $3, $4, $5, $6)",
            order.id, now, how, reached, note, officer.name,
        )  # fmt: skip
        return moved
