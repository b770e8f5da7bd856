"""The timetable: everything the hotline does by itself, and how often.

Work is rows; a job claims them and calls a verb for each. Any number of workers may run side by side, and one
may be killed at any moment: what it had not committed is done by the next.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from core import db, live
from core.settings import settings
from hotline import logs
from hotline.carriers import wired

log = logging.getLogger("hotline.worker")


@dataclass(frozen=True)
class Job:
    """`path` names a coroutine function without arguments, run again `every` seconds after it ended."""

    name: str
    every: float
    path: str

    def coroutine(self) -> Callable[[], Awaitable[Any]]:
        module, _, name = self.path.partition(":")
        found: Callable[[], Awaitable[Any]] = getattr(import_module(module), name)
        return found


JOBS = (
    Job("business clock", 5, "core.installation:follow_clock"),
    Job("worker beat", 15, "core.jobs:beat"),
    Job("lights", 5, "crm.jobs:sweep"),
    Job("escalations", 5, "crm.jobs:escalate"),
    Job("urges", 5, "crm.jobs:urge"),
    Job("supervisions", 5, "crm.jobs:supervise"),
    Job("holds that end", 5, "crm.jobs:resume_holds"),
    Job("citizens we wait for", 60, "crm.jobs:remind_citizens"),
    Job("rates", 10, "crm.jobs:count_rates"),
    Job("notices", 2, "callbacks.jobs:send_notices"),
    Job("messages", 2, "callbacks.jobs:send_messages"),
    Job("surveys", 60, "callbacks.jobs:send_surveys"),
    Job("answers", 1, "callbacks.jobs:answer_messages"),
    Job("duty phones", 2, "callbacks.jobs:ring_duty"),
    Job("messages without an end", 600, "callbacks.jobs:ask_after_messages"),
    Job("knowledge index", 5, "kb.jobs:index_pending"),
    Job("old questions", 3600, "callbacks.jobs:forget"),
    Job("archive", 900, "crm.jobs:archive"),
    Job("recompute", 3, "crm.jobs:recompute"),
    Job("retention", 600, "hotline.keeping:erase_due"),
    Job("imports", 2, "crm.importing.jobs:work_on_next"),
    Job("old uploads", 3600, "crm.importing.uploads:forget_old"),
    Job("successions", 5, "crm.jobs:follow_units"),
    Job("faded presence", 300, "crm.jobs:forget_presence"),
    Job("housekeeping", 900, "core.jobs:housekeeping"),
)

LONGEST_WAIT = 60.0
FIRST_WAIT = 1.0
GRACE = 10.0


async def work(jobs: tuple[Job, ...] = JOBS) -> None:
    """Run the timetable until SIGTERM or Ctrl-C; what is under way may end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    async with AsyncExitStack() as stack:
        if not await _open_pool(stop):
            return
        stack.push_async_callback(db.close_pool)
        await stack.enter_async_context(live.running(listen=False))
        await stack.enter_async_context(wired())
        tasks = [asyncio.create_task(_keep_doing(job, stop), name=job.name) for job in jobs]
        parent = asyncio.create_task(_watch_parent(stop))
        log.info("working: %s", ", ".join(job.name for job in jobs))
        await stop.wait()
        _done, late = await asyncio.wait(tasks, timeout=GRACE)
        for task in (*late, parent):
            task.cancel()
        await asyncio.gather(*late, parent, return_exceptions=True)
    log.info("stopped")


async def _open_pool(stop: asyncio.Event) -> bool:
    """Wait for the database; False when asked to stop meanwhile."""
    wait = FIRST_WAIT
    while not stop.is_set():
        try:
            await db.open_pool(settings().db_pool_worker)
        except db.UNREACHABLE as error:
            log.warning("the database does not answer (%s); again in %.0f s", error, wait)
            wait = await _pause(stop, wait)
        else:
            return True
    return False


async def _keep_doing(job: Job, stop: asyncio.Event) -> None:
    coroutine = job.coroutine()
    wait = FIRST_WAIT
    while not stop.is_set():
        try:
            await coroutine()
        except db.UNREACHABLE as error:
            log.warning("%s: the database does not answer (%s); again in %.0f s", job.name, error, wait)
            wait = await _pause(stop, wait)
        except Exception:
            log.exception("%s failed; again in %.0f s", job.name, wait)
            wait = await _pause(stop, wait)
        else:
            wait = FIRST_WAIT
            await _sleep(stop, job.every)


async def _pause(stop: asyncio.Event, wait: float) -> float:
    """Wait, not all workers the same; returns how long next time."""
    await _sleep(stop, wait * random.uniform(0.8, 1.2))  # noqa: S311 - spread, not secrecy
    return min(wait * 2, LONGEST_WAIT)


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return


async def _watch_parent(stop: asyncio.Event) -> None:
    """Stop when `hotline run` was killed: nobody else would stop us."""
    started_by = int(os.environ.get("HOTLINE_RUN_PID", "0"))
    while started_by and not stop.is_set():
        if os.getppid() != started_by:
            stop.set()
        await _sleep(stop, 2)


def main() -> None:
    os.nice(5)  # nobody waits for this process; people wait for the pages
    logs.set_up()
    asyncio.run(work())
