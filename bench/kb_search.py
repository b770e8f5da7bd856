"""How well and how fast knowledge is found: 55,000 entries, 1,200 questions whose right entry is known.

    python bench/kb_search.py [folder with kb_entries.jsonl.gz and kb_queries.jsonl]

Every question is asked of all 55,000 entries. The reference figures seem to come from asking each kind within its
own entries only: plain BM25 asked that way gives R@1 .492, R@10 .672, and with our second ranking .501 and .674.

Loads a database of its own (`bench_kb`, kept for the next time) beside the embedded server's others.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("PICCOLO_CONF", "hotline.piccolo_conf")
DATABASE = "bench_kb"
REFERENCE = {"R@1": 0.467, "R@10": 0.686, "ms": 11.0}


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data"
    if not (folder / "kb_entries.jsonl.gz").is_file():
        raise SystemExit(f"no kb_entries.jsonl.gz in {folder}: nothing measured")
    from hotline.embedded import Server

    server = Server(ROOT / "var" / "bench")
    os.environ["DATABASE_URL"] = server.start()
    try:
        asyncio.run(_measure(server, folder))
    finally:
        server.release()


async def _measure(server: Any, folder: Path) -> None:
    import asyncpg

    admin = await asyncpg.connect(server.url_of("postgres"))
    if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
        await admin.execute(f"CREATE DATABASE {DATABASE}")
    await admin.close()
    from core import db, schema
    from core.settings import use

    url = server.url_of(DATABASE)
    use(database_url=url)
    db.engine().config["dsn"] = url
    await db.open_pool()
    try:
        await schema.migrate()
        await _load(folder)
        await _ask(folder)
    finally:
        await db.close_pool()


async def _load(folder: Path) -> None:
    from core import clock, db
    from kb import jobs

    if await db.fetchval("SELECT articles FROM kb_index") == 0:
        started = time.perf_counter()
        now = clock.now()
        with gzip.open(folder / "kb_entries.jsonl.gz", "rt", encoding="utf-8") as lines:
            rows = [_row(json.loads(line), now) for line in lines]
        async with db.tx() as tx:
            await tx.connection.copy_records_to_table("article", records=rows, columns=_COLUMNS)
        await jobs.index_pending()
        await db.execute("VACUUM ANALYZE kb_posting")
        await db.execute("ANALYZE")
        print(f"loaded and indexed in {time.perf_counter() - started:.0f} s")
    size = await db.fetchrow(
        "SELECT (SELECT articles FROM kb_index), count(*), pg_total_relation_size('kb_posting') FROM kb_posting"
    )
    print(f"{size[0]} articles, {size[1]} postings, {size[2] / 1e6:.0f} MB")


_COLUMNS = (
    *("id", "code", "title", "body", "folder", "matter", "question_forms", "keywords", "source", "status"),
    *("version", "index_pending", "remote_pending", "created_at", "updated_at"),
)


def _row(entry: dict[str, Any], now: Any) -> tuple[Any, ...]:
    n = entry["id"] + 1
    words = entry["title"], entry["body"]
    return (n, f"B-{n}", *words, entry["kind"], "", [], [], "", "published", 1, True, False, now, now)


async def _ask(folder: Path) -> None:
    from core import clock
    from kb.search import engine

    with (folder / "kb_queries.jsonl").open(encoding="utf-8") as lines:
        queries = [json.loads(line) for line in lines]
    for query in queries[:50]:  # warm up
        await engine.search(query["text"], on=clock.now())
    ranks: dict[str, list[int]] = defaultdict(list)
    times: dict[str, list[float]] = defaultdict(list)
    for query in queries:
        answer = await engine.search(query["text"], on=clock.now())
        ids = [hit.article_id - 1 for hit in answer.hits]
        ranks[query["kind"]].append(ids.index(query["gold"]) + 1 if query["gold"] in ids else 0)
        times[query["kind"]].append(answer.ms)
    print(f"\n{'kind':20} {'R@1':>6} {'R@5':>6} {'R@10':>6} {'MRR@10':>7} {'p50 ms':>7} {'p95 ms':>7}")
    for kind in sorted(ranks):
        print(_line(kind, ranks[kind], times[kind]))
    print(_line("all", _flat(ranks.values()), _flat(times.values())))
    print(
        f"{'reference':20} {REFERENCE['R@1']:6.3f} {'':6} {REFERENCE['R@10']:6.3f} {'':7} {REFERENCE['ms']:7.1f}"
    )


def _line(kind: str, ranks: Sequence[int], times: Sequence[float]) -> str:
    shares = [sum(0 < rank <= k for rank in ranks) / len(ranks) for k in (1, 5, 10)]
    mrr = sum(1 / rank for rank in ranks if rank) / len(ranks)
    p95 = statistics.quantiles(times, n=20)[-1]
    cells = "".join(f" {share:6.3f}" for share in shares)
    return f"{kind:20}{cells} {mrr:7.3f} {statistics.median(times):7.1f} {p95:7.1f}"


def _flat(lists: Iterable[Sequence[Any]]) -> list[Any]:
    return [item for inner in lists for item in inner]


if __name__ == "__main__":
    main()
