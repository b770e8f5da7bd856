"""Who has a ticket open ("张三 is on this ticket"): a hint by heartbeat that fades after a minute. Real time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from core import clock, db, live
from core.officers import Officer

FADES = timedelta(seconds=75)


async def here(officer: Officer, number: int) -> list[Any]:
    """Say "I am on it" (the page does every 30 s) and hear who else is: rows (account, name, since)."""
    now = clock.real_now()
    came = await db.fetchval(
        """INSERT INTO ticket_presence (ticket, account, name, since, seen_at) VALUES ($1, $2, $3, $4, $4)
           ON CONFLICT (ticket, account) DO UPDATE SET seen_at = $4,
               since = CASE WHEN ticket_presence.seen_at < $5 THEN $4 ELSE ticket_presence.since END
           RETURNING since = $4""",
        number, officer.id, officer.name, now, now - FADES,
    )  # fmt: skip
    if came:
        live.changed(f"ticket:{number}")
    return await others(officer, number)


async def others(officer: Officer, number: int) -> list[Any]:
    return await db.fetch(
        """SELECT account, name, since FROM ticket_presence
           WHERE ticket = $1 AND account <> $2 AND seen_at > $3 ORDER BY since""",
        number, officer.id, clock.real_now() - FADES,
    )  # fmt: skip


async def left(officer: Officer, number: int) -> None:
    await db.execute("DELETE FROM ticket_presence WHERE ticket = $1 AND account = $2", number, officer.id)
    live.changed(f"ticket:{number}")


async def forget() -> None:
    """Rows that faded long ago (a closed laptop) are dropped."""
    await db.execute("DELETE FROM ticket_presence WHERE seen_at < $1", clock.real_now() - 10 * FADES)
