"""留存: how long each kind of data is kept, and what erases it. Floors describe their kinds; the roof adds them up.

Personal data goes, figures stay: a kind that holds both empties the columns and keeps the row. Every erasing is a
`Run` of kind `retention`: that is its log.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final

from core import clock, db, runs
from core.i18n import N_, said

KIND: Final = "retention"
runs.KINDS[KIND] = N_("到期清除")
BATCH: Final = 500
#: When the day's round begins, in the business zone.
ROUND_AT: Final = time(3, 0)
#: Counting further than this tells nobody more.
MOST_COUNTED: Final = 100_000


@dataclass(frozen=True)
class Kept:
    """`label`, `goes` and `stays` are msgids. `days` is what a new site starts with, between `least` and `most`.

    `count(before)` says how many are older, up to `MOST_COUNTED`; `erase(before, limit)` erases up to `limit` of
    them in a transaction of its own and returns how many: fewer than `limit` means it is through.
    """

    key: str
    label: str
    goes: str
    stays: str
    days: int
    least: int
    most: int
    count: Callable[[datetime], Awaitable[int]]
    erase: Callable[[datetime, int], Awaitable[int]]


_kinds: dict[str, Kept] = {}


def use(kinds: Sequence[Kept]) -> None:
    """Wired at start, in the web process and in the worker."""
    _kinds.clear()
    _kinds.update({kind.key: kind for kind in kinds})


def kinds() -> dict[str, Kept]:
    return _kinds


async def ensure() -> None:
    """A row for every kind that has none yet."""
    await db.executemany(
        "INSERT INTO retention_rule (key, days) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING",
        [(kind.key, kind.days) for kind in _kinds.values()],
    )


async def rules() -> list[Any]:
    """Rows of the kinds there are, with the last run of each."""
    await ensure()
    return await db.fetch(
        """SELECT r.id, r.key, r.days, r.next_at, last.id AS run, last.done, last.state, last.finished_at
           FROM retention_rule r LEFT JOIN LATERAL (
               SELECT id, done, state, finished_at FROM run
               WHERE kind = 'retention' AND parameters->>'key' = r.key ORDER BY id DESC LIMIT 1) last ON TRUE
           WHERE r.key = ANY($1::text[]) ORDER BY r.id""",
        list(_kinds),
    )


def next_round(moment: datetime) -> datetime:
    """The first `ROUND_AT` after `moment`."""
    here = moment.astimezone(clock.zone())
    today = datetime.combine(here.date(), ROUND_AT, clock.zone())
    return today if today > here else today + timedelta(days=1)


async def erase_due(*, at: datetime, now: datetime) -> int:
    """Every kind whose round has come (`at`, real time), each claimed by one worker; how many rows were erased.

    Ages count from `now`: rows of a demo whose clock is turned carry its time.
    """
    await ensure()
    erased = 0
    for kind in _kinds.values():
        days = await db.fetchval(
            """UPDATE retention_rule SET next_at = $2 WHERE key = $1 AND (next_at IS NULL OR next_at <= $3)
               RETURNING days""",
            kind.key, next_round(at), at,
        )  # fmt: skip
        if days is not None:
            erased += await erase(kind, before=now - timedelta(days=days))
    return erased


async def erase(kind: Kept, *, before: datetime) -> int:
    """Batch by batch, as a run that can be cancelled; nothing to erase leaves no run."""
    total = await kind.count(before)
    if not total:
        return 0
    done = 0
    asked = {"key": kind.key, "before": before.isoformat()}
    async with runs.running(KIND, title=said(kind.label, "zh_CN"), parameters=asked) as run:
        while True:
            gone = await kind.erase(before, BATCH)
            done += gone
            await run.progress(done, max(total, done))
            if gone < BATCH:
                return done


# --- kinds of the ground floor ---


async def count_of(sql: str, *args: Any) -> int:
    """How many rows `sql` selects, up to `MOST_COUNTED`."""
    return int(await db.fetchval(f"SELECT count(*) FROM ({sql} LIMIT {MOST_COUNTED}) c", *args))


def counting(sql: str) -> Callable[[datetime], Awaitable[int]]:
    """A `count` from a SELECT whose `$1` is the moment."""
    return lambda before: count_of(sql, before)


def erasing(sql: str) -> Callable[[datetime, int], Awaitable[int]]:
    """An `erase` from one statement whose `$1` is the moment and `$2` the limit."""

    async def erase(before: datetime, limit: int) -> int:
        return int((await db.execute(sql, before, limit)).split()[-1])

    return erase
