"""The lists and pages read often, as SQL in sight. Every question takes the officer and asks the one policy.

Lists are keyset-paged: `after` is the last row's key of the page before, `limit` rows come back, one more
tells that there is a next page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from core import db
from core.officers import Officer
from crm.tickets import figures, merged_follow_up
from crm.tickets.access import visible

#: What a row of a ticket list shows; no text of the citizen beyond the title and a first clause.
_ROW = """t.id, t.status, t.version, t.kind, t.matter, t.matter_name, t.urgency, t.confidential, t.anonymous, t.title,
    left(t.content, 60) AS summary, t.place, t.district, t.street, t.received_at, t.queued_at, t.dispatch_due_at,
    t.due_at, t.replied_at, t.closed_at, t.lead_unit, u.name AS unit_name, t.suggested_unit, s.name AS suggested_name,
    t.suggested_percent, t.claimed_by, t.claimed_name, t.claimed_at, t.urges, t.returns, t.round,
    t.created_by_name, t.phone_tail"""
#: What a row of the dispatchers' queue shows.
_QUEUE_ROW = """t.id, t.status, t.matter, t.matter_name, t.urgency, t.confidential, left(t.content, 60) AS summary, t.place,
    t.street, t.received_at, t.queued_at, t.dispatch_due_at, t.suggested_unit, t.suggested_percent, t.claimed_by,
    t.claimed_name, t.claimed_at, t.urges, t.returns, t.round, t.merged_count, t.supervised"""
#: What a row of a list of any tickets shows.
_FOUND_ROW = """t.id, t.status, t.version, t.kind, t.matter, t.matter_name, t.urgency, t.confidential, t.title,
    left(t.content, 60) AS summary, t.place, t.street, t.received_at, t.dispatch_due_at, t.due_at, t.replied_at,
    t.closed_at, t.lead_unit, u.name AS unit_name, t.round, t.urges, t.returns, t.phone_tail"""
_FROM = "ticket t LEFT JOIN unit u ON u.id = t.lead_unit LEFT JOIN unit s ON s.id = t.suggested_unit"


class Where:
    """Conditions with their arguments, numbered as they come."""

    def __init__(self, *args: Any) -> None:
        self.args: list[Any] = list(args)
        self.parts: list[str] = []

    def add(self, condition: str, *values: Any) -> Where:
        """`condition` names each value as `{}`, in order."""
        places = []
        for value in values:
            self.args.append(value)
            places.append(f"${len(self.args)}")
        self.parts.append(condition.format(*places))
        return self

    def policy(self, officer: Officer, *, unit: str = "") -> Where:
        condition, args = visible(officer, len(self.args) + 1, unit=unit)
        self.args += args
        self.parts.append(condition)
        return self

    def __str__(self) -> str:
        return " AND ".join(self.parts) or "TRUE"


def _filtered(officer: Officer, chosen: Mapping[str, Any], where: Where | None = None) -> Where:
    """The filters every ticket list knows, by their names in the URL; unknown ones are not looked at."""
    where = where or Where()
    for name, condition in FILTERS.items():
        if chosen.get(name) not in (None, "", [], ()):
            where.add(condition, chosen[name])
    if chosen.get("mark") in MARKS:
        where.parts.append(MARKS[chosen["mark"]])
    return where.policy(officer)


#: What a row is marked with, by its name in the URL.
MARKS: dict[str, str] = {
    "urged": "t.urges > 0",
    "returned": "t.returns > 0",
    "redo": "t.status = 'redo'",
    "confidential": "t.confidential",
}


FILTERS: dict[str, str] = {
    "status": "t.status = ANY({}::text[])",
    "urgency": "t.urgency = ANY({}::smallint[])",
    "kind": "t.kind = ANY({}::text[])",
    "matter": "starts_with(t.matter, {})",
    "district": "t.district = {}",
    "street": "t.street = {}",
    "line": "t.line = {}",
    "unit": "t.lead_unit = {}",
    "citizen": "t.citizen = {}",
    "citizens": "t.citizen = ANY({}::bigint[])",
    "id": "t.id = {}",
    "from": "t.id >= {}",
    "tail": "t.id % 100000 = {}",
    "phone_tail": "t.phone_tail = {}",
    "grams": "t.grams @> {}::text[]",
    "claimed_by": "t.claimed_by = {}",
    "since": "t.received_at >= {}",
    "until": "t.received_at < {}",
}


async def queue(
    officer: Officer, chosen: Mapping[str, Any], *, now: datetime, after: tuple[datetime, int] | None = None,
    limit: int = 50,
) -> list[Any]:  # fmt: skip
    """The dispatchers' queue, the moment due soonest first."""
    where = _filtered(officer, chosen)
    where.parts.insert(0, "t.status IN ('received', 'redo')")
    _light(where, chosen.get("light"), now)
    if after is not None:
        where.add("(t.dispatch_due_at, t.id) > ({}, {})", *after)
    return await db.fetch(
        f"SELECT {_QUEUE_ROW} FROM ticket t WHERE {where} ORDER BY t.dispatch_due_at, t.id LIMIT {limit + 1}",
        *where.args,
    )


