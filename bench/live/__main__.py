"""`make bench-live`: 5,316 open desks, 80 changes a second, and pages meanwhile, on this machine.

The application runs as `make run` starts it: two web processes, a worker, PostgreSQL. The terminals are a process
of their own; this one commits the changes, as the worker would, and asks for pages. The floor is a bare asyncio
server with the same streams and changes, in the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from bench.__main__ import _free_port, _wait_until_ready
from bench.live.world import World

ROOT = Path(__file__).resolve().parent.parent.parent
VAR = ROOT / "var" / "bench-live"
STUCK, VANISH = 50, 50
AIM = 500.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.live", description=__doc__)
    parser.add_argument("--streams", type=int, default=5_316)
    parser.add_argument("--rate", type=float, default=80, help="changes a second")
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--no-floor", action="store_true")
    parser.add_argument("--pages", type=float, default=20, help="pages a second meanwhile")
    asked = parser.parse_args()
    VAR.mkdir(parents=True, exist_ok=True)
    os.environ["VAR_DIR"] = str(VAR)
    from hotline.embedded import Server  # reads VAR_DIR through the settings

    server = Server(VAR)
    os.environ["DATABASE_URL"] = server.start()
    os.environ["PICCOLO_CONF"] = "hotline.piccolo_conf"
    try:
        subprocess.run([sys.executable, "-m", "hotline.cli", "demo"], check=True, cwd=ROOT)
        figures = asyncio.run(_bench(asked))
    finally:
        server.release()
    figures["machine"] = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    (VAR / "figures.json").write_text(json.dumps(figures, indent=2))
    return int(figures["hotline"]["lost"] > 0 or figures["hotline"]["single"]["p95"] > AIM)


async def _bench(asked: Any) -> dict[str, Any]:
    from core import db, live

    await db.open_pool(4)
    world = World(
        [r["id"] for r in await db.fetch("SELECT id FROM ticket WHERE NOT confidential ORDER BY id DESC LIMIT 2400")],
        [r["id"] for r in await db.fetch("SELECT id FROM unit ORDER BY id LIMIT 300")],
    )  # fmt: skip
    figures: dict[str, Any] = {}
    async with live.running(listen=False):
        for name, served in ((("floor", _bare),) if not asked.no_floor else ()) + (("hotline", _hotline),):
            port = _free_port()
            with served(port) as processes:
                figures[name] = await _measure(asked, world, port, processes, is_floor=name == "floor")
            _print(name, figures[name])
    await db.close_pool()
    return figures


async def _measure(
    asked: Any, world: World, port: int, processes: Sequence[psutil.Process], *, is_floor: bool
) -> dict[str, Any]:
    cookies = [""] if is_floor else await _cookies(asked.streams)
    streams = [(cookies[n % len(cookies)], world.terminal(n)) for n in range(asked.streams)]
    idle = _memory(processes)
    started = time.perf_counter()
    terminals = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.live.listen",
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=1 << 24,
    )  # fmt: skip
    assert terminals.stdin is not None
    assert terminals.stdout is not None
    task = {"port": port, "streams": streams, "stuck": STUCK, "vanish": VANISH}
    terminals.stdin.write(json.dumps(task).encode() + b"\n")
    assert await terminals.stdout.readline() == b"ready\n", "the streams did not open"
    opened = time.perf_counter() - started
    await asyncio.sleep(3)
    memory, before, own = _memory(processes) - idle, _seconds(processes), psutil.Process(terminals.pid)
    own_before, clock = _seconds([own]), time.perf_counter()
    async with asyncio.TaskGroup() as group:
        changing = group.create_task(_changes(asked, world))
        pages = None if is_floor else group.create_task(_pages(asked, world, port, cookies[0]))
    took = time.perf_counter() - clock
    web, load_1 = (_seconds(processes) - before) / took, os.getloadavg()[0]
    listener = (_seconds([own]) - own_before) / took
    await asyncio.sleep(1)
    last = await _all_once_more(world)
    await asyncio.sleep(6)
    found = VAR / "changes.json"
    found.write_text(json.dumps({"changes": changing.result(), "last": last}))
    terminals.stdin.write(f"{found}\n".encode())
    figures: dict[str, Any] = json.loads(await terminals.stdout.readline())
    await terminals.wait()
    return figures | {
        "changes": len(changing.result()), "opened_s": opened, "kb_each": memory / asked.streams / 1000,
        "cpu": web, "cpu_terminals": listener, "load_1": load_1, "pages": pages.result() if pages else None,
    }  # fmt: skip


async def _cookies(terminals: int) -> list[str]:
    """A session for each terminal."""
    from core import db, sessions
    from core.visits import session_cookie

    account = await db.fetchval("SELECT id FROM account WHERE username = 'chennan'")
    tokens = [await sessions.begin(account, address="127.0.0.1") for _ in range(terminals)]
    return [f"{session_cookie()}={token}" for token in tokens]


async def _changes(asked: Any, world: World) -> list[tuple[float, tuple[str, ...]]]:
    """Transactions at a steady rate; the moment told is the one before the commit."""
    from core import db

    chance, done, tasks = random.Random(3), [], set()

    async def change(n: int) -> None:
        ticket, topics = world.change(n, chance)
        async with db.tx() as t:
            await t.execute("UPDATE ticket SET version = version WHERE id = $1", ticket)
            t.changed(*topics)
            moment = time.time() * 1000
        done.append((moment, topics))

    begin = time.perf_counter()
    for n in range(int(asked.rate * asked.seconds)):
        if (wait := begin + n / asked.rate - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        task = asyncio.create_task(change(n))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    return sorted(done)


async def _all_once_more(world: World) -> float:
    from core import live

    moment = time.time() * 1000
    live.changed(*world.everything())
    await asyncio.sleep(0)
    return moment


async def _pages(asked: Any, world: World, port: int, cookie: str) -> dict[str, float]:
    """The queue and single tickets, each asked for when its moment has come."""
    from bench import load

    chance, headers = random.Random(5), {"Cookie": cookie}
    done = await load.opened(
        "pages", port,
        lambda: load.request("GET", chance.choice(("/dispatch", f"/tickets/{chance.choice(world.tickets)}")), headers=headers),
        rate=asked.pages, seconds=max(5, asked.seconds - 5),
    )  # fmt: skip
    return {
        "n": len(done.took),
        "failed": done.failed,
        "p50": done.ms(0.5),
        "p95": done.ms(0.95),
        "p99": done.ms(0.99),
    }


@contextmanager
def _hotline(port: int) -> Iterator[list[psutil.Process]]:
    log = (VAR / "run.log").open("wb")
    environment = os.environ | {"PORT": str(port), "LOG_LEVEL": "WARNING"}
    app = subprocess.Popen(
        [sys.executable, "-m", "hotline.cli", "run"], cwd=ROOT, env=environment, stdout=log, stderr=log
    )
    try:
        _wait_until_ready(port)
        time.sleep(8)  # until both web processes are warm
        web = [
            p
            for p in psutil.Process(app.pid).children(recursive=True)
            if "worker" not in " ".join(p.cmdline())
        ]
        yield web
    finally:
        app.terminate()
        with suppress(subprocess.TimeoutExpired):
            app.wait(30)


@contextmanager
def _bare(port: int) -> Iterator[list[psutil.Process]]:
    command = [sys.executable, "-m", "bench.live.bare", os.environ["DATABASE_URL"], str(port)]
    running = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) for _ in range(2)]
    try:
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
        yield [psutil.Process(p.pid) for p in running]
    finally:
        for process in running:
            process.terminate()
            process.wait(10)


def _memory(processes: Sequence[psutil.Process]) -> float:
    return float(sum(p.memory_full_info().pss for p in processes))


def _seconds(processes: Sequence[psutil.Process]) -> float:
    return float(sum(p.cpu_times().user + p.cpu_times().system for p in processes))


def _print(name: str, f: dict[str, Any]) -> None:
    single, many, pages = f["single"], f["many"], f["pages"]
    print(
        f"\n{name}: {f['terminals']} streams opened in {f['opened_s']:.1f} s, {f['kb_each']:.1f} KB each; "
        f"{f['changes']} changes, {f['hints']} hints, lost {f['lost']}, broken {f['broken']}\n"
        f"  tickets and units     p50 {single['p50']:.0f}  p95 {single['p95']:.0f}  p99 {single['p99']:.0f}  max {single['max']:.0f} ms  (n {single['n']})\n"
        f"  queues                p50 {many['p50']:.0f}  p95 {many['p95']:.0f}  p99 {many['p99']:.0f}  max {many['max']:.0f} ms  (n {many['n']})\n"
        f"  processors: serving {f['cpu']:.2f}, terminals {f['cpu_terminals']:.2f}; load average {f['load_1']:.1f}"
        + (f"\n  pages meanwhile       p50 {pages['p50']:.0f}  p95 {pages['p95']:.0f} ms  failed {pages['failed']}" if pages else ""),
        flush=True,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
