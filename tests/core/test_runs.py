"""Long work can be watched, stopped, and taken up where it was."""

import asyncio
import csv

import pytest

from core import db, runs
from core.clock import real_now


async def state(number: int) -> str:
    return str(await db.fetchval("SELECT state FROM run WHERE id = $1", number))


async def test_a_run_that_comes_through_is_done(database: str) -> None:
    async with runs.running("reindex") as run:
        for n in range(3):
            await run.progress(n + 1, 3, cursor={"after": n})
    row = await db.fetchrow("SELECT state, done, total, cursor FROM run WHERE id = $1", run.id)
    assert tuple(row) == ("done", 3, 3, '{"after": 2}')


async def test_an_error_ends_it_as_failed_with_the_reason(database: str) -> None:
    with pytest.raises(ValueError, match="broken file"):
        async with runs.running("import") as run:
            raise ValueError("broken file")
    assert await db.fetchval("SELECT error FROM run WHERE id = $1", run.id) == "ValueError: broken file"


async def test_a_cancelled_run_ends_at_its_next_progress_and_resumes_there(database: str) -> None:
    with pytest.raises(runs.Cancelled):
        async with runs.running("import") as run:
            await run.progress(5, 10, cursor={"row": 5})
            assert await runs.ask_to_cancel(run.id)
            await run.progress(6, 10, cursor={"row": 6})
    assert await state(run.id) == "cancelled"
    assert await runs.unfinished("import") == run.id
    async with runs.resume(run.id) as again:
        assert (again.cursor, again.done) == ({"row": 6}, 6)
    assert await state(run.id) == "done"


async def test_a_cursor_goes_with_its_batch(database: str) -> None:
    async with runs.running("import") as run:
        with pytest.raises(ZeroDivisionError):
            async with db.tx():
                await run.progress(7, cursor={"row": 7})
                raise ZeroDivisionError
        assert await db.fetchval("SELECT cursor FROM run WHERE id = $1", run.id) == "{}"


async def test_a_run_at_work_cannot_be_taken(database: str) -> None:
    async with runs.running("import") as run:
        with pytest.raises(runs.Busy):
            async with runs.resume(run.id):
                pass


async def test_a_run_that_lost_its_process_is_found_and_can_be_resumed(database: str) -> None:
    number = await runs.create("import")
    long_ago = real_now() - 2 * runs.STALE_AFTER
    await db.execute("UPDATE run SET state = 'running', beat_at = $2 WHERE id = $1", number, long_ago)
    assert await runs.fail_stale() == [number]
    async with runs.resume(number):
        pass
    assert await state(number) == "done"


async def test_a_run_whose_task_is_killed_is_cancelled(database: str) -> None:
    started = asyncio.Event()

    async def work() -> None:
        async with runs.running("import"):
            started.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(work())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await db.fetchval("SELECT state FROM run") == "cancelled"


async def test_refused_rows_can_be_opened_in_a_spreadsheet(database: str) -> None:
    async with runs.running("import") as run:
        await run.reject(2, "电话", "=1+1", "不是电话号码", "填 11 位手机号")
        await run.reject(9, "区", "火星", "没有这个区", "见区划表")
    assert run.rejects_path.read_bytes().startswith(b"\xef\xbb\xbf")
    with run.rejects_path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[1] == ["2", "电话", "'=1+1", "不是电话号码", "填 11 位手机号"]
    assert [row[0] for row in rows] == ["行", "2", "9"]
    assert await db.fetchval("SELECT rejected FROM run WHERE id = $1", run.id) == 2
