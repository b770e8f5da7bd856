"""`hotline rates --since DAY`: count past days again, as a run that can be cancelled and taken up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from core import clock, live
from core.runs import Run, running
from crm.kpi import snapshots
from crm.kpi.rules import rules


async def count(since: date, *, watch: Callable[[Run], None] | None = None) -> int:
    """Every day from `since` to today; how many were counted."""
    today = clock.local(clock.now()).date()
    days = [since + timedelta(days=n) for n in range((today - since).days + 1)]
    done = 0
    async with live.running(listen=False), running("rates", watch=watch) as run:
        for place, day in enumerate(days, start=1):
            done += await snapshots.take(day, rules(), now=clock.now())
            await run.progress(place, len(days), cursor={"day": day.isoformat()})
    return done
