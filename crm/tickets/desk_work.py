"""The further work lists of the hotline: requests for more time, conferences, appeals, incidents, supervisions.

Each is one question with the one policy, keyset-paged as in `queries.py`: `after` is (moment, id) of the last row
before. A request of an order that is no longer worked on has lapsed, and stands on no list.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from core import db
from core.officers import Officer
from crm.tickets import figures
from crm.tickets.queries import Where
from crm.tickets.states import BY_NAME

After = tuple[datetime, int]

_ROW: Final = """t.id, t.status, t.matter, t.matter_name, t.urgency, t.confidential, left(t.content, 60) AS summary,
    t.street, t.place, t.received_at, t.due_at, t.lead_unit, t.merged_count, t.supervised"""
_REQUESTED: Final = "time_request r JOIN ticket t ON t.id = r.ticket JOIN work_order w ON w.id = r.work_order"
_ASKED: Final = "r.ruled_at IS NULL AND w.status = 'handling' AND t.status = 'handling'"
_MET: Final = "conference c JOIN ticket t ON t.id = c.ticket"
_MEETING: Final = "c.ruled_at IS NULL AND t.status = 'conference'"
_TRIAGE: Final = "t.triage_at IS NOT NULL AND t.status IN ('answered', 'refused', 'closed')"
_GATHERING: Final = ", ".join(f"'{status}'" for status in sorted(BY_NAME["gather"].sources))
_INCIDENT: Final = f"t.incident <> '' AND t.status IN ({_GATHERING})"
_OPEN_SUPERVISION: Final = "v.lifted_at IS NULL"
_SUPERVISED: Final = "supervision v JOIN ticket t ON t.id = v.ticket"

#: 督办: name in the URL → condition.
SUPERVISION_STATES: Final[Mapping[str, str]] = {
    "answered": "v.answered_at IS NOT NULL",
    "overdue": "v.answered_at IS NULL AND v.due_at <= $1",
    "waiting": "v.answered_at IS NULL AND v.due_at > $1",
}


async def requests(
    officer: Officer, *, kind: str = "", after: After | None = None, limit: int = 50
) -> list[Any]:
    """Extensions and holds that units ask for, the oldest first. `kind`: extension, hold, or both."""
    where = Where().policy(officer)
    if kind:
        where.add("r.kind = {}", kind)
    return await _page(
        f"""SELECT {_ROW}, r.id AS request, r.kind AS asked, r.ground, left(r.note, 80) AS note, r.amount, r.unit AS in_unit,
            r.resume_on, r.asked_at, r.asked_by_name, w.unit AS order_unit, w.dispatched_at, w.close_due_at, w.extensions,
            r.asked_at AS sort_at, r.id AS sort_id
            FROM {_REQUESTED} WHERE {_ASKED}""",
        where, "r.asked_at, r.id", after, limit,
    )  # fmt: skip


async def conferences(officer: Officer, *, after: After | None = None, limit: int = 50) -> list[Any]:
    """Open conferences, the one due soonest first."""
    return await _page(
        f"""SELECT {_ROW}, c.question, c.participants, c.called_at, c.called_by_name, c.due_at AS conference_due,
            t.returns, c.due_at AS sort_at, c.id AS sort_id
            FROM {_MET} WHERE {_MEETING}""",
        Where().policy(officer), "c.due_at, c.id", after, limit,
    )  # fmt: skip


async def appeals(officer: Officer, *, after: After | None = None, limit: int = 50) -> list[Any]:
    """Tickets at rest on which somebody brought something new, the oldest first, with what was said last."""
    return await _page(
        f"""SELECT {_ROW}, t.triage_at, t.closed_at, e.verb AS brought, e.actor_name AS brought_by,
            coalesce(e.data ->> 'facts', e.data ->> 'content', '') AS facts, t.triage_at AS sort_at, t.id AS sort_id
            FROM ticket t LEFT JOIN LATERAL (SELECT verb, actor_name, data FROM ticket_event
                WHERE ticket = t.id AND verb IN ('appeal', 'append') ORDER BY version DESC LIMIT 1) e ON TRUE
            WHERE {_TRIAGE}""",
        Where().policy(officer), "t.triage_at, t.id", after, limit,
    )  # fmt: skip


async def incidents(officer: Officer, *, below: int | None = None, limit: int = 50) -> list[Any]:
    """Open incidents, the newest first, with the last word that was told to all."""
    where = Where().policy(officer)
    if below is not None:
        where.add("t.id < {}", below)
    return await db.fetch(
        f"""SELECT {_ROW}, t.incident, t.queued_at, t.dispatch_due_at, e.at AS announced_at, e.data ->> 'text' AS announced,
                t.received_at AS sort_at, t.id AS sort_id
            FROM ticket t LEFT JOIN LATERAL (SELECT at, data FROM ticket_event
                WHERE ticket = t.id AND verb = 'announce' ORDER BY version DESC LIMIT 1) e ON TRUE
            WHERE {_INCIDENT} AND {where} ORDER BY t.id DESC LIMIT {limit + 1}""",
        *where.args,
    )


async def incidents_around(officer: Officer, matter: str, district: str) -> list[Any]:
    """Open incidents that a ticket of this matter in this district may join (`merging`), the newest first."""
    where = Where(matter[:4], district).policy(officer)
    return await db.fetch(
        f"""SELECT t.id, t.incident, t.merged_count, t.due_at, t.street, e.at AS announced_at, e.data ->> 'text' AS announced
            FROM ticket t LEFT JOIN LATERAL (SELECT at, data FROM ticket_event
                WHERE ticket = t.id AND verb = 'announce' ORDER BY version DESC LIMIT 1) e ON TRUE
            WHERE {_INCIDENT} AND left(t.matter, 4) = $1 AND t.district = $2 AND NOT t.confidential AND {where}
            ORDER BY t.id DESC LIMIT 3""",
        *where.args,
    )


async def told_of(officer: Officer, master: int) -> Any:
    """What a citizen who joins this ticket may be told: the incident's title, who answers by when, the last word."""
    where = Where(master).policy(officer)
    return await db.fetchrow(
        f"""SELECT t.id, t.incident, t.merged_count, t.due_at, u.name AS unit_name, e.at AS announced_at,
                e.data ->> 'text' AS announced
            FROM ticket t LEFT JOIN unit u ON u.id = t.lead_unit LEFT JOIN LATERAL (SELECT at, data FROM ticket_event
                WHERE ticket = t.id AND verb = 'announce' ORDER BY version DESC LIMIT 1) e ON TRUE
            WHERE t.id = $1 AND {where}""",
        *where.args,
    )


