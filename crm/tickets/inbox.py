"""What a unit's desk asks: its work orders by tab, their counts, and one order with what hangs on it.

Lists are keyset-paged as in `queries.py`; the same policy answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from core import db
from core.officers import Officer
from crm.tickets.access import order_for
from crm.tickets.queries import Where

#: To sign, in hand, waiting for the hotline, gone.
TABS: dict[str, tuple[str, ...]] = {
    "sign": ("dispatched",),
    "handling": ("handling", "suspended"),
    "waiting": ("replied", "return_review"),
    "done": ("accepted", "returned"),
}
#: Nobody reads further: a tab's orders are counted up to here, and those of `done` no further back than this.
MOST_COUNTED = 200
COUNTED = timedelta(days=30)

#: The limit of the running clock (the last one set, and extensions) when it is in working days: the browser counts
#: those differently. `clocks.measure` in SQL.
_DAYS = """(SELECT sum(e.amount) FROM clock_entry e WHERE e.work_order = w.id AND e.clock = {clock}
    AND e.unit = 'workday' AND (e.entry = 'extend' OR e.id = (SELECT max(l.id) FROM clock_entry l
        WHERE l.work_order = w.id AND l.clock = {clock} AND l.entry IN ('start', 'rerate'))))"""


#: What a tab is ordered by; an index has the same expression.
_SORT = "coalesce(w.clock_due_at, w.close_due_at, w.dispatched_at)"


async def orders(
    officer: Officer, tab: str, *, after: tuple[datetime, int] | None = None, below: int | None = None,
    limit: int = 50,
) -> list[Any]:  # fmt: skip
    """The work orders of the officer's units on one tab, the clock due soonest first; one more than `limit` when
    there are more. `after` is (`sort_at`, id) of the last row before; `done` is paged by `below`, an id.

    Each unit's first rows come from an index in their order (`work_order_inbox`, `work_order_unit`) and are merged,
    so a page costs the same however many orders wait behind it.
    """
    where = Where(sorted(officer.scopes)).policy(officer, unit="own.unit")
    if after is not None:
        where.add(f"({_SORT}, w.id) > ({{}}, {{}})", *after)
    if below is not None:
        where.add("w.id < {}", below)
    order = "id DESC" if tab == "done" else "sort_at, id"
    streams = [_in(TABS[tab])] if tab == "done" else [_in([status]) for status in TABS[tab]]
    first = f" ORDER BY {order} LIMIT {limit + 1}"
    heads = " UNION ALL ".join(
        f"""(SELECT w.id, {_SORT} AS sort_at FROM work_order w JOIN ticket t ON t.id = w.ticket
             WHERE w.unit = own.unit AND {stage} AND {where}{first})"""
        for stage in streams
    )
    return await db.fetch(
        f"""SELECT w.id, w.ticket, w.status, w.part, w.round, w.unit, u.name AS unit_name, w.clock, w.clock_from,
                w.clock_due_at, w.close_due_at, w.return_until, w.dispatched_at, w.signed_at, w.replied_at, w.ended_at,
                w.defect, t.matter, t.matter_name, left(t.content, 200) AS summary, t.kind, t.urgency, t.street,
                t.place, t.confidential, t.urges, t.returns, t.supervised, t.merged_count, w.resume_on, w.binding,
                w.answerable_unit,
                (SELECT r.kind FROM time_request r WHERE r.work_order = w.id AND r.ruled_at IS NULL LIMIT 1) AS asked,
                EXISTS (SELECT 1 FROM return_request p WHERE p.work_order = w.id AND p.ruled_at IS NULL
                        AND p.approved_at IS NULL) AS proposed,
                (SELECT min(g.answer_due_at) FROM urge g WHERE g.ticket = t.id AND g.answered_at IS NULL) AS urge_due,
                first.sort_at, {_DAYS.format(clock="w.clock")} AS clock_days
            FROM (SELECT head.* FROM unnest($1::int[]) own(unit), LATERAL ({heads}) head{first}) first
            JOIN work_order w ON w.id = first.id JOIN ticket t ON t.id = w.ticket JOIN unit u ON u.id = w.unit
            ORDER BY {order.replace("id", "w.id")}""",
        *where.args,
    )


async def counts(officer: Officer, *, now: datetime) -> dict[str, int]:
    """How many work orders stand on each tab, at most `MOST_COUNTED`; of `done` those of the last 30 days."""
    where = Where(sorted(officer.scopes), now - COUNTED).policy(officer, unit="own.unit")
    counted = ", ".join(
        f"""(SELECT count(*) FROM (SELECT 1 FROM unnest($1::int[]) own(unit)
                JOIN work_order w ON w.unit = own.unit JOIN ticket t ON t.id = w.ticket
                WHERE {_in(statuses)} AND {"w.ended_at > $2" if tab == "done" else "TRUE"} AND {where}
                LIMIT {MOST_COUNTED}) counted) AS {tab}"""
        for tab, statuses in TABS.items()
    )
    return dict(await db.fetchrow(f"SELECT {counted}", *where.args))


def _in(statuses: Sequence[str]) -> str:
    """Written out, so that the planner knows the partial index to fit."""
    quoted = ", ".join(f"'{status}'" for status in statuses)
    return f"w.status IN ({quoted})"


async def order(officer: Officer, order_id: int) -> Any:
    """One work order with its ticket and citizen; sealed columns stay sealed. Raises NotFound to outsiders."""
    await order_for(officer, order_id)
    return (await _whole([order_id]))[0]


async def orders_to_print(officer: Officer, order_ids: Sequence[int]) -> list[Any]:
    """Those of `order_ids` that are the officer's own units', in the order asked for."""
    where = Where(sorted(officer.scopes), list(order_ids)).policy(officer)
    allowed = await db.fetch(
        f"""SELECT w.id FROM work_order w JOIN ticket t ON t.id = w.ticket
            WHERE w.unit = ANY($1::int[]) AND w.id = ANY($2::bigint[]) AND w.status <> 'recalled' AND {where}""",
        *where.args,
    )
    found = {row["id"]: row for row in await _whole([row["id"] for row in allowed])}
    return [found[order_id] for order_id in dict.fromkeys(order_ids) if order_id in found]


async def _whole(order_ids: Sequence[int]) -> list[Any]:
    days = ", ".join(f"{_DAYS.format(clock=repr(c))} AS {c}_days" for c in ("sign", "contact", "close"))
    return await db.fetch(
        f"""SELECT w.*, {days}, u.name AS unit_name, t.status AS ticket_status, t.version AS ticket_version,
                t.round AS ticket_round, t.kind, t.matter, t.matter_name, t.urgency, t.confidential, t.anonymous,
                t.title, t.content, t.street, t.place, t.address, t.phone_tail, t.contact AS prefers, t.reply_by,
                t.received_at, t.urges, t.returns, t.supervised, t.merged_count, t.incident, c.name AS citizen_name, c.phone AS citizen_phone, c.remark
            FROM work_order w JOIN ticket t ON t.id = w.ticket JOIN unit u ON u.id = w.unit
            LEFT JOIN citizen c ON c.id = t.citizen
            WHERE w.id = ANY($1::bigint[])""",
        list(order_ids),
    )


async def beside(row: Any) -> list[Any]:
    """The other work orders of the same round: the lead of an assist, the assists of a lead."""
    return await db.fetch(
        """SELECT id, ticket, unit, part, status, reply, replied_at, close_due_at FROM work_order
           WHERE ticket = $1 AND round = $2 AND id <> $3 AND status NOT IN ('recalled', 'returned')
           ORDER BY part DESC, id""",
        row["ticket"], row["round"], row["id"],
    )  # fmt: skip


async def beside_many(tickets: Sequence[int]) -> list[Any]:
    return await db.fetch(
        """SELECT id, ticket, round, unit, part FROM work_order
           WHERE ticket = ANY($1::bigint[]) AND status NOT IN ('recalled', 'returned') ORDER BY part DESC, id""",
        list(tickets),
    )


async def contacts(order_id: int) -> list[Any]:
    """The tries to reach the citizen, the latest first."""
    return await db.fetch("SELECT * FROM contact WHERE work_order = $1 ORDER BY id DESC LIMIT 50", order_id)


async def printed(officer: Officer, order_ids: Sequence[int]) -> dict[int, int]:
    """Count one more print of each; order id → how many by now. The page has looked at who may."""
    rows = await db.fetch(
        """UPDATE work_order SET prints = prints + 1 WHERE id = ANY($1::bigint[]) AND unit = ANY($2::int[])
           RETURNING id, prints""",
        list(order_ids), sorted(officer.scopes),
    )  # fmt: skip
    return {row["id"]: row["prints"] for row in rows}


async def ledgers(order_ids: Sequence[int]) -> list[Any]:
    """The clock entries of several orders, as they were written."""
    return await db.fetch(
        "SELECT * FROM clock_entry WHERE work_order = ANY($1::bigint[]) ORDER BY id", list(order_ids)
    )
