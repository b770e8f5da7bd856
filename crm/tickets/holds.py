"""挂起: the close clock pauses only while the hotline has approved it, until a date, and wakes by itself.

A hold that waits for the citizen (需补充) tells them so, reminds them once, and ends when they answer.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final

from core import db
from core.db import Tx, tx
from core.errors import Invalid, Refused
from core.fields import Field
from core.i18n import N_, _
from core.officers import Officer
from crm.tickets import clocks_of, move, open_words, time_requests
from crm.tickets.access import OrderRow, TicketRow, order_for, ticket_for
from crm.tickets.hotline import HOTLINE
from crm.tickets.states import OrderStatus, Status
from crm.tickets.verb import Facts, Verb
from crm.tickets.words import say

#: Never "busy".
GROUND: Final = {
    "citizen": N_("等市民补充材料或约时间"),
    "legal": N_("法定程序进行中"),
    "season": N_("季节或计划内施工"),
    "third": N_("第三方工程进行中"),
}
#: The longest a hold may last at a time, by ground.
LONGEST: Final = {"citizen": timedelta(days=7)}
LONGEST_ELSE: Final = timedelta(days=90)


@dataclass(frozen=True)
class Ask:
    ground: Annotated[str, Field(N_("理由"), "choices", options=GROUND)]
    resume_on: Annotated[datetime, Field(N_("何时恢复"), "moment", N_("到时自动恢复；等市民最长 7 天"))]
    note: Annotated[str, Field(N_("具体情况"), least=10, example="管道改造 12 月 5 日前完成，此前无法供热。")]


@dataclass(frozen=True)
class Grant:
    resume_on: Annotated[datetime, Field(N_("何时恢复"), "moment", N_("可以早于申请"))]
    ruling: Annotated[str, Field(N_("批准说明"), required=False)] = ""
    tell: Annotated[
        str,
        Field(
            N_("需要市民补充什么"), "text", N_("只在等市民时填，短信照发"), required=False, most=15,
            example="房产证照片",
        ),
    ] = ""  # fmt: skip


@dataclass(frozen=True)
class Refuse:
    ruling: Annotated[str, Field(N_("不准的理由"), least=5)]


@dataclass(frozen=True)
class Resume:
    ground: Annotated[str, Field(N_("为什么恢复"), least=2, example="材料已收到。")]


async def ask(
    officer: Officer, order_id: int, form: Ask, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """Ask to pause the close clock. Raises Refused before the first contact, and once the order is due."""
    async with tx() as t:
        ticket, order = await order_for(officer, order_id, to="change")
        _check_may(ticket, order, now)
        _check_until(form.ground, form.resume_on, now)
        await time_requests.ask(
            t, order, "hold", officer, now, ground=form.ground, note=form.note, resume_on=form.resume_on
        )
        return await move.make(
            t, "ask_hold", ticket, by=officer, now=now, order=order, order_seen=seen,
            data={"ground": form.ground, "resume_on": form.resume_on, "note": form.note},
        )  # fmt: skip


async def grant(
    officer: Officer, number: int, form: Grant, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """Pause the close clock from now on; the citizen is told, and asked for what is waited for."""
    open_words.check("tell", form.tell)
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        order = await clocks_of.lead_order(t, ticket)
        asked = await time_requests.waiting(order.id, "hold")
        _check_until(asked["ground"], form.resume_on, now)
        columns = await clocks_of.pause(t, order, now, note=asked["ground"], actor=officer.name)
        await time_requests.rule(t, asked["id"], officer, now, granted=True, ruling=form.ruling)
        return await move.make(
            t, "grant_hold", ticket, by=officer, now=now, seen=seen, order=order, ticket_set={"due_at": None},
            order_set={**columns, "resume_on": form.resume_on},
            data={
                "ground": asked["ground"], "resume_on": form.resume_on, "ruling": form.ruling,
                **({"tell": form.tell} if form.tell else {}),
            },
        )  # fmt: skip


async def refuse(
    officer: Officer, number: int, form: Refuse, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """Refuse it: the clock runs on, the unit may ask again."""
    return await time_requests.refuse(officer, number, "hold", form.ruling, now=now, seen=seen)


async def resume(
    officer: Officer, number: int, form: Resume, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """Go on before the date: by the unit, the dispatcher, or the hotline's own job on the date."""
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        order = await clocks_of.lead_order(t, ticket)
        if order.status != OrderStatus.SUSPENDED:
            raise Refused(_("这张单没有挂起。"), code="wrong_state")
        if not officer.can("ticket.see") and order.unit not in officer.scopes:
            raise Refused(_("只有承办单位或热线可以恢复。"), code="not_yours")
        columns = await clocks_of.go_on(t, order, now, note=form.ground, actor=officer.name)
        return await move.make(
            t, "resume", ticket, by=officer, now=now, seen=seen, order=order,
            ticket_set={"due_at": columns["close_due_at"]}, order_set=columns, data={"ground": form.ground},
        )  # fmt: skip


