"""重算: what a changed calendar or limit does to the due moments of an open ticket. Pure.

The clocks of a work order rest on their ledger (`clocks.py`), so a new calendar is the same sum over other days,
and a limit that open orders shall follow is one more `rerate` line on the ledger. Three moments have no ledger
(`PLAIN`: the return window, the follow-up, the hotline's own dispatch limit): theirs is found again in the table,
and one that the table and the old calendar do not explain is left alone.

A clock that has stopped is not judged anew, but for the close of an order under review: a reply that is sent
back never stopped it. A paused clock has no due moment; it is summed up when it goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from crm.tickets.clocks import Entry, Kind, due, is_over, last_of, measure, standing
from routing.calendar import Calendar
from routing.limits import ANY_KIND, Limit, LimitMissing, LimitTable

LEDGERED: Final = ("sign", "contact", "close")
PLAIN: Final = ("return", "follow_up", "dispatch")
#: kind (`*` for every) × urgency × clock.
Cell = tuple[str, int, str]


@dataclass(frozen=True)
class Proposal:
    """What would count. `before` and `limits_before` are what the stored moments were computed with.

    `cells` are the limits that open orders shall follow, as they are on `on`; empty where they keep theirs.
    """

    calendar: Calendar
    before: Calendar
    limits: LimitTable
    limits_before: LimitTable
    on: date
    cells: frozenset[Cell] = frozenset()

    def follows(self, kind: str, urgency: int, clock: str) -> bool:
        return (kind, urgency, clock) in self.cells or (ANY_KIND, urgency, clock) in self.cells

    def limit(self, kind: str, urgency: int, clock: str) -> Limit:
        return self.limits.resolve(kind, urgency, clock, self.on)


@dataclass(frozen=True)
class Order:
    """An open work order as the sum reads it: `due` its stored moments, `ledgers` its entries, both by clock."""

    id: int
    ticket: int
    unit: int
    part: str
    kind: str
    urgency: int
    started_at: datetime
    due: Mapping[str, datetime | None]
    ledgers: Mapping[str, Sequence[Entry]]
    in_review: bool = False
    face: str = ""  # the clock the unit minds now
    round: int = 1


@dataclass(frozen=True)
class Plain:
    """A moment without a ledger: `clock` began at `started_at`; stored on `order`, or on the ticket's round."""

    clock: str
    ticket: int
    kind: str
    urgency: int
    started_at: datetime
    due: datetime
    unit: int | None = None
    order: int | None = None


@dataclass(frozen=True)
class Shift:
    """One clock's due moment, old and new. `limit` is the one it follows from now on, where that changes."""

    clock: str
    ticket: int
    unit: int | None
    order: int | None
    old: datetime
    new: datetime
    limit: Limit | None = None
    bare: datetime | None = None  # `new` without extensions, where there are any

    @property
    def moves(self) -> bool:
        return self.old != self.new

    @property
    def is_later(self) -> bool:
        return self.new > self.old

    def turns_overdue(self, now: datetime) -> bool:
        return self.new <= now < self.old

    def is_saved(self, now: datetime) -> bool:
        """Over by the old sum, not by the new one."""
        return self.old <= now < self.new


def of_order(order: Order, proposal: Proposal, now: datetime) -> Iterator[Shift]:
    """The clocks of an order that move, or get another limit."""
    for clock in LEDGERED:
        ledger, old = order.ledgers.get(clock, ()), order.due.get(clock)
        if not ledger or old is None or last_of(ledger, Kind.PAUSE, Kind.RESUME) is Kind.PAUSE:
            continue
        if is_over(ledger) and not (clock == "close" and order.in_review):
            continue
        limit = None if order.in_review else _followed(order, clock, _rated(ledger), proposal)
        entries = [*ledger, Entry.to(Kind.RERATE, now, limit)] if limit else ledger
        stands = standing(entries, proposal.calendar)
        if stands is None or stands.due is None or (stands.due == old and limit is None):
            continue
        bare = stands.due_without_extensions if stands.extensions else None
        yield Shift(clock, order.ticket, order.unit, order.id, old, stands.due, limit, bare)


def of_plain(item: Plain, proposal: Proposal) -> Shift | None:
    """None where nothing moves, or where the stored moment is not what the table makes it."""
    limit = _explains(item, proposal)
    if limit is None:
        return None
    followed = None
    if proposal.follows(item.kind, item.urgency, item.clock):
        wanted = proposal.limit(item.kind, item.urgency, item.clock)
        followed = wanted if wanted and _differs(wanted, limit) else None
    new = _due(item.started_at, followed or limit, proposal.calendar)
    if new == item.due:
        return None
    return Shift(item.clock, item.ticket, item.unit, item.order, item.due, new, followed)


def running(order: Order, clock: str, shift: Shift | None) -> tuple[datetime, Limit] | None:
    """When a clock that runs is due after `shift`, and what its light is a share of."""
    ledger, stored = order.ledgers.get(clock, ()), order.due.get(clock)
    if not ledger or stored is None or is_over(ledger):
        return None
    if last_of(ledger, Kind.PAUSE, Kind.RESUME) is Kind.PAUSE:
        return None
    if shift is None:
        return stored, measure(ledger)
    rated = [Entry.to(Kind.RERATE, max(e.at for e in ledger), shift.limit)] if shift.limit else []
    return shift.new, measure([*ledger, *rated])


def _followed(order: Order, clock: str, current: Limit, proposal: Proposal) -> Limit | None:
    cell = "redo" if clock == "close" and order.round > 1 else clock
    if not proposal.follows(order.kind, order.urgency, cell):
        return None
    limit = proposal.limit(order.kind, order.urgency, cell)
    if order.part == "assist" and clock == "close" and limit:
        limit = limit.for_assist()
    return limit if limit and _differs(limit, current) else None


def _explains(item: Plain, proposal: Proposal) -> Limit | None:
    """The limit by which the stored moment was made: the one of the day it began, or, where a new one
    begins on that very day, the one before."""
    began = proposal.before.date_of(item.started_at)
    for day in (began, began - timedelta(days=1)):
        try:
            limit = proposal.limits_before.resolve(item.kind, item.urgency, item.clock, day)
        except LimitMissing:
            continue
        for calendar in (proposal.before, proposal.calendar):
            if limit and _due(item.started_at, limit, calendar) == item.due:
                return limit
    return None


def _rated(ledger: Sequence[Entry]) -> Limit:
    """The limit that counts: the last one set."""
    return [e for e in sorted(ledger, key=lambda e: e.at) if e.entry in (Kind.START, Kind.RERATE)][-1].limit


def _differs(one: Limit, other: Limit) -> bool:
    return (one.amount, one.unit) != (other.amount, other.unit)


def _due(start: datetime, limit: Limit, calendar: Calendar) -> datetime:
    moment = due([Entry.to(Kind.START, start, limit)], calendar)
    assert moment is not None, "a clock that was started has a due moment"
    return moment
