"""What floor 3 does by itself: turn lights whose moment has passed, urge, supervise, wake holds, count the rates."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from core import clock, runs
from core.db import tx
from crm.kpi import snapshots
from crm.kpi.rules import rules
from crm.tickets import (
    archiving,
    escalating,
    holds,
    presence,
    recompute_plans,
    succession,
    supervising,
    urging,
)

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


async def urge() -> int:
    """Urge at half and at four fifths of the close clock; how many were urged."""
    return await _all(urging.urge_next)


async def escalate() -> int:
    """Wake the next who may sign what nobody signed; how many steps were taken."""
    return await _all(escalating.escalate_next)


async def supervise() -> int:
    """Issue the supervisions whose trigger is met, raise those that went unanswered; how many."""
    return await _all(supervising.supervise_next)


async def archive() -> int:
    """Freeze what has rested long enough; how many."""
    return await archiving.archive(now=clock.now())


async def resume_holds() -> int:
    """Wake the holds whose date has come; how many."""
    return await _all(holds.wake_next)


async def remind_citizens() -> int:
    """Remind the citizens whom a hold waits for, half-way to its date; how many."""
    return await _all(holds.remind_next)


async def _all(next_one: Callable[..., Awaitable[bool]]) -> int:
    """Until nothing is left, each in its own transaction."""
    done = 0
    while done < BATCH and await next_one(now=clock.now()):
        done += 1
    return done


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


async def follow_units() -> int:
    """Hand what is open at units that have ended to those that succeed them; how many work orders."""
    return await succession.follow(now=clock.now())


async def forget_presence() -> None:
    """Presence rows that faded long ago are nobody's."""
    await presence.forget()
