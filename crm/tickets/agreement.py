"""`hotline doctor --replay`, second half: what is kept twice says the same twice.

Columns that lists sort by are copies of what a ledger or another table says; a verb that writes one and forgets
the other is found here. `check` holds of every database; `untold` only where no notice was ever cleared away.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from core import db
from crm.tickets.clocks import BrokenLedger, Entry, Kind, due
from crm.tickets.replay import Found
from crm.tickets.states import FINAL, IN_HANDS, MOVES, ORDER_OPEN, Party
from routing.calendar import Calendar
from routing.rulebook import rulebook

BATCH: Final = 2_000


def _listed(states: Iterable[str]) -> str:
    return ", ".join(f"'{state}'" for state in sorted(states))


#: What must not be, by the words that say so; each question answers with the tickets it is true of.
_NEVER: Final = {
    "merged, but into no ticket": """SELECT t.id FROM ticket t WHERE t.status = 'merged' AND NOT EXISTS (
        SELECT 1 FROM merging m JOIN ticket o ON o.id = m.master
        WHERE m.child = t.id AND m.master = t.merged_into AND m.undone_at IS NULL)""",
    "not merged, but still joined to a ticket": """SELECT t.id FROM ticket t WHERE t.status <> 'merged' AND (
        t.merged_into IS NOT NULL OR EXISTS (SELECT 1 FROM merging m WHERE m.child = t.id AND m.undone_at IS NULL))""",
    "counts other tickets than joined it": """SELECT t.id FROM ticket t WHERE t.merged_count
        <> (SELECT count(*) FROM ticket c WHERE c.merged_into = t.id)""",
    "asks for more time while nobody handles it": """SELECT r.ticket FROM time_request r JOIN ticket t ON t.id = r.ticket
        WHERE r.ruled_at IS NULL AND t.status NOT IN ('handling', 'merged')""",
    "proposes a return while no unit has it": """SELECT r.ticket FROM return_request r JOIN ticket t ON t.id = r.ticket
        WHERE r.ruled_at IS NULL AND t.status NOT IN ('dispatched', 'handling', 'return_review', 'conference', 'merged')""",
    "has a conference that nobody holds": """SELECT c.ticket FROM conference c JOIN ticket t ON t.id = c.ticket
        WHERE c.ruled_at IS NULL AND t.status <> 'conference'""",
    "is supervised after its end": f"""SELECT s.ticket FROM supervision s JOIN ticket t ON t.id = s.ticket
        WHERE s.lifted_at IS NULL AND t.status IN ({_listed(FINAL)})""",
    "shows another supervision than is open": """SELECT t.id FROM ticket t WHERE t.supervised <> coalesce(
        (SELECT max(s.level) FROM supervision s WHERE s.ticket = t.id AND s.lifted_at IS NULL), 0)""",
    "has several supervisions open": """SELECT ticket FROM supervision WHERE lifted_at IS NULL
        GROUP BY ticket HAVING count(*) > 1""",
    "counts other urges than were made": """SELECT t.id FROM ticket t WHERE t.urges <>
        (SELECT count(*) FROM urge u WHERE u.ticket = t.id AND u.source NOT LIKE 'auto%')""",
    "shows another due moment than its lead's": f"""SELECT t.id FROM ticket t
        JOIN work_order w ON w.ticket = t.id AND w.part = 'lead' AND w.status IN ({_listed(ORDER_OPEN)})
        WHERE t.status IN ({_listed(IN_HANDS)}) AND t.due_at IS DISTINCT FROM
            CASE WHEN t.status = 'suspended' THEN NULL ELSE w.close_due_at END""",
    "shows another lead than its order's": f"""SELECT t.id FROM ticket t
        JOIN work_order w ON w.ticket = t.id AND w.part = 'lead' AND w.status IN ({_listed(ORDER_OPEN)})
        WHERE t.lead_unit IS DISTINCT FROM w.unit""",
    "waits for a signature that came, or is no longer wanted": """SELECT ticket FROM work_order
        WHERE escalate_at IS NOT NULL AND status NOT IN ('dispatched', 'merged')""",
}  # fmt: skip


async def check() -> AsyncIterator[Found]:
    """Every disagreement in the database."""
    for what, question in _NEVER.items():
        for row in await db.fetch(question):
            yield Found(row[0], what)
    calendar = (await rulebook()).calendar
    async for found in _ledgers(calendar):
        yield found


async def _ledgers(calendar: Calendar) -> AsyncIterator[Found]:
    """The stored moments of open orders are those of their ledgers."""
    after = 0
    while True:
        orders = await db.fetch(
            f"""SELECT id, ticket, status, clock, sign_due_at, contact_due_at, close_due_at, clock_due_at
                FROM work_order WHERE id > $1 AND status IN ({_listed(ORDER_OPEN)}) ORDER BY id LIMIT $2""",
            after, BATCH,
        )  # fmt: skip
        if not orders:
            return
        entries = await db.fetch(
            """SELECT work_order, clock, entry, at, amount, unit, rule_version, note, actor_name FROM clock_entry
               WHERE work_order = ANY($1::bigint[]) ORDER BY work_order, clock, id""",
            [row["id"] for row in orders],
        )
        ledgers = {
            key: [Entry.of(row) for row in rows]
            for key, rows in groupby(entries, key=lambda row: (row["work_order"], row["clock"]))
        }
        for order in orders:
            for what in _order(order, ledgers, calendar):
                yield Found(order["ticket"], f"work order {order['id']} {what}")
        after = orders[-1]["id"]


def _order(order: Any, ledgers: dict[tuple[int, str], list[Entry]], calendar: Calendar) -> list[str]:
    """What does not fit, in words. A suspended order has one open pause and shows no due moment."""
    found: list[str] = []
    moments: dict[str, datetime | None] = {}
    for name in ("sign", "contact", "close"):
        ledger = ledgers.get((order["id"], name), [])
        try:
            moments[name] = due(ledger, calendar)
        except BrokenLedger as broken:
            found.append(f"has a {name} clock that {broken}")
            continue
        if name == "close":
            found += _pauses(order["status"], ledger)
            if order["status"] == "suspended":
                continue
        stored = order[f"{name}_due_at"]
        if ledger and stored != moments[name]:
            found.append(f"has its {name} due at {stored}, its ledger says {moments[name]}")
    if order["clock"] and order["clock_due_at"] != order[f"{order['clock']}_due_at"]:
        found.append(f"minds its {order['clock']} clock at another moment than that is due")
    return found


def _pauses(status: str, ledger: list[Entry]) -> list[str]:
    held = sum((e.entry is Kind.PAUSE) - (e.entry is Kind.RESUME) for e in ledger)
    return [] if held == (status == "suspended") else [f"is {status} with {held} open pauses"]


async def untold() -> AsyncIterator[Found]:
    """Moves whose parties were not each told once: no notice for somebody who is told, or one for somebody else."""
    told = {party: sorted(m.name for m in MOVES if party in m.told) for party in Party}
    rows = await db.fetch(
        """SELECT e.ticket, e.verb, 'citizen' AS party, NULL::bigint AS work_order FROM ticket_event e
           WHERE e.verb = ANY($1::text[]) AND NOT EXISTS (
               SELECT 1 FROM notice_due n WHERE n.event = e.id AND n.ticket = e.ticket AND n.party = 'citizen')
           UNION ALL
           SELECT e.ticket, e.verb, 'unit', o.id::bigint FROM ticket_event e, jsonb_object_keys(e.orders) o(id)
           WHERE e.verb = ANY($2::text[]) AND NOT EXISTS (
               SELECT 1 FROM notice_due n WHERE n.event = e.id AND n.party = 'unit' AND n.work_order = o.id::bigint)""",
        told[Party.CITIZEN], told[Party.UNIT],
    )  # fmt: skip
    for row in rows:
        yield Found(row["ticket"], f"{row['verb']} did not tell its {row['party']} {row['work_order'] or ''}")
    rows = await db.fetch(
        """SELECT min(ticket) AS ticket, event, party, count(*) AS n FROM notice_due
           GROUP BY event, ticket, party, work_order HAVING count(*) > 1"""
    )
    for row in rows:
        yield Found(row["ticket"], f"event {row['event']} told its {row['party']} {row['n']} times")
