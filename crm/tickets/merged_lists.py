"""并单 as lists: the children of a master, the master of a child, and what a ticket could be merged into."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core import db
from core.officers import Officer
from crm.tickets.queries import Where
from crm.tickets.states import BY_NAME

MOST = 50


async def children(officer: Officer, master: int, *, limit: int = MOST) -> list[Any]:
    """What was merged into it, the latest first: nothing of the citizens but where and when. For hotline staff."""
    if not officer.can("ticket.see"):
        return []
    where = Where(master).policy(officer)
    return await db.fetch(
        f"""SELECT t.id, t.status, t.received_at, t.street, t.place, t.matter, t.matter_name, m.merged_at, m.ground
            FROM merging m JOIN ticket t ON t.id = m.child
            WHERE m.master = $1 AND m.undone_at IS NULL AND {where} ORDER BY m.merged_at DESC, m.id DESC LIMIT {limit}""",
        *where.args,
    )


async def candidates(officer: Officer, numbers: Sequence[int]) -> list[Any]:
    """For each of `numbers` that waits to be dispatched: the open ticket it looks like, of the same matter and street."""
    where = Where(list(numbers), sorted(BY_NAME["gather"].sources)).policy(officer)
    return await db.fetch(
        f"""SELECT t.id, o.id AS master, o.merged_count, o.incident, o.status
            FROM ticket t JOIN LATERAL (
                SELECT id, merged_count, incident, status FROM ticket
                WHERE street = t.street AND matter = t.matter AND id <> t.id AND merged_into IS NULL
                  AND NOT confidential AND status = ANY($2::text[])
                ORDER BY incident <> '' DESC, merged_count DESC, id LIMIT 1) o ON TRUE
            WHERE t.id = ANY($1::bigint[]) AND t.street <> '' AND NOT t.confidential AND t.merged_count = 0 AND {where}""",
        *where.args,
    )
