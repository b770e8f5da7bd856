"""The only writer of a ticket's and a work order's status, but for its first (`birth.py`).

One call = one row of `MOVES` = one statement: compare-and-set on (status, version), the work orders that
follow, one event, and a `notice_due` row for each party that is told. It runs inside the verb's transaction.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.db import Tx
from core.errors import Change, Conflict, Refused
from core.i18n import _
from core.officers import Officer
from crm.tickets import pending
from crm.tickets.access import OrderRow, TicketRow, check_may
from crm.tickets.states import BY_NAME, FINAL, ORDER_OPEN, Move, OrderStatus, Party, Status, order_after
from crm.tickets.words import say, status_word

_OPEN_ORDERS = ", ".join(f"'{status}'" for status in sorted(ORDER_OPEN))


@dataclass(frozen=True)
class NewOrder:
    """A work order to be made by the move, with the ledger lines its clocks start from."""

    unit: int
    part: str
    columns: Mapping[str, Any]
    clocks: Sequence[tuple[str, int, str, str]] = ()  # clock, amount, unit, rule version


@dataclass(frozen=True)
class Back:
    """What a move that `restores` brings back: the ticket's state, and the columns of its orders by their id."""

    status: Status
    orders: Mapping[int, Mapping[str, Any]]


@dataclass(frozen=True)
class Moved:
    """What a move left behind."""

    event: int
    status: str
    version: int
    orders: dict[int, str] = field(default_factory=dict)
    ticket: int = 0


class Args:
    """Collects arguments and hands out their `$n`."""

    def __init__(self) -> None:
        self.values: list[Any] = []

    def __call__(self, value: Any) -> str:
        self.values.append(value)
        return f"${len(self.values)}"


async def make(
    t: Tx,
    name: str,
    ticket: TicketRow,
    *,
    by: Officer,
    now: datetime,
    seen: int | None = None,
    order: OrderRow | None = None,
    order_seen: int | None = None,
    ticket_set: Mapping[str, Any] | None = None,
    order_set: Mapping[str, Any] | None = None,
    new_orders: Sequence[NewOrder] = (),
    ledger: tuple[str, str] | None = None,
    data: Mapping[str, Any] | None = None,
    back: Back | None = None,
) -> Moved:
    """Make the move `name` on a ticket fetched `to="change"`.

    `ledger`: a line for `order`, (clock, entry), as ("sign", "stop").

    `seen` / `order_seen` are the versions the person had before their eyes: when others moved the ticket
    meanwhile (but for `passing` moves) the person hears Conflict. Raises Denied, Conflict, Refused.
    """
    move = BY_NAME[name]
    check_may(by, move)
    await check_seen(t, ticket, seen)
    if order is not None and order_seen is not None and order_seen != order.version:
        await _check_nobody_was_first(t, ticket, 0, order)
    check_state(move, ticket, order)
    args = Args()
    sql = _statement(
        move, ticket, order, args, by, now, ticket_set or {}, order_set or {}, new_orders, ledger, data or {}, back
    )  # fmt: skip
    row = await t.fetchrow(sql, *args.values)
    if row is None or (order is not None and not row["acted"]):
        raise Conflict(_("有人先动了这张单，请看最新情况再办。您写的都在。"))
    orders = {int(k): v for k, v in json.loads(row["orders"]).items()}
    t.changed(f"ticket:{ticket.id}", *_topics(move, ticket, row["units"] or []))
    return Moved(row["event"], row["status"], row["version"], orders, ticket.id)


async def check_seen(t: Tx, ticket: TicketRow, seen: int | None) -> None:
    """Raises Conflict when others moved the ticket after the version `seen`; `make` asks it too."""
    if seen is not None and seen != ticket.version:
        await _check_nobody_was_first(t, ticket, seen)


def check_state(move: Move, ticket: TicketRow, order: OrderRow | None) -> None:
    """Raises Refused unless `MOVES` has the move from where the ticket, and the order it is made on, stand now."""
    if ticket.status not in move.sources:
        raise Refused(
            _("工单现在是“{status}”，不能“{move}”。").format(
                status=status_word(ticket.status), move=_(move.label)
            ),
            code="wrong_state",
        )
    if order is not None and (order.part != move.part or order_after(move, order.status) is None):
        raise Refused(
            _("这张承办单现在不能“{move}”，请刷新看最新情况。").format(move=_(move.label)), code="wrong_state"
        )


