"""退单: the unit says the order is not its own, with a coded reason, inside its window.

The close clock runs on against the unit until the dispatcher accepts; a return never resets the ticket's age.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.db import Tx, tx
from core.errors import Invalid, Refused
from core.i18n import _
from core.officers import Officer
from crm.tickets import clocks_of, move
from crm.tickets.access import order_for, ticket_for
from crm.tickets.dispatch import Dispatch, plan
from crm.tickets.words import RETURN_CODE

SHORTEST_BASIS = 5


@dataclass(frozen=True)
class Return:
    """Why the unit gives the order back: code R1–R4, the basis, and who should have it."""

    code: str
    basis: str
    suggested_unit: int | None = None


def check(form: Return) -> Return:
    wrong: dict[str, str] = {}
    if form.code not in RETURN_CODE:
        wrong["code"] = _("选一个退单理由（R1 至 R4）。")
    if len(form.basis.strip()) < SHORTEST_BASIS:
        wrong["basis"] = _("写明依据，至少 {n} 个字，例如“楼前阀门后为开发商未移交管段”。").format(
            n=SHORTEST_BASIS
        )
    if wrong:
        raise Invalid(wrong)
    return Return(form.code, form.basis.strip(), form.suggested_unit)


async def ask(
    officer: Officer, order_id: int, form: Return, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """Ask to give the order back. Raises Refused once the return window is over."""
    asked = check(form)
    async with tx() as t:
        ticket, order = await order_for(officer, order_id, to="change")
        if order.part != "lead":
            raise Refused(_("协办单不退单；请在意见里写明。"), code="assist")
        if order.return_until is not None and now > order.return_until:
            raise Refused(_("退单期限已过，须由本单位办理。"), code="window_over")
        moved = await move.make(
            t, "ask_return", ticket, by=officer, now=now, order=order, order_seen=seen,
            data={"code": asked.code, "basis": asked.basis, "suggested_unit": asked.suggested_unit},
        )  # fmt: skip
        await t.execute(
            """INSERT INTO return_request (work_order, ticket, code, basis, suggested_unit, asked_at, asked_by_name)
               VALUES ($1, $2, $3, $4, $5, $6, $7)""",
            order.id, ticket.id, asked.code, asked.basis, asked.suggested_unit, now, officer.name,
        )  # fmt: skip
        return moved


async def accept(
    officer: Officer, number: int, form: Dispatch, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """退单成立: the order ends as returned and a new unit gets the ticket; the total age goes on."""
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        await move.check_seen(t, ticket, seen)
        order = await clocks_of.lead_order(t, ticket)
        planned = await plan(ticket, form, officer, now)
        moved = await move.make(
            t, "accept_return", ticket, by=officer, now=now, seen=seen, order=order,
            ticket_set={**planned.ticket_set, "returns": ticket.returns + 1},
            new_orders=planned.orders, data=planned.data,
        )  # fmt: skip
        await _rule(t, order.id, officer, now, upheld=True, ruling=form.reason)
        return moved


async def refuse(
    officer: Officer, number: int, *, ruling: str, now: datetime, seen: int | None = None
) -> move.Moved:
    """退单不成立: as if it had never been asked; it counts in the unit's refused returns."""
    if len(ruling.strip()) < SHORTEST_BASIS:
        raise Invalid({"ruling": _("写明为什么不成立，至少 {n} 个字。").format(n=SHORTEST_BASIS)})
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        await move.check_seen(t, ticket, seen)
        order = await clocks_of.lead_order(t, ticket)
        moved = await move.make(
            t, "refuse_return", ticket, by=officer, now=now, seen=seen, order=order,
            order_set={
                "signed_at": order.signed_at or now,  # returned before it was signed: the ruling signs it
                **await clocks_of.after_signing(ticket, order, now),
            },
            data={"ruling": ruling.strip()},
        )  # fmt: skip
        await _rule(t, order.id, officer, now, upheld=False, ruling=ruling.strip())
        return moved


async def _rule(t: Tx, order: int, officer: Officer, now: datetime, *, upheld: bool, ruling: str) -> None:
    await t.execute(
        """UPDATE return_request SET ruled_at = $2, ruled_by_name = $3, upheld = $4, ruling = $5
           WHERE work_order = $1 AND ruled_at IS NULL""",
        order, now, officer.name, upheld, ruling,
    )  # fmt: skip
