"""A unit's request for more time as a row: asked once at a time, ruled once. 延期 and 挂起 are two kinds of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from core import db
from core.db import Tx, tx
from core.errors import Refused
from core.i18n import N_, _
from core.officers import Officer
from crm.tickets import clocks_of, move
from crm.tickets.access import OrderRow, ticket_for

#: The list of requests, as a topic of the live channel.
WAITING = "queue:requests"
#: As many files are named to whoever rules.
MOST_NAMED = 5
KIND = {"extension": N_("延期"), "hold": N_("挂起")}


async def ask(t: Tx, order: OrderRow, kind: str, officer: Officer, now: datetime, **columns: Any) -> int:
    """Write the request. Raises Refused while another of this order waits for its ruling."""
    names = ["ticket", "work_order", "kind", "asked_at", "asked_by_name", *columns]
    values = [order.ticket, order.id, kind, now, officer.name, *columns.values()]
    found = await t.fetchval(
        f"""INSERT INTO time_request ({", ".join(names)})
            VALUES ({", ".join(f"${n}" for n in range(1, len(values) + 1))})
            ON CONFLICT (work_order) WHERE ruled_at IS NULL DO NOTHING RETURNING id""",
        *values,
    )
    if found is None:
        raise _one_waits()
    t.changed(WAITING)
    return int(found)


async def waiting(order: int, kind: str) -> Any:
    """The request that waits for a ruling. Raises Refused when there is none."""
    row = await db.fetchrow(
        "SELECT * FROM time_request WHERE work_order = $1 AND kind = $2 AND ruled_at IS NULL", order, kind
    )
    if row is None:
        raise Refused(
            _("没有待裁定的{kind}申请，可能别人已经裁定。").format(kind=_(KIND[kind])), code="no_request"
        )
    return row


async def rule(t: Tx, request: int, officer: Officer, now: datetime, *, granted: bool, ruling: str) -> None:
    await t.execute(
        """UPDATE time_request SET ruled_at = $2, ruled_by_name = $3, granted = $4, ruling = $5
           WHERE id = $1 AND ruled_at IS NULL""",
        request, now, officer.name, granted, ruling,
    )  # fmt: skip
    t.changed(WAITING)


async def refuse(
    officer: Officer, number: int, kind: str, ruling: str, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """The hotline's no: the clock runs on as it did, the unit may ask again."""
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        order = await clocks_of.lead_order(t, ticket)
        asked = await waiting(order.id, kind)
        await rule(t, asked["id"], officer, now, granted=False, ruling=ruling)
        return await move.make(
            t, f"refuse_{kind}", ticket, by=officer, now=now, seen=seen, order=order, data={"ruling": ruling}
        )


async def refuse_where_one_waits(order: int) -> None:
    """Raises Refused while a request of this order waits for its ruling."""
    if await db.fetchval("SELECT 1 FROM time_request WHERE work_order = $1 AND ruled_at IS NULL", order):
        raise _one_waits()


async def evidence(number: int) -> tuple[str, str]:
    """What lies with the ticket to go by, as a line to read."""
    rows = await db.fetch(
        "SELECT name FROM attachment WHERE ticket = $1 AND removed_at IS NULL ORDER BY id", number
    )
    names = _("、").join(row["name"] for row in rows[:MOST_NAMED])
    more = _("等 {n} 件").format(n=len(rows)) if len(rows) > MOST_NAMED else ""
    return _("依据"), f"{names}{more}" or _("还没有附件；证明材料放在承办单的附件里。")


def _one_waits() -> Refused:
    return Refused(_("已有一个申请在等热线裁定，裁定后才能再提。"), code="waiting")


async def asked_of(officer: Officer, number: int, kind: str) -> Any:
    """The request that waits on the ticket's lead order, for whoever is to rule on it."""
    async with tx() as t:
        order = await clocks_of.lead_order(t, await ticket_for(officer, number))
    return await waiting(order.id, kind)
