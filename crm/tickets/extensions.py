"""延期: asked for by the unit before the order is due, granted by the hotline, told to the citizen.

How much and how often comes from the limits `extension` and `extension_2`; the second is the supervisor's.
The due moment moves by the ledger (`clocks.py`); what it was first stays beside it for the second figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from core import clock
from core.db import tx
from core.errors import Denied, Invalid, Refused
from core.fields import Field
from core.i18n import N_, _, moment
from core.officers import Officer
from crm.tickets import clocks_of, move, time_requests
from crm.tickets.access import OrderRow, TicketRow, order_for, ticket_for
from crm.tickets.clock_words import amount
from crm.tickets.verb import Facts, Verb
from crm.tickets.words import say
from routing.limits import Limit, LimitMissing
from routing.rulebook import rulebook

#: Never "busy".
GROUND: Final = {
    "works": N_("工程、采购按工序需要时间"),
    "evidence": N_("需要检测、鉴定、调查取证"),
    "several": N_("需要多个单位配合"),
    "season": N_("受季节、天气或供货限制"),
}
HOW_TOLD: Final = {"call": N_("已电话告知"), "visit": N_("已当面告知"), "sms": N_("由热线短信告知")}


@dataclass(frozen=True)
class Ask:
    """Why, how much more (in the unit of the limit), and how the citizen heard of it."""

    ground: Annotated[str, Field(N_("理由"), "choices", options=GROUND)]
    amount: Annotated[
        int, Field(N_("延多少"), "number", N_("单位同上面的“这次最多”"), least=1, most=100, example=3)
    ]
    note: Annotated[
        str, Field(N_("具体情况和进度"), least=10, example="配件 11 月 27 日到货，29 日前更换完成。")
    ]
    told: Annotated[str, Field(N_("怎样告知市民"), "choices", options=HOW_TOLD)]


@dataclass(frozen=True)
class Grant:
    """The hotline's yes; it may grant less than was asked."""

    amount: Annotated[int, Field(N_("准延多少"), "number", N_("可以少于申请"), least=1, most=100)]
    ruling: Annotated[str, Field(N_("批准说明"), least=2)]


@dataclass(frozen=True)
class Refuse:
    ruling: Annotated[str, Field(N_("不准的理由"), least=5, example="同类配件本市有货，可调拨。")]


