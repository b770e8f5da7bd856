"""The follow-up's worklist: whose citizen is to be asked, what was tried, who is on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core import db
from core.officers import Officer
from crm.tickets import figures, merged_follow_up
from crm.tickets.queries import _FROM, _ROW, Where

_AFTER = tuple[datetime, int]
#: Which part of the list: all, those that may be called now, those tried this half-day, those past their moment.
PARTS = ("", "now", "waits", "over")


@dataclass(frozen=True)
class Wanted:
    """`half`: the half-day it is now (`following_up.half_day`); `unit`: only what this lead unit answered."""

    half: str
    now: datetime
    part: str = ""
    unit: int | None = None


_TRIED = """LATERAL (SELECT count(*) AS tries, max(y.at) AS tried_at,
        count(DISTINCT y.half_day) FILTER (WHERE y.outcome NOT IN ('answered', 'declined', 'later')) AS half_days,
        coalesce(bool_or(y.half_day = $1 AND y.outcome <> 'later'), false) AS tried_now,
        (array_agg(y.outcome ORDER BY y.id DESC))[1] AS last_outcome
    FROM follow_up_try y WHERE y.ticket = t.id AND y.round = t.round) y"""
#: Who answered: the ticket itself, or the one it is merged into.
_ANSWERED_BY = "JOIN ticket m ON m.id = coalesce(t.merged_into, t.id)"
_ON = {
    "now": "NOT y.tried_now AND t.phone_tail <> ''",
    "waits": "y.tried_now",
}


async def follow_ups(
    officer: Officer, wanted: Wanted, *, after: _AFTER | None = None, limit: int = 50
) -> list[Any]:
    """Tickets whose citizen is to be asked, the one due soonest first."""
    where = _where(officer, wanted)
    if after is not None:
        where.add("(coalesce(f.follow_up_due_at, f.opened_at), t.id) > ({}, {})", *after)
    return await db.fetch(
        f"""SELECT {_ROW}, f.follow_up, f.follow_up_due_at, f.accepted_at, f.solved AS said, y.*, t.merged_into,
                m.lead_unit AS answered_unit, a.name AS answered_unit_name,
                coalesce(f.follow_up_due_at, f.opened_at) AS sort_at, w.result, left(w.reply, 80) AS reply
            FROM {_FROM} JOIN round f ON f.ticket = t.id AND f.no = t.round
            {_ANSWERED_BY} LEFT JOIN unit a ON a.id = m.lead_unit
            CROSS JOIN {_TRIED}
            LEFT JOIN LATERAL (SELECT o.result, o.reply FROM work_order o
                WHERE o.ticket = m.id AND o.round = m.round AND o.part = 'lead' AND o.status = 'accepted'
                ORDER BY o.id DESC LIMIT 1) w ON TRUE
            WHERE {where} ORDER BY coalesce(f.follow_up_due_at, f.opened_at), t.id LIMIT {limit + 1}""",
        *where.args,
    )


async def parts(officer: Officer, wanted: Wanted) -> Mapping[str, int]:
    """How many stand in each part of the list."""
    where = _where(officer, Wanted(wanted.half, wanted.now, "", wanted.unit))
    where.args.append(wanted.now)
    sql = f"""SELECT count(*) AS all, count(*) FILTER (WHERE {_ON["now"]}) AS now,
            count(*) FILTER (WHERE {_ON["waits"]}) AS waits,
            count(*) FILTER (WHERE f.follow_up_due_at < ${len(where.args)}) AS over
        FROM ticket t JOIN round f ON f.ticket = t.id AND f.no = t.round {_ANSWERED_BY} CROSS JOIN {_TRIED} WHERE {where}"""
    return await figures.counted(sql, where.args, where.args[:-1])


def _where(officer: Officer, wanted: Wanted) -> Where:
    where = Where(wanted.half)
    where.parts.append(f"t.status IN ('follow_up', 'merged') AND {merged_follow_up.WANTED}")
    if wanted.part in _ON:
        where.parts.append(_ON[wanted.part])
    elif wanted.part == "over":
        where.add("f.follow_up_due_at < {}", wanted.now)
    if wanted.unit is not None:
        where.add("m.lead_unit = {}", wanted.unit)
    return where.policy(officer)
