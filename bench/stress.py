"""Sixteen clients, random legal and illegal moves on the same few tickets; then every log must replay to its state.

`python -m bench.stress --seconds 60`. Two processes of eight clients, each with a pool of its own, call the
real verbs as people with the right, the wrong and no permission would, often with stale versions.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CLIENTS_A_PROCESS = 8
#: How often a move is tried, next to 1; what ends a ticket for good must be rare, or nothing is left to move.
RARE = {"withdraw": 0.01, "append": 0.3, "claim": 0.3, "put_back": 0.5}


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
        with ProcessPoolExecutor(asked.processes, mp_context=get_context("spawn")) as pool:
            futures = [pool.submit(_process, seed, numbers, asked.seconds) for seed in range(asked.processes)]
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


def _process(seed: int, numbers: list[int], seconds: float) -> Counter[str]:
    return asyncio.run(_clients(seed, numbers, seconds))


async def _clients(seed: int, numbers: list[int], seconds: float) -> Counter[str]:
    from core import db

    await db.open_pool(CLIENTS_A_PROCESS)
    tally: Counter[str] = Counter()
    end = time.monotonic() + seconds
    await asyncio.gather(
        *(_client(random.Random(seed * 100 + n), numbers, end, tally) for n in range(CLIENTS_A_PROCESS))
    )
    await db.close_pool()
    return tally


async def _client(chance: random.Random, numbers: list[int], end: float, tally: Counter[str]) -> None:
    from core.errors import Refused

    moves = _moves(chance)
    weights = [RARE.get(name, 1.0) for name in moves]
    while time.monotonic() < end:
        number = chance.choice(numbers)
        (name,) = chance.choices(list(moves), weights)
        try:
            await moves[name](number)
            tally[f"done     {name}"] += 1
        except Refused as reason:
            tally[f"refused  {reason.code}"] += 1
        except Exception as broken:
            tally[f"BROKEN   {name}: {type(broken).__name__} {str(broken)[:80]}"] += 1


def _moves(chance: random.Random) -> dict[str, Callable[[int], Awaitable[Any]]]:
    """Every verb, by whoever comes along: the unit that has the order, one that has not, an agent."""
    from core import clock
    from crm.tickets import closing, dispatch, replies, returns, signing
    from crm.tickets.dispatch import Dispatch

    boss, agent = _person("supervisor"), _person("agent")

    def seen() -> int | None:
        return chance.choice((None, None, chance.randrange(1, 30)))

    async def order(number: int) -> tuple[int, Any]:
        rows = await _orders(number)
        row = chance.choice(rows) if rows else {"id": 0, "unit": 0}
        unit = row["unit"] if chance.random() < 0.9 else 3
        return row["id"], _person("unit_head", frozenset({unit}))

    async def plan() -> Dispatch:
        units = await _units()
        lead, *rest = chance.sample(units, 3)
        return Dispatch(lead, "压力检查里随机派出", tuple(rest[: chance.randrange(3)]))

    async def sign(number: int) -> Any:
        found, who = await order(number)
        return await signing.sign(who, found, now=clock.now(), seen=seen())

    async def contact(number: int) -> Any:
        found, who = await order(number)
        return await signing.contact(
            who, found, how="call", reached=chance.random() < 0.7, note="试过", now=clock.now()
        )

    async def reply(number: int) -> Any:
        found, who = await order(number)
        result = chance.choice(("solved", "partly", "explained", "cannot"))
        return await replies.reply(
            who, found, replies.Reply(result, "压力检查里随机写的答复，足够长。"), now=clock.now()
        )

    async def ask_return(number: int) -> Any:
        found, who = await order(number)
        return await returns.ask(who, found, returns.Return("R2", "压力检查里随机的依据"), now=clock.now())

    async def send(number: int) -> Any:
        return await dispatch.dispatch(
            chance.choice((boss, boss, agent)), number, await plan(), now=clock.now(), seen=seen()
        )

    async def accept_return(number: int) -> Any:
        return await returns.accept(boss, number, await plan(), now=clock.now())

    return {
        "dispatch": send,
        "sign": sign,
        "contact": contact,
        "reply": reply,
        "ask_return": ask_return,
        "accept_return": accept_return,
        "refuse_return": lambda n: returns.refuse(boss, n, ruling="压力检查：目录明确", now=clock.now()),
        "send_back": lambda n: replies.send_back(boss, n, defect="D2", note="", now=clock.now(), seen=seen()),
        "accept": lambda n: replies.accept(
            boss, n, follow_up=chance.choice(("must", "none")), ground="压力检查", now=clock.now(), seen=seen()
        ),
        "close": lambda n: closing.close(boss, n, solved="yes", satisfied=2, by_way="call", now=clock.now()),
        "redo": lambda n: closing.redo(boss, n, cause="压力检查：没有修好", now=clock.now()),
        "reopen": lambda n: closing.reopen(boss, n, facts="压力检查：又有新情况", now=clock.now()),
        "append": lambda n: closing.append(agent, n, content="压力检查：补充一句", call=None, now=clock.now()),
        "claim": lambda n: dispatch.claim(chance.choice((boss, _person("dispatcher"))), n),
        "put_back": lambda n: dispatch.put_back(boss, n),
        "withdraw": lambda n: closing.withdraw(agent, n, ground="压力检查：撤诉", now=clock.now()),
    }  # fmt: skip


def _person(role: str, units: frozenset[int] = frozenset()) -> Any:
    from core.officers import Officer
    from routing.posts import ROLES

    number = sorted(ROLES).index(role) + 1
    return Officer(number, role, role, permissions=ROLES[role] | {"ticket.confidential"}, scopes=units)


async def _orders(number: int) -> list[Any]:
    from core import db

    return await db.fetch(
        "SELECT id, unit FROM work_order WHERE ticket = $1 ORDER BY id DESC LIMIT 4", number
    )


async def _units() -> list[int]:
    from routing.rulebook import rulebook

    return [unit.id for unit in (await rulebook()).units.values() if unit.kind == "bureau"]


async def _new_ticket() -> int:
    from core import clock
    from crm.tickets import register
    from routing.rulebook import rulebook

    form = register.check(
        {
            "kind": "help",
            "matter": "030101",
            "street": "120104009",
            "content": "压力检查：暖气不热",
            "phone": "13800220000",
        },
        await rulebook(),
    )
    return (await register.register(_person("supervisor"), form, now=clock.now())).number


async def _replay() -> list[str]:
    from core import db
    from crm.tickets import replay

    await db.open_pool(4)
    found = [f"{one.ticket}: {one.what}" async for one in replay.check()]
    await db.close_pool()
    return found


if __name__ == "__main__":
    sys.exit(main())
