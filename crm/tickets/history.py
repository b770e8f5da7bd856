"""Tickets whose life is over before we hear of them: lived again in memory by `MOVES`, written by the batch.

The second writer of a status beside `move.py` and `birth.py`, for histories only. A `Story` makes the same moves
under the same rules (`BY_NAME`: from-states, order states, rights) and collects what they would have written;
`write` sends the rows of many stories in one statement a table, without notices, lights or live hints.
`hotline doctor --replay` plays them like any other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core import clock
from core.db import Tx
from core.errors import Refused
from core.officers import Officer
from crm.tickets import clocks_of, number
from crm.tickets.access import check_may
from crm.tickets.move import NewOrder
from crm.tickets.states import BY_NAME, ORDER_OPEN, Move, OrderStatus, Status, order_after


class Impossible(Refused):
    """The moves of a history do not follow from one another."""

    code = "impossible_history"


@dataclass(eq=False)
class Order:
    """A work order of a story; its id comes with the writing."""

    part: str
    columns: dict[str, Any]
    status: OrderStatus = OrderStatus.DISPATCHED
    version: int = 0
    id: int = 0


@dataclass(frozen=True)
class _Event:
    verb: str
    at: datetime
    by: Officer
    status: Status
    version: int
    acting: Order | None
    touched: tuple[tuple[Order, OrderStatus], ...]
    data: Mapping[str, Any]


@dataclass(eq=False)
class Story:
    """One ticket from its first move on. `columns` are the ticket's own, `citizen` those of who is known by phone."""

    columns: dict[str, Any]
    citizen: Mapping[str, Any] | None = None
    number: int = 0
    status: Status = Status.DRAFT
    version: int = 0
    received_at: datetime | None = None
    orders: list[Order] = field(default_factory=list)
    round: dict[str, Any] = field(default_factory=dict)
    _events: list[_Event] = field(default_factory=list)
    _ledger: list[tuple[Order, tuple[Any, ...]]] = field(default_factory=list)

    def make(
        self, name: str, *, by: Officer, at: datetime, order: Order | None = None,
        ticket_set: Mapping[str, Any] | None = None, order_set: Mapping[str, Any] | None = None,
        new_orders: Sequence[NewOrder] = (), data: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """The move `name`, as `move.make` makes it. Raises Denied, Impossible."""
        move = BY_NAME[name]
        check_may(by, move)
        if self.status not in move.sources:
            raise Impossible(f"{name} from {self.status}")
        if self._events and at < self._events[-1].at:
            raise Impossible(f"{name} at {at.isoformat()} comes before {self._events[-1].verb}")
        self.received_at = self.received_at or at
        touched = [] if order is None else [self._act(move, order, at, order_set or {})]
        if move.others:
            rest = (o for o in self.orders if o is not order and o.status in ORDER_OPEN)
            touched += [self._end(other, move.others, at) for other in rest]
        touched += [self._begin(new, at) for new in new_orders]
        self.status, self.version = move.after(self.status), self.version + 1
        self.columns |= ticket_set or {}
        left = tuple((o, o.status) for o in touched)
        self._events.append(_Event(name, at, by, self.status, self.version, order, left, data or {}))

    def stop(self, order: Order, name: str, at: datetime, actor: str) -> None:
        """The order's clock `name` stands still."""
        self._ledger.append((order, (name, "stop", at, None, "", "", actor)))

    def _act(self, move: Move, order: Order, at: datetime, changes: Mapping[str, Any]) -> Order:
        after = order_after(move, order.status)
        if after is None or order.part != move.part:
            raise Impossible(f"{move.name} of an order that is {order.status}")
        order.columns |= changes
        if after not in ORDER_OPEN:
            order.columns["ended_at"] = at
        order.status, order.version = after, order.version + (0 if move.passing else 1)
        return order

    def _end(self, order: Order, status: OrderStatus, at: datetime) -> Order:
        order.status, order.version = status, order.version + 1
        order.columns |= {"ended_at": at, **clocks_of.RESTING}
        return order

    def _begin(self, new: NewOrder, at: datetime) -> Order:
        order = Order(new.part, {"unit": new.unit, **new.columns})
        self.orders.append(order)
        for name, amount, unit, version in new.clocks:
            self._ledger.append((order, (name, "start", at, amount, unit, version, "")))
        return order


async def give_numbers(t: Tx, stories: Sequence[Story]) -> None:
    """Each story gets its ticket's number and its orders their ids; gaps are allowed, so not all need be written."""
    orders = [order for story in stories for order in story.orders]
    row = await t.fetchrow(
        """SELECT ARRAY(SELECT nextval('ticket_number') FROM generate_series(1, $1)) AS numbers,
                  ARRAY(SELECT nextval(pg_get_serial_sequence('work_order', 'id')) FROM generate_series(1, $2)) AS orders""",
        len(stories), len(orders),
    )  # fmt: skip
    for story, sequence in zip(stories, row["numbers"], strict=True):
        assert story.received_at is not None, "a story begins with its first move"
        story.number = number.make(clock.local(story.received_at).date(), sequence)
    for order, made in zip(orders, row["orders"], strict=True):
        order.id = made


async def write(t: Tx, stories: Sequence[Story]) -> None:
    """All rows of the stories, in the caller's transaction; they have been given their numbers."""
    if not stories:
        return
    citizens = await _citizens(t, stories)
    await _copy(t, "ticket", [_ticket(story, citizens) for story in stories])
    await _copy(t, "round", [_round(story) for story in stories])
    await _copy(t, "work_order", [_order(story, order) for story in stories for order in story.orders])
    await _copy(t, "clock_entry", [_entry(story, *line) for story in stories for line in story._ledger])
    await _copy(t, "ticket_event", [_event(story, event) for story in stories for event in story._events])


async def _citizens(t: Tx, stories: Sequence[Story]) -> dict[bytes, int]:
    """The people known by phone, found or made; what is known of them already stays."""
    known = {s.citizen["phone_hash"]: (s.citizen, s.received_at) for s in stories if s.citizen}
    if not known:
        return {}
    names = ("phone", "phone_tail", "name", "name_hash")
    rows = await t.fetch(
        """INSERT INTO citizen (phone_hash, created_at, phone, phone_tail, name, name_hash)
           SELECT * FROM unnest($1::bytea[], $2::timestamptz[], $3::bytea[], $4::text[], $5::bytea[], $6::bytea[])
           ON CONFLICT (phone_hash) WHERE phone_hash IS NOT NULL
           DO UPDATE SET name = coalesce(citizen.name, EXCLUDED.name),
                         name_hash = coalesce(citizen.name_hash, EXCLUDED.name_hash)
           RETURNING id, phone_hash""",
        list(known), [at for _person, at in known.values()],
        *([person.get(name) for person, _at in known.values()] for name in names),
    )  # fmt: skip
    return {bytes(row["phone_hash"]): row["id"] for row in rows}


async def _copy(t: Tx, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    for names, alike in _alike(rows, columns):
        await t.connection.copy_records_to_table(table, columns=names, records=alike)


def _alike(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str]
) -> Iterable[tuple[list[str], list[tuple[Any, ...]]]]:
    """Rows with the same columns together: what a row leaves out shall get the table's own default."""
    grouped: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
    for row in rows:
        names = tuple(column for column in columns if column in row)
        grouped.setdefault(names, []).append(tuple(row[name] for name in names))
    return [(list(names), records) for names, records in grouped.items()]


def _ticket(story: Story, citizens: Mapping[bytes, int]) -> dict[str, Any]:
    person = citizens.get(story.citizen["phone_hash"]) if story.citizen else None
    return {
        "id": story.number, "status": story.status, "version": story.version, "round": 1,
        "received_at": story.received_at, "citizen": person, **story.columns,
    }  # fmt: skip


def _round(story: Story) -> dict[str, Any]:
    return {"ticket": story.number, "no": 1, "opened_at": story.received_at, **story.round}


def _order(story: Story, order: Order) -> dict[str, Any]:
    return {
        "id": order.id, "ticket": story.number, "round": 1, "part": order.part, "status": order.status,
        "version": order.version, **order.columns,
    }  # fmt: skip


def _entry(story: Story, order: Order, line: tuple[Any, ...]) -> dict[str, Any]:
    names = ("clock", "entry", "at", "amount", "unit", "rule_version", "actor_name")
    return {"ticket": story.number, "work_order": order.id, **dict(zip(names, line, strict=True))}


def _event(story: Story, event: _Event) -> dict[str, Any]:
    return {
        "ticket": story.number, "at": event.at, "verb": event.verb, "actor": event.by.id or None,
        "actor_name": event.by.name, "status": event.status, "round": 1, "version": event.version,
        "work_order": event.acting.id if event.acting else None,
        "orders": json.dumps({order.id: status for order, status in event.touched}),
        "data": json.dumps(event.data, ensure_ascii=False, default=str),
    }  # fmt: skip
