"""协办: units that help the lead, each with its own clock, reply and mark.

An assist owes its input by a third before the lead is due. A late one is flagged, and the lead is not blamed for it:
its own lateness then leaves the shared rate as `late_assist` (`crm/kpi/facts.py`), never the three of the city.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from core import clock, db
from core.db import Tx, tx
from core.errors import Invalid
from core.fields import Field
from core.i18n import N_, _
from core.officers import Officer
from crm.tickets import clocks_of, move, secrecy
from crm.tickets.access import OrderRow, TicketRow, ticket_for
from crm.tickets.verb import Facts, Verb
from crm.tickets.words import order_word
from routing.rulebook import Rulebook, rulebook

#: What the reviewer says of an assist's input.
MARK: Final = {1: N_("好"), 2: N_("迟或单薄"), 3: N_("差")}
_WITHOUT: Final = """SELECT w.id, w.unit, w.status, u.name AS unit_name FROM work_order w JOIN unit u ON u.id = w.unit
    WHERE w.ticket = $1 AND w.round = $2 AND w.part = 'assist' AND w.status IN ('dispatched', 'handling')
    ORDER BY w.id"""


@dataclass(frozen=True)
class More:
    assists: Annotated[tuple[int, ...], Field(N_("协办单位"), "units", least=1, most=5)]
    reason: Annotated[str, Field(N_("为什么要它协办"), least=5, example="路面由区城管恢复，需配合。")]
    note: Annotated[str, Field(N_("附言"), required=False)] = ""


async def add(
    officer: Officer, number: int, form: More, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """More assists on a ticket that a unit has: their clocks start now, their input is due before the lead's."""
    book = await rulebook()
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        lead = await clocks_of.lead_order(t, ticket)
        await _check(t, book, ticket, lead, form.assists, now)
        clocks = clocks_of.start_assist(book, ticket, lead.close_due_at or now, now)
        columns = {
            "reason": form.reason.strip(), "note": form.note.strip(), "dispatched_at": now,
            "dispatched_by": officer.id, "dispatched_by_name": officer.name, **clocks.assist,
        }  # fmt: skip
        return await move.make(
            t, "add_assist", ticket, by=officer, now=now, seen=seen,
            new_orders=[move.NewOrder(unit, "assist", columns, clocks.assist_ledger) for unit in form.assists],
            data={
                "assists": list(form.assists), "names": [book.units[unit].name for unit in form.assists],
                "reason": form.reason.strip(), "note": form.note.strip(), "due": columns["close_due_at"],
            },
        )  # fmt: skip


async def without(t: Tx, ticket: int, round_no: int) -> list[Any]:
    """Assists that have not given their input: `id, unit, status, unit_name`."""
    return list(await t.fetch(_WITHOUT, ticket, round_no))


def check_marks(marks: Mapping[int, int]) -> None:
    """Raises Invalid for what is no mark."""
    if any(mark not in MARK for mark in marks.values()):
        raise Invalid({"marks": _("协办评价只有好、迟或单薄、差三种。")})


async def write_marks(t: Tx, ticket: TicketRow, marks: Mapping[int, int]) -> None:
    """What the reviewer thought of each assist of the round; others' orders are left alone."""
    if not marks:
        return
    await t.executemany(
        """UPDATE work_order SET mark = $4 WHERE id = $1 AND ticket = $2 AND round = $3 AND part = 'assist'""",
        [(order, ticket.id, ticket.round, mark) for order, mark in marks.items()],
    )


def default_mark(row: Mapping[str, Any]) -> int:
    """What stands in the reviewer's form at first: late is late, nothing is poor."""
    if row["replied_at"] is None:
        return 3
    return 2 if is_late(row) else 1


def is_late(row: Mapping[str, Any]) -> bool:
    """Input after its moment. Of one without input the moment alone does not tell: see `without`."""
    due, done = row["close_due_at"], row["replied_at"]
    return due is not None and done is not None and done > due


async def _check(
    t: Tx, book: Rulebook, ticket: TicketRow, lead: OrderRow, assists: Sequence[int], now: datetime
) -> None:
    today = clock.local(now).date()
    if any(unit not in book.units or not book.units[unit].open_on(today) for unit in assists):
        raise Invalid({"assists": _("协办单位里有不存在或已撤销的，请重选。")})
    if lead.unit in assists:
        raise Invalid({"assists": _("主办单位不用再列为协办。")})
    there = await t.fetch(
        "SELECT unit FROM work_order WHERE ticket = $1 AND unit = ANY($2::int[]) AND ended_at IS NULL AND id <> $3",
        ticket.id, list(assists), lead.id,
    )  # fmt: skip
    if there:
        raise Invalid({"assists": _("{unit}已在协办这张单。").format(unit=book.units[there[0]["unit"]].name)})
    if wrong := await secrecy.check_targets(ticket, (lead.unit, *assists)):
        raise Invalid({"assists": next(iter(wrong.values()))})


async def _now_there(officer: Officer, number: int, _at: datetime) -> Facts:
    ticket = await ticket_for(officer, number)
    rows = await db.fetch(
        """SELECT w.part, w.status, w.close_due_at, u.name FROM work_order w JOIN unit u ON u.id = w.unit
           WHERE w.ticket = $1 AND w.ended_at IS NULL ORDER BY w.part DESC, w.id""",
        ticket.id,
    )
    return Facts(
        [(_("主办") if row["part"] == "lead" else _("协办"), f"{row['name']} · {order_word(row['status'])}") for row in rows]
    )  # fmt: skip


verbs = (
    Verb("add_assist", More, add, done=N_("已增派协办，时限从现在起算，比主办早三分之一。"), facts=_now_there,
         hint=N_("协办从现在起有自己的时限，在主办剩余时间的三分之二内回意见。"), initials="zpxb"),
)  # fmt: skip