def _statement(
    move: Move,
    ticket: TicketRow,
    order: OrderRow | None,
    args: Args,
    by: Officer,
    now: datetime,
    ticket_set: Mapping[str, Any],
    order_set: Mapping[str, Any],
    new_orders: Sequence[NewOrder],
    ledger: tuple[str, str] | None,
    data: Mapping[str, Any],
    back: Back | None,
) -> str:
    number, at = args(ticket.id), args(now)
    actor = args(by.name)
    after = back.status if back else move.after(ticket.status)
    if after in FINAL:
        ticket_set = {**ticket_set, "supervised": 0}
    sets = "".join(f", {column} = {args(value)}" for column, value in ticket_set.items())
    parts = [
        f"""moved AS (UPDATE ticket SET status = {args(after)}, version = version + 1{sets}
            WHERE id = {number} AND status = {args(ticket.status)} AND version = {args(ticket.version)}
            RETURNING id, status, version, round)"""
    ]
    touched = [_acted(move, order, args, order_set, at)] if order else []
    if move.others:
        touched.append(_others(move, order, args, number, at))
    touched += [_restored(id, columns, args, number) for id, columns in (back.orders.items() if back else ())]
    touched += [_made(new, position, args, number) for position, new in enumerate(new_orders)]
    parts += [sql for _name, sql in touched]
    union = " UNION ALL ".join(f"SELECT id, status, unit FROM {name}" for name, _sql in touched)
    parts.append(f"touched AS ({union or 'SELECT 0::bigint id, NULL::text status, 0 unit WHERE FALSE'})")
    parts += [_clocks(new, position, args, at) for position, new in enumerate(new_orders) if new.clocks]
    if ledger and order:
        clock, entry = map(args, ledger)
        parts.append(
            f"""entered AS (INSERT INTO clock_entry (ticket, work_order, clock, entry, at, actor_name)
                SELECT id, {args(order.id)}, {clock}, {entry}, {at}, {actor} FROM moved)"""
        )
    parts.append(
        f"""event AS (INSERT INTO ticket_event (ticket, at, verb, actor, actor_name, status, round, version,
                work_order, orders, data)
            SELECT id, {at}, {args(move.name)}, {args(by.id)}, {actor}, status, round, version,
                {args(order.id if order else None)}::bigint,
                (SELECT coalesce(jsonb_object_agg(id, status), '{{}}') FROM touched),
                {args(json.dumps(data, ensure_ascii=False, default=str))}::jsonb
            FROM moved RETURNING id, orders)"""
    )
    parts += pending.settled(move, ticket.status, number, at, actor, args)
    parts += notices(move, number, at, args)
    if ticket.merged_count and Party.CITIZEN in move.told:
        parts.append(_told_children(move, number, at, args))
    acted = "EXISTS (SELECT 1 FROM acted)" if order else "TRUE"
    return (
        "WITH "
        + ",\n".join(parts)
        + f"""
        SELECT event.id AS event, event.orders, moved.status, moved.version, {acted} AS acted,
            (SELECT array_agg(unit) FROM touched) AS units
        FROM moved, event"""
    )


def _acted(move: Move, order: OrderRow, args: Args, order_set: Mapping[str, Any], at: str) -> tuple[str, str]:
    after = order_after(move, order.status)
    assert after is not None  # check_state
    sets = "".join(f", {column} = {args(value)}" for column, value in order_set.items())
    if after not in ORDER_OPEN:
        sets += f", ended_at = {at}" + ("" if "light_turns_at" in order_set else ", light_turns_at = NULL")
    if order.status is OrderStatus.DISPATCHED and after is not order.status:
        sets += ", escalate_at = NULL"  # signed, or no longer theirs to sign
    step = 0 if move.passing else 1
    return "acted", (
        f"""acted AS (UPDATE work_order SET status = {args(after)}, version = version + {step}{sets}
            WHERE id = {args(order.id)} AND status = {args(order.status)} AND version = {args(order.version)}
            RETURNING id, status, unit)"""
    )


def _others(move: Move, order: OrderRow | None, args: Args, number: str, at: str) -> tuple[str, str]:
    return "others", (
        f"""others AS (UPDATE work_order SET status = {args(move.others)}, version = version + 1, ended_at = {at},
                light_turns_at = NULL, escalate_at = NULL
            WHERE ticket = {number} AND status IN ({_OPEN_ORDERS}) AND id <> {args(order.id if order else 0)}
            RETURNING id, status, unit)"""
    )


