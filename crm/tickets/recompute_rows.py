"""Which open orders, rounds and queued tickets a change can touch, read in batches of tickets for `recompute.py`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from core import db
from crm.tickets.clocks import Entry
from crm.tickets.recompute import LEDGERED, Order, Plain
from crm.tickets.states import ORDER_OPEN
from routing.calendar import Calendar

BATCH: Final = 500
_OPEN = ", ".join(f"'{status}'" for status in sorted(ORDER_OPEN))
_DUE = {
    "sign": "sign_due_at",
    "contact": "contact_due_at",
    "close": "close_due_at",
    "return": "return_until",
}


@dataclass(frozen=True)
class Scope:
    """Which tickets can move at all: those a changed day falls into, and those of a changed kind and urgency.

    `first` and `last` are the changed days, `rated` the kinds (`*`: every) and urgencies.
    """

    calendar: Calendar
    first: date | None = None
    last: date | None = None
    rated: tuple[tuple[str, int], ...] = ()

    def condition(self, began: str, due: str) -> tuple[str, list[Any]]:
        """As SQL on `ticket t` and two columns, arguments numbered from $1."""
        ways, args = ["FALSE"], list[Any]()
        if self.first is not None and self.last is not None:
            args += [
                self.calendar.begin_of(self.first),
                self.calendar.begin_of(self.last) + timedelta(days=1),
            ]
            ways.append(f"({due} >= $1 AND {began} < $2)")
        if self.rated:
            kinds, urgencies = (list(part) for part in zip(*self.rated, strict=True))
            n = len(args)
            args += [kinds, urgencies]
            ways.append(
                f"""EXISTS (SELECT 1 FROM unnest(${n + 1}::text[], ${n + 2}::int[]) c(kind, urgency)
                    WHERE c.urgency = t.urgency AND c.kind IN ('*', t.kind))"""
            )
        return f"({' OR '.join(ways)})", args


@dataclass(frozen=True)
class Batch:
    """Some tickets with everything of theirs that may move."""

    tickets: tuple[int, ...]
    orders: tuple[Order, ...]
    plain: tuple[Plain, ...]
    hidden: frozenset[int]
    """The confidential ones among them: counted, never listed."""


async def count(scope: Scope) -> int:
    """How many tickets `batches` would look at."""
    sql, args = _candidates(scope)
    return int(await db.fetchval(f"SELECT count(*) FROM ({sql}) c", *args))


async def batches(scope: Scope, *, size: int = BATCH) -> AsyncIterator[Batch]:
    """Every ticket in question once, by number; which they are is asked once."""
    sql, args = _candidates(scope)
    numbers = [row["id"] for row in await db.fetch(f"SELECT id FROM ({sql}) c ORDER BY id", *args)]
    for start in range(0, len(numbers), size):
        yield await read(numbers[start : start + size])


async def next_tickets(scope: Scope, *, after: int, size: int = BATCH) -> list[int]:
    sql, args = _candidates(scope)
    n = len(args)
    rows = await db.fetch(
        f"SELECT id FROM ({sql}) c WHERE id > ${n + 1} ORDER BY id LIMIT ${n + 2}", *args, after, size
    )
    return [row["id"] for row in rows]


def _candidates(scope: Scope) -> tuple[str, list[Any]]:
    orders, args = scope.condition(
        "w.dispatched_at", "greatest(w.sign_due_at, w.contact_due_at, w.close_due_at, w.return_until)"
    )
    rounds, _same = scope.condition("r.accepted_at", "r.follow_up_due_at")
    queued, _same = scope.condition("t.queued_at", "t.dispatch_due_at")
    return (
        f"""SELECT w.ticket AS id FROM work_order w JOIN ticket t ON t.id = w.ticket
            WHERE w.status IN ({_OPEN}) AND {orders}
            UNION SELECT t.id FROM round r JOIN ticket t ON t.id = r.ticket AND t.round = r.no
            WHERE r.follow_up_at IS NULL AND r.follow_up_due_at IS NOT NULL AND t.status = 'follow_up' AND {rounds}
            UNION SELECT t.id FROM ticket t
            WHERE t.status IN ('received', 'redo') AND t.dispatch_due_at IS NOT NULL AND {queued}""",
        args,
    )


async def read(numbers: Sequence[int]) -> Batch:
    """What may move of these tickets, in four queries."""
    orders = await db.fetch(
        f"""SELECT w.id, w.ticket, w.unit, w.part, w.status, w.dispatched_at, w.sign_due_at, w.contact_due_at,
                w.close_due_at, w.return_until, w.clock, w.round, t.kind, t.urgency
            FROM work_order w JOIN ticket t ON t.id = w.ticket
            WHERE w.ticket = ANY($1::bigint[]) AND w.status IN ({_OPEN}) ORDER BY w.ticket, w.id""",
        numbers,
    )
    entries = await db.fetch(
        """SELECT work_order, clock, entry, at, amount, unit, rule_version, note, actor_name FROM clock_entry
           WHERE work_order = ANY($1::bigint[]) ORDER BY work_order, id""",
        [row["id"] for row in orders],
    )
    others = await db.fetch(
        """SELECT 'follow_up' AS clock, t.id AS ticket, t.kind, t.urgency, r.accepted_at AS began,
               r.follow_up_due_at AS due, t.lead_unit AS unit
           FROM round r JOIN ticket t ON t.id = r.ticket AND t.round = r.no
           WHERE t.id = ANY($1::bigint[]) AND t.status = 'follow_up' AND r.follow_up_at IS NULL
             AND r.follow_up_due_at IS NOT NULL AND r.accepted_at IS NOT NULL
           UNION ALL
           SELECT 'dispatch', t.id, t.kind, t.urgency, t.queued_at, t.dispatch_due_at, NULL FROM ticket t
           WHERE t.id = ANY($1::bigint[]) AND t.status IN ('received', 'redo')
             AND t.dispatch_due_at IS NOT NULL AND t.queued_at IS NOT NULL""",
        numbers,
    )
    hidden = await db.fetch("SELECT id FROM ticket WHERE id = ANY($1::bigint[]) AND confidential", numbers)
    ledgers: dict[int, dict[str, list[Entry]]] = {}
    for row in entries:
        ledgers.setdefault(row["work_order"], {}).setdefault(row["clock"], []).append(Entry.of(row))
    return Batch(
        tuple(numbers),
        tuple(_order(row, ledgers.get(row["id"], {})) for row in orders),
        (*(_plain(row) for row in others), *(_window(row) for row in orders if _is_returnable(row))),
        frozenset(row["id"] for row in hidden),
    )


def _order(row: Any, ledgers: dict[str, list[Entry]]) -> Order:
    return Order(
        row["id"], row["ticket"], row["unit"], row["part"], row["kind"], row["urgency"], row["dispatched_at"],
        {clock: row[_DUE[clock]] for clock in LEDGERED}, ledgers, row["status"] == "replied", row["clock"], row["round"],
    )  # fmt: skip


def _is_returnable(row: Any) -> bool:
    return row["return_until"] is not None and row["status"] in ("dispatched", "handling")


def _window(row: Any) -> Plain:
    began: datetime = row["dispatched_at"]
    return Plain(
        "return", row["ticket"], row["kind"], row["urgency"], began, row["return_until"], row["unit"], row["id"]
    )  # fmt: skip


def _plain(row: Any) -> Plain:
    return Plain(
        row["clock"], row["ticket"], row["kind"], row["urgency"], row["began"], row["due"], row["unit"]
    )
