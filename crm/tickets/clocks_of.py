"""The clocks of a ticket and its orders, as columns: what the pure ledger (`clocks.py`) says, stored and indexed.

A work order minds one clock at a time: sign until it is signed, then first contact, then close. Which one, its
due moment and the moments its light turns are columns, so that lists sort and the sweep finds rows by index.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from core import clock, db
from core.db import Tx
from core.errors import Refused
from core.i18n import _
from crm.tickets.access import ORDER_COLUMNS, OrderRow, TicketRow
from crm.tickets.clocks import Entry, Kind, due, is_over, measure, standing
from crm.tickets.lights import turns_at
from crm.tickets.states import ORDER_OPEN, OrderStatus
from routing.limits import Limit
from routing.rulebook import Rulebook, rulebook

#: No clock of the unit runs: handed in, or ended.
RESTING: dict[str, Any] = {
    "clock": "", "clock_from": None, "clock_due_at": None, "yellow_at": None, "orange_at": None,
    "light": "grey", "light_turns_at": None,
}  # fmt: skip
CLOCKS = ("sign", "contact", "close")
#: Minutes that an assist has at least, however late the lead is.
SHORTEST_ASSIST = 30


@dataclass(frozen=True)
class Started:
    """Columns of a new lead or assist, and the ledger lines they rest on (clock, amount, unit, version)."""

    lead: dict[str, Any]
    assist: dict[str, Any]
    ledger: tuple[tuple[str, int, str, str], ...]
    assist_ledger: tuple[tuple[str, int, str, str], ...]


def start(book: Rulebook, kind: str, urgency: int, now: datetime, *, close: str = "close") -> Started:
    """Sign, contact and close start together at dispatch; else stalling pays. `close`: the limit of the close clock,
    which is `redo`'s shorter one in a further round."""
    limits = {name: _limit(book, kind, urgency, name, now) for name in (*CLOCKS, "return")}
    limits["close"] = _limit(book, kind, urgency, close, now)
    assist = {**limits, "close": limits["close"].for_assist()}
    return Started(_columns(book, limits, now), _columns(book, assist, now), _ledger(limits), _ledger(assist))


