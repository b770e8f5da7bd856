"""转派: a unit hands its order to one below it, and takes it back. Deadlines stay; the unit goes on answering for it.

`work_order.unit` is who works, `answerable_unit` who is counted. What is a department's matter (`no_push_down`) is
never pushed to a street (66号文: 部门事项不得下推基层).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from core import clock
from core.db import Tx, tx
from core.errors import Invalid, NotFound, Refused
from core.fields import Field
from core.i18n import N_, _
from core.officers import Officer
from crm.tickets import escalating, move, secrecy
from crm.tickets.access import OrderRow, TicketRow, order_for
from crm.tickets.states import OrderStatus
from crm.tickets.verb import Facts, Verb
from routing import units
from routing.rulebook import Rulebook, rulebook


@dataclass(frozen=True)
class Down:
    unit: Annotated[int, Field(N_("转给哪个下属单位"), "unit", example=12)]
    note: Annotated[str, Field(N_("交代什么"), required=False, most=300)] = ""


@dataclass(frozen=True)
class Back:
    ground: Annotated[str, Field(N_("为什么收回"), least=4, example="下属单位无此职能，由本单位办理。")]


def no_push_down(book: Rulebook, ticket: TicketRow, unit: int) -> str:
    """The rule in words when the unit is a street and the matter a department's; else nothing."""
    if book.matter(ticket.matter).no_push_down and unit in book.units and book.units[unit].kind == "street":
        said = _("“{matter}”是部门事项，按规定不得下推给街道办理；由部门自办，需要街道配合的请派为协办。")
        return said.format(matter=ticket.matter_name)
    return ""


async def pass_down(
    officer: Officer, order_id: int, form: Down, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """To a unit below; unsigned, that unit signs. Raises Invalid with the rule that forbids it."""
    book = await rulebook()
    async with tx() as t:
        ticket, order = await order_for(officer, order_id, to="change")
        await _check(t, book, ticket, order, form.unit, now)
        data = {
            "from": order.unit, "from_name": book.units[order.unit].name, "unit": form.unit,
            "unit_name": book.units[form.unit].name, "note": form.note,
        }  # fmt: skip
        return await _hand(t, "pass_down", ticket, order, officer, now, seen, form.unit, data)


async def take_back(
    officer: Officer, order_id: int, form: Back, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """The unit that answers for it works on it again."""
    book = await rulebook()
    async with tx() as t:
        ticket, order = await order_for(officer, order_id, to="change")
        own = order.answerable_unit
        if own is None:
            raise Refused(_("这张承办单没有转派。"), code="wrong_state")
        if own not in officer.scopes:
            raise NotFound(_("只有转派出去的单位能收回。"))
        data = {
            "from": order.unit, "from_name": book.units[order.unit].name, "unit": own,
            "unit_name": book.units[own].name, "ground": form.ground,
        }  # fmt: skip
        return await _hand(t, "take_back", ticket, order, officer, now, seen, own, data)


async def _hand(
    t: Tx, name: str, ticket: TicketRow, order: OrderRow, officer: Officer, now: datetime, seen: int | None, unit: int,
    data: dict[str, Any],
) -> move.Moved:  # fmt: skip
    columns: dict[str, Any] = {
        "unit": unit,
        "answerable_unit": (order.answerable_unit or order.unit) if name == "pass_down" else None,
    }
    if order.status is OrderStatus.DISPATCHED:  # somebody else is to be woken from now on
        columns["escalation"] = 0
        columns["escalate_at"] = escalating.first_at(ticket.urgency, max(order.sign_due_at or now, now), now)
    moved = await move.make(
        t, name, ticket, by=officer, now=now, order=order, order_seen=seen, ticket_set={"lead_unit": unit},
        order_set=columns, data=data,
    )  # fmt: skip
    t.changed(f"unit:{order.unit}", f"unit:{unit}")
    return moved


async def _check(t: Tx, book: Rulebook, ticket: TicketRow, order: OrderRow, unit: int, now: datetime) -> None:
    wrong: dict[str, str] = {}
    target = book.units.get(unit)
    if target is None or not target.open_on(clock.local(now).date()):
        wrong["unit"] = _("从列表里选一个现有的单位。")
    elif unit == order.unit or unit not in await units.below(order.unit):
        wrong["unit"] = _("只能转给本单位的下属单位；别的单位请提请退单，由热线改派。")
    elif rule := no_push_down(book, ticket, unit):
        wrong["unit"] = rule
    elif said := await secrecy.check_targets(ticket, (unit,)):
        wrong["unit"] = said["lead"]
    elif await t.fetchval(
        "SELECT EXISTS (SELECT 1 FROM work_order WHERE ticket = $1 AND unit = $2 AND ended_at IS NULL AND id <> $3)",
        ticket.id, unit, order.id,
    ):  # fmt: skip
        wrong["unit"] = _("该单位已在协办这张单。")
    if wrong:
        raise Invalid(wrong)


async def _below(officer: Officer, order_id: int, _at: datetime) -> Facts:
    """Whom it can go to, and what forbids the streets."""
    ticket, order = await order_for(officer, order_id)
    book = await rulebook()
    below = [book.units[unit] for unit in sorted(await units.below(order.unit) - {order.unit})]
    if not below:
        raise Refused(_("本单位没有下属单位。"), code="nobody_below")
    lines = [(_("下属单位"), _("、").join(unit.name for unit in below[:12]))]
    street = next((unit.id for unit in below if unit.kind == "street"), None)
    if street is not None and (rule := no_push_down(book, ticket, street)):
        lines.append((_("规定"), rule))
    return Facts(lines)


def _was_passed(officer: Officer, _ticket: TicketRow, order: OrderRow | None) -> bool:
    return order is not None and order.answerable_unit is not None and order.answerable_unit in officer.scopes


def _has_below(officer: Officer, _ticket: TicketRow, order: OrderRow | None) -> bool:
    """Somebody whose posts reach further down than the unit that has it."""
    return order is not None and len(officer.scopes) > 1 and order.answerable_unit is None


verbs = (
    Verb("pass_down", Down, pass_down, "order", N_("已转派。时限不变，本单位仍负责。"), facts=_below, fits=_has_below,
         hint=N_("时限不变，考核仍算本单位；下属单位签收办理，本单位随时看得到，也能收回。"), initials="zp"),
    Verb("take_back", Back, take_back, "order", N_("已收回，由本单位办理。"), fits=_was_passed, initials="sh"),
)  # fmt: skip
