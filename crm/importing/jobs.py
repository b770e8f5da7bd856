"""What the worker does for imports: it takes up the one that has waited longest."""

from __future__ import annotations

import asyncio

from core import clock, db, runs
from crm.importing import messages, uploads


async def work_on_next() -> int:
    """The worker's: go on with the oldest import that waits. A worker that is stopped leaves it waiting."""
    number = await runs.next_waiting(messages.KIND)
    if number is None:
        return 0
    try:
        async with runs.resume(number) as run:
            await messages.work(run, now=clock.now())
    except (runs.Cancelled, runs.Busy):
        return 0
    except asyncio.CancelledError:
        if not await db.fetchval("SELECT cancel_asked FROM run WHERE id = $1", number):
            await runs.put_back(number)
        raise
    except Exception:
        return 0  # the run itself says what went wrong
    await uploads.forget(number)
    return run.done