def _restored(order: int, columns: Mapping[str, Any], args: Args, number: str) -> tuple[str, str]:
    sets = ", ".join(f"{column} = {args(value)}" for column, value in columns.items())
    return f"back{order}", (
        f"""back{order} AS (UPDATE work_order SET {sets}, version = version + 1
            WHERE id = {args(order)} AND ticket = {number} RETURNING id, status, unit)"""
    )


def _made(new: NewOrder, position: int, args: Args, number: str) -> tuple[str, str]:
    columns = {"unit": new.unit, "part": new.part, "status": OrderStatus.DISPATCHED, **new.columns}
    values = ", ".join(args(value) for value in columns.values())
    return f"made{position}", (
        f"""made{position} AS (INSERT INTO work_order (ticket, round, {", ".join(columns)})
            SELECT id, round, {values} FROM moved RETURNING id, status, unit)"""
    )


def _clocks(new: NewOrder, position: int, args: Args, at: str) -> str:
    clocks, amounts, units, versions = (list(column) for column in zip(*new.clocks, strict=True))
    return f"""clocks{position} AS (
        INSERT INTO clock_entry (ticket, work_order, clock, entry, at, amount, unit, rule_version)
        SELECT moved.id, made.id, c.clock, 'start', {at}, c.amount, c.unit, c.version
        FROM moved, made{position} made,
            unnest({args(clocks)}::text[], {args(amounts)}::int[], {args(units)}::text[], {args(versions)}::text[])
                AS c(clock, amount, unit, version))"""


def notices(move: Move, number: str, at: str, args: Args) -> list[str]:
    verb = args(move.name) if move.told else ""
    head = "INSERT INTO notice_due (ticket, round, event, verb, party, work_order, due_at)"
    parts = []
    if Party.CITIZEN in move.told:
        parts.append(
            f"""told_citizen AS ({head} SELECT {number}, moved.round, event.id, {verb}, 'citizen', NULL, {at}
                FROM moved, event)"""
        )
    if Party.UNIT in move.told:
        parts.append(
            f"""told_unit AS ({head} SELECT {number}, moved.round, event.id, {verb}, 'unit', touched.id, {at}
                FROM moved, event, touched)"""
        )
    return parts


def _told_children(move: Move, number: str, at: str, args: Args) -> str:
    """Whoever was merged into this ticket hears what its own citizen hears."""
    return f"""told_children AS (
        INSERT INTO notice_due (ticket, round, event, verb, party, work_order, due_at)
        SELECT child.id, child.round, event.id, {args(move.name)}, 'citizen', NULL, {at}
        FROM moved, event, ticket child WHERE child.merged_into = {number})"""


async def _check_nobody_was_first(t: Tx, ticket: TicketRow, seen: int, order: OrderRow | None = None) -> None:
    """Raises Conflict when a move that matters came after what the person saw."""
    rows = await t.fetch(
        """SELECT verb, actor_name, at FROM ticket_event
           WHERE ticket = $1 AND version > $2 AND ($3::text IS NULL OR orders ? $3)
           ORDER BY version DESC LIMIT 20""",
        ticket.id,
        seen,
        str(order.id) if order else None,
    )
    told = [row for row in rows if not BY_NAME[row["verb"]].passing]
    if not told:
        return
    first = told[0]
    labels = {move.name: move.label for move in BY_NAME.values()}
    changes = tuple(Change(say(labels, row["verb"]), "", row["actor_name"]) for row in reversed(told))
    raise Conflict(
        _("{name}先动了这张单（{move}）。您写的都在，请看最新情况再办。").format(
            name=first["actor_name"], move=say(labels, first["verb"])
        ),
        by=first["actor_name"],
        changes=changes,
    )


def _topics(move: Move, ticket: TicketRow, units: Sequence[int]) -> list[str]:
    """Who else wants to hear: the queue a ticket leaves or enters, and the units whose orders changed."""
    queues = {str(ticket.status), str(move.after(ticket.status))} if move.target else set()
    return [f"queue:{queue}" for queue in sorted(queues)] + [f"unit:{unit}" for unit in sorted(set(units))]
