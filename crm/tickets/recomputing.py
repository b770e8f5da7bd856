"""重算 with the database: what would move, told before; and then moved, as a run that can stop and go on.

Each moved ticket gets one event (`recompute`) that holds the reason and every clock's old and new moment.
Batches lock their tickets, read ledgers afresh and write in a handful of statements; doing one twice changes nothing.
"""

from __future__ import annotations

import asyncio
import heapq
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from core import runs
from core.db import Tx, tx
from core.i18n import N_
from core.officers import Officer
from crm.tickets import recompute_rows
from crm.tickets.access import check_may
from crm.tickets.lights import turns_at
from crm.tickets.recompute import LEDGERED, Order, Proposal, Shift, of_order, of_plain, running
from crm.tickets.recompute_rows import Batch, Scope
from crm.tickets.states import BY_NAME

KIND: Final = "recompute"
runs.KINDS[KIND] = N_("重算在办单")
runs.TAKEN_UP.add(KIND)
ROWS: Final = 50


@dataclass
class UnitShare:
    """What a unit would notice."""

    moved: int = 0
    earlier: int = 0
    overdue: int = 0


@dataclass
class Preview:
    """Orders (or follow-ups, or queued tickets) that would move: each counted once, whatever number of its clocks.

    `rows`: the first `ROWS` moments, those that turn overdue before the rest, none of a confidential ticket.
    """

    looked: int = 0
    moved: int = 0
    earlier: int = 0
    later: int = 0
    overdue: int = 0
    saved: int = 0
    hidden: int = 0
    units: dict[int, UnitShare] = field(default_factory=dict)
    rows: list[Shift] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return self.moved == 0


@dataclass(frozen=True)
class Mandate:
    """On whose word a run moves tickets, why, and the rule version its events name."""

    by: Officer
    reason: str
    version: str


# --- before ---


async def preview(proposal: Proposal, scope: Scope, *, now: datetime) -> Preview:
    """What would move, without writing anything. The sums run beside the event loop, a batch at a time."""
    found, best = Preview(), list[tuple[bool, datetime, int, str, Shift]]()
    async for batch in recompute_rows.batches(scope):
        shifts = await asyncio.to_thread(shifts_of, batch, proposal, now)
        found.looked += len(batch.tickets)
        _count(found, shifts, batch, now)
        shown = [s for s in shifts if s.moves and s.ticket not in batch.hidden]
        ranked = ((not s.turns_overdue(now), s.new, s.order or s.ticket, s.clock, s) for s in shown)
        best = heapq.nsmallest(ROWS, [*best, *ranked], key=lambda entry: entry[:4])
    found.rows = [entry[4] for entry in best]
    return found


def shifts_of(batch: Batch, proposal: Proposal, now: datetime) -> list[Shift]:
    found = [shift for order in batch.orders for shift in of_order(order, proposal, now)]
    return found + [shift for item in batch.plain if (shift := of_plain(item, proposal))]


def _count(found: Preview, shifts: Sequence[Shift], batch: Batch, now: datetime) -> None:
    by_case: dict[tuple[int, int], list[Shift]] = {}
    for shift in shifts:
        if shift.moves:
            by_case.setdefault((shift.ticket, shift.order or 0), []).append(shift)
    for (ticket, _order), members in by_case.items():
        earlier = any(not s.is_later for s in members)
        overdue = any(s.turns_overdue(now) for s in members)
        found.moved += 1
        found.earlier += earlier
        found.later += not earlier
        found.overdue += overdue
        found.saved += any(s.is_saved(now) for s in members)
        found.hidden += ticket in batch.hidden
        if members[0].unit is not None:
            share = found.units.setdefault(members[0].unit, UnitShare())
            share.moved += 1
            share.earlier += earlier
            share.overdue += overdue


# --- after: the run ---


async def carry_out(
    run: runs.Run, proposal: Proposal, scope: Scope, mandate: Mandate, *, now: datetime
) -> int:
    """Move every open order that the change touches; the cursor is the last ticket. How many tickets moved."""
    check_may(mandate.by, BY_NAME["recompute"])
    after, done, moved = (int(run.cursor.get(name, 0)) for name in ("after", "done", "moved"))
    total = max(run.total or 0, done + await recompute_rows.count(scope))
    while True:
        async with tx() as t:
            numbers = await recompute_rows.next_tickets(scope, after=after)
            if not numbers:
                return moved
            moved += await _move(t, numbers, proposal, mandate, now)
            after, done = numbers[-1], done + len(numbers)
            cursor = {"after": after, "done": done, "moved": moved}
            await run.progress(done, max(total, done), cursor=cursor)


async def _move(t: Tx, numbers: Sequence[int], proposal: Proposal, mandate: Mandate, now: datetime) -> int:
    """One batch; how many tickets moved."""
    await t.fetch("SELECT id FROM ticket WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE", numbers)
    batch = await recompute_rows.read(numbers)
    shifts = await asyncio.to_thread(shifts_of, batch, proposal, now)
    faces = await asyncio.to_thread(lambda: list(_faces(batch.orders, shifts, proposal, now)))
    await _write_orders(t, shifts)
    await _write_faces(t, faces)
    await _write_ledger(t, shifts, mandate, now)
    moved = [shift for shift in shifts if shift.moves]
    await _write_tickets(t, moved, {order.id for order in batch.orders if order.part == "lead"})
    tickets = await _write_events(t, moved, mandate, now)
    t.changed(
        *(f"ticket:{ticket}" for ticket in tickets),
        *{f"unit:{shift.unit}" for shift in moved if shift.unit is not None},
    )
    return len(tickets)


