"""`make bench-day`: a working day of a city in a sample, move by move.

25,000 tickets a day is the whole day; `--tickets 2500` (the default) is a tenth of it, each through register, dispatch,
sign, contact, reply, review and close, one in five urged and one in five added to. Closed loop: 16 clients, each with
one ticket after the other. Open loop: tickets begin at ten times the rate of the day's busiest hour (a tenth of the day),
whatever the answers do. All by the API, web, worker, PostgreSQL and the load on one machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import secrets
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import load

ROOT = Path(__file__).resolve().parent.parent
DAY = 25_000
BUSIEST_HOUR = 0.1
MOVES = ("register", "dispatch", "sign", "contact", "reply", "accept", "close", "urge", "append")
ASKED_MS = 60.0


@dataclass
class Took:
    """Seconds an answer took, by move; and what was not answered as it should be."""

    name: str
    by_move: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failed: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass
class City:
    """The demo's people, and the unit that gets the tickets."""

    port: int
    heads: dict[str, dict[str, str]]
    unit: int
    chance: random.Random


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.day", description=__doc__)
    parser.add_argument("--tickets", type=int, default=DAY // 10)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument(
        "--times", type=float, default=10, help="of the busiest hour's rate, in the open loop"
    )
    parser.add_argument("--seconds", type=float, default=60, help="of the open loop")
    parser.add_argument("--var", type=Path, default=ROOT / "var" / "bench-day")
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

    server, port = Server(asked.var), _free_port()
    os.environ["DATABASE_URL"] = server.start()
    subprocess.run([sys.executable, "-m", "hotline.cli", "demo"], check=True, cwd=ROOT)
    log = (asked.var / "run.log").open("wb")
    app = subprocess.Popen(
        [sys.executable, "-m", "hotline.cli", "run"],
        cwd=ROOT, env=os.environ | {"PORT": str(port), "LOG_LEVEL": "WARNING"}, stdout=log, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        _wait_until_ready(port)
        failed = asyncio.run(_measure(port, asked))
    finally:
        app.terminate()
        with suppress(subprocess.TimeoutExpired):
            app.wait(30)
        server.release()
    return 1 if failed else 0


async def _measure(port: int, asked: Any) -> int:
    from core import db

    await db.open_pool(2)
    city = await _city(port)
    print(f"load average {os.getloadavg()[0]:.1f} before; {asked.tickets} tickets, {asked.clients} clients")
    await _closed(city, asked.clients * 2, asked.clients)  # first use of each page, statement and connection
    closed = await _closed(city, asked.tickets, asked.clients)
    _show(closed)
    opened = await _opened(city, DAY * BUSIEST_HOUR / 3600 * asked.times, asked.seconds)
    _show(opened)
    await _floor(port, asked)
    print(f"load average {os.getloadavg()[0]:.1f} after")
    await db.close_pool()
    return len(closed.failed) + len(opened.failed)


async def _closed(city: City, tickets: int, clients: int) -> Took:
    took, left = Took(f"closed loop, {clients} clients"), iter(range(tickets))
    began = time.perf_counter()

    async def client() -> None:
        connection = load.Connection(city.port)
        for _ticket in left:
            await _life(city, connection, took)
        connection.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    took.seconds = time.perf_counter() - began
    return took


async def _opened(city: City, rate: float, seconds: float) -> Took:
    """Tickets begin at `rate` a second; their moves follow as each is answered."""
    took = Took(f"open loop, {rate:.1f} tickets begin each second")
    began, tasks, idle = time.perf_counter(), list[asyncio.Task[None]](), list[load.Connection]()

    async def one() -> None:
        connection = idle.pop() if idle else load.Connection(city.port)
        await _life(city, connection, took)
        idle.append(connection)

    for n in range(int(rate * seconds)):
        if (wait := began + n / rate - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(one()))
    await asyncio.gather(*tasks)
    took.seconds = time.perf_counter() - began
    return took


async def _life(city: City, connection: load.Connection, took: Took) -> None:
    """One ticket from the call to the end of the follow-up."""
    chance = city.chance

    async def send(move: str, who: str, path: str, body: dict[str, Any]) -> Any:
        headers = {
            **city.heads[who],
            "Content-Type": "application/json",
            "Idempotency-Key": secrets.token_hex(12),
        }
        request = load.request(
            "POST", path, headers=headers, body=json.dumps(body, ensure_ascii=False).encode()
        )
        began = time.perf_counter()
        status, answer = await connection.send(request)
        took.by_move[move].append(time.perf_counter() - began)
        if status >= 300:
            took.failed.append(f"{move}: {status} {answer[:200].decode(errors='replace')}")
            return None
        return json.loads(answer)

    made = await send("register", "lijing", "/api/v1/tickets", {
        "kind": "help", "matter": "030101", "street": "120104009", "phone": f"138{chance.randrange(10**8):08d}",
        "content": "家里暖气从昨天下午开始不热，室温 14 度，有老人和婴儿。要求尽快恢复。", "address": "林苑西里 6 号楼",
    })  # fmt: skip
    if made is None:
        return
    ticket = f"/api/v1/tickets/{made['number']}/moves/"
    sent = await send(
        "dispatch", "chennan", f"{ticket}dispatch", {"lead": city.unit, "reason": "派单目录 0301 × 南开区"}
    )
    if sent is None:
        return
    order = f"/api/v1/orders/{next(iter(sent['orders']))}/moves/"
    await send("sign", "wangmin", f"{order}sign", {})
    if chance.random() < 0.2:
        await send("urge", "lijing", f"{ticket}urge", {"content": "市民再次来电，家里仍不热。"})
    await send("contact", "wangmin", f"{order}contact", {"how": "call", "reached": True})
    if chance.random() < 0.2:
        await send("append", "lijing", f"{ticket}append", {"content": "市民补充：厨房也不热。"})
    reply = {"result": "solved", "answer": "2 号炉已修复点火，今天 18:00 前回到 18 度。"}
    await send("reply", "wangmin", f"{order}reply", reply)
    await send("accept", "liuyang", f"{ticket}accept", {"follow_up": "must"})
    await send("close", "liuyang", f"{ticket}close", {"solved": "yes", "satisfied": 1})


async def _city(port: int) -> City:
    from bench.measures import _officer, _session
    from core import db
    from core.officers import set_grants
    from routing.posts import grants_for

    set_grants(grants_for)
    people = {name: await _officer(name) for name in ("lijing", "chennan", "wangmin", "liuyang")}
    unit = await db.fetchval("SELECT id FROM unit WHERE name = '南开区供热办'")
    return City(port, {name: await _session(one) for name, one in people.items()}, unit, random.Random(5))


async def _floor(_port: int, asked: Any) -> None:
    """What PostgreSQL alone does with the registration's own statements, with as many clients."""
    from bench import floor, measures

    world = await measures._world(_port)
    script = await measures._create_floor(world)
    rate = floor.pgbench(script, url=os.environ["DATABASE_URL"], clients=asked.clients, seconds=5)
    print(f"floor of register: {rate:,.0f} a second by pgbench, {asked.clients / rate * 1000:.1f} ms each")


def _show(took: Took) -> None:
    requests = sum(map(len, took.by_move.values()))
    print(
        f"\n{took.name}: {requests} requests in {took.seconds:.0f} s, {requests / took.seconds:.0f} a second, {len(took.failed)} failed"
    )
    print(f"{'':10}{'n':>7}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}")
    for move in MOVES:
        if all_ := took.by_move.get(move):
            p95 = _ms(all_, 0.95)
            print(
                f"{move:10}{len(all_):7}{_ms(all_, 0.5):9.1f}{p95:9.1f}{_ms(all_, 0.99):9.1f}{'  over' if p95 > ASKED_MS else ''}"
            )
    print("\n".join(took.failed[:5]), flush=True)


def _ms(took: list[float], share: float) -> float:
    return sorted(took)[min(len(took) - 1, int(share * len(took)))] * 1000


if __name__ == "__main__":
    sys.exit(main())
