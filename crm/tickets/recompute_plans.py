"""What a change of the calendar or the limits asks of the open orders: a plan, before the change or after it.

A change is known by its rows before and after (`core.admin`), so the plan shown before the click and the one the
run follows afterwards are made from the same thing. Calendar changes count for every open order; limits only
for those told to follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from core import db, runs
from core.admin import history
from core.admin.writing import RowChange
from core.officers import Officer
from crm.tickets import recomputing, words
from crm.tickets.recompute import LEDGERED, PLAIN, Cell, Proposal
from crm.tickets.recompute_rows import Scope
from crm.tickets.recomputing import KIND, Mandate
from routing.admin.calendar import CALENDAR
from routing.admin.limits import LIMITS
from routing.calendar import Calendar, Day
from routing.calendar_year import turned
from routing.limits import ANY_KIND, Limit, LimitMissing, LimitTable, Row
from routing.rulebook import Rulebook, forget, rulebook


@dataclass(frozen=True)
class Plan:
    """`version` is the rule version that the events name."""

    proposal: Proposal
    scope: Scope
    version: str


def of_calendar(now_known: Calendar, rows: Sequence[RowChange], limits: LimitTable, on: date) -> Plan:
    """`now_known` is the calendar before `rows`."""
    after = swapped(now_known, ((row.before, row.after) for row in rows))
    days = [day for day, _before, _after in turned(rows)]
    version = max((row.after["version"] for row in rows if row.after), default="")
    scope = Scope(now_known, days[0], days[-1]) if days else Scope(now_known)
    return Plan(Proposal(after, now_known, limits, limits, on), scope, version)


def of_limits(calendar: Calendar, table: LimitTable, rows: Sequence[RowChange], *, today: date) -> Plan:
    """If open orders follow. `table` is the one with `rows` in it; a change for a later day is followed as of then."""
    before = _before(table, rows)
    touched = [values for row in rows for values in (row.before, row.after) if values]
    begins = [values["valid_from"] for values in touched if values["valid_from"]]
    on = max([today, *begins])
    moved = {
        cell: limit for cell, limit in _counting(table, touched, on) if _differs(before, cell, limit, on)
    }
    cells = frozenset(moved)
    version = max((limit.version for limit in moved.values()), default="")
    rated = tuple(
        sorted({(kind, urgency) for kind, urgency, clock in cells if clock in (*LEDGERED, *PLAIN, "redo")})
    )
    return Plan(Proposal(calendar, calendar, table, before, on, cells), Scope(calendar, rated=rated), version)


def _counting(
    table: LimitTable, touched: Sequence[Mapping[str, Any]], on: date
) -> Iterator[tuple[Cell, Limit]]:
    """The limits that count on a day in the cells that rows touch; a row for every kind touches each kind's."""
    asked = {
        (kind, int(values["urgency"]), values["clock"])
        for values in touched
        for kind in (words.KIND if values["kind"] == ANY_KIND else (values["kind"],))
    }
    for cell in asked:
        if limit := _limit_in(table, cell, on):
            yield cell, limit


def _differs(before: LimitTable, cell: Cell, limit: Limit, on: date) -> bool:
    was = _limit_in(before, cell, on)
    return was is None or (was.amount, was.unit) != (limit.amount, limit.unit)


def _limit_in(table: LimitTable, cell: Cell, on: date) -> Limit | None:
    try:
        return table.resolve(*cell, on)
    except LimitMissing:
        return None


def swapped(
    calendar: Calendar, pairs: Iterable[tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]]
) -> Calendar:
    """The calendar with these days before → after."""
    days = {row.day: row for row in calendar.days}
    pairs = list(pairs)
    for before, _after in pairs:
        if before:
            days.pop(before["day"], None)
    for _before, after in pairs:
        if after:
            days[after["day"]] = Day(**{name: after[name] for name in Day.__dataclass_fields__})
    return Calendar(tuple(sorted(days.values(), key=lambda day: day.day)), calendar.zone, calendar.blocks)


def table_after(table: LimitTable, rows: Sequence[RowChange]) -> LimitTable:
    """The table with these rows in it."""
    return _replaced(table, [row.before for row in rows], [row.after for row in rows])


def _before(table: LimitTable, rows: Sequence[RowChange]) -> LimitTable:
    return _replaced(table, [row.after for row in rows], [row.before for row in rows])


def _replaced(
    table: LimitTable, old: Sequence[Mapping[str, Any] | None], new: Sequence[Mapping[str, Any] | None]
) -> LimitTable:
    """By what names a row, not by all it says: a later change may have touched it again."""
    gone = {_named(_limit_row(values)) for values in old if values}
    kept = [row for row in table.rows if _named(row) not in gone]
    return LimitTable.of([*kept, *(_limit_row(values) for values in new if values)])


def _named(row: Row) -> tuple[str, int, str, date | None]:
    return row.kind, row.urgency, row.clock, row.valid_from


def _limit_row(values: Mapping[str, Any]) -> Row:
    limit = Limit(values["amount"], values["unit"], values["version"])
    return Row(
        values["kind"], values["urgency"], values["clock"], limit, values["valid_from"], values["valid_to"]
    )


# --- the run ---


async def order_run(change: int, *, follow: bool, title: str, by: Officer) -> int:
    """A run that does what `change` asks of the open orders; inside the change's own transaction."""
    return await runs.create(KIND, title=title, parameters={"change": change, "follow": follow}, by=by.id)


async def next_run(*, settled_before: datetime) -> int | None:
    """The oldest run that waits (since before `settled_before`) or lost its process."""
    number: int | None = await db.fetchval(
        """SELECT id FROM run WHERE kind = $1 AND ((state = 'waiting' AND created_at <= $2)
               OR (state = 'running' AND beat_at < $3)) ORDER BY id LIMIT 1""",
        KIND, settled_before, settled_before - runs.STALE_AFTER,
    )  # fmt: skip
    return number


async def work(number: int, *, now: datetime) -> int:
    """Do a run, or go on with it; how many tickets moved. Raises `runs.Busy`."""
    async with runs.resume(number) as run:
        found = await of_change(int(run.parameters["change"]))
        return await recomputing.carry_out(run, found.plan.proposal, found.plan.scope, found.mandate, now=now)


@dataclass(frozen=True)
class Ordered:
    """A plan with the word it rests on."""

    plan: Plan
    mandate: Mandate


async def of_change(change: int) -> Ordered:
    """The plan of a change that is in the book."""
    rules = await rulebook_afresh()
    head = await db.fetchrow(
        "SELECT subject, account, name, reason, at FROM admin_change WHERE id = $1", change
    )
    is_calendar = head["subject"] == CALENDAR.key
    _head, rows = await history.change(CALENDAR if is_calendar else LIMITS, change, most=None)
    if is_calendar:
        before = swapped(rules.calendar, ((row.after, row.before) for row in rows))
        plan = of_calendar(before, rows, rules.limits, rules.calendar.date_of(head["at"]))
    else:
        plan = of_limits(rules.calendar, rules.limits, rows, today=rules.calendar.date_of(head["at"]))
    by = Officer(head["account"] or 0, "", head["name"], permissions=frozenset({"admin.limits"}))
    return Ordered(plan, Mandate(by, head["reason"], plan.version))


async def rulebook_afresh() -> Rulebook:
    """The rules as they stand this moment, not as this process last read them."""
    forget()
    return await rulebook()