async def wake_next(*, now: datetime) -> bool:
    """Resume the hold whose date has come longest ago, in a transaction of its own; False when none has."""
    number = await db.fetchval(
        """SELECT w.ticket FROM work_order w WHERE w.resume_on <= $1 AND w.status = 'suspended'
           ORDER BY w.resume_on LIMIT 1""",
        now,
    )
    if number is None:
        return False
    with suppress(Refused):  # somebody was first
        await resume(HOTLINE, number, Resume(_("挂起到期，自动恢复")), now=now)
    return True


async def answered(t: Tx, ticket: TicketRow, now: datetime) -> bool:
    """The citizen has said something: a hold that waits for them ends by itself, in this transaction."""
    if ticket.status is not Status.SUSPENDED or await _waits_for_citizen(t, ticket.id) is None:
        return False
    await resume(HOTLINE, ticket.id, Resume(_("市民已补充，自动恢复")), now=now)
    return True


async def remind_next(*, now: datetime) -> bool:
    """Remind the citizen whose hold passed half its time longest ago, once; False when none has."""
    row = await db.fetchrow(
        """SELECT r.id, r.ticket, w.resume_on FROM time_request r JOIN work_order w ON w.id = r.work_order
           WHERE r.kind = 'hold' AND r.ground = 'citizen' AND r.granted AND r.reminded_at IS NULL
             AND w.status = 'suspended' AND r.ruled_at >= w.suspended_at
             AND r.ruled_at + (w.resume_on - r.ruled_at) / 2 <= $1
           ORDER BY r.ruled_at LIMIT 1""",
        now,
    )
    if row is None:
        return False
    async with tx() as t:
        ticket = await ticket_for(HOTLINE, row["ticket"], to="change")
        first = await t.fetchval(
            "UPDATE time_request SET reminded_at = $2 WHERE id = $1 AND reminded_at IS NULL RETURNING id",
            row["id"], now,
        )  # fmt: skip
        if first is not None and ticket.status is Status.SUSPENDED:
            data = {"ground": "citizen", "resume_on": row["resume_on"]}
            await move.make(t, "remind_citizen", ticket, by=HOTLINE, now=now, data=data)
    return True


async def _waits_for_citizen(t: Tx, ticket: int) -> int | None:
    """The granted hold that is in force, when it is the citizen who is waited for."""
    found: int | None = await t.fetchval(
        """SELECT r.id FROM time_request r JOIN work_order w ON w.id = r.work_order
           WHERE r.ticket = $1 AND r.kind = 'hold' AND r.ground = 'citizen' AND r.granted AND w.status = 'suspended'
             AND r.ruled_at >= w.suspended_at""",
        ticket,
    )
    return found


def _check_may(ticket: TicketRow, order: OrderRow, now: datetime) -> None:
    if order.contacted_at is None and clocks_of.is_to_be_contacted(ticket):
        raise Refused(_("先联系市民并记录，再申请挂起。"), code="not_contacted")
    if order.close_due_at is not None and now >= order.close_due_at:
        raise Refused(_("办结时限已到，不能再申请挂起；请尽快答复。"), code="overdue")


def _check_until(ground: str, until: datetime, now: datetime) -> None:
    longest = LONGEST.get(ground, LONGEST_ELSE)
    if not now < until <= now + longest:
        raise Invalid({"resume_on": _("填今后 {n} 天以内的时间。").format(n=longest.days)})


async def _may_ask(officer: Officer, order_id: int, now: datetime) -> Facts:
    """Whether it can be asked for at all, before anything is typed."""
    ticket, order = await order_for(officer, order_id)
    _check_may(ticket, order, now)
    await time_requests.refuse_where_one_waits(order.id)
    return Facts([await time_requests.evidence(ticket.id)])


async def _asked(officer: Officer, number: int, _at: datetime) -> Facts:
    asked = await time_requests.asked_of(officer, number, "hold")
    lines = (
        (_("申请"), f"{asked['asked_by_name']} · {say(GROUND, asked['ground'])}"),
        (_("具体情况"), asked["note"]),
        await time_requests.evidence(number),
    )
    return Facts(lines, {"resume_on": asked["resume_on"]})


verbs = (
    Verb("ask_hold", Ask, ask, "order", N_("挂起申请已送热线。裁定前，办结时限照走。"),
         hint=N_("“忙”不是挂起的理由。批准前时限照走。"), facts=_may_ask, initials="sqgq"),
    Verb("grant_hold", Grant, grant, done=N_("已准挂起，办结时限暂停，到时自动恢复。"), facts=_asked),
    Verb("refuse_hold", Refuse, refuse, done=N_("已退回挂起申请，时限照走。"), facts=_asked),
    Verb("resume", Resume, resume, done=N_("已恢复办理，时限接着走。")),
)  # fmt: skip