def _light(where: Where, light: str | None, now: datetime) -> None:
    """The dispatch clock's light, worked out from its two moments."""
    share = "({} - t.queued_at) >= (t.dispatch_due_at - t.queued_at) * {}"
    if light == "red":
        where.add("t.dispatch_due_at <= {}", now)
    elif light == "orange":
        where.add(f"t.dispatch_due_at > {{}} AND {share}", now, now, 0.8)
    elif light == "yellow":
        where.add(f"{share} AND NOT {share}", now, 0.5, now, 0.8)
    elif light == "green":
        where.add(f"NOT {share}", now, 0.5)


def queue_condition(officer: Officer, chosen: Mapping[str, Any], *, now: datetime) -> tuple[str, list[Any]]:
    """The dispatcher's filter as a condition on `ticket t`, its arguments numbered from $4: for `claim_next`."""
    where = _filtered(officer, chosen, Where(None, None, None))
    _light(where, chosen.get("light"), now)
    return str(where), where.args[3:]


async def queue_lights(
    officer: Officer, chosen: Mapping[str, Any] | None = None, *, now: datetime
) -> dict[str, int]:
    """How many of the queue (within the filters but for the light) stand on red, orange, yellow, green; in all."""
    where = _filtered(officer, chosen or {}, Where(now))
    sql = f"""SELECT count(*) AS all, count(*) FILTER (WHERE t.dispatch_due_at <= $1) AS red,
                count(*) FILTER (WHERE $1 - t.queued_at >= (t.dispatch_due_at - t.queued_at) * 0.8
                    AND t.dispatch_due_at > $1) AS orange,
                count(*) FILTER (WHERE $1 - t.queued_at >= (t.dispatch_due_at - t.queued_at) * 0.5
                    AND $1 - t.queued_at < (t.dispatch_due_at - t.queued_at) * 0.8) AS yellow,
                count(*) FILTER (WHERE $1 - t.queued_at < (t.dispatch_due_at - t.queued_at) * 0.5) AS green
            FROM ticket t WHERE t.status IN ('received', 'redo') AND {where}"""
    return await figures.counted(sql, where.args, where.args[1:])


async def tickets(
    officer: Officer, chosen: Mapping[str, Any], *, after: int | None = None, limit: int = 50
) -> list[Any]:
    """Any tickets, newest first. The rows of the page first: no name is joined to rows that are not shown."""
    where = _filtered(officer, chosen)
    if after is not None:
        where.add("t.id < {}", after)
    # Words stand in few rows, and not evenly: reading the primary key backwards until enough are found would be
    # guessed too cheap. `+ 0` leaves it the index over the words.
    order = "t.id + 0 DESC" if chosen.get("grams") else "t.id DESC"
    return await db.fetch(
        f"""SELECT {_FOUND_ROW} FROM (SELECT t.* FROM ticket t WHERE {where} ORDER BY {order} LIMIT {limit + 1}) t
            LEFT JOIN unit u ON u.id = t.lead_unit ORDER BY t.id DESC""",
        *where.args,
    )


async def tickets_of(officer: Officer, numbers: Sequence[int]) -> list[Any]:
    """Those of `numbers` that the officer may see."""
    where = Where(list(numbers)).policy(officer)
    return await db.fetch(
        f"SELECT {_ROW} FROM {_FROM} WHERE t.id = ANY($1::bigint[]) AND {where}", *where.args
    )


