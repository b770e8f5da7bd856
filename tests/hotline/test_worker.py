"""The timetable goes on, whatever a job or the database does."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable
from datetime import timedelta

import pytest

from core import clock, db, installation, jobs, sessions
from hotline import worker
from hotline.worker import Job

done: list[str] = []


async def well() -> None:
    done.append("well")


async def broken() -> None:
    done.append("broken")
    raise ValueError("a citizen's text nobody thought of")


async def without_database() -> None:
    done.append("without")
    if done.count("without") == 1:
        raise ConnectionRefusedError("the database is away")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "FIRST_WAIT", 0.01)
    done.clear()


async def work_until(what: Callable[[], bool], *names: str) -> None:
    """Run these jobs until `what` holds, then ask to stop as a supervisor does."""
    timetable = tuple(Job(name, 0.01, f"{__name__}:{name}") for name in names)
    task = asyncio.create_task(worker.work(timetable))
    async with asyncio.timeout(10):
        while not what():  # noqa: ASYNC110 - jobs are plain functions
            await asyncio.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)
        await task


async def test_a_broken_job_is_tried_again_and_stops_no_other(
    database: str, quick: None, caplog: pytest.LogCaptureFixture
) -> None:
    await work_until(lambda: done.count("broken") > 2 and done.count("well") > 2, "broken", "well")
    assert "a citizen's text nobody thought of" in caplog.text


async def test_a_lost_database_is_one_line_and_work_goes_on(
    database: str, quick: None, caplog: pytest.LogCaptureFixture
) -> None:
    await work_until(lambda: done.count("without") > 2, "without_database")
    (line,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "does not answer" in line.getMessage()
    assert line.exc_info is None


async def test_what_is_under_way_may_end(database: str, quick: None) -> None:
    await work_until(lambda: "long: begun" in done, "long")
    assert done[-1] == "long: ended"


async def long() -> None:
    done.append("long: begun")
    await asyncio.sleep(0.2)
    done.append("long: ended")


async def test_housekeeping_forgets_what_has_run_out(database: str) -> None:
    account = await db.fetchval(
        "INSERT INTO account (username, name, password_hash, created_at) VALUES ('bob', 'Bob', '', $1) RETURNING id",
        clock.real_now(),
    )
    token = await sessions.begin(account, address="")
    await db.execute("UPDATE session SET expires_at = $1", clock.real_now() - timedelta(seconds=1))
    assert await jobs.housekeeping() == 1
    assert await sessions.find(token) is None


async def test_two_workers_may_keep_house_at_once(database: str) -> None:
    await asyncio.gather(jobs.housekeeping(), jobs.housekeeping())


async def test_a_worker_says_that_it_lives(database: str) -> None:
    await jobs.beat()
    await jobs.beat()
    assert await installation.value("worker_beat") is not None
