"""会商: who must act is settled together, and what comes of it binds (指定承办).

Called by a dispatcher or a supervisor on a return, and by the hotline itself on the return that would be one too
many (limit `conference_after`, 3). The order stays where the return left it; its close clock runs on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from core import clock
from core.db import Tx, tx
from core.errors import Invalid
from core.fields import Field
from core.i18n import N_, _
from core.officers import Officer
from crm.tickets import clocks_of, move
from crm.tickets.access import TicketRow, ticket_for
from crm.tickets.dispatch import Dispatch, plan
from crm.tickets.hotline import HOTLINE
from crm.tickets.verb import Facts, Verb
from crm.tickets.words import RETURN_CODE, say
from routing.rulebook import rulebook


@dataclass(frozen=True)
class Call:
    """Which units come together, and what they are to settle."""

    participants: Annotated[tuple[int, ...], Field(N_("参加单位"), "units", least=2, most=12)]
    question: Annotated[str, Field(N_("要定什么"), least=5, example="小区外管段漏水由谁主办")]


@dataclass(frozen=True)
class Minute:
    content: Annotated[str, Field(N_("会商记录"), least=5, most=2000)]


@dataclass(frozen=True)
class Designate:
    """The unit that has to do it, and on what ground. It cannot return the order."""

    lead: Annotated[int, Field(N_("指定主办单位"), "unit")]
    assists: Annotated[tuple[int, ...], Field(N_("协办单位"), "units", required=False, most=6)]
    reason: Annotated[
        str, Field(N_("指定的依据"), least=5, example="会商纪要：管段权属未定前由区城管委先办。")
    ]


async def call(
    officer: Officer, number: int, form: Call, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """Call the conference instead of ruling on the return alone."""
    book = await rulebook()
    if any(unit not in book.units for unit in form.participants):
        raise Invalid({"participants": _("从列表里选现有的单位。")})
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        return await _call(t, ticket, officer, form, now, seen=seen)


async def call_if_due(t: Tx, ticket: TicketRow, now: datetime) -> move.Moved | None:
    """The return just asked for on this locked ticket is one too many: the hotline calls the units that had it."""
    if ticket.returns + 1 < await returns_before(ticket, now):
        return None
    afresh = await ticket_for(HOTLINE, ticket.id)
    units = await t.fetch(
        "SELECT DISTINCT unit FROM work_order WHERE ticket = $1 AND round = $2 AND part = 'lead'",
        ticket.id, ticket.round,
    )  # fmt: skip
    question = _("已退 {n} 次，请定主办单位。").format(n=ticket.returns + 1)
    form = Call(tuple(sorted(row["unit"] for row in units)), question)
    return await _call(t, afresh, HOTLINE, form, now)


async def minute(
    officer: Officer, number: int, form: Minute, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """What was said; minutes pile up in the story until the designation."""
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        return await move.make(
            t, "minute", ticket, by=officer, now=now, seen=seen, data={"content": form.content}
        )


async def designate(
    officer: Officer, number: int, form: Designate, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """指定承办: the order goes on where it is, or to another unit; it cannot be returned any more."""
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        await move.check_seen(t, ticket, seen)
        order = await clocks_of.lead_order(t, ticket)
        if form.lead == order.unit:
            if form.assists:
                raise Invalid({"assists": _("原单位接着办时，协办单位另用“增派协办”加。")})
            columns = await clocks_of.after_signing(ticket, order, now)
            moved = await move.make(
                t, "designate_same", ticket, by=officer, now=now, seen=seen, order=order,
                order_set={"signed_at": order.signed_at or now, **_BINDS, **columns},
                data={"ruling": form.reason},
            )  # fmt: skip
        else:
            planned = await plan(ticket, Dispatch(form.lead, form.reason, form.assists), officer, now)
            lead, *assists = planned.orders
            binding = move.NewOrder(lead.unit, lead.part, {**lead.columns, **_BINDS}, lead.clocks)
            moved = await move.make(
                t, "designate", ticket, by=officer, now=now, seen=seen, order=order,
                ticket_set={**planned.ticket_set, "returns": ticket.returns + 1},
                new_orders=[binding, *assists], data=planned.data,
            )  # fmt: skip
        await _settle(t, ticket, order.id, officer, form, now, upheld=form.lead != order.unit)
        return moved


#: What a designated order has instead of a return window.
_BINDS: Final = {"binding": True, "return_until": None}


async def returns_before(ticket: TicketRow, now: datetime) -> int:
    """The how-manieth return goes to a conference (limit `conference_after`)."""
    book = await rulebook()
    day = clock.local(now).date()
    return book.limits.resolve(ticket.kind, ticket.urgency, "conference_after", day).amount


async def _call(
    t: Tx, ticket: TicketRow, officer: Officer, form: Call, now: datetime, *, seen: int | None = None
) -> move.Moved:
    book = await rulebook()
    due = clocks_of.due_of(book, ticket, "conference", now)
    names = [book.units[unit].name for unit in form.participants]
    moved = await move.make(
        t, "call_conference", ticket, by=officer, now=now, seen=seen,
        data={"participants": list(form.participants), "names": names, "question": form.question, "due": due},
    )  # fmt: skip
    await t.execute(
        """INSERT INTO conference (ticket, question, participants, called_at, called_by_name, due_at)
           VALUES ($1, $2, $3, $4, $5, $6)""",
        ticket.id, form.question, list(form.participants), now, officer.name, due,
    )  # fmt: skip
    return moved


async def _settle(
    t: Tx, ticket: TicketRow, order: int, officer: Officer, form: Designate, now: datetime, *, upheld: bool
) -> None:
    await t.execute(
        """UPDATE conference SET ruled_at = $2, ruled_by_name = $3, lead_unit = $4, ruling = $5
           WHERE ticket = $1 AND ruled_at IS NULL""",
        ticket.id, now, officer.name, form.lead, form.reason,
    )  # fmt: skip
    await t.execute(
        """UPDATE return_request SET ruled_at = $2, ruled_by_name = $3, upheld = $4, ruling = $5
           WHERE work_order = $1 AND ruled_at IS NULL""",
        order, now, officer.name, upheld, form.reason,
    )  # fmt: skip


async def _held(officer: Officer, number: int, _at: datetime) -> Facts:
    """Who had it and gave it back, and who comes to the conference."""
    book = await rulebook()
    async with tx() as t:
        await ticket_for(officer, number)
        rows = await t.fetch(
            """SELECT w.unit, r.code, r.basis FROM return_request r JOIN work_order w ON w.id = r.work_order
               WHERE r.ticket = $1 AND r.approved_at IS NOT NULL ORDER BY r.id""",
            number,
        )
        called: Any = await t.fetchrow(
            "SELECT * FROM conference WHERE ticket = $1 AND ruled_at IS NULL", number
        )
    lines = [
        (book.units[r["unit"]].name, f"{r['code']} {say(RETURN_CODE, r['code'])}：{r['basis']}") for r in rows
    ]
    if called is not None:
        units = _("、").join(book.units[unit].name for unit in called["participants"])
        lines += [(_("要定什么"), called["question"]), (_("参加单位"), units)]
    return Facts(lines, {"participants": sorted({row["unit"] for row in rows})})


verbs = (
    Verb("call_conference", Call, call, done=N_("已提交会商，等班长指定。"), facts=_held, initials="tjhs"),
    Verb("minute", Minute, minute, done=N_("已记下。"), facts=_held, initials="hsjl"),
    Verb("designate", Designate, designate, done=N_("已指定承办单位，不能再退。"), facts=_held, initials="zdcb",
         hint=N_("选原承办单位，就由它接着办；选别的单位，就改派过去。都不能再退。")),
)  # fmt: skip
