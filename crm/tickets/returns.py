"""退单: the unit says the order is not its own, with a coded reason, inside its window, with its head's word.

The close clock runs on against the unit until the dispatcher accepts; a return never resets the ticket's age.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from core import db
from core.db import Tx, tx
from core.errors import Invalid, Refused
from core.fields import Field
from core.i18n import N_, _
from core.officers import Officer
from crm.tickets import clocks_of, conferences, move
from crm.tickets.access import OrderRow, order_for, ticket_for
from crm.tickets.dispatch import Dispatch, plan
from crm.tickets.verb import Verb
from crm.tickets.words import RETURN_CODE

SHORTEST_BASIS = 5


@dataclass(frozen=True)
class Drop:
    """Why the head does not agree to the return."""

    ground: Annotated[str, Field(N_("不同意的理由"), least=5, example="属本所辖区，由三组办理。")]


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
    """Ask to give the order back: a handler proposes it to the unit's head, the head sends it to the hotline.

    In time is when it was proposed. The third return that would be upheld goes to a conference by itself. Raises Refused once the window is over,
    for a designated order, and while another proposal waits.
    """
    asked = check(form)
    async with tx() as t:
        ticket, order = await order_for(officer, order_id, to="change")
        proposed = await proposal(order.id)
        _check_may_return(order, proposed["asked_at"] if proposed else now)
        if proposed is not None and not officer.can("order.approve"):
            raise Refused(_("已提请退单，等本单位负责人同意。"), code="waiting")
        data = {"code": asked.code, "basis": asked.basis, "suggested_unit": asked.suggested_unit}
        if not officer.can("order.approve"):
            moved = await move.make(
                t, "propose_return", ticket, by=officer, now=now, order=order, order_seen=seen, data=data
            )
            await _write(t, order, asked, officer, now, approved=False)
            return moved
        moved = await move.make(
            t, "ask_return", ticket, by=officer, now=now, order=order, order_seen=seen, data=data
        )
        if proposed is None:
            await _write(t, order, asked, officer, now, approved=True)
        else:
            await _approve(t, proposed["id"], asked, officer, now)
        return await conferences.call_if_due(t, ticket, now) or moved


async def drop(
    officer: Officer, order_id: int, form: Drop, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """The head does not agree: the handler goes on with the order."""
    async with tx() as t:
        ticket, order = await order_for(officer, order_id, to="change")
        proposed = await proposal(order.id)
        if proposed is None:
            raise Refused(_("没有待同意的退单，可能已经处理。"), code="no_request")
        await _rule(t, order.id, officer, now, upheld=False, ruling=form.ground)
        return await move.make(
            t, "drop_return", ticket, by=officer, now=now, order=order, order_seen=seen,
            data={"ground": form.ground},
        )  # fmt: skip


async def proposal(order: int) -> Any:
    """What the unit's handler proposed and its head has not answered yet; None when nothing waits."""
    return await db.fetchrow(
        "SELECT * FROM return_request WHERE work_order = $1 AND ruled_at IS NULL AND approved_at IS NULL",
        order,
    )


async def accept(
    officer: Officer, number: int, form: Dispatch, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """退单成立: the order ends as returned and a new unit gets the ticket; the total age goes on."""
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        await move.check_seen(t, ticket, seen)
        order = await clocks_of.lead_order(t, ticket)
        if ticket.returns + 1 >= await conferences.returns_before(ticket, now):
            raise Refused(
                _("已退 {n} 次，须提交会商定主办单位。").format(n=ticket.returns + 1), code="conference"
            )
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


def binding() -> Refused:
    return Refused(_("本单由会商指定，不能再退，须由本单位办理。"), code="binding")


def _check_may_return(order: OrderRow, now: datetime) -> None:
    if order.part != "lead":
        raise Refused(_("协办单不退单；请在意见里写明。"), code="assist")
    if order.binding:
        raise binding()
    if order.return_until is not None and now > order.return_until:
        raise Refused(_("退单期限已过，须由本单位办理。"), code="window_over")


async def _write(
    t: Tx, order: OrderRow, asked: Return, by: Officer, now: datetime, *, approved: bool
) -> None:
    await t.execute(
        """INSERT INTO return_request (work_order, ticket, code, basis, suggested_unit, asked_at, asked_by_name,
               approved_at, approved_by_name)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        order.id, order.ticket, asked.code, asked.basis, asked.suggested_unit, now, by.name,
        now if approved else None, by.name if approved else "",
    )  # fmt: skip


async def _approve(t: Tx, request: int, asked: Return, by: Officer, now: datetime) -> None:
    await t.execute(
        """UPDATE return_request SET approved_at = $2, approved_by_name = $3, code = $4, basis = $5,
               suggested_unit = $6 WHERE id = $1""",
        request, now, by.name, asked.code, asked.basis, asked.suggested_unit,
    )  # fmt: skip


async def _rule(t: Tx, order: int, officer: Officer, now: datetime, *, upheld: bool, ruling: str) -> None:
    await t.execute(
        """UPDATE return_request SET ruled_at = $2, ruled_by_name = $3, upheld = $4, ruling = $5
           WHERE work_order = $1 AND ruled_at IS NULL""",
        order, now, officer.name, upheld, ruling,
    )  # fmt: skip


verbs = (
    Verb("drop_return", Drop, drop, "order", N_("已退回承办人，本单位继续办理。"), initials="btytd"),
)  # fmt: skip