async def ask(
    officer: Officer, order_id: int, form: Ask, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """Ask for an extension. Raises Refused once the order is due, or when its class has none (left)."""
    async with tx() as t:
        ticket, order = await order_for(officer, order_id, to="change")
        limit = await _may_have(ticket, order, now)
        if form.amount > limit.amount:
            raise Invalid({"amount": _("最多延 {most}。").format(most=amount(limit))})
        await time_requests.ask(
            t, order, "extension", officer, now, ground=form.ground, note=form.note, amount=form.amount,
            unit=limit.unit, told=form.told,
        )  # fmt: skip
        return await move.make(
            t, "ask_extension", ticket, by=officer, now=now, order=order, order_seen=seen,
            data={"ground": form.ground, "amount": form.amount, "unit": limit.unit, "note": form.note},
        )  # fmt: skip


async def grant(
    officer: Officer, number: int, form: Grant, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """Grant it; the citizen is told. Raises Denied when the second needs the supervisor."""
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        order = await clocks_of.lead_order(t, ticket)
        asked = await time_requests.waiting(order.id, "extension")
        if form.amount > asked["amount"]:
            raise Invalid({"amount": _("不能多于申请的 {n}。").format(n=asked["amount"])})
        if order.extensions and not officer.can("ticket.supervise"):
            raise Denied(_("第二次延期须班长批准。"))
        by = Limit(form.amount, asked["unit"], (await allowance(ticket, order, now)).version)
        columns = await clocks_of.extend(t, order, by, now, note=asked["ground"], actor=officer.name)
        await time_requests.rule(t, asked["id"], officer, now, granted=True, ruling=form.ruling)
        return await move.make(
            t, "grant_extension", ticket, by=officer, now=now, seen=seen, order=order,
            ticket_set={"due_at": columns["close_due_at"]}, order_set=columns,
            data={"amount": form.amount, "unit": by.unit, "ruling": form.ruling, "was": order.close_due_at,
                  "due": columns["close_due_at"]},
        )  # fmt: skip


async def refuse(
    officer: Officer, number: int, form: Refuse, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """Refuse it: the due moment stays, the unit may ask again."""
    return await time_requests.refuse(officer, number, "extension", form.ruling, now=now, seen=seen)


async def allowance(ticket: TicketRow, order: OrderRow, now: datetime) -> Limit:
    """The most that the next extension may be. Raises Refused when there is none."""
    name = "extension" if order.extensions == 0 else f"extension_{order.extensions + 1}"
    book = await rulebook()
    try:
        limit = book.limits.resolve(ticket.kind, ticket.urgency, name, clock.local(now).date())
    except LimitMissing:
        limit = Limit(0, "workday")
    if not limit:
        said = _("P{n} 不得延期。") if order.extensions == 0 else _("P{n} 的延期次数已用完。")
        raise Refused(said.format(n=ticket.urgency), code="no_extension")
    return limit


async def _may_have(ticket: TicketRow, order: OrderRow, now: datetime) -> Limit:
    limit = await allowance(ticket, order, now)
    if order.close_due_at is not None and now >= order.close_due_at:
        raise Refused(_("办结时限已到，不能再申请延期；请尽快答复。"), code="overdue")
    return limit


async def _most(officer: Officer, order_id: int, now: datetime) -> Facts:
    """How much, how often, and what the most would come to."""
    ticket, order = await order_for(officer, order_id)
    limit = await _may_have(ticket, order, now)
    await time_requests.refuse_where_one_waits(order.id)
    lines = (
        (_("这次最多"), await _comes_to(order, limit, now)),
        (_("已延期"), amount(Limit(order.extensions, "times"))),
        await time_requests.evidence(ticket.id),
    )
    return Facts(lines)


async def _comes_to(order: OrderRow, by: Limit, now: datetime) -> str:
    """`24 小时，办结从 11-24 11:04 改到 11-25 11:04`"""
    ends = await clocks_of.due_with(order, by, now)
    if ends is None or order.close_due_at is None:
        return amount(by)
    said = _("{amount}，办结从 {was} 改到 {due}")
    return said.format(amount=amount(by), was=moment(order.close_due_at, now), due=moment(ends, now))


async def _asked(officer: Officer, number: int, now: datetime) -> Facts:
    """What the ruling rests on. The officer has been let in by the page."""
    asked = await time_requests.asked_of(officer, number, "extension")
    async with tx() as t:
        order = await clocks_of.lead_order(t, await ticket_for(officer, number))
    by = Limit(asked["amount"], asked["unit"])
    lines = (
        (_("申请"), f"{asked['asked_by_name']} · {await _comes_to(order, by, now)}"),
        (_("已延期"), amount(Limit(order.extensions, "times"))),
        (_("理由"), f"{say(GROUND, asked['ground'])}：{asked['note']}"),
        (_("告知市民"), say(HOW_TOLD, asked["told"])),
        await time_requests.evidence(number),
    )
    return Facts(lines, {"amount": asked["amount"]})


verbs = (
    Verb("ask_extension", Ask, ask, "order", N_("延期申请已送热线。裁定前，办结时限照走。"),
         hint=N_("到期前才能申请。批准前时限照走。"), facts=_most, initials="sqyq"),
    Verb("grant_extension", Grant, grant, done=N_("已准延期，时限已改，市民会收到短信。"), facts=_asked),
    Verb("refuse_extension", Refuse, refuse, done=N_("已退回延期申请，时限不变。"), facts=_asked),
)  # fmt: skip
