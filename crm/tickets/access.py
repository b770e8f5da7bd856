"""Who may see and change a ticket: one policy for list, get, search, export and the live channel.

Hotline staff (`ticket.see`) see every ticket but confidential ones; units see what their own or their
sub-tree's work orders hang on; confidential tickets need a named post (`ticket.confidential`) on top.
Everybody else gets `NotFound`, whether the ticket exists or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from core import db
from core.errors import Denied, NotFound
from core.i18n import _
from core.officers import Officer
from crm.tickets.states import Move, OrderStatus, Status


@dataclass(frozen=True)
class TicketRow:
    """A ticket as verbs read it, its row locked when fetched `to="change"`."""

    id: int
    status: Status
    version: int
    round: int
    kind: str
    matter: str
    matter_name: str
    urgency: int
    confidential: bool
    anonymous: bool
    district: str
    street: str
    place: str
    contact: str
    phone_tail: str
    citizen: int | None
    received_at: datetime
    lead_unit: int | None
    due_at: datetime | None
    claimed_by: int | None
    claimed_name: str
    claimed_at: datetime | None
    created_by: int | None
    returns: int
    urges: int
    supervised: int
    merged_into: int | None
    merged_count: int
    incident: str
    triage_at: datetime | None
    has_accused: bool


@dataclass(frozen=True)
class OrderRow:
    """A work order as verbs read it."""

    id: int
    ticket: int
    round: int
    unit: int
    part: str
    status: OrderStatus
    version: int
    dispatched_at: datetime
    signed_at: datetime | None
    contacted_at: datetime | None
    sign_due_at: datetime | None
    contact_due_at: datetime | None
    close_due_at: datetime | None
    return_until: datetime | None
    clock: str
    extensions: int
    first_due_at: datetime | None
    resume_on: datetime | None
    answerable_unit: int | None
    binding: bool


#: Kinds of unit that watch over others: a complaint about a unit may go to these above it.
SUPERVISES = frozenset({"city", "department", "district", "hotline"})
_SUPERVISORS = ", ".join(f"'{kind}'" for kind in sorted(SUPERVISES))

TICKET_COLUMNS = ", ".join(f"t.{f.name}" for f in fields(TicketRow))
ORDER_COLUMNS = ", ".join(f"w.{f.name}" for f in fields(OrderRow))


def visible(officer: Officer, first: int = 1, *, unit: str = "") -> tuple[str, list[Any]]:
    """The policy as a condition on `ticket t`, with its arguments numbered from `$first`.

    `unit`: the unit of a work order, not recalled, that the question is about anyway; it is then the one that must be
    the officer's own, and no other order is looked for.
    """
    ways: list[str] = []
    args: list[Any] = []
    if officer.can("ticket.see"):
        ways.append("TRUE")
    elif officer.scopes:
        args.append(sorted(officer.scopes))
        ways.append(
            (
                f"{unit} = ANY(${first}::int[])"
                if unit
                else "EXISTS (SELECT 1 FROM work_order v WHERE v.ticket = t.id"
                f" AND v.unit = ANY(${first}::int[]) AND v.status <> 'recalled')"
            )
            + f" AND NOT (t.has_accused AND {_accused(first)})"
        )
    condition = ways[0] if ways else "FALSE"
    if not officer.can("ticket.confidential"):
        condition += " AND NOT t.confidential"
    return f"({condition})", args


def _accused(first: int) -> str:
    """Whether the ticket is about a unit of `$first` or one above them, and none of `$first` watches over that unit."""
    return (
        "EXISTS (SELECT 1 FROM accused_unit a JOIN unit about ON about.id = a.unit WHERE a.ticket = t.id"
        f" AND EXISTS (SELECT 1 FROM unit mine WHERE mine.id = ANY(${first}::int[])"
        " AND starts_with(mine.path, about.path))"
        f" AND NOT EXISTS (SELECT 1 FROM unit over WHERE over.id = ANY(${first}::int[]) AND over.id <> about.id"
        f" AND starts_with(about.path, over.path) AND over.kind IN ({_SUPERVISORS})))"
    )


async def ticket_for(officer: Officer, number: int, *, to: str = "view") -> TicketRow:
    """The ticket, if `officer` may see it; `to="change"` locks its row until the transaction ends.

    Raises NotFound to outsiders.
    """
    condition, args = visible(officer, 2)
    lock = " FOR UPDATE OF t" if to == "change" else ""
    row = await db.fetchrow(
        f"SELECT {TICKET_COLUMNS} FROM ticket t WHERE t.id = $1 AND {condition}{lock}", number, *args
    )
    if row is None:
        raise _nothing_there()
    return _ticket(row)


async def tickets_for(officer: Officer, numbers: Sequence[int]) -> dict[int, TicketRow]:
    """Those of `numbers` that the officer may see, by number."""
    condition, args = visible(officer, 2)
    rows = await db.fetch(
        f"SELECT {TICKET_COLUMNS} FROM ticket t WHERE t.id = ANY($1::bigint[]) AND {condition}",
        list(numbers), *args,
    )  # fmt: skip
    return {row["id"]: _ticket(row) for row in rows}


async def order_for(officer: Officer, order: int, *, to: str = "view") -> tuple[TicketRow, OrderRow]:
    """A unit's own work order (or its sub-tree's) and the ticket it hangs on, both locked for `to="change"`.

    Both: whoever waited for the ticket would else read the order as it was before the wait.
    """
    condition, args = visible(officer, 3)
    lock = " FOR UPDATE OF t, w" if to == "change" else ""
    own = "TRUE" if officer.can("ticket.see") and to == "view" else "w.unit = ANY($2::int[])"
    row = await db.fetchrow(
        f"""SELECT {TICKET_COLUMNS}, {", ".join(f"w.{f.name} AS w_{f.name}" for f in fields(OrderRow))}
            FROM work_order w JOIN ticket t ON t.id = w.ticket
            WHERE w.id = $1 AND ($2::int[] IS NOT NULL) AND {own} AND w.status <> 'recalled' AND {condition}{lock}""",
        order,
        sorted(officer.scopes),
        *args,
    )
    if row is None:
        raise _nothing_there()
    read = {f.name: row[f"w_{f.name}"] for f in fields(OrderRow)}
    return _ticket(row), OrderRow(**{**read, "status": OrderStatus(read["status"])})


async def may_see(officer: Officer, numbers: list[int]) -> set[int]:
    """Which of `numbers` the officer may see: for the live channel and exports."""
    condition, args = visible(officer, 2)
    rows = await db.fetch(
        f"SELECT t.id FROM ticket t WHERE t.id = ANY($1::bigint[]) AND {condition}", numbers, *args
    )
    return {row["id"] for row in rows}


def check_may(officer: Officer, move: Move) -> None:
    """Raises Denied unless the officer holds one of the move's rights."""
    if not officer.can(*move.who):
        raise Denied(_("您没有“{move}”的权限，请找班长开通。").format(move=_(move.label)))


def _ticket(row: Any) -> TicketRow:
    read = {f.name: row[f.name] for f in fields(TicketRow)}
    return TicketRow(**{**read, "status": Status(read["status"])})


def _nothing_there() -> NotFound:
    return NotFound(_("没有这张单，或者您无权看。请核对单号；确要看，请找班长开权限。"))