async def supervisions(
    officer: Officer, chosen: Mapping[str, Any], *, now: datetime, after: After | None = None, limit: int = 50
) -> list[Any]:
    """Open supervisions, answered ones first (they wait for a decision), then by the moment due.

    `chosen`: state (of `SUPERVISION_STATES`), level, trigger. `after`'s moment is the row's `sort_at`.
    """
    where = Where(now).policy(officer)
    where.parts.append("$1::timestamptz IS NOT NULL")
    if chosen.get("state") in SUPERVISION_STATES:
        where.parts.append(SUPERVISION_STATES[chosen["state"]])
    if chosen.get("level"):
        where.add("v.level = {}", int(chosen["level"]))
    if chosen.get("trigger"):
        where.add("v.trigger = {}", chosen["trigger"])
    # The answered ones stand before every due moment.
    sort = "CASE WHEN v.answered_at IS NULL THEN v.due_at ELSE v.due_at - interval '100 years' END"
    return await _page(
        f"""SELECT {_ROW}, v.number, v.trigger, v.level, v.demand, v.leader, v.issued_at, v.issued_by_name,
            v.due_at AS supervision_due, v.answered_at, v.answered_by_name, left(v.answer, 80) AS answer,
            {sort} AS sort_at, v.id AS sort_id
            FROM {_SUPERVISED} WHERE {_OPEN_SUPERVISION}""",
        where, f"{sort}, v.id", after, limit,
    )  # fmt: skip


async def supervision_counts(officer: Officer, *, now: datetime) -> dict[str, int]:
    """How many supervisions are open, and how many of them in each state."""
    where = Where(now).policy(officer)
    parts = ", ".join(f"count(*) FILTER (WHERE {sql}) AS {name}" for name, sql in SUPERVISION_STATES.items())
    sql = f"SELECT count(*) AS open, {parts} FROM {_SUPERVISED} WHERE {_OPEN_SUPERVISION} AND {where}"
    return await figures.counted(sql, where.args, where.args[1:])


async def notes(officer: Officer, *, limit: int = 10) -> list[Any]:
    """The leaders' notes (批示) written last."""
    where = Where().policy(officer)
    return await db.fetch(
        f"""SELECT {_ROW}, e.at, e.actor_name, e.data ->> 'leader' AS leader, e.data ->> 'content' AS content
            FROM (SELECT * FROM ticket_event WHERE verb = 'leader_note' ORDER BY at DESC LIMIT 200) e
            JOIN ticket t ON t.id = e.ticket WHERE {where} ORDER BY e.at DESC LIMIT {limit}""",
        *where.args,
    )


async def counters(officer: Officer) -> dict[str, int]:
    """The figures beside the lists' names; counted once a change (`figures`)."""
    where = Where().policy(officer)
    sql = f"""SELECT (SELECT count(*) FROM {_REQUESTED} WHERE {_ASKED} AND {where}) AS requests,
                (SELECT count(*) FROM {_MET} WHERE {_MEETING} AND {where}) AS conferences,
                (SELECT count(*) FROM ticket t WHERE {_TRIAGE} AND {where}) AS appeals,
                (SELECT count(*) FROM ticket t WHERE {_INCIDENT} AND {where}) AS incidents"""
    return await figures.counted(sql, where.args, where.args)


async def _page(sql: str, where: Where, order: str, after: After | None, limit: int) -> list[Any]:
    if after is not None:
        where.add(f"({order}) > ({{}}, {{}})", *after)
    return await db.fetch(f"{sql} AND {where} ORDER BY {order} LIMIT {limit + 1}", *where.args)
