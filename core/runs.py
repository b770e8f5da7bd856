"""Long work: import, export, reindex, rekey, seed. One row a run: how far it is, who started it, what it refused.

    async with runs.running("rekey", title="…", by=officer.id) as run:
        for batch in batches:
            async with db.tx():
                …
                await run.progress(done, total, cursor={"after": last})

The cursor is written in the batch's own transaction, so a run that was killed goes on where its last commit
was (`resume`). Leaving the block ends the run: done, cancelled (asked for, or Ctrl-C) or failed with the error.
"""

from __future__ import annotations

import asyncio
import contextlib
import csv
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from core import db
from core.clock import real_now
from core.errors import Refused
from core.i18n import N_, _
from core.settings import settings

BEAT = timedelta(seconds=5)
#: A running run that has not been heard of for so long has lost its process.
STALE_AFTER = timedelta(seconds=60)
WRITE_EVERY = timedelta(seconds=1)
#: kind → what people call it; the floor that works on runs of a kind enters it.
KINDS: dict[str, str] = {
    "demo": N_("演示数据"), "demo day": N_("演示日"), "rates": N_("重数三率"), "rekey": N_("换密钥"),
}  # fmt: skip
#: The kinds that the worker goes on with when they wait.
TAKEN_UP: set[str] = set()
REJECTS_HEAD = (N_("行"), N_("字段"), N_("值"), N_("原因"), N_("如何修改"))


class Cancelled(Refused):
    """Somebody asked for it; what was committed stays."""

    code = "run_cancelled"


class Busy(Refused):
    """The run is another process's just now, or it is over."""

    code = "run_busy"


@dataclass
class Run:
    """A run that this process works on."""

    id: int
    kind: str
    title: str
    parameters: dict[str, Any]
    cursor: dict[str, Any]
    done: int
    total: int | None
    rejected: int
    watch: Callable[[Run], None] | None = None
    _written: Any = None
    _cancel: bool = field(default=False, repr=False)

    async def progress(
        self, done: int, total: int | None = None, *, cursor: dict[str, Any] | None = None
    ) -> None:
        """How far it is; with a cursor, in the caller's transaction. Raises `Cancelled`."""
        self.done = done
        self.total = self.total if total is None else total
        if cursor is not None:
            self.cursor = cursor
        if self.watch:
            self.watch(self)
        moment = real_now()
        if cursor is not None or self._written is None or moment - self._written >= WRITE_EVERY:
            self._written = moment
            await self._write()
        if self._cancel:
            raise Cancelled

    async def reject(self, row: int, name: str, value: object, reason: str, cure: str = "") -> None:
        """One line in the rejects file: the row, the field, what it held, why not, and what would do."""
        path = self.rejects_path
        first = not self.rejected  # then a file of that name is of some other database
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w" if first else "a", newline="", encoding="utf-8-sig" if first else "utf-8") as out:
            lines = csv.writer(out)
            if first:
                lines.writerow(map(_, REJECTS_HEAD))
            lines.writerow([row, *(_inert(cell) for cell in (name, value, reason, cure))])
        self.rejected += 1

    def forget_late_rejects(self) -> None:
        """Drop lines written for a batch that never came to its commit: it is done again."""
        if not self.rejected or not self.rejects_path.is_file():
            return
        with self.rejects_path.open(newline="", encoding="utf-8-sig") as kept:
            lines = list(csv.reader(kept))
        if len(lines) - 1 > self.rejected:
            with self.rejects_path.open("w", newline="", encoding="utf-8-sig") as out:
                csv.writer(out).writerows(lines[: self.rejected + 1])

    @property
    def rejects_path(self) -> Path:
        return rejects_of(self.id)

    async def _write(self) -> None:
        asked = await db.fetchval(
            "UPDATE run SET done = $2, total = $3, rejected = $4, cursor = $5, beat_at = $6, rejects_file = $7"
            " WHERE id = $1 RETURNING cancel_asked",
            self.id,
            self.done,
            self.total,
            self.rejected,
            json.dumps(self.cursor, ensure_ascii=False),
            real_now(),
            self.rejects_path.name if self.rejected else "",
        )
        self._cancel = self._cancel or bool(asked)


# --- to start, to resume, to cancel ---


async def create(
    kind: str, *, title: str = "", parameters: dict[str, Any] | None = None, by: int | None = None
) -> int:
    """A waiting run, for another process to `resume`."""
    number: int = await db.fetchval(
        "INSERT INTO run (kind, title, parameters, cursor, state, started_by, created_at)"
        " VALUES ($1, $2, $3, '{}', 'waiting', $4, $5) RETURNING id",
        kind,
        title,
        json.dumps(parameters or {}, ensure_ascii=False),
        by,
        real_now(),
    )
    return number


@asynccontextmanager
async def running(
    kind: str,
    *,
    title: str = "",
    parameters: dict[str, Any] | None = None,
    by: int | None = None,
    watch: Callable[[Run], None] | None = None,
) -> AsyncIterator[Run]:
    """A new run, worked on in this block."""
    async with resume(await create(kind, title=title, parameters=parameters, by=by), watch=watch) as run:
        yield run