def start_assist(book: Rulebook, ticket: TicketRow, lead_due: datetime, now: datetime) -> Started:
    """An assist that joins later: its close is due when two thirds of what the lead has left are over, in the lead's
    kind of time, at least one working day or half an hour. Only the assist's half of `Started` counts."""
    limits = {name: _limit(book, ticket.kind, ticket.urgency, name, now) for name in (*CLOCKS, "return")}
    whole = limits["close"]
    if whole.in_workdays:
        calendar = book.calendar
        left = Limit(
            max(1, calendar.workdays_between(calendar.date_of(now), calendar.date_of(lead_due))), "workday"
        )
    else:
        left = Limit(max(SHORTEST_ASSIST * 3 // 2, int((lead_due - now).total_seconds()) // 60), "min")
    limits["close"] = Limit(left.amount, left.unit, whole.version).for_assist()
    return Started({}, _columns(book, limits, now), (), _ledger(limits))


def dispatch_due(book: Rulebook, kind: str, urgency: int, now: datetime) -> datetime:
    """The hotline's own limit until the ticket is with a unit."""
    return _due(book, now, _limit(book, kind, urgency, "dispatch", now))


def due_of(book: Rulebook, ticket: TicketRow, name: str, now: datetime) -> datetime:
    """When something that starts now is due by the ticket's limit `name`."""
    return _due(book, now, _limit(book, ticket.kind, ticket.urgency, name, now))


def follow_up_due(book: Rulebook, ticket: TicketRow, now: datetime) -> datetime:
    return due_of(book, ticket, "follow_up", now)


async def after_signing(ticket: TicketRow, order: OrderRow, now: datetime) -> dict[str, Any]:
    """Signed: the unit minds first contact now, where there is somebody to reach, else the close."""
    if (
        order.part == "lead"
        and order.contacted_at is None
        and order.contact_due_at
        and is_to_be_contacted(ticket)
    ):
        return await _minding("contact", order, order.contact_due_at, now)
    return await after_contact(ticket, order, now)


def is_to_be_contacted(ticket: TicketRow) -> bool:
    """Whether the unit itself can reach somebody: of an anonymous or confidential ticket it sees no number."""
    return bool(ticket.phone_tail) and not ticket.anonymous and not ticket.confidential


async def after_contact(_ticket: TicketRow, order: OrderRow, now: datetime) -> dict[str, Any]:
    """Contacted, or sent back by the review: the unit minds the close."""
    if order.close_due_at is None:
        return RESTING
    return await _minding("close", order, order.close_due_at, now)


async def lead_order(t: Tx, ticket: TicketRow) -> OrderRow:
    """The open lead order of a ticket whose row is locked. Raises Refused when no unit has it."""
    row = await t.fetchrow(
        f"""SELECT {ORDER_COLUMNS} FROM work_order w
            WHERE w.ticket = $1 AND w.part = 'lead' AND w.status = ANY($2::text[])""",
        ticket.id,
        sorted(ORDER_OPEN),
    )
    if row is None:
        raise Refused(_("这张单现在不在任何单位手里。"), code="no_order")
    return OrderRow(**{**row, "status": OrderStatus(row["status"])})


async def extend(
    t: Tx, order: OrderRow, by: Limit, now: datetime, *, note: str, actor: str
) -> dict[str, Any]:
    """Write an extension of the close clock into its ledger; the order's columns that follow from it."""
    entry = Entry.to(Kind.EXTEND, now, by, note=note, actor_name=actor)
    ends = await _enter_and_run(t, order, entry)
    assert ends is not None, "an extension is granted to a clock that runs"
    return {
        "close_due_at": ends, "first_due_at": order.first_due_at or order.close_due_at,
        "extensions": order.extensions + 1,
        **(await _minding("close", order, ends, now) if order.clock == "close" else {}),
    }  # fmt: skip


async def due_with(order: OrderRow, by: Limit, now: datetime) -> datetime | None:
    """When the close would be due with an extension by `by`; nothing is written."""
    entry = Entry.to(Kind.EXTEND, now, by)
    return due([*await _entries(order.id, "close"), entry], (await rulebook()).calendar)


async def pause(t: Tx, order: OrderRow, now: datetime, *, note: str, actor: str) -> dict[str, Any]:
    """Stop counting; nobody knows the due moment until it goes on."""
    await _enter_and_run(t, order, Entry(Kind.PAUSE, now, note=note, actor_name=actor))
    return {"suspended_at": now, **RESTING}


async def go_on(t: Tx, order: OrderRow, now: datetime, *, note: str, actor: str) -> dict[str, Any]:
    """Count on; the pause moved the due moment."""
    ends = await _enter_and_run(t, order, Entry(Kind.RESUME, now, note=note, actor_name=actor))
    assert ends is not None, "a clock that goes on has a due moment"
    face = await _minding("close", order, ends, now)
    return {"close_due_at": ends, "suspended_at": None, "resume_on": None, **face}


async def rerate(
    t: Tx, ticket: TicketRow, order: OrderRow, urgency: int, now: datetime, *, note: str, actor: str
) -> dict[str, Any]:
    """The order's running clocks follow another urgency, each from its own start; the columns that come of it.

    What has stopped is not judged anew. A paused close gets its limit too, and is summed up when it goes on.
    """
    book = await rulebook()
    columns: dict[str, Any] = {}
    for name in CLOCKS:
        earlier = await _entries(order.id, name)
        if not earlier or is_over(earlier):
            continue
        cell = "redo" if name == "close" and ticket.round > 1 else name
        limit = _limit(book, ticket.kind, urgency, cell, now)
        if order.part == "assist" and name == "close":
            limit = limit.for_assist()
        entry = Entry.to(Kind.RERATE, max(now, earlier[-1].at), limit, note=note, actor_name=actor)
        ends = await _enter_and_run(t, order, entry, name)
        if ends is not None:
            columns |= {f"{name}_due_at": ends}
            if name == "close" and order.extensions:
                stands = standing([*earlier, entry], book.calendar)
                columns |= {"first_due_at": stands.due_without_extensions if stands else None}
            if order.clock == name:
                columns |= await _minding(name, order, ends, now)
    return columns


async def _enter_and_run(t: Tx, order: OrderRow, entry: Entry, name: str = "close") -> datetime | None:
    """Append to the ledger of one of the order's clocks; the due moment it comes to now."""
    earlier = await _entries(order.id, name)
    if (
        earlier and entry.at < earlier[-1].at
    ):  # who was first began later: the ledger runs forward all the same
        entry = replace(entry, at=earlier[-1].at)
    await t.execute(
        """INSERT INTO clock_entry (ticket, work_order, clock, entry, at, amount, unit, rule_version, note, actor_name)
           VALUES ($1, $2, $10, $3, $4, $5, $6, $7, $8, $9)""",
        order.ticket, order.id, entry.entry, entry.at, entry.amount, entry.unit, entry.rule_version, entry.note,
        entry.actor_name, name,
    )  # fmt: skip
    return due([*earlier, entry], (await rulebook()).calendar)


def _limit(book: Rulebook, kind: str, urgency: int, name: str, now: datetime) -> Limit:
    return book.limits.resolve(kind, urgency, name, clock.local(now).date())


def _due(book: Rulebook, at: datetime, limit: Limit) -> datetime:
    moment = due([Entry.to(Kind.START, at, limit)], book.calendar)
    assert moment is not None, "a clock that was started has a due moment"
    return moment


def _columns(book: Rulebook, limits: dict[str, Limit], now: datetime) -> dict[str, Any]:
    ends = {name: _due(book, now, limit) for name, limit in limits.items() if limit}
    return {
        "sign_due_at": ends["sign"], "contact_due_at": ends["contact"], "close_due_at": ends["close"],
        "return_until": ends.get("return"),
        **_face(book, "sign", now, ends["sign"], limits["sign"], now),
    }  # fmt: skip


def _face(
    book: Rulebook, name: str, began: datetime, ends: datetime, limit: Limit, now: datetime
) -> dict[str, Any]:
    """The columns that show one clock."""
    turns = turns_at(began, ends, limit=limit, calendar=book.calendar)
    return {
        "clock": name, "clock_from": began, "clock_due_at": ends, "yellow_at": turns.yellow_at,
        "orange_at": turns.orange_at, "light": turns.light(now), "light_turns_at": turns.after(now),
    }  # fmt: skip


async def _minding(name: str, order: OrderRow, ends: datetime, now: datetime) -> dict[str, Any]:
    limit = measure(await _entries(order.id, name))
    return _face(await rulebook(), name, order.dispatched_at, ends, limit, now)


async def _entries(order: int, name: str) -> list[Entry]:
    """The ledger of one clock of an order, as it was written."""
    rows = await db.fetch(
        """SELECT entry, at, amount, unit, rule_version, note, actor_name FROM clock_entry
           WHERE work_order = $1 AND clock = $2 ORDER BY at, id""",
        order, name,
    )  # fmt: skip
    return [Entry.of(row) for row in rows]


def _ledger(limits: dict[str, Limit]) -> tuple[tuple[str, int, str, str], ...]:
    return tuple((name, limits[name].amount, limits[name].unit, limits[name].version) for name in CLOCKS)
