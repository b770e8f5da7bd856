"""重定等级: a ticket in a unit's hands turns out more or less urgent. Its running clocks follow, each from its own start.

P4 (疑难) is the supervisor's to give: it has the longest limits and two extensions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from core.db import Tx, tx
from core.errors import Denied, Invalid
from core.fields import Field
from core.i18n import N_, _
from core.officers import Officer
from crm.tickets import clocks_of, escalating, move
from crm.tickets.access import ORDER_COLUMNS, OrderRow, TicketRow, ticket_for
from crm.tickets.states import ORDER_OPEN, OrderStatus
from crm.tickets.verb import Facts, Verb
from crm.tickets.words import URGENCY, urgency_word

HARD: Final = 4


@dataclass(frozen=True)
class Rerate:
    urgency: Annotated[int, Field(N_("紧急程度"), "choices", options=URGENCY, example=2)]
    reason: Annotated[str, Field(N_("为什么改"), least=5, example="家中有吸氧老人，停电危及生命。")]


async def rerate(
    officer: Officer, number: int, form: Rerate, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """Raises Invalid for the urgency it has, Denied when P4 is not the officer's to give."""
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        await move.check_seen(t, ticket, seen)
        if form.urgency == ticket.urgency:
            raise Invalid({"urgency": _("已经是 {urgency}。").format(urgency=urgency_word(form.urgency))})
        if form.urgency == HARD and not officer.can("ticket.supervise"):
            raise Denied(_("疑难件（P4）须班长批准。"))
        lead = await clocks_of.lead_order(t, ticket)
        known = {"note": form.reason, "actor": officer.name}
        columns = await clocks_of.rerate(t, ticket, lead, form.urgency, now, **known)
        if lead.status is OrderStatus.DISPATCHED:
            columns["escalate_at"] = escalating.first_at(form.urgency, columns["sign_due_at"], now)
        for assist in await _assists(t, ticket):
            await _set(t, assist, await clocks_of.rerate(t, ticket, assist, form.urgency, now, **known))
        due = columns.get("close_due_at")
        return await move.make(
            t, "rerate", ticket, by=officer, now=now, order=lead, order_set=columns,
            ticket_set={"urgency": form.urgency, **({"due_at": due} if due else {})},
            data={"from": ticket.urgency, "to": form.urgency, "reason": form.reason, "due": due},
        )  # fmt: skip


async def _assists(t: Tx, ticket: TicketRow) -> list[OrderRow]:
    rows = await t.fetch(
        f"SELECT {ORDER_COLUMNS} FROM work_order w WHERE w.ticket = $1 AND w.part = 'assist' AND w.status = ANY($2::text[])",
        ticket.id, sorted(ORDER_OPEN),
    )  # fmt: skip
    return [OrderRow(**{**row, "status": OrderStatus(row["status"])}) for row in rows]


async def _set(t: Tx, order: OrderRow, columns: dict[str, object]) -> None:
    """An assist's moments; its state is not touched."""
    if columns:
        sets = ", ".join(f"{column} = ${place}" for place, column in enumerate(columns, start=2))
        await t.execute(f"UPDATE work_order SET {sets} WHERE id = $1", order.id, *columns.values())


async def _now(officer: Officer, number: int, _at: datetime) -> Facts:
    ticket = await ticket_for(officer, number)
    return Facts(((_("现在"), urgency_word(ticket.urgency)),), {"urgency": ticket.urgency})


verbs = (
    Verb("rerate", Rerate, rerate, done=N_("已改等级，在走的时限从起算重算，承办单位会收到通知。"), facts=_now,
         initials="cddj", hint=N_("在走的时限都从起算重算；已经停的不再评。")),
)  # fmt: skip