@asynccontextmanager
async def resume(number: int, *, watch: Callable[[Run], None] | None = None) -> AsyncIterator[Run]:
    """Work on a run that waits, stopped, or lost its process. Raises `Busy`."""
    assert db.engine().current_transaction.get() is None, "a run spans transactions"
    run = await _take(number)
    run.watch = watch
    run.forget_late_rejects()
    beat = asyncio.create_task(_beat(run))
    try:
        yield run
        await run._write()
        await _end(run, "done")
    except (Cancelled, asyncio.CancelledError, KeyboardInterrupt):
        await asyncio.shield(_end(run, "cancelled"))
        raise
    except BaseException as error:
        await _end(run, "failed", f"{type(error).__name__}: {error}")
        raise
    finally:
        beat.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beat


async def ask_to_cancel(number: int) -> bool:
    """It ends at its next progress; one that only waits is over at once. False: it was over already."""
    row = await db.fetchrow(
        "UPDATE run SET cancel_asked = true, state = CASE state WHEN 'waiting' THEN 'cancelled' ELSE state END"
        " WHERE id = $1 AND state IN ('waiting', 'running') RETURNING id",
        number,
    )
    return row is not None


async def put_back(number: int) -> bool:
    """Let the worker go on with a run that was cancelled or failed. False: it is not one of those."""
    row = await db.fetchrow(
        "UPDATE run SET state = 'waiting', cancel_asked = false, error = '', finished_at = NULL"
        " WHERE id = $1 AND (state IN ('cancelled', 'failed') OR (state = 'running' AND beat_at < $2)) RETURNING id",
        number, real_now() - STALE_AFTER,
    )  # fmt: skip
    return row is not None


async def next_waiting(kind: str) -> int | None:
    """The oldest run of a kind that its starter has confirmed, or whose process is gone."""
    found: int | None = await db.fetchval(
        "SELECT id FROM run WHERE kind = $1 AND coalesce(parameters ->> 'confirmed', 'true') = 'true'"
        " AND (state = 'waiting' OR (state = 'running' AND beat_at < $2)) ORDER BY id LIMIT 1",
        kind, real_now() - STALE_AFTER,
    )  # fmt: skip
    return found


async def unfinished(kind: str) -> int | None:
    """The latest run of a kind that can be resumed: cancelled, failed, or without a process."""
    last = await db.fetchrow(
        "SELECT id, state, beat_at FROM run WHERE kind = $1 ORDER BY id DESC LIMIT 1", kind
    )
    if last is None or last["state"] == "done":
        return None
    if last["state"] == "running" and last["beat_at"] > real_now() - STALE_AFTER:
        return None
    return int(last["id"])


async def fail_stale() -> list[int]:
    """Mark the runs whose process is gone; returns them. They can be resumed."""
    rows = await db.fetch(
        "UPDATE run SET state = 'failed', error = $2, finished_at = $3"
        " WHERE state = 'running' AND beat_at < $1 RETURNING id",
        real_now() - STALE_AFTER,
        "its process ended without a word",
        real_now(),
    )
    return [row["id"] for row in rows]


async def _take(number: int) -> Run:
    row = await db.fetchrow(
        "UPDATE run SET state = 'running', cancel_asked = false, error = '', finished_at = NULL, beat_at = $2,"
        " started_at = coalesce(started_at, $2)"
        " WHERE id = $1 AND (state IN ('waiting', 'cancelled', 'failed') OR (state = 'running' AND beat_at < $3))"
        " RETURNING *",
        number,
        real_now(),
        real_now() - STALE_AFTER,
    )
    if row is None:
        raise Busy
    return Run(
        id=row["id"],
        kind=row["kind"],
        title=row["title"],
        parameters=json.loads(row["parameters"]),
        cursor=json.loads(row["cursor"]),
        done=row["done"],
        total=row["total"],
        rejected=row["rejected"],
    )


async def _beat(run: Run) -> None:
    while True:
        await asyncio.sleep(BEAT.total_seconds())
        with contextlib.suppress(*db.UNREACHABLE):
            asked = await db.fetchval(
                "UPDATE run SET beat_at = $2 WHERE id = $1 RETURNING cancel_asked", run.id, real_now()
            )
            run._cancel = run._cancel or bool(asked)


async def _end(run: Run, state: str, error: str = "") -> None:
    await db.execute(
        "UPDATE run SET state = $2, error = $3, finished_at = $4, done = CASE $2 WHEN 'done' THEN $5 ELSE done END"
        " WHERE id = $1",
        run.id,
        state,
        error[:2000],
        real_now(),
        run.done,
    )


def rejects_of(number: int) -> Path:
    return settings().var_dir / "runs" / f"{number}-rejects.csv"


def read_json(text: str) -> dict[str, Any]:
    """A run's parameters or cursor as the column gives them."""
    found: dict[str, Any] = json.loads(text)
    return found


def _inert(cell: object) -> str:
    """A spreadsheet must not take a citizen's text for a formula."""
    text = str(cell)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text
