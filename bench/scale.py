"""`python -m bench.scale`: what grows with the number of tickets, and what must not.

Fills a database of its own by SQL (`--small` tickets, then `--large`, of which `--open` in units' hands with running
clocks), and tells, in the same run: the median of the look-ups at both sizes, by HTTP, one after the other; and how long
the worker's jobs need to find what is due among all open clocks (EXPLAIN ANALYZE of their own statements).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench import load

ROOT = Path(__file__).resolve().parent.parent
ASKS = 60
BATCH = 50_000
#: Seconds for a statement that fills.
LONG = 900
KNOWN_PHONES = 2_000
WORDS = ("暖气", "停水", "路灯", "噪声", "电梯", "燃气", "公交", "拖欠工资")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--small", type=int, default=100_000)
    parser.add_argument("--large", type=int, default=2_000_000)
    parser.add_argument("--open", type=int, default=1_000_000)
    parser.add_argument("--var", type=Path, default=ROOT / "var" / "bench-scale")
    asked = parser.parse_args()
    shutil.rmtree(asked.var, ignore_errors=True)
    asked.var.mkdir(parents=True)
    asked.var.chmod(0o755)
    os.environ |= {
        "VAR_DIR": str(asked.var),
        "API_CALLS_PER_MINUTE": "0",
        "PICCOLO_CONF": "hotline.piccolo_conf",
    }
    from bench.__main__ import _free_port, _wait_until_ready
    from hotline.embedded import Server

    server, port = Server(asked.var, durable=False), _free_port()
    os.environ["DATABASE_URL"] = server.start()
    subprocess.run([sys.executable, "-m", "hotline.cli", "demo"], check=True, cwd=ROOT)
    log = (asked.var / "web.log").open("wb")
    web = subprocess.Popen(
        [sys.executable, "-m", "hotline.serve"],
        cwd=ROOT, env=os.environ | {"PORT": str(port), "LOG_LEVEL": "WARNING"}, stdout=log, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        _wait_until_ready(port)
        asyncio.run(_measure(port, asked))
    finally:
        web.terminate()
        with suppress(subprocess.TimeoutExpired):
            web.wait(30)
        server.release()
    return 0


async def _measure(port: int, asked: Any) -> None:
    from core import db

    await db.open_pool(3)
    found = []
    share = asked.open / asked.large
    have = await db.fetchval("SELECT count(*) FROM ticket")
    for size in (asked.small, asked.large):
        began = time.monotonic()
        phones = await _fill(have, size, share)
        print(
            f"{size:,} tickets, filled in {time.monotonic() - began:.0f} s; load average {os.getloadavg()[0]:.1f}",
            flush=True,
        )
        have = size
        found.append(await _look_ups(port, phones))
    print(f"\n{'median ms of ' + str(ASKS):22}{asked.small:>12,}{asked.large:>12,}{'times':>8}")
    for name, small in found[0].items():
        print(f"{name:22}{small:12.1f}{found[1][name]:12.1f}{found[1][name] / small:8.2f}")
    await _jobs()
    await db.close_pool()


# --- filling ---


async def _fill(have: int, want: int, share: float) -> list[str]:
    """Tickets `have` … `want`; the first `share` of each batch is in a unit's hands. The phones that can be looked for."""
    from core import clock, db
    from crm.tickets import number

    phones = [f"+86139{n:08d}" for n in range(KNOWN_PHONES)]
    today = clock.local(clock.now()).date()
    dropped = await _without_indexes()
    for start in range(have, want, BATCH):
        many = min(BATCH, want - start)
        days = [today - timedelta(days=(start + n) // 5_000 % 800) for n in range(many)]
        ids = [number.make(day, start + n) for n, day in enumerate(days)]
        async with db.tx() as t:
            await t.execute(
                "SET LOCAL session_replication_role = replica"
            )  # what we write fits: no look-up of each key
            await t.execute("CREATE TEMP TABLE fresh (n int, id bigint) ON COMMIT DROP")
            await t.connection.copy_records_to_table(
                "fresh", records=list(enumerate(ids)), columns=["n", "id"], timeout=LONG
            )
            await _citizens(t, start, many, phones)
            await _rows(t, start, int(many * share))
    async with db.direct() as connection:
        for index in dropped:
            await connection.execute(index)
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
    return phones


async def _without_indexes() -> list[str]:
    """Drop what is quicker made afresh after the filling; the statements that make it."""
    from core import db

    rows = await db.fetch(
        """SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS made FROM pg_index
           WHERE NOT indisunique AND indrelid IN
               ('ticket'::regclass, 'work_order'::regclass, 'round'::regclass, 'ticket_event'::regclass, 'citizen'::regclass)"""
    )
    for row in rows:
        await db.execute(f"DROP INDEX {row['name']}")
    return [row["made"].replace(" ON ONLY ", " ON ") for row in rows]  # of a table in parts: on all of them


async def _citizens(t: Any, start: int, many: int, phones: list[str]) -> None:
    """One for two tickets; of those that are looked for, one each batch."""
    from core import clock, privacy

    now, rows = clock.now(), []
    for n in range(many // 2):
        phone = phones[n] if n < len(phones) and start < BATCH else ""
        hashed = privacy.lookup("phone", phone) if phone else (start + n).to_bytes(8, "big") * 4
        rows.append((now, hashed, f"{n % 10_000:04d}"))
    await t.execute("CREATE TEMP TABLE people (at timestamptz, hash bytea, tail text) ON COMMIT DROP")
    await t.connection.copy_records_to_table(
        "people", records=rows, columns=["at", "hash", "tail"], timeout=LONG
    )
    await t.execute(
        """INSERT INTO citizen (created_at, phone_hash, phone_tail) SELECT at, hash, tail FROM people
           ON CONFLICT (phone_hash) WHERE phone_hash IS NOT NULL DO NOTHING""",
        timeout=LONG,
    )


async def _rows(t: Any, start: int, opened: int) -> None:
    """The tickets, their rounds, a lead order for each, and its last event."""
    await t.execute(
        """INSERT INTO ticket (id, status, version, round, kind, matter, matter_name, urgency, title, content, grams,
               district, street, place, phone_tail, line, received_at, lead_unit, due_at, citizen, channel, replied_at, closed_at)
           SELECT f.id, CASE WHEN f.n < $1 THEN 'handling' ELSE 'closed' END, 1, 1, o.kind, o.matter, o.matter_name, 3,
               o.title, o.content, o.grams[f.n % 40 + 1 : f.n % 40 + 10] || ARRAY['n' || f.n % 997], o.district, o.street, o.place, o.phone_tail, o.line,
               now() - f.n * interval '7 second', u.id, CASE WHEN f.n < $1 THEN now() + f.n % 432000 * interval '1 second' END,
               c.id, 'call', CASE WHEN f.n >= $1 THEN now() END, CASE WHEN f.n >= $1 THEN now() END
           FROM fresh f
           JOIN (SELECT t.*, row_number() OVER (ORDER BY id) - 1 AS k, count(*) OVER () AS all_ FROM ticket t
                 WHERE id IN (SELECT id FROM ticket WHERE NOT confidential AND cardinality(grams) > 0 ORDER BY id LIMIT 100)) o
             ON o.k = f.n % o.all_
           JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS k, count(*) OVER () AS all_ FROM unit
                 WHERE kind NOT IN ('city', 'hotline')) u ON u.k = f.n % u.all_
           LEFT JOIN (SELECT id, row_number() OVER (ORDER BY id DESC) AS k FROM citizen ORDER BY id DESC LIMIT 50000) c
             ON c.k = f.n / 2 + 1
           ON CONFLICT DO NOTHING""",
        opened,
        timeout=LONG,
    )  # fmt: skip
    await t.execute(
        "INSERT INTO round (ticket, no, opened_at) SELECT id, 1, now() FROM fresh ON CONFLICT DO NOTHING",
        timeout=LONG,
    )
    await t.execute(
        """INSERT INTO work_order (ticket, round, unit, part, status, version, dispatched_at, close_due_at, sign_due_at,
               contact_due_at, clock, clock_from, clock_due_at, yellow_at, orange_at, light, light_turns_at, ended_at)
           SELECT t.id, 1, t.lead_unit, 'lead', CASE WHEN f.n < $1 THEN 'handling' ELSE 'accepted' END, 1, now(), d.due, now(),
               now(), CASE WHEN f.n < $1 THEN 'close' ELSE '' END, now(), CASE WHEN f.n < $1 THEN d.due END,
               CASE WHEN f.n < $1 THEN d.due - interval '4 hour' END, CASE WHEN f.n < $1 THEN d.due - interval '1 hour' END,
               'green', CASE WHEN f.n < $1 THEN d.due - interval '4 hour' END, CASE WHEN f.n >= $1 THEN now() END
           FROM fresh f JOIN ticket t ON t.id = f.id,
           LATERAL (SELECT now() + interval '4 hour 1 minute' + f.n % 432000 * interval '1 second' AS due) d""",
        opened,
        timeout=LONG,
    )  # fmt: skip
    await t.execute(
        """INSERT INTO ticket_event (ticket, at, verb, actor_name, status, round, version, orders, data)
           SELECT t.id, now(), 'register', '', t.status, 1, 1, '{}', '{}' FROM fresh f JOIN ticket t ON t.id = f.id""",
        timeout=LONG,
    )


# --- look-ups ---


async def _look_ups(port: int, phones: list[str]) -> dict[str, float]:
    from bench.measures import _officer, _session
    from core import db
    from core.officers import set_grants
    from routing.posts import grants_for

    set_grants(grants_for)
    heads = {name: await _session(await _officer(name)) for name in ("lijing", "chennan", "wangmin")}
    numbers = await db.fetch(
        "SELECT id FROM ticket TABLESAMPLE SYSTEM (1) WHERE NOT confidential ORDER BY random() LIMIT 200"
    )
    chance, known = random.Random(3), [row["id"] for row in numbers]
    asks: dict[str, tuple[str, Callable[[], str]]] = {
        "a number": ("lijing", lambda: f"/api/v1/tickets/{chance.choice(known):013d}"),
        "a phone": ("lijing", lambda: f"/api/v1/tickets?limit=20&q={chance.choice(phones)[3:]}"),
        "a unit's inbox": ("wangmin", lambda: "/api/v1/orders?tab=handling"),
        "a unit's inbox, page": ("wangmin", lambda: "/orders"),
        "dispatcher's queue": ("chennan", lambda: "/dispatch"),
        "search for words": ("lijing", lambda: f"/api/v1/tickets?limit=20&q={quote(chance.choice(WORDS))}"),
        "the newest 50": ("lijing", lambda: "/api/v1/tickets?limit=50"),
    }
    found = {}
    connection = load.Connection(port)
    for name, (who, path) in asks.items():
        took = []
        for n in range(ASKS + 10):
            began = time.perf_counter()
            status, body = await connection.send(load.request("GET", path(), headers=heads[who]))
            if status != 200:
                raise RuntimeError(f"{name}: {status} {body[:300]!r}")
            if n >= 10:
                took.append((time.perf_counter() - began) * 1000)
        found[name] = statistics.median(took)
    connection.close()
    return found


# --- the jobs' questions ---


async def _jobs() -> None:
    """What each job asks, first, in its own words; nothing it writes stays."""
    from bench import floor
    from core import clock, db
    from crm import jobs
    from crm.tickets import escalating, holds, supervising, urging

    now = clock.now()
    clock.run_at(clock.Rate(now, now + timedelta(minutes=5), 1.0))
    works: dict[str, Any] = {
        "lights": jobs.sweep, "urge": lambda: urging.urge_next(now=clock.now()),
        "supervise": lambda: supervising.supervise_next(now=clock.now()),
        "holds": lambda: holds.wake_next(now=clock.now()), "reminders": lambda: holds.remind_next(now=clock.now()),
        "escalate": lambda: escalating.escalate_next(now=clock.now()),
    }  # fmt: skip
    counted = await db.fetchval("SELECT count(*) FROM work_order WHERE light_turns_at IS NOT NULL")
    print(f"\n{counted:,} open clocks; questions of the jobs, by EXPLAIN ANALYZE, the second of two runs")
    for name, work in works.items():
        async with floor.captured() as done:
            with suppress(Exception):
                await work()
        questions = {
            sql: args
            for sql, args in done.statements
            if " work_order" in sql or " ticket" in sql or "supervision" in sql
        }
        for sql, args in list(questions.items())[:6]:
            took, scans, rows = await _explained(sql, args)
            words = " ".join(sql.split())[:70]
            print(
                f"{name:11}{took:9.2f} ms {rows:6} rows {'SEQ SCAN ' + ','.join(scans) if scans else '':20} {words}",
                flush=True,
            )
    clock.run_at(None)


class _Undo(Exception):
    pass


async def _explained(sql: str, args: tuple[Any, ...]) -> tuple[float, list[str], int]:
    from core import db

    plan: dict[str, Any] = {}
    for _again in range(2):
        with suppress(_Undo):
            async with db.tx() as t:
                plan = json.loads(await t.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", *args))[0]
                raise _Undo
    scans: list[str] = []
    _walk(plan["Plan"], scans)
    return plan["Execution Time"], scans, int(plan["Plan"]["Actual Rows"])


def _walk(node: dict[str, Any], scans: list[str]) -> None:
    if node["Node Type"] == "Seq Scan" and node["Relation Name"] in ("work_order", "ticket", "ticket_event"):
        scans.append(node["Relation Name"])
    for child in node.get("Plans", ()):
        _walk(child, scans)


if __name__ == "__main__":
    sys.exit(main())