async def to_review(
    officer: Officer, *, after: tuple[datetime, int] | None = None, limit: int = 50
) -> list[Any]:
    """Replies that wait for review, the oldest first, with what the unit says."""
    where = Where().policy(officer)
    if after is not None:
        where.add("(t.replied_at, t.id) > ({}, {})", *after)
    return await db.fetch(
        f"""SELECT {_ROW}, w.id AS order_id, w.result, left(w.reply, 80) AS reply, w.close_due_at,
                w.replied_at AS order_replied_at, w.contacted_at
            FROM {_FROM} JOIN work_order w ON w.ticket = t.id AND w.part = 'lead' AND w.status = 'replied'
            WHERE t.status = 'replied' AND {where} ORDER BY t.replied_at, t.id LIMIT {limit + 1}""",
        *where.args,
    )


async def ticket(officer: Officer, number: int) -> Any:
    """Everything a ticket's page shows of the ticket itself, or None to outsiders. Sealed columns stay sealed."""
    where = Where(number).policy(officer)
    return await db.fetchrow(
        f"""SELECT t.*, u.name AS unit_name, s.name AS suggested_name, l.number AS line_number, l.name AS line_name,
                c.name AS citizen_name, c.remark, c.phone AS citizen_phone
            FROM {_FROM} JOIN line l ON l.id = t.line LEFT JOIN citizen c ON c.id = t.citizen
            WHERE t.id = $1 AND {where}""",
        *where.args,
    )


async def orders(number: int) -> list[Any]:
    """The ticket's work orders, latest round first, lead before assists."""
    return await db.fetch(
        """SELECT w.*, u.name AS unit_name FROM work_order w JOIN unit u ON u.id = w.unit
           WHERE w.ticket = $1 ORDER BY w.round DESC, w.part DESC, w.id DESC""",
        number,
    )


async def events(number: int, *, after: int = 0) -> list[Any]:
    """The ticket's story, latest first."""
    return await db.fetch(
        """SELECT id, at, verb, actor, actor_name, status, round, version, work_order, orders, data FROM ticket_event
           WHERE ticket = $1 AND version > $2 ORDER BY version DESC LIMIT 500""",
        number, after,
    )  # fmt: skip


async def ledger(order: int) -> list[Any]:
    """The clock entries of a work order, as they were written."""
    return await db.fetch("SELECT * FROM clock_entry WHERE work_order = $1 ORDER BY id", order)


async def of_citizen(officer: Officer, citizen: int, *, limit: int = 8) -> list[Any]:
    """A citizen's tickets as the agent's left column shows them, newest first."""
    return await tickets(officer, {"citizen": citizen}, limit=limit)


async def counters(officer: Officer) -> Mapping[str, int]:
    """The figures beside the desks' names."""
    where = Where().policy(officer)
    sql = f"""SELECT count(*) FILTER (WHERE t.status IN ('received', 'redo')) AS dispatch,
                count(*) FILTER (WHERE t.status = 'return_review') AS returns,
                count(*) FILTER (WHERE t.status = 'replied') AS review,
                count(*) FILTER (WHERE t.status = 'follow_up')
                    + (SELECT count(*) FROM round f JOIN ticket t ON t.id = f.ticket AND t.round = f.no
                       WHERE f.follow_up_due_at IS NOT NULL AND f.follow_up_at IS NULL AND t.status = 'merged'
                         AND {merged_follow_up.WANTED} AND {where}) AS follow_up
            FROM ticket t
            WHERE t.status IN ('received', 'redo', 'return_review', 'replied', 'follow_up') AND {where}"""
    return await figures.counted(sql, where.args, where.args)


async def lookalikes_pool(
    street: str, matter: str, pairs: Sequence[Sequence[str]], officer: Officer
) -> list[Any]:
    """At most 200 recent tickets that may be the same matter: same street and matter branch, or the grams of one of
    `pairs` (of two words each, so that every branch of the question is narrow)."""
    where = Where(street, matter[:4])
    ways = [
        """(SELECT id FROM ticket WHERE street = $1 AND street <> '' AND matter >= $2 AND matter < $2 || 'A'
            ORDER BY id DESC LIMIT 80)"""
    ]
    for pair in pairs:
        where.args.append(list(pair))
        ways.append(
            f"(SELECT id FROM ticket WHERE grams @> ${len(where.args)}::text[] ORDER BY id DESC LIMIT 30)"
        )
    where.policy(officer)
    return await db.fetch(
        f"""SELECT t.id, t.status, t.title, t.content, t.matter, t.matter_name, t.received_at, t.citizen, t.street, t.place,
                u.name AS unit_name
            FROM ticket t LEFT JOIN unit u ON u.id = t.lead_unit
            WHERE t.id IN ({" UNION ".join(ways)}) AND {where}
            ORDER BY t.id DESC LIMIT 200""",
        *where.args,
    )
