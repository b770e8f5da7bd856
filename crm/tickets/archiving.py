"""归档: what has rested long enough is frozen. It can be read and found; news about it opens a ticket of its own."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from core.db import tx
from core.settings import settings
from crm.tickets import move
from crm.tickets.access import ticket_for
from crm.tickets.hotline import HOTLINE
from crm.tickets.states import RESTING

#: The most that one run freezes, and how many in a transaction.
BATCH: Final = 500
AT_ONCE: Final = 25
_RESTING: Final = ", ".join(f"'{status}'" for status in sorted(RESTING))


async def archive(*, now: datetime) -> int:
    """Freeze what nobody has touched for `ARCHIVE_AFTER_DAYS`, the longest at rest first; how many.

    Not what waits for a dispatcher's look (`triage_at`) or stands under supervision. Safe by several workers at once.
    """
    since = now - timedelta(days=settings().archive_after_days)
    done = 0
    while done < BATCH and (frozen := await _some(since, now)):
        done += frozen
    return done


async def _some(since: datetime, now: datetime) -> int:
    async with tx() as t:
        rows: list[Any] = await t.fetch(
            f"""SELECT t.id FROM ticket t
                WHERE t.status IN ({_RESTING}) AND t.closed_at < $1 AND t.triage_at IS NULL AND t.supervised = 0
                  AND NOT EXISTS (SELECT 1 FROM ticket_event e WHERE e.ticket = t.id AND e.at >= $1)
                ORDER BY t.closed_at LIMIT {AT_ONCE} FOR UPDATE SKIP LOCKED""",
            since,
        )
        for row in rows:
            ticket = await ticket_for(HOTLINE, row["id"], to="change")
            await move.make(
                t, "archive", ticket, by=HOTLINE, now=now, ticket_set={"archived_at": now}, data={"rested": ticket.status}
            )  # fmt: skip
        return len(rows)
