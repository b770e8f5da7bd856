"""What knowledge does by itself: pending articles get into both indexes, those past their validity leave."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core import clock, db, runs
from core.i18n import N_
from core.settings import settings
from kb import articles
from kb.search import meilisearch, postgres

log = logging.getLogger("hotline.kb")

BATCH = 500
#: The mean length moved by more than this: postings are levelled by a wrong one, write them again.
MOST_DRIFT = 0.25
#: In a small index the mean moves with every article.
STEADY = 500
REINDEX = N_("重建知识索引")

_COLUMNS = "id, code, title, body, question_forms, keywords, status, valid_from, valid_to, updated_at"
_PUSHING = 0x6D656C69  # "meli": one number for every process that writes to Meilisearch
_set_up_for = ""


async def index_pending() -> int:
    """Bring both indexes up to date; returns how many articles were indexed. Safe to run twice at once."""
    await articles.expire(now=clock.now())
    done = 0
    while count := await _index_batch():
        done += count
    if await postgres.drift() > MOST_DRIFT and await _size() > STEADY:
        await reindex()
    if meilisearch.in_use():
        await _push_pending()
    return done


async def reindex(*, by: int | None = None, watch: Callable[[runs.Run], None] | None = None) -> int:
    """Write every posting again, levelled by the mean length as it is; Meilisearch gets everything anew.

    A run: with progress, to be cancelled, and resumed where its last commit was. Searches go on meanwhile.
    Returns the run's number.
    """
    number = await runs.unfinished("kb.reindex")
    if number is None:
        number = await runs.create("kb.reindex", title=REINDEX, by=by)
    async with runs.resume(number, watch=watch) as run:
        if not run.cursor:
            await postgres.level_again()
        after, total = run.cursor.get("after", 0), await db.fetchval("SELECT count(*) FROM article")
        while rows := await _next_rows(after):
            after = rows[-1]["id"]
            async with db.tx():
                await _index(rows)
                await db.execute(
                    "UPDATE article SET remote_pending = true WHERE id = ANY($1::int[])",
                    [r["id"] for r in rows],
                )
                await run.progress(run.done + len(rows), total, cursor={"after": after})
    return number


async def _index_batch() -> int:
    async with db.tx() as tx:
        rows = await tx.fetch(
            f"SELECT {_COLUMNS} FROM article WHERE index_pending ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED",
            BATCH,
        )
        await _index(rows)
        await tx.execute(
            "UPDATE article SET index_pending = false WHERE id = ANY($1::int[])", [row["id"] for row in rows]
        )
    return len(rows)


async def _next_rows(after: int) -> Sequence[Mapping[str, Any]]:
    return await db.fetch(f"SELECT {_COLUMNS} FROM article WHERE id > $1 ORDER BY id LIMIT $2", after, BATCH)


async def _index(rows: Sequence[Mapping[str, Any]]) -> None:
    """Published articles in, all others out."""
    texts = [
        postgres.Text(row["id"], row["title"], row["body"], [*row["question_forms"], *row["keywords"]])
        for row in rows
        if row["status"] == "published"
    ]
    others = [row["id"] for row in rows if row["status"] != "published"]
    if texts:
        await postgres.put(texts)
    if others:
        await postgres.remove(others)


async def _push_pending() -> None:
    """To Meilisearch, until nothing is left or it does not answer; what it did not take stays pending."""
    try:
        await _set_up()
        while await _push_batch():
            pass
    except meilisearch.Unanswered as error:
        log.warning("Meilisearch does not answer, articles stay pending: %s", error)
    except meilisearch.TaskFailed:
        log.exception("Meilisearch could not index, articles stay pending")


async def _set_up() -> None:
    """Once for each server that this process meets."""
    global _set_up_for
    if _set_up_for != settings().meili_url:
        await meilisearch.set_up()
        _set_up_for = settings().meili_url


async def _push_batch() -> int:
    """One process at a time, or an older version could arrive last; no row is locked while the server works."""
    async with db.tx() as tx:
        if not await tx.fetchval("SELECT pg_try_advisory_xact_lock($1)", _PUSHING):
            return 0
        rows = await tx.fetch(
            f"SELECT {_COLUMNS} FROM article WHERE remote_pending ORDER BY id LIMIT $1", BATCH
        )
        published = [row for row in rows if row["status"] == "published"]
        others = [row["id"] for row in rows if row["status"] != "published"]
        if published:
            await meilisearch.put([meilisearch.document(row) for row in published])
        if others:
            await meilisearch.remove(others)
        await tx.executemany(
            "UPDATE article SET remote_pending = false WHERE id = $1 AND updated_at = $2 AND status = $3",
            [(row["id"], row["updated_at"], row["status"]) for row in rows],
        )
    return len(rows)


async def _size() -> int:
    size: int = await db.fetchval("SELECT articles FROM kb_index")
    return size
