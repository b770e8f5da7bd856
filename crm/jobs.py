"""What floor 3 does by itself: turn lights whose moment has passed, count the rates."""

from __future__ import annotations

from datetime import timedelta

from core import clock, runs
from core.db import tx
from crm.kpi import snapshots
from crm.kpi.rules import rules
from crm.tickets import presence, recompute_plans

BATCH = 500
#: A run waits so long, until every process has read the new rules (`routing.rulebook` looks every few seconds).
SETTLES = timedelta(seconds=5)


async def sweep() -> int:
    """Turn the lights that are due; returns how many. Safe to run twice and by several workers at once."""
    now = clock.now()
    turned = 0
    while True:
        async with tx() as t:
            rows = await t.fetch(
                """UPDATE work_order w SET
                       light = CASE WHEN $1 >= clock_due_at THEN 'red' WHEN $1 >= orange_at THEN 'orange'
                                    WHEN $1 >= yellow_at THEN 'yellow' ELSE 'green' END,
                       light_turns_at = CASE WHEN $1 >= clock_due_at THEN NULL WHEN $1 >= orange_at THEN clock_due_at
                                             WHEN $1 >= yellow_at THEN orange_at ELSE yellow_at END
                   WHERE id IN (SELECT id FROM work_order WHERE light_turns_at <= $1
                                ORDER BY light_turns_at LIMIT $2 FOR UPDATE SKIP LOCKED)
                   RETURNING w.ticket, w.unit""",
                now, BATCH,
            )  # fmt: skip
            t.changed(*{f"unit:{row['unit']}" for row in rows}, *{f"ticket:{row['ticket']}" for row in rows})
        turned += len(rows)
        if len(rows) < BATCH:
            return turned


async def count_rates() -> int:
    """Today's and yesterday's rates, and those of an older day; how many days were counted."""
    return await snapshots.refresh(rules(), now=clock.now())


async def recompute() -> int:
    """Sum up the open orders' clocks after a change of calendar or limits; how many tickets moved."""
    moved = 0
    while (number := await recompute_plans.next_run(settled_before=clock.real_now() - SETTLES)) is not None:
        try:
            moved += await recompute_plans.work(number, now=clock.now())
        except runs.Busy:
            break  # another worker was first
    return moved


async def forget_presence() -> None:
    """Presence rows that faded long ago are nobody's."""
    await presence.forget()