def _faces(
    orders: Sequence[Order], shifts: Sequence[Shift], proposal: Proposal, now: datetime
) -> Iterator[tuple[Any, ...]]:
    """The clock each unit minds: its light may turn at another moment though it is due when it was."""
    by_clock = {(shift.order, shift.clock): shift for shift in shifts}
    for order in orders:
        shift = by_clock.get((order.id, order.face))
        found = running(order, order.face, shift)
        if found is None or not (shift or found[1].in_workdays):
            continue
        ends, limit = found
        turns = turns_at(order.started_at, ends, limit=limit, calendar=proposal.calendar)
        yield order.id, ends, turns.yellow_at, turns.orange_at, turns.light(now).value, turns.after(now)


async def _write_orders(t: Tx, shifts: Sequence[Shift]) -> None:
    rows: dict[int, dict[str, datetime]] = {}
    for shift in shifts:
        if shift.order is not None:
            row = rows.setdefault(shift.order, {})
            row[shift.clock] = shift.new
            if shift.bare is not None:
                row["bare"] = shift.bare
    await t.execute(
        """UPDATE work_order w SET sign_due_at = coalesce(v.sign, w.sign_due_at),
               escalate_at = CASE WHEN w.escalate_at = w.sign_due_at THEN coalesce(v.sign, w.escalate_at)
                                  ELSE w.escalate_at END,
               contact_due_at = coalesce(v.contact, w.contact_due_at),
               close_due_at = coalesce(v.close, w.close_due_at), return_until = coalesce(v.back, w.return_until),
               first_due_at = CASE WHEN w.first_due_at IS NULL THEN NULL ELSE coalesce(v.bare, w.first_due_at) END
           FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[],
               $6::timestamptz[]) AS v(id, sign, contact, close, back, bare) WHERE w.id = v.id""",
        list(rows),
        *(
            [row.get(name) for row in rows.values()]
            for name in ("sign", "contact", "close", "return", "bare")
        ),
    )


async def _write_faces(t: Tx, faces: Sequence[tuple[Any, ...]]) -> None:
    columns = [list(column) for column in zip(*faces, strict=True)] if faces else [[] for _n in range(6)]
    await t.execute(
        """UPDATE work_order w SET clock_due_at = v.ends, yellow_at = v.yellow, orange_at = v.orange,
               light = v.light, light_turns_at = v.turns
           FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::text[],
               $6::timestamptz[]) AS v(id, ends, yellow, orange, light, turns) WHERE w.id = v.id""",
        *columns,
    )


async def _write_ledger(t: Tx, shifts: Sequence[Shift], mandate: Mandate, now: datetime) -> None:
    """A limit that is followed from now on is a line on the ledger, with the reason as its note."""
    await t.executemany(
        """INSERT INTO clock_entry (ticket, work_order, clock, entry, at, amount, unit, rule_version, note, actor_name)
           VALUES ($1, $2, $3, 'rerate', $4, $5, $6, $7, $8, $9)""",
        [
            (s.ticket, s.order, s.clock, now, s.limit.amount, s.limit.unit, s.limit.version, mandate.reason,
             mandate.by.name)
            for s in shifts if s.limit is not None and s.clock in LEDGERED
        ],
    )  # fmt: skip


async def _write_tickets(t: Tx, moved: Sequence[Shift], leads: set[int]) -> None:
    """What tickets and rounds repeat of it: the lead's close or the follow-up, and the dispatchers' own limit."""
    due = [s for s in moved if s.clock == "follow_up" or (s.clock == "close" and s.order in leads)]
    await t.execute(
        """UPDATE ticket SET due_at = v.due FROM unnest($1::bigint[], $2::timestamptz[]) AS v(id, due)
           WHERE ticket.id = v.id""",
        [s.ticket for s in due], [s.new for s in due],
    )  # fmt: skip
    follow_ups = [s for s in moved if s.clock == "follow_up"]
    await t.execute(
        """UPDATE round SET follow_up_due_at = v.due FROM unnest($1::bigint[], $2::timestamptz[]) AS v(id, due), ticket t
           WHERE t.id = v.id AND round.ticket = t.id AND round.no = t.round""",
        [s.ticket for s in follow_ups], [s.new for s in follow_ups],
    )  # fmt: skip
    queued = [s for s in moved if s.clock == "dispatch"]
    await t.execute(
        """UPDATE ticket SET dispatch_due_at = v.due FROM unnest($1::bigint[], $2::timestamptz[]) AS v(id, due)
           WHERE ticket.id = v.id""",
        [s.ticket for s in queued], [s.new for s in queued],
    )  # fmt: skip


async def _write_events(t: Tx, moved: Sequence[Shift], mandate: Mandate, now: datetime) -> list[int]:
    """One event a ticket, with every clock's old and new moment; the tickets."""
    told: dict[int, list[dict[str, Any]]] = {}
    for s in moved:
        line = {"order": s.order, "clock": s.clock, "old": s.old.isoformat(), "new": s.new.isoformat()}
        told.setdefault(s.ticket, []).append(line)
    head = {"reason": mandate.reason, "rule_version": mandate.version}
    await t.execute(
        """WITH moved AS (UPDATE ticket SET version = version + 1 WHERE id = ANY($1::bigint[])
                          RETURNING id, status, round, version)
           INSERT INTO ticket_event (ticket, at, verb, actor, actor_name, status, round, version, data)
           SELECT moved.id, $3, 'recompute', $4, $5, moved.status, moved.round, moved.version, v.data::jsonb
           FROM moved JOIN unnest($1::bigint[], $2::text[]) AS v(id, data) ON v.id = moved.id""",
        list(told),
        [json.dumps({**head, "moved": lines}, ensure_ascii=False) for lines in told.values()],
        now, mandate.by.id, mandate.by.name,
    )  # fmt: skip
    return list(told)
