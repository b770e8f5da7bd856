"""Sixteen clients, random legal and illegal moves on the same few tickets, the hotline's own jobs beside them; then every
log must replay to its state and what is kept twice must agree.

`python -m bench.stress --seconds 60`. Two processes of eight clients, each with a pool of its own, make every move there
is (`bench/players.py`) as people with the right, the wrong and no permission would, often with stale versions. Business
time runs fast, so that limits run out meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CLIENTS_A_PROCESS = 8
#: Business seconds in a real one: limits run out, holds end and urges fall due while the run lasts.
FASTER = 1200.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.stress", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--tickets", type=int, default=60)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    var = ROOT / "var" / "stress"
    var.mkdir(parents=True, exist_ok=True)
    os.environ |= {"VAR_DIR": str(var), "PICCOLO_CONF": "hotline.piccolo_conf"}
    from hotline.embedded import Server

    server = Server(var)
    os.environ["DATABASE_URL"] = server.start()
    try:
        numbers = asyncio.run(_prepare(asked.tickets))
        start = datetime.now(UTC)
        with ProcessPoolExecutor(asked.processes, mp_context=get_context("spawn")) as pool:
            futures = [
                pool.submit(_process, seed, numbers, asked.seconds, start) for seed in range(asked.processes)
            ]
            tally: Counter[str] = sum((future.result() for future in futures), Counter())
        wrong = asyncio.run(_replay())
    finally:
        server.release()
    for outcome, n in sorted(tally.items()):
        print(f"{outcome:28}{n:8}")
    moves = sum(n for outcome, n in tally.items() if outcome.startswith("done"))
    print(f"\n{moves} moves made on {len(numbers)} tickets, {len(wrong)} logs that do not replay")
    print("\n".join(wrong[:20]))
    unexpected = [outcome for outcome in tally if outcome.startswith("BROKEN")]
    return 1 if wrong or unexpected else 0


async def _prepare(tickets: int) -> list[int]:
    from core import db
    from hotline.prepare import prepare

    await prepare(demo=True, say=print)
    await db.open_pool(4)
    numbers = [await _new_ticket() for _ in range(tickets)]
    await db.close_pool()
    return numbers


def _process(seed: int, numbers: list[int], seconds: float, start: datetime) -> Counter[str]:
    return asyncio.run(_clients(seed, numbers, seconds, start))


async def _clients(seed: int, numbers: list[int], seconds: float, start: datetime) -> Counter[str]:
    from core import clock, db

    await db.open_pool(CLIENTS_A_PROCESS + 2)
    clock.run_at(clock.Rate(start, start, FASTER))
    tally: Counter[str] = Counter()
    end = time.monotonic() + seconds
    chances = [random.Random(seed * 100 + n) for n in range(CLIENTS_A_PROCESS)]
    try:
        await asyncio.gather(_jobs(end, tally), *(_client(one, numbers, end, tally) for one in chances))
    finally:
        clock.run_at(None)
        await db.close_pool()
    return tally


async def _client(chance: random.Random, numbers: list[int], end: float, tally: Counter[str]) -> None:
    from bench import players
    from core import clock, db
    from core.errors import Refused
    from crm.tickets import dispatch, number

    units, shown = await _units(), [number.show(n) for n in numbers]
    while time.monotonic() < end:
        ticket = chance.choice(numbers)
        row = await db.fetchrow("SELECT status, version FROM ticket WHERE id = $1", ticket)
        verb = players.pick(chance, row["status"])
        name = verb.move
        try:
            if chance.random() < 0.05:
                name = "claim"
                await chance.choice((dispatch.claim, dispatch.put_back))(players.person("dispatcher"), ticket)
            else:
                values = players.filled(
                    verb, chance, units=units, tickets=shown, now=clock.now(), soon=timedelta(days=6)
                )
                who, subject = await _by(chance, verb.on, ticket, units)
                seen = chance.choice((None, None, row["version"], chance.randrange(1, 30)))
                await verb.do(who, subject, players.form_of(verb, values), now=clock.now(), seen=seen)
            tally[f"done     {name}"] += 1
        except Refused as reason:
            tally[f"refused  {reason.code}"] += 1
        except Exception as broken:
            tally[f"BROKEN   {name}: {type(broken).__name__} {str(broken)[:120]}"] += 1


async def _by(chance: random.Random, on: str, ticket: int, units: list[int]) -> tuple[Any, int]:
    """Whoever comes along, and the ticket or work order they act on."""
    from bench import players

    if on == "ticket":
        return players.staff(chance), ticket
    rows = await _orders(ticket)
    row = chance.choice(rows) if rows else {"id": 0, "unit": units[0]}
    return players.unit_staff(chance, row["unit"], units), row["id"]


async def _jobs(end: float, tally: Counter[str]) -> None:
    """What the worker does meanwhile, in its own words."""
    from crm import jobs

    names = ("sweep", "urge", "supervise", "resume_holds", "escalate", "follow_units", "recompute")
    while time.monotonic() < end:
        for name in names:
            try:
                tally[f"done     job {name}"] += int(await getattr(jobs, name)())
            except Exception as broken:
                tally[f"BROKEN   job {name}: {type(broken).__name__} {str(broken)[:120]}"] += 1
        await asyncio.sleep(0.1)


async def _orders(number: int) -> list[Any]:
    from core import db

    return await db.fetch(
        "SELECT id, unit FROM work_order WHERE ticket = $1 ORDER BY id DESC LIMIT 4", number
    )


async def _units() -> list[int]:
    from routing.rulebook import rulebook

    return [unit.id for unit in (await rulebook()).units.values() if unit.kind == "bureau"]


async def _new_ticket() -> int:
    from bench import players
    from core import clock
    from crm.tickets import register, registration
    from routing.rulebook import rulebook

    form = registration.check(
        {
            "kind": "help",
            "matter": "030101",
            "street": "120104009",
            "content": "压力检查：暖气从昨天起一直不热",
            "phone": "13800220000",
        },
        await rulebook(),
    )
    return (await register.register(players.person("supervisor"), form, now=clock.now())).number


async def _replay() -> list[str]:
    """What does not replay or agree, of the whole database."""
    from core import db
    from crm.tickets import agreement, replay

    await db.open_pool(4)
    found = [f"{one.ticket}: {one.what}" for look in (replay.check, agreement.check) async for one in look()]
    await db.close_pool()
    return found


if __name__ == "__main__":
    sys.exit(main())
