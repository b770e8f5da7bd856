"""What the ground floor does by itself: it forgets what has run out, and makes room for the months ahead."""

from __future__ import annotations

from datetime import timedelta

from core import clock, db, schema, sessions, tries
from core.admin.imports import forget as forget_sheets
from core.claims import forget as forget_claims
from core.runs import fail_stale

CLAIMS_KEPT = timedelta(days=90)
#: `hotline doctor` calls a worker lost that has not beaten for so long.
LOST_AFTER = timedelta(seconds=60)


async def housekeeping() -> int:
    """The number of rows that were forgotten. Safe to run twice at once."""
    gone = await sessions.sweep() + await tries.sweep()
    gone += await forget_claims(now=clock.real_now(), older_than=CLAIMS_KEPT)
    gone += await forget_sheets(now=clock.now())
    await fail_stale()
    await schema.make_partitions(now=clock.now())
    return gone


async def beat() -> None:
    """A worker is alive: real time, one row."""
    await db.execute(
        "INSERT INTO installation (key, value) VALUES ('worker_beat', $1)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        clock.real_now().isoformat(),
    )
